import { type Dirent, readdirSync, type Stats, statSync } from 'node:fs';
import { join } from 'node:path';

/** A file below a folder, as much of it as tells whether it has changed. */
export interface FoundFile {
  /** Its path below the folder of its unit, with slashes, such as `metrics/val/loss`. */
  readonly path: string;
  readonly size: number;
  /** When its content was last written, in milliseconds since the epoch. */
  readonly written_ms: number;
  /** When anything of it was last changed, in milliseconds since the epoch. */
  readonly changed_ms: number;
  readonly print: number;
}

/** The print of what is to be read again whatever it looks like. */
export const UNSETTLED = -1;

/**
 * A file may change twice within one tick of the file system's clock and keep its size. What was changed so short a
 * time before it was read is read again; 4 ms is Linux's tick, and two of them have to pass on a busy machine.
 */
const TICK_MS = 50;

/** All files of a sub-folder, in any depth. None where there is no such folder; links to folders are not followed. */
export function listFiles(folder: string, name: string): FoundFile[] {
  const found: FoundFile[] = [];
  collect(folder, name, found);
  return found;
}

function collect(folder: string, path: string, found: FoundFile[]): void {
  for (const entry of entriesOf(`${folder}/${path}`)) {
    const below = `${path}/${entry.name}`;
    if (entry.isDirectory()) collect(folder, below, found);
    else {
      const file = findFile(folder, below);
      if (file) found.push(file);
    }
  }
}

/** The entries of a folder; none where it is not there, or is no folder. */
export function entriesOf(folder: string): Dirent[] {
  // Asking first is much cheaper than the error: most runs have neither read nor made anything.
  if (statOf(folder) === undefined) return [];
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch (error) {
    if (isCode(error, 'ENOENT', 'ENOTDIR')) return [];
    throw error;
  }
}

/** The names of the folders in a folder, links to folders among them, as MLflow sees them. */
export const foldersIn = (folder: string): string[] =>
  entriesOf(folder)
    .filter(
      (entry) =>
        entry.isDirectory() || (entry.isSymbolicLink() && statOf(join(folder, entry.name))?.isDirectory()),
    )
    .map(({ name }) => name);

export function findFile(folder: string, path: string): FoundFile | undefined {
  const stats = statOf(`${folder}/${path}`);
  return stats?.isFile() ? toFile(path, stats) : undefined;
}

export function statOf(path: string): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch (error) {
    // A link in a circle, a link to what may not be seen: as good as absent.
    if (isCode(error, 'ENOTDIR', 'ELOOP', 'EACCES')) return undefined;
    throw error;
  }
}

export const isCode = (error: unknown, ...codes: readonly string[]): boolean =>
  error instanceof Error && 'code' in error && codes.includes(String(error.code));

function toFile(path: string, { size, mtimeMs, ctimeMs }: Stats): FoundFile {
  return {
    path,
    size,
    written_ms: mtimeMs,
    changed_ms: Math.max(mtimeMs, ctimeMs),
    print: hash(`${path}\n${size}\n${mtimeMs}\n${ctimeMs}`),
  };
}

const MODULUS = 2 ** 48;

/**
 * The print of a set of files: the sum of theirs, whatever their order, so that a file which is written anew changes
 * it by a difference, and the others need not be looked at.
 */
export const sumPrints = (files: readonly FoundFile[]): number =>
  files.reduce((sum, { print }) => (sum + print) % MODULUS, 0);

/** The print of a set in which one file took the place of another. */
export const exchange = (print: number, old: FoundFile | undefined, now: FoundFile | undefined): number =>
  print === UNSETTLED ? UNSETTLED : (print - (old?.print ?? 0) + (now?.print ?? 0) + MODULUS) % MODULUS;

/** The print to remember of files that were read at `nowMs`. */
export const settledPrint = (files: readonly FoundFile[], nowMs: number): number =>
  files.some(({ changed_ms }) => Math.abs(nowMs - changed_ms) < TICK_MS) ? UNSETTLED : sumPrints(files);

/** 48 bits of cyrb53: two changes that look the same are then as good as impossible, and sums stay exact. */
function hash(text: string): number {
  let high = 0xdeadbeef;
  let low = 0x41c6ce57;
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index);
    high = Math.imul(high ^ unit, 2654435761);
    low = Math.imul(low ^ unit, 1597334677);
  }
  high = Math.imul(high ^ (high >>> 16), 2246822507) ^ Math.imul(low ^ (low >>> 13), 3266489909);
  low = Math.imul(low ^ (low >>> 16), 2246822507) ^ Math.imul(high ^ (high >>> 13), 3266489909);
  return (high & 0xffff) * 2 ** 32 + (low >>> 0);
}
