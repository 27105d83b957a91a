import {
  closeSync,
  constants,
  copyFileSync,
  existsSync,
  fsync,
  linkSync,
  mkdirSync,
  openSync,
  readSync,
  renameSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import { ValueRefused } from '../handles.ts';
import { isCode } from './prints.ts';

/** Waits until a file, or the names in a folder, are on disk. */
export const sync = promisify(fsync);

/** Unlike a rename, a link never takes the place of a file that somebody made meanwhile. */
export function linkIfFree(from: string, to: string): boolean {
  try {
    linkSync(from, to);
    return true;
  } catch (error) {
    if (isCode(error, 'EEXIST')) return false;
    // File systems without links: the time between looking and renaming is all there is to lose.
    if (!isCode(error, 'EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'EMLINK', 'ENOSYS') || existsSync(to)) throw error;
    copyFileSync(from, to, constants.COPYFILE_EXCL);
    return true;
  }
}

export function makeFolder(folder: string, touched: Set<string>): void {
  const made = mkdirSync(folder, { recursive: true });
  if (made === undefined) return;
  for (let each = folder; each.length >= made.length; each = dirname(each)) touched.add(dirname(each));
}

/** Without following a link: what it leads to may be anybody's. */
export function openAppending(path: string): number {
  try {
    return openSync(path, constants.O_RDWR | constants.O_APPEND | constants.O_CREAT | constants.O_NOFOLLOW);
  } catch (error) {
    if (isCode(error, 'ELOOP')) throw new ValueRefused(`${path} is a link: nothing is written through it.`);
    throw isCode(error, 'EISDIR') ? inTheWay(path) : error;
  }
}

export function endsInNewline(file: number, size: number): boolean {
  const last = Buffer.alloc(1);
  readSync(file, last, 0, 1, size - 1);
  return last[0] === 0x0a;
}

export const inTheWay = (path: string) =>
  new ValueRefused(
    `A file store keeps each key as a file, and one of them needs a folder where the other is: ${path}. Choose a key that neither begins with another key and a slash nor is the beginning of one.`,
  );

export async function syncFolder(path: string): Promise<void> {
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
