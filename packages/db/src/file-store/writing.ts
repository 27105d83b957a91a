import { randomBytes } from 'node:crypto';
import {
  closeSync,
  constants,
  fstatSync,
  fsync,
  ftruncateSync,
  lstatSync,
  mkdirSync,
  openSync,
  readSync,
  realpathSync,
  renameSync,
  rmSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { dirname, join, sep } from 'node:path';
import { promisify } from 'node:util';
import { ValueRefused } from '../handles.ts';
import { isCode } from './prints.ts';

const sync = promisify(fsync);

/** Files that are open at a time while they are written; a process may have 1,024. */
const AT_ONCE = 200;

/** A file that takes the place of the one before it. */
interface Whole {
  readonly path: string;
  readonly text: string;
  /** Where it is prepared: a folder in which MLflow takes no file for a value. */
  readonly beside: string;
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

  /** @param root the store's folder with all links followed: nothing outside it is written. */
  constructor(root: string) {
    this.#root = root;
  }

  folder(path: string): void {
    this.#folders.add(path);
  }

  /** Files come in the order they are named, so a unit's meta.yaml, without which nobody sees it, is named last. */
  write(path: string, text: string, beside: string): void {
    this.#wholes.push({ path, text, beside });
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
    const prepared: { readonly temporary: string; readonly path: string; readonly file: number }[] = [];
    try {
      for (const { path, text, beside } of wholes) {
        const temporary = join(beside, `.bitacora-${randomBytes(8).toString('hex')}.tmp`);
        const file = openSync(temporary, 'wx');
        prepared.push({ temporary, path, file });
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
    for (const { temporary, path, file } of prepared) {
      closeSync(file);
      makeFolder(dirname(path), touched);
      renameSync(temporary, path);
      touched.add(dirname(path));
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
        writeSync(file, size > 0 && !endsInNewline(file, size) ? `\n${text}` : text);
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

function makeFolder(folder: string, touched: Set<string>): void {
  const made = mkdirSync(folder, { recursive: true });
  if (made === undefined) return;
  for (let each = folder; each.length >= made.length; each = dirname(each)) touched.add(dirname(each));
}

/** Without following a link: what it leads to may be anybody's. */
function openAppending(path: string): number {
  try {
    return openSync(path, constants.O_RDWR | constants.O_APPEND | constants.O_CREAT | constants.O_NOFOLLOW);
  } catch (error) {
    if (isCode(error, 'ELOOP')) throw new ValueRefused(`${path} is a link: nothing is written through it.`);
    throw isCode(error, 'EISDIR') ? inTheWay(path) : error;
  }
}

function endsInNewline(file: number, size: number): boolean {
  const last = Buffer.alloc(1);
  readSync(file, last, 0, 1, size - 1);
  return last[0] === 0x0a;
}

const inTheWay = (path: string) =>
  new ValueRefused(
    `A file store keeps each key as a file, and one of them needs a folder where the other is: ${path}. Choose a key that neither begins with another key and a slash nor is the beginning of one.`,
  );

async function syncFolder(path: string): Promise<void> {
  let folder: number;
  try {
    folder = openSync(path, 'r');
  } catch (error) {
    // Removed with what was in it; Windows opens no folders.
    if (isCode(error, 'ENOENT', 'EISDIR', 'EPERM', 'EACCES')) return;
    throw error;
  }
  try {
    await sync(folder);
  } finally {
    closeSync(folder);
  }
}

/** Moves a folder, in one step that is on disk when it returns. */
export async function moveFolder(from: string, to: string): Promise<void> {
  mkdirSync(dirname(to), { recursive: true });
  renameSync(from, to);
  await Promise.all([syncFolder(dirname(from)), syncFolder(dirname(to))]);
}
