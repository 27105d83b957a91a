import { randomBytes } from 'node:crypto';
import {
  closeSync,
  fstatSync,
  ftruncateSync,
  lstatSync,
  openSync,
  realpathSync,
  renameSync,
  rmSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { dirname, join, sep } from 'node:path';
import { ValueRefused } from '../handles.ts';
import {
  endsInNewline,
  inTheWay,
  linkIfFree,
  makeFolder,
  openAppending,
  sync,
  syncFolder,
} from './folders.ts';
import { type FoundFile, isCode } from './prints.ts';

/** Files that are open at a time while they are written; a process may have 1,024. */
const AT_ONCE = 200;

/** A file that takes the place of the one before it. */
interface Whole {
  readonly path: string;
  readonly text: string;
  /** It is to be the first: where another program was quicker, the text goes to the end of that one. */
  readonly isNew: boolean;
  /** Where it is prepared: a folder in which MLflow takes no file for a value. */
  readonly beside: string;
}

/** A file as it was when it had been written here, and how many bytes were added to its end. */
interface Left {
  readonly size: number;
  readonly written_ms: number;
  readonly added?: number;
}

/**
 * Changes to files that are made together: all are prepared and on disk before the first of them is to be seen. What
 * fails until then leaves everything as it was.
 */
export class FileChanges {
  readonly #root: string;
  readonly #wholes: Whole[] = [];
  readonly #appended = new Map<string, string>();
  readonly #removed: string[] = [];
  readonly #removedFolders: string[] = [];
  readonly #folders = new Set<string>();
  readonly #left = new Map<string, Left>();

  /** @param root the store's folder with all links followed: nothing outside it is written. */
  constructor(root: string) {
    this.#root = root;
  }

  folder(path: string): void {
    this.#folders.add(path);
  }

  /** Files come in the order they are named, so a unit's meta.yaml, without which nobody sees it, is named last. */
  write(path: string, text: string, beside: string): void {
    this.#wholes.push({ path, text, beside, isNew: false });
  }

  /** A file of lines that is not there yet. */
  create(path: string, text: string, beside: string): void {
    this.#wholes.push({ path, text, beside, isNew: true });
  }

  /**
   * Whether what became of the file is all from here: else another program has written to it in the same moment.
   *
   * @param old the file before all, if there was one.
   */
  isAllOurs(path: string, old: FoundFile | undefined, now: FoundFile): boolean {
    const left = this.#left.get(path);
    if (left === undefined) return true;
    if (left.size !== now.size || left.written_ms !== now.written_ms) return false;
    return left.added === undefined || now.size === (old?.size ?? 0) + left.added;
  }

  append(path: string, text: string): void {
    this.#appended.set(path, (this.#appended.get(path) ?? '') + text);
  }

  remove(path: string): void {
    this.#removed.push(path);
  }

  removeFolder(path: string): void {
    this.#removedFolders.push(path);
  }

  async make(): Promise<void> {
    this.#checkPaths();
    const touched = new Set<string>();
    for (const folder of this.#folders) makeFolder(folder, touched);
    for (const { beside } of this.#wholes) makeFolder(beside, touched);
    for (let start = 0; start < this.#wholes.length; start += AT_ONCE)
      await this.#replace(this.#wholes.slice(start, start + AT_ONCE), touched);
    await this.#appendAll();
    for (const path of this.#removed) {
      rmSync(path, { force: true });
      touched.add(dirname(path));
    }
    for (const path of this.#removedFolders) {
      rmSync(path, { recursive: true, force: true });
      touched.add(dirname(path));
    }
    await Promise.all([...touched].map(syncFolder));
  }

  /** @throws ValueRefused where a file would have to be a folder, or a link leads out of the store. */
  #checkPaths(): void {
    const files = new Set([...this.#wholes.map(({ path }) => path), ...this.#appended.keys()]);
    const checked = new Set([this.#root]);
    const check = (folder: string) => {
      if (checked.has(folder)) return;
      if (files.has(folder)) throw inTheWay(folder);
      check(dirname(folder));
      const stats = lstatSync(folder, { throwIfNoEntry: false });
      if (stats?.isSymbolicLink()) this.#checkLink(folder);
      else if (stats && !stats.isDirectory()) throw inTheWay(folder);
      checked.add(folder);
    };
    for (const path of [...files, ...this.#removed, ...this.#removedFolders]) check(dirname(path));
    for (const folder of this.#folders) check(folder);
    for (const { path } of this.#wholes)
      if (lstatSync(path, { throwIfNoEntry: false })?.isDirectory()) throw inTheWay(path);
  }

  #checkLink(link: string): void {
    let real: string | undefined;
    try {
      real = realpathSync(link);
    } catch (error) {
      if (!isCode(error, 'ENOENT', 'ENOTDIR', 'ELOOP')) throw error;
    }
    if (real?.startsWith(this.#root + sep)) return;
    throw new ValueRefused(`${link} is a link that leads out of the store: nothing is written through it.`);
  }

  async #replace(wholes: readonly Whole[], touched: Set<string>): Promise<void> {
    const prepared: (Whole & { readonly temporary: string; readonly file: number })[] = [];
    try {
      for (const whole of wholes) {
        const { text, beside } = whole;
        const temporary = join(beside, `.bitacora-${randomBytes(8).toString('hex')}.tmp`);
        const file = openSync(temporary, 'wx');
        prepared.push({ ...whole, temporary, file });
        writeSync(file, text);
      }
      await Promise.all(prepared.map(({ file }) => sync(file)));
    } catch (error) {
      for (const { temporary, file } of prepared) {
        closeSync(file);
        unlinkSync(temporary);
      }
      throw error;
    }
    for (const { temporary, path, text, isNew, file } of prepared) {
      const { size, mtimeMs } = fstatSync(file);
      closeSync(file);
      makeFolder(dirname(path), touched);
      touched.add(dirname(path));
      this.#left.set(path, { size, written_ms: mtimeMs });
      if (!isNew) renameSync(temporary, path);
      else if (linkIfFree(temporary, path)) unlinkSync(temporary);
      else {
        unlinkSync(temporary);
        this.append(path, text);
      }
    }
  }

  /** Either all lines are there or none: what was appended is cut off again when one file fails. */
  async #appendAll(): Promise<void> {
    const open: { readonly file: number; readonly size: number }[] = [];
    try {
      for (const [path, text] of this.#appended) {
        const file = openAppending(path);
        const { size } = fstatSync(file);
        open.push({ file, size });
        // A line that somebody left unfinished must not swallow the next one.
        const added = writeSync(file, size > 0 && !endsInNewline(file, size) ? `\n${text}` : text);
        const { size: now, mtimeMs } = fstatSync(file);
        this.#left.set(path, { size: now, written_ms: mtimeMs, added });
      }
      await Promise.all(open.map(({ file }) => sync(file)));
    } catch (error) {
      for (const { file, size } of open) ftruncateSync(file, size);
      throw error;
    } finally {
      for (const { file } of open) closeSync(file);
    }
  }
}
