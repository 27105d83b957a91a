import { constants, type Dirent } from 'node:fs';
import { type FileHandle, open, readdir, realpath, stat } from 'node:fs/promises';
import { join, posix, sep } from 'node:path';
import { pathToFileURL } from 'node:url';
import { inOrder } from './concurrency.ts';
import { DeltaError, show } from './error.ts';
import type { ByteSpan, TableFile, TableFiles } from './table-files.ts';

/** Files that are looked at together while listing. */
const STATS_AT_ONCE = 64;
/** Spans up to this long are read without asking how long the file is. */
const UNASKED_BYTES = 64 * 1024;

/** A table in a folder of this machine. Links that lead out of it are neither listed nor read. */
export class LocalTableFiles implements TableFiles {
  readonly uri: string;
  readonly #root: string;
  #realRoot: Promise<string | undefined> | undefined;
  /** Folders whose real place has been found to lie within. */
  readonly #folders = new Map<string, Promise<string | undefined>>();

  constructor(root: string) {
    this.#root = root;
    this.uri = pathToFileURL(root).href;
  }

  async *list(folder: string, after?: string): AsyncIterable<TableFile> {
    const place = await this.#folder(folder);
    if (place === undefined) return;
    let entries: Dirent[];
    try {
      entries = await readdir(place, { withFileTypes: true });
    } catch (error) {
      if (isCode(error, 'ENOENT', 'ENOTDIR')) return;
      throw error;
    }
    const wanted = entries.filter(({ name }) => after === undefined || byUtf8(name, after) > 0);
    wanted.sort((a, b) => byUtf8(a.name, b.name));
    for await (const file of inOrder(wanted, STATS_AT_ONCE, (entry) => this.#describe(place, folder, entry)))
      if (file !== undefined) yield file;
  }

  async read(path: string, span?: ByteSpan): Promise<Uint8Array> {
    const handle = await this.#open(path);
    try {
      if (span === undefined) return await handle.readFile();
      const content = new Uint8Array(await lengthOf(handle, span));
      let filled = 0;
      while (filled < content.length) {
        const { bytesRead } = await handle.read(
          content,
          filled,
          content.length - filled,
          span.start + filled,
        );
        if (bytesRead === 0) break;
        filled += bytesRead;
      }
      return content.subarray(0, filled);
    } catch (error) {
      throw isCode(error, 'EISDIR') ? missing(path) : error;
    } finally {
      await handle.close();
    }
  }

  async #open(path: string): Promise<FileHandle> {
    const folder = await this.#folder(posix.dirname(path));
    if (folder === undefined) throw missing(path);
    const place = join(folder, posix.basename(path));
    try {
      return await open(place, constants.O_RDONLY | constants.O_NOFOLLOW);
    } catch (error) {
      if (isCode(error, 'ENOENT', 'ENOTDIR', 'ENAMETOOLONG')) throw missing(path);
      if (!isCode(error, 'ELOOP')) throw error;
    }
    const real = await this.#within(place);
    if (real === undefined) throw missing(path);
    return open(real, constants.O_RDONLY | constants.O_NOFOLLOW);
  }

  /** Undefined for what is no file, has just gone, or is a link that leads outside. */
  async #describe(place: string, folder: string, entry: Dirent): Promise<TableFile | undefined> {
    const { name } = entry;
    if (entry.isSymbolicLink() && (await this.#within(join(place, name))) === undefined) return undefined;
    const path = folder === '' ? name : `${folder}/${name}`;
    try {
      const stats = await stat(join(place, name));
      return stats.isFile()
        ? { path, size_bytes: stats.size, modified_ms: Math.floor(stats.mtimeMs) }
        : undefined;
    } catch (error) {
      if (isCode(error, 'ENOENT', 'ELOOP', 'EACCES')) return undefined;
      throw error;
    }
  }

  /** The real place of a folder; undefined when it does not exist or lies outside. */
  #folder(folder: string): Promise<string | undefined> {
    let found = this.#folders.get(folder);
    if (found === undefined) {
      found = this.#within(join(this.#root, folder));
      this.#folders.set(folder, found);
      // What is not there yet may come.
      found.then(
        (place) => place === undefined && this.#folders.delete(folder),
        () => this.#folders.delete(folder),
      );
    }
    return found;
  }

  async #within(place: string): Promise<string | undefined> {
    this.#realRoot ??= realOf(this.#root);
    const root = await this.#realRoot;
    if (root === undefined) this.#realRoot = undefined;
    const real = await realOf(place);
    if (root === undefined || real === undefined) return undefined;
    return real === root || real.startsWith(root.endsWith(sep) ? root : root + sep) ? real : undefined;
  }
}

/** Bytes that a span has at most; a long one may reach far beyond the end. */
async function lengthOf(handle: FileHandle, { start, end }: ByteSpan): Promise<number> {
  const length = Math.max(end - start, 0);
  if (length <= UNASKED_BYTES) return length;
  return Math.max(Math.min(length, (await handle.stat()).size - start), 0);
}

async function realOf(place: string): Promise<string | undefined> {
  try {
    return await realpath(place);
  } catch (error) {
    if (isCode(error, 'ENOENT', 'ENOTDIR', 'ELOOP', 'ENAMETOOLONG')) return undefined;
    throw error;
  }
}

/** By UTF-8 bytes, as object stores list. Names of a log are ASCII, where this is JavaScript's own order. */
function byUtf8(a: string, b: string): number {
  if (a === b) return 0;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the bounds of ASCII.
  if (/^[\u0000-\u007f]*$/.test(a) || /^[\u0000-\u007f]*$/.test(b)) return a < b ? -1 : 1;
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

const missing = (path: string) => new DeltaError('file_missing', `There is no file '${show(path)}'.`);

const isCode = (error: unknown, ...codes: readonly string[]): boolean =>
  error instanceof Error && 'code' in error && codes.includes(String(error.code));
