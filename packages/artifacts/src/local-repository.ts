import { constants, type Dirent } from 'node:fs';
import {
  type FileHandle,
  lstat,
  mkdir,
  open,
  opendir,
  realpath,
  rename,
  rm,
  stat,
  unlink,
} from 'node:fs/promises';
import { dirname, join, relative, sep } from 'node:path';
import type { Readable } from 'node:stream';
import { type ArtifactPath, joinPaths, literalPath } from './artifact-path.ts';
import { ArtifactError, folderDeleted, isDirectory, notFound, requireFileName, show } from './error.ts';
import { FileStream } from './file-stream.ts';
import { isPartial, partialName } from './partial.ts';
import type { ArtifactRepository, ByteRange, FileInfo, ListOptions, StoredFile } from './repository.ts';
import { blockBytes, blocksOf, eachOf } from './transfer.ts';
import { wholeContent } from './whole-content.ts';

/** Entries of a folder that are looked at together, between which others have their turn. */
const LISTED_AT_ONCE = 128;

/** Bytes handed on at once; larger blocks save system calls, and memory stays flat. */
const BLOCK_BYTES = 256 * 1024;

/** Blocks of one upload that are being written. */
const BLOCKS_UNDER_WAY = 2;

/** A folder on this machine, or one that several share. Nothing outside it is read, written or deleted, links included. */
export class LocalArtifactRepository implements ArtifactRepository {
  readonly #root: string;

  constructor(root: string) {
    this.#root = root;
  }

  async *list(folder: ArtifactPath, { withTimes = false }: ListOptions = {}): AsyncGenerator<FileInfo> {
    const place = await this.#resolve(folder);
    if (place === undefined) return;
    try {
      const entries: Dirent[] = [];
      for await (const entry of await opendir(place, { bufferSize: LISTED_AT_ONCE }))
        if (!isPartial(entry.name)) entries.push(entry);
      entries.sort((a, b) => (a.name < b.name ? -1 : 1));
      for (let at = 0; at < entries.length; at += LISTED_AT_ONCE)
        yield* await this.#describeAll(place, entries.slice(at, at + LISTED_AT_ONCE), withTimes);
    } catch (error) {
      if (!isCode(error, 'ENOENT', 'ENOTDIR')) throw translate(error, folder);
    }
  }

  async find(path: ArtifactPath): Promise<StoredFile> {
    const place = await this.#resolve(path);
    if (place === undefined) throw notFound(path);
    let handle: FileHandle;
    try {
      handle = await open(place, constants.O_RDONLY | constants.O_NONBLOCK);
    } catch (error) {
      throw isCode(error, 'ENOENT', 'ENOTDIR') ? notFound(path) : translate(error, path);
    }
    const stats = await handle.stat();
    if (!stats.isFile()) {
      await handle.close();
      if (stats.isDirectory()) throw isDirectory(path);
      throw notFound(path);
    }
    return {
      size_bytes: stats.size,
      modified_ms: stats.mtimeMs,
      // Every write makes a new file, so its number tells two of the same size and moment apart.
      etag: `"${stats.ino.toString(16)}-${Math.round(stats.mtimeMs).toString(16)}-${stats.size.toString(16)}"`,
      open: (range: ByteRange = { first: 0, last: stats.size - 1 }) =>
        new FileStream(handle, BLOCK_BYTES, range),
      close: () => handle.close(),
    };
  }

  async write(path: ArtifactPath, content: Readable, size_bytes?: number): Promise<void> {
    requireFileName(path);
    const goal = this.#place(path);
    const folder = dirname(goal);
    let partial: string | undefined;
    try {
      await this.#prepare(folder, path);
      partial = join(folder, partialName());
      // Open before anything can go wrong, or it could still be made after it was taken away again.
      // What cannot be looked at is for the renaming to refuse.
      const [file, kept] = await Promise.all([open(partial, 'wx'), lstat(goal).catch(() => undefined)]);
      if (kept?.isDirectory()) {
        await file.close();
        throw conflict(path, 'a folder of that name exists');
      }
      await fill(file, wholeContent(content, path, size_bytes), size_bytes);
      await rename(partial, goal);
    } catch (error) {
      if (partial !== undefined) await unlink(partial).catch(ignoreAbsent);
      throw translate(error, path);
    }
  }

  async delete(path: ArtifactPath): Promise<void> {
    // A link is deleted itself, so only what leads to it must lie within.
    const place = this.#place(path);
    if (path !== '' && (await this.#resolveExisting(dirname(place))) === undefined) return;
    try {
      if (path === '') {
        for await (const { path: name } of this.list(path))
          await rm(join(place, name), { recursive: true, force: true });
      } else {
        await rm(place, { recursive: true, force: true });
      }
    } catch (error) {
      if (!isCode(error, 'ENOENT', 'ENOTDIR')) throw translate(error, path);
    }
  }

  async *brokenOff(folder: ArtifactPath, before_ms: number): AsyncGenerator<ArtifactPath> {
    const place = await this.#resolve(folder);
    if (place === undefined) return;
    try {
      // Links are not followed: what they lead to is in the store by its own name, or none of ours.
      for await (const { name, parentPath } of await opendir(place, { recursive: true })) {
        if (!isPartial(name)) continue;
        const stats = await lstat(join(parentPath, name)).catch(ignoreAbsent);
        if (stats === undefined || stats.mtimeMs >= before_ms) continue;
        const within = relative(place, join(parentPath, name)).split(sep).join('/');
        yield joinPaths(folder, literalPath(within));
      }
    } catch (error) {
      if (!isCode(error, 'ENOENT', 'ENOTDIR')) throw translate(error, folder);
    }
  }

  async copy(from: ArtifactPath, to: ArtifactPath): Promise<void> {
    const file = await this.find(from);
    await this.write(to, file.open(), file.size_bytes);
  }

  /** The real place of a path with all links followed; undefined when it does not exist or lies outside. */
  #resolve(path: ArtifactPath): Promise<string | undefined> {
    return this.#resolveExisting(this.#place(path));
  }

  /** @throws ArtifactError invalid_path */
  #place(path: ArtifactPath): string {
    // There it parts folders, and a path that holds one was not judged as such.
    if (sep === '\\' && path.includes('\\'))
      throw new ArtifactError('invalid_path', `Invalid path '${show(path)}': it holds a backslash.`);
    return join(this.#root, path);
  }

  async #resolveExisting(place: string): Promise<string | undefined> {
    try {
      const [root, real] = await Promise.all([realpath(this.#root), realpath(place)]);
      return real === root || real.startsWith(root + sep) ? real : undefined;
    } catch (error) {
      if (isCode(error, 'ENOENT', 'ENOTDIR', 'ELOOP', 'ENAMETOOLONG')) return undefined;
      throw error;
    }
  }

  /** Makes the folder of a file that is about to be written, never through a link that leads outside. */
  async #prepare(folder: string, path: ArtifactPath): Promise<void> {
    if ((await this.#resolveExisting(folder)) !== undefined) return;
    await mkdir(this.#root, { recursive: true });
    let nearest = folder;
    while ((await lstat(nearest).catch(() => undefined)) === undefined) nearest = dirname(nearest);
    if ((await this.#resolveExisting(nearest)) === undefined)
      throw conflict(path, 'its folder is a link that leads out of the store');
    await mkdir(folder, { recursive: true });
  }

  async #describeAll(folder: string, entries: readonly Dirent[], withTimes: boolean): Promise<FileInfo[]> {
    return (await Promise.all(entries.map((entry) => this.#describe(folder, entry, withTimes)))).filter(
      (info) => info !== undefined,
    );
  }

  /** Undefined for what is neither file nor folder, has just gone, or is a link that leads outside. */
  async #describe(folder: string, entry: Dirent, withTimes: boolean): Promise<FileInfo | undefined> {
    const path = entry.name;
    const place = join(folder, path);
    if (entry.isDirectory()) return { path, is_dir: true };
    if (entry.isSymbolicLink() && (await this.#resolveExisting(place)) === undefined) return undefined;
    const stats = await stat(place).catch((error: unknown) => {
      if (isCode(error, 'ENOENT')) return undefined;
      throw error;
    });
    if (stats?.isDirectory()) return { path, is_dir: true };
    if (!stats?.isFile()) return undefined;
    return {
      path,
      is_dir: false,
      file_size: stats.size,
      ...(withTimes && { modified_ms: Math.floor(stats.mtimeMs) }),
    };
  }
}

/**
 * Writes and closes a new file. All is synced before it gets its name, so that no power failure leaves a name without
 * its content. While a block is written the next is gathered; a small file is one block, for each call crosses threads.
 */
async function fill(
  file: FileHandle,
  content: AsyncIterable<Buffer>,
  size_bytes: number | undefined,
): Promise<void> {
  try {
    let position = 0;
    const blocks = blocksOf(content, blockBytes(BLOCK_BYTES, size_bytes));
    await eachOf(blocks, BLOCKS_UNDER_WAY, async ({ bytes, release }) => {
      const at = position;
      position += bytes.length;
      await writeAll(file, bytes, at);
      release();
    });
    await file.sync();
  } finally {
    await file.close();
  }
}

/** A disk that is nearly full takes a part, and refuses the rest only when it is asked again. */
async function writeAll(file: FileHandle, bytes: Buffer, position: number): Promise<void> {
  for (let written = 0; written < bytes.length; )
    written += (await file.write(bytes, written, bytes.length - written, position + written)).bytesWritten;
}

const isCode = (error: unknown, ...codes: readonly string[]): boolean =>
  error instanceof Error && 'code' in error && codes.includes(String(error.code));

function ignoreAbsent(error: unknown): void {
  if (!isCode(error, 'ENOENT', 'ENOTDIR')) throw error;
}

const conflict = (path: ArtifactPath, reason: string) =>
  new ArtifactError('conflict', `The artifact '${show(path)}' cannot be stored: ${reason}.`);

function translate(error: unknown, path: ArtifactPath): unknown {
  if (isCode(error, 'ENOENT')) return folderDeleted(path, error);
  if (isCode(error, 'ENOTDIR', 'EEXIST'))
    return conflict(path, 'a file stands where its path needs a folder');
  if (isCode(error, 'EISDIR', 'ENOTEMPTY')) return conflict(path, 'a folder of that name exists');
  if (isCode(error, 'ENAMETOOLONG'))
    return new ArtifactError(
      'invalid_path',
      `Invalid path '${show(path)}': it is too long for the file system.`,
    );
  if (isCode(error, 'ENOSPC', 'EDQUOT', 'EFBIG')) {
    return new ArtifactError(
      'no_space',
      `The artifact '${show(path)}' was not stored: the disk of the artifact store is full.`,
      { cause: error },
    );
  }
  if (isCode(error, 'EACCES', 'EPERM', 'EROFS')) {
    return new ArtifactError(
      'read_only',
      `The artifact store does not let the server touch '${show(path)}'. Check the permissions of its folder.`,
      { cause: error },
    );
  }
  return error;
}
