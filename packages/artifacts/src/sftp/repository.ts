import type { Readable } from 'node:stream';
import type { FileEntryWithStats } from 'ssh2';
import { type ArtifactPath, joinPaths } from '../artifact-path.ts';
import { isDirectory, notFound, requireFileName } from '../error.ts';
import { isPartial } from '../partial.ts';
import type { ArtifactRepository, ByteRange, FileInfo, ListOptions, StoredFile } from '../repository.ts';
import { eachOf } from '../transfer.ts';
import type { SftpChannel } from './channel.ts';
import { isStatus, STATUS, translate } from './errors.ts';
import { closeFile, isFile, isFolder, isLink, lookAt, openFile, readFile, readFolder } from './files.ts';
import type { SftpPool } from './pool.ts';
import { copyWhole, writeWhole } from './write.ts';

/** Entries that are looked at or deleted together. */
const AT_ONCE = 16;

/** A folder of an SFTP server. Links there are the server's own and are followed, but deleted themselves. */
export class SftpArtifactRepository implements ArtifactRepository {
  readonly #pool: SftpPool;
  readonly #server: string;
  readonly #root: ArtifactPath;

  constructor(pool: SftpPool, server: string, root: ArtifactPath) {
    this.#pool = pool;
    this.#server = server;
    this.#root = root;
  }

  async *list(folder: ArtifactPath, { withTimes = false }: ListOptions = {}): AsyncGenerator<FileInfo> {
    const place = this.#place(folder);
    const infos = await this.#translated(folder, () =>
      this.#pool.use(async (channel) => {
        const found: FileInfo[] = [];
        try {
          for await (const entries of readFolder(channel, place))
            await eachOf(entries, AT_ONCE, async ({ filename, attrs }) => {
              if (isPartial(filename)) return;
              const target = isLink(attrs) ? await lookAt(channel, `${place}/${filename}`) : attrs;
              if (target === undefined) return;
              if (isFolder(target)) found.push({ path: filename, is_dir: true });
              else if (isFile(target))
                found.push({
                  path: filename,
                  is_dir: false,
                  file_size: target.size,
                  ...(withTimes && { modified_ms: target.mtime * 1000 }),
                });
            });
        } catch (error) {
          if (!isStatus(error, STATUS.NO_SUCH_FILE) && !(await isNoFolder(channel, place, error)))
            throw error;
        }
        return found.sort((a, b) => (a.path < b.path ? -1 : 1));
      }),
    );
    yield* infos;
  }

  find(path: ArtifactPath): Promise<StoredFile> {
    const place = this.#place(path);
    return this.#translated(path, async () => {
      const { lease, value } = await this.#pool.begin(async (channel) => {
        const handle = await openFile(channel, place, 'r').catch(async (error: unknown) => {
          // Some servers open no folders.
          const attributes = await lookAt(channel, place);
          if (attributes !== undefined && isFolder(attributes)) throw isDirectory(path);
          throw error;
        });
        return {
          handle,
          attributes: await channel.ask<Parameters<typeof isFile>[0] & { size: number; mtime: number }>(
            (sftp, answer) => sftp.fstat(handle, answer),
          ),
        };
      });
      const { handle, attributes } = value;
      let isOpen = true;
      const close = async () => {
        if (!isOpen) return;
        isOpen = false;
        await closeFile(lease.channel, handle).catch(() => undefined);
        lease.release();
      };
      if (!isFile(attributes)) {
        await close();
        throw isFolder(attributes) ? isDirectory(path) : notFound(path);
      }
      const { size, mtime } = attributes;
      return {
        size_bytes: size,
        modified_ms: mtime * 1000,
        etag: `"${mtime.toString(16)}-${size.toString(16)}"`,
        open: (range: ByteRange = { first: 0, last: size - 1 }) =>
          readFile(lease.channel, handle, range, () => void close()),
        close,
      };
    });
  }

  async write(path: ArtifactPath, content: Readable, size_bytes?: number): Promise<void> {
    requireFileName(path);
    await this.#translated(path, () =>
      writeWhole(this.#pool, { path, place: this.#place(path) }, content, size_bytes),
    );
  }

  async delete(path: ArtifactPath): Promise<void> {
    const place = this.#place(path);
    await this.#translated(path, () =>
      this.#pool.use(async (channel) => {
        const attributes = await lookAt(channel, place, path === '' ? 'stat' : 'lstat');
        if (attributes === undefined) return;
        if (!isFolder(attributes)) await deleteFile(channel, place);
        else await deleteFolder(channel, place, path !== '');
      }),
    );
  }

  async *brokenOff(folder: ArtifactPath, before_ms: number): AsyncGenerator<ArtifactPath> {
    for (const folders = [folder]; ; ) {
      const next = folders.pop();
      if (next === undefined) return;
      const entries = await this.#translated(next, () =>
        this.#pool.use(async (channel) => {
          const found: FileEntryWithStats[] = [];
          await ignoreAbsent(
            (async () => {
              for await (const some of readFolder(channel, this.#place(next))) found.push(...some);
            })(),
          );
          return found;
        }),
      );
      for (const { filename, attrs } of entries) {
        const path = joinPaths(next, filename as ArtifactPath);
        if (isFolder(attrs)) folders.push(path);
        else if (isPartial(filename) && attrs.mtime * 1000 < before_ms) yield path;
      }
    }
  }

  copy(from: ArtifactPath, to: ArtifactPath): Promise<void> {
    return this.#translated(to, async () => {
      const file = await this.find(from);
      try {
        await copyWhole(
          this.#pool,
          { place: this.#place(from), size_bytes: file.size_bytes },
          { path: to, place: this.#place(to) },
        );
      } finally {
        await file.close();
      }
    });
  }

  #place(path: ArtifactPath): string {
    return `/${joinPaths(this.#root, path)}`;
  }

  async #translated<T>(path: ArtifactPath, run: () => Promise<T>): Promise<T> {
    try {
      return await run();
    } catch (error) {
      throw translate(error, path, this.#server);
    }
  }
}

/** Servers answer to a listing of a file with no more than "failure". */
async function isNoFolder(channel: SftpChannel, place: string, error: unknown): Promise<boolean> {
  if (!isStatus(error, STATUS.FAILURE)) return false;
  const attributes = await lookAt(channel, place);
  return attributes === undefined || !isFolder(attributes);
}

async function deleteFile(channel: SftpChannel, place: string): Promise<void> {
  await ignoreAbsent(
    channel.ask<void>((sftp, answer) => sftp.unlink(place, (error) => answer(error, undefined))),
  );
}

/** With all in it, uploads in progress included; `itself` too, unless it is the root. */
async function deleteFolder(channel: SftpChannel, place: string, itself: boolean): Promise<void> {
  const folders: string[] = [];
  await ignoreAbsent(
    (async () => {
      for await (const entries of readFolder(channel, place))
        await eachOf(entries, AT_ONCE, async ({ filename, attrs }) => {
          if (isFolder(attrs)) folders.push(filename);
          else await deleteFile(channel, `${place}/${filename}`);
        });
    })(),
  );
  // One after the other: a tree of a thousand folders is not a thousand requests at once.
  for (const name of folders) await deleteFolder(channel, `${place}/${name}`, true);
  if (!itself) return;
  await ignoreAbsent(
    channel.ask<void>((sftp, answer) => sftp.rmdir(place, (error) => answer(error, undefined))),
  );
}

async function ignoreAbsent(done: Promise<void>): Promise<void> {
  try {
    await done;
  } catch (error) {
    if (!isStatus(error, STATUS.NO_SUCH_FILE)) throw error;
  }
}
