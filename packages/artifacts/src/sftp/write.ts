import { posix } from 'node:path';
import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Attributes } from 'ssh2';
import type { ArtifactPath } from '../artifact-path.ts';
import { ArtifactError, folderDeleted, show } from '../error.ts';
import { partialName } from '../partial.ts';
import { wholeContent } from '../whole-content.ts';
import type { SftpChannel } from './channel.ts';
import { conflict, isStatus, STATUS } from './errors.ts';
import { closeFile, isFolder, lookAt, openFile, readFile, writeFile } from './files.ts';
import type { SftpPool } from './pool.ts';

/** Where a file goes: its path in the store, and on the server. */
interface Goal {
  readonly path: ArtifactPath;
  readonly place: string;
}

/** One request of the server's own copying; it is silent meanwhile. */
const COPIED_AT_ONCE = 64 * 1024 * 1024;

/** How long a failed upload waits for what is left of it to go. */
const REMOVAL_MS = 5000;

/** Below this a disk counts as full. */
const FULL_BYTES = 1024 * 1024;

export function writeWhole(
  pool: SftpPool,
  goal: Goal,
  content: Readable,
  size_bytes?: number,
): Promise<void> {
  return placeWhole(pool, goal, (channel, handle) =>
    writeFile(channel, handle, wholeContent(content, goal.path, size_bytes)),
  );
}

/** By the server itself where it can (OpenSSH from 9.0), otherwise through this process. */
export function copyWhole(
  pool: SftpPool,
  source: { readonly place: string; readonly size_bytes: number },
  goal: Goal,
): Promise<void> {
  return placeWhole(pool, goal, async (channel, handle) => {
    const from = await openFile(channel, source.place, 'r');
    try {
      for (let at = 0; at < source.size_bytes; at += COPIED_AT_ONCE) {
        const count = Math.min(COPIED_AT_ONCE, source.size_bytes - at);
        const isCopied = await channel.askIfKnown((sftp, answer) =>
          sftp.ext_copy_data(from, at, count, handle, at, (error) => answer(error, undefined)),
        );
        if (isCopied) continue;
        const bytes = readFile(channel, from, { first: 0, last: source.size_bytes - 1 }, () => undefined);
        await writeFile(channel, handle, wholeContent(bytes, goal.path, source.size_bytes));
        return;
      }
    } finally {
      await closeFile(channel, from).catch(() => undefined);
    }
  });
}

/** Fills a file under another name and gives it its own once all is on disk, or leaves nothing. */
async function placeWhole(
  pool: SftpPool,
  { path, place }: Goal,
  fill: (channel: SftpChannel, handle: Buffer) => Promise<void>,
): Promise<void> {
  const folder = posix.dirname(place);
  const partial = posix.join(folder, partialName());
  const { lease, value } = await pool.begin((channel) => openNew(channel, partial, { path, place }));
  const { channel } = lease;
  const { handle, kept } = value;
  try {
    try {
      await fill(channel, handle);
      if (kept !== undefined) await dateAfter(channel, handle, kept);
      // Where the server can, so that an acknowledged file survives its loss of power.
      await channel.askIfKnown((sftp, answer) => sftp.ext_openssh_fsync(handle, answer));
    } finally {
      await closeFile(channel, handle).catch(ifNotLost(channel));
    }
    await rename(channel, partial, place).catch((error: unknown) => {
      throw isStatus(error, STATUS.NO_SUCH_FILE) ? folderDeleted(path, error) : error;
    });
  } catch (error) {
    const removal = removePartial(pool, partial);
    // A new connection may not come, and then not soon.
    await (channel.isLost ? Promise.race([removal, sleep(REMOVAL_MS, undefined, { ref: false })]) : removal);
    throw (await isFull(channel, folder, error)) ? noSpace(path, error) : error;
  } finally {
    lease.release();
  }
}

/** A refusal to close says that something could not be written; a lost connection has said so already. */
const ifNotLost = (channel: SftpChannel) => (error: unknown) => {
  if (!channel.isLost) throw error;
};

/** On another connection when this one is lost; what cannot be removed now is never listed, and goes with its folder. */
async function removePartial(pool: SftpPool, partial: string): Promise<void> {
  await pool
    .use((channel) =>
      channel.ask<void>((sftp, answer) => sftp.unlink(partial, (error) => answer(error, undefined))),
    )
    .catch(() => undefined);
}

/**
 * Times of files have whole seconds in this protocol, and of a file no more is known than its time and size: what
 * replaces one of the same size within the same second is dated a second later, so that readers see a change.
 */
async function dateAfter(channel: SftpChannel, handle: Buffer, kept: Attributes): Promise<void> {
  const { size, mtime } = await channel.ask<Attributes>((sftp, answer) => sftp.fstat(handle, answer));
  if (size !== kept.size || mtime > kept.mtime) return;
  const later = kept.mtime + 1;
  await channel.ask<void>((sftp, answer) =>
    sftp.futimes(handle, later, later, (error) => answer(error, undefined)),
  );
}

/** With what is there under its name now. */
async function openNew(channel: SftpChannel, partial: string, { path, place }: Goal) {
  const kept = await lookAt(channel, place);
  if (kept !== undefined && isFolder(kept)) throw conflict(path, 'a folder of that name exists');
  try {
    return { kept, handle: await openFile(channel, partial, 'wx') };
  } catch (error) {
    if (!isStatus(error, STATUS.NO_SUCH_FILE)) throw error;
    await makeFolder(channel, posix.dirname(partial), path);
    return { kept, handle: await openFile(channel, partial, 'wx') };
  }
}

/** With those above it. */
async function makeFolder(channel: SftpChannel, place: string, path: ArtifactPath): Promise<void> {
  const make = () =>
    channel.ask<void>((sftp, answer) => sftp.mkdir(place, (error) => answer(error, undefined)));
  try {
    await make();
  } catch (error) {
    const isMissing = isStatus(error, STATUS.NO_SUCH_FILE);
    if (isMissing && place !== '/') {
      await makeFolder(channel, posix.dirname(place), path);
      await make().catch((again: unknown) => ignoreFolder(channel, place, path, again));
    } else {
      await ignoreFolder(channel, place, path, error);
    }
  }
}

/** Somebody else may have made it meanwhile. */
async function ignoreFolder(channel: SftpChannel, place: string, path: ArtifactPath, error: unknown) {
  const kept = await lookAt(channel, place);
  if (kept === undefined) throw error;
  if (!isFolder(kept)) throw conflict(path, 'a file stands where its path needs a folder');
}

/** Over what is there. A server without OpenSSH's extension replaces nothing: there the old file goes first. */
async function rename(channel: SftpChannel, from: string, to: string): Promise<void> {
  const isDone = await channel.askIfKnown((sftp, answer) =>
    sftp.ext_openssh_rename(from, to, (error) => answer(error, undefined)),
  );
  if (isDone) return;
  const plainly = () =>
    channel.ask<void>((sftp, answer) => sftp.rename(from, to, (error) => answer(error, undefined)));
  try {
    await plainly();
  } catch (error) {
    if (!isStatus(error, STATUS.FAILURE) || (await lookAt(channel, to)) === undefined) throw error;
    await channel.ask<void>((sftp, answer) => sftp.unlink(to, (failure) => answer(failure, undefined)));
    await plainly();
  }
}

/** The protocol has no word for it: servers answer "failure". */
async function isFull(channel: SftpChannel, folder: string, error: unknown): Promise<boolean> {
  if (!isStatus(error, STATUS.FAILURE)) return false;
  try {
    const { f_bavail, f_frsize } = await channel.ask<{ f_bavail: number; f_frsize: number }>((sftp, answer) =>
      sftp.ext_openssh_statvfs(folder, answer),
    );
    return f_bavail * f_frsize < FULL_BYTES;
  } catch {
    return false;
  }
}

const noSpace = (path: ArtifactPath, cause: unknown) =>
  new ArtifactError(
    'no_space',
    `The artifact '${show(path)}' was not stored: the disk of the SFTP server is full.`,
    { cause },
  );
