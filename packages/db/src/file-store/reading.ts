import { isUtf8 } from 'node:buffer';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { SqliteConnection } from '../sqlite/connection.ts';
import type { Layout } from './layout.ts';
import { type FoundFile, isCode, settledPrint, UNSETTLED } from './prints.ts';
import type { RowBuffer } from './row-buffer.ts';
import type { Book, Part, Problem, UnitKey } from './units.ts';
import { Meta, MetaError } from './yaml.ts';

/**
 * A file that was changed so short a time ago may be written just now, as MLflow empties a file before it fills it:
 * what is wrong with it is not reported yet, and it is looked at again. Milliseconds.
 */
export const WRITING_MS = 200;

/** A value of this size was not logged by anybody; reading it would only fill the memory. Bytes. */
const LARGEST_FILE = 512 * 1024 * 1024;

export interface Source {
  readonly index: SqliteConnection;
  readonly book: Book;
  readonly layout: Layout;
  /** Rows that nothing else read in this pass depends on; they go in some at a time. */
  readonly rows: RowBuffer;
  /** Ids of data sets that this pass has read already. */
  readonly datasets: Map<string, string>;
}

/** Reads one part of a unit, and remembers what was wrong. */
export class PartReading {
  readonly unit: UnitKey;
  readonly folder: string;
  readonly #nowMs = Date.now();
  readonly #problems: Problem[] = [];
  #mayBeWriting = false;

  /** The experiment lies in the trash. */
  readonly isTrashed: boolean;
  /** The index has nothing of it yet that would have to make room. */
  readonly isNew: boolean;

  constructor(unit: UnitKey, folder: string, { isTrashed = false, isNew = false } = {}) {
    this.unit = unit;
    this.folder = folder;
    this.isTrashed = isTrashed;
    this.isNew = isNew;
  }

  get mayBeWriting(): boolean {
    return this.#mayBeWriting;
  }

  /** Notes that a file, or some lines of it, are passed over. */
  skip(file: Pick<FoundFile, 'path' | 'changed_ms'>, reason: string): void {
    if (Math.abs(this.#nowMs - file.changed_ms) < WRITING_MS) this.#mayBeWriting = true;
    else this.#problems.push({ path: join(this.folder, file.path), reason });
  }

  /** A file of facts; undefined, and noted, when it cannot be used. */
  meta(file: FoundFile): Meta | undefined {
    const text = this.text(file);
    return text === undefined ? undefined : this.attempt(file, () => Meta.parse(text));
  }

  /** Runs what makes sense of a file, and skips the file when there is none. */
  attempt<T>(file: FoundFile, read: () => T): T | undefined {
    try {
      return read();
    } catch (error) {
      if (!(error instanceof MetaError)) throw error;
      this.skip(file, error.message);
      return undefined;
    }
  }

  /** The text of a file; undefined, and noted, when it cannot be read. */
  text(file: FoundFile): string | undefined {
    if (file.size > LARGEST_FILE) {
      this.skip(file, `it has ${file.size} bytes, more than any value`);
      return undefined;
    }
    try {
      const path = `${this.folder}/${file.path}`;
      const text = readFileSync(path, 'utf8');
      // Bytes that are no UTF-8 are read as this character, which may also stand there itself.
      if (!text.includes('\ufffd') || isUtf8(readFileSync(path))) return text;
      this.skip(file, 'it is not text in UTF-8');
    } catch (error) {
      // Gone since it was listed: its absence will be seen next time.
      if (isCode(error, 'ENOENT', 'ENOTDIR')) this.#mayBeWriting = true;
      else if (isCode(error, 'EACCES', 'EPERM', 'EIO')) this.skip(file, (error as Error).message);
      else throw error;
    }
    return undefined;
  }

  /** Keys, which are the paths below the sub-folder, with the texts of the files. */
  values(files: readonly FoundFile[]): (readonly [key: string, value: string])[] {
    return files.flatMap((file) => {
      const value = this.text(file);
      return value === undefined ? [] : [[keyOf(file), value] as const];
    });
  }

  /** It will be read again, whatever its files look like. */
  leaveUnsettled(): void {
    this.#mayBeWriting = true;
  }

  /** Keeps what was wrong; the print to remember. */
  finish(book: Book, part: Part, files: readonly FoundFile[]): number {
    if (!this.isNew || this.#problems.length > 0) book.setProblems(this.unit, part, this.#problems);
    return this.#mayBeWriting ? UNSETTLED : settledPrint(files, this.#nowMs);
  }
}

export const keyOf = ({ path }: FoundFile) => path.slice(path.indexOf('/') + 1);
