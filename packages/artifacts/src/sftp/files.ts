import { Readable } from 'node:stream';
import type { Attributes, FileEntryWithStats, OpenMode } from 'ssh2';
import { becameShorter } from '../error.ts';
import { countPassed } from '../garbage.ts';
import type { ByteRange } from '../repository.ts';
import { blocksOf, eachOf } from '../transfer.ts';
import type { SftpChannel } from './channel.ts';
import { isStatus, STATUS } from './errors.ts';

/** Bytes asked for or sent at once. OpenSSH takes up to 255 KiB; for others the library cuts them. */
const BLOCK_BYTES = 128 * 1024;

/**
 * Blocks under way in one transfer: 1.75 MiB, enough for 80 ms to the server at 180 Mbit/s. OpenSSH takes 2 MiB that it has
 * not yet passed on, of which it tells by 96 KiB or more. Sixteen would pass over that: what then waits stands in an array
 * of the library's that has grown old, and which, thrown away, takes it along to where V8 seldom looks.
 */
const BLOCKS_AHEAD = 14;

/** The kinds of entry that matter, by the bits of their mode. */
const TYPE_BITS = 0o170000;
const FOLDER = 0o040000;
const FILE = 0o100000;
const LINK = 0o120000;

type Mode = Pick<Attributes, 'mode'>;
export const isFolder = ({ mode }: Mode): boolean => (mode & TYPE_BITS) === FOLDER;
export const isFile = ({ mode }: Mode): boolean => (mode & TYPE_BITS) === FILE;
export const isLink = ({ mode }: Mode): boolean => (mode & TYPE_BITS) === LINK;

export const openFile = (channel: SftpChannel, place: string, mode: OpenMode): Promise<Buffer> =>
  channel.ask((sftp, answer) => sftp.open(place, mode, answer));

export const closeFile = (channel: SftpChannel, handle: Buffer): Promise<void> =>
  channel.ask((sftp, answer) => sftp.close(handle, (error) => answer(error, undefined)));

/** Undefined for what is not there. Of a link what it leads to, or with `lstat` itself. */
export async function lookAt(
  channel: SftpChannel,
  place: string,
  how: 'stat' | 'lstat' = 'stat',
): Promise<Attributes | undefined> {
  try {
    return await channel.ask<Attributes>((sftp, answer) => sftp[how](place, answer));
  } catch (error) {
    if (isStatus(error, STATUS.NO_SUCH_FILE)) return undefined;
    throw error;
  }
}

/** The entries of a folder, a hundred or so at a time, as the server has them. */
export async function* readFolder(
  channel: SftpChannel,
  place: string,
): AsyncGenerator<readonly FileEntryWithStats[]> {
  const handle = await channel.ask<Buffer>((sftp, answer) => sftp.opendir(place, answer));
  try {
    for (;;) {
      const entries = await channel.ask<readonly FileEntryWithStats[]>((sftp, answer) =>
        sftp.readdir(handle, answer),
      );
      yield entries.filter(({ filename }) => filename !== '.' && filename !== '..');
    }
  } catch (error) {
    if (!isStatus(error, STATUS.EOF)) throw error;
  } finally {
    await closeFile(channel, handle).catch(() => undefined);
  }
}

/** The bytes of an open file, several requests ahead of the reader; `done` once nothing more will be asked. */
export function readFile(
  channel: SftpChannel,
  handle: Buffer,
  { first, last }: ByteRange,
  done: () => void,
): Readable {
  // Also when it is destroyed before it was ever read.
  return Readable.from(readBlocks(channel, handle, first, last + 1), {
    objectMode: false,
    highWaterMark: BLOCK_BYTES,
  }).once('close', done);
}

async function* readBlocks(channel: SftpChannel, handle: Buffer, first: number, end: number) {
  const ahead: Promise<Buffer>[] = [];
  let next = first;
  try {
    for (;;) {
      while (ahead.length < BLOCKS_AHEAD && next < end) {
        const block = readBlock(channel, handle, next, Math.min(BLOCK_BYTES, end - next));
        block.catch(() => undefined);
        ahead.push(block);
        next += BLOCK_BYTES;
      }
      const block = ahead.shift();
      if (block === undefined) return;
      const bytes = await block;
      countPassed(bytes.length);
      yield bytes;
    }
  } finally {
    await Promise.allSettled(ahead);
  }
}

async function readBlock(channel: SftpChannel, handle: Buffer, at: number, length: number): Promise<Buffer> {
  const block = Buffer.allocUnsafe(length);
  let filled = 0;
  while (filled < length) {
    const count = await channel.ask<number>((sftp, answer) =>
      sftp.read(handle, block, filled, length - filled, at + filled, answer),
    );
    if (count === 0) throw becameShorter();
    filled += count;
  }
  return block;
}

export async function writeFile(
  channel: SftpChannel,
  handle: Buffer,
  content: AsyncIterable<Buffer>,
): Promise<void> {
  let position = 0;
  await eachOf(blocksOf(content, BLOCK_BYTES), BLOCKS_AHEAD, async ({ bytes, release }) => {
    const at = position;
    position += bytes.length;
    await channel.ask<void>((sftp, answer) =>
      sftp.write(handle, bytes, 0, bytes.length, at, (error) => answer(error, undefined)),
    );
    release();
  });
}
