import { once } from 'node:events';
import { type FileHandle, mkdtemp, open, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { FileStream } from './file-stream.ts';

const BLOCK_BYTES = 1000;
const content = Buffer.from(Array.from({ length: 4500 }, (_, at) => at % 251));

let folder: string;
let path: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'file-stream-'));
  path = join(folder, 'file');
  await writeFile(path, content);
});
afterAll(() => rm(folder, { recursive: true }));

const isClosed = (file: FileHandle) => file.fd === -1;

describe('FileStream', () => {
  test.each([
    ['all of a file', { first: 0, last: 4499 }, content],
    ['nothing', { first: 0, last: -1 }, Buffer.alloc(0)],
    ['a range across blocks', { first: 900, last: 2100 }, content.subarray(900, 2101)],
    ['a range of whole blocks', { first: 1000, last: 2999 }, content.subarray(1000, 3000)],
    ['one byte', { first: 4499, last: 4499 }, content.subarray(4499)],
  ])('gives %s and closes it', async (_, range, expected) => {
    const file = await open(path);
    const stream = new FileStream(file, BLOCK_BYTES, range);
    const closed = once(stream, 'close');
    expect((await buffer(stream)).equals(expected)).toBe(true);
    await closed;
    expect(isClosed(file)).toBe(true);
  });

  test('closes its file when it is given up, before it is read and in the midst of a read', async () => {
    for (const begin of [() => undefined, (stream: FileStream) => stream.read(0)]) {
      const file = await open(path);
      const stream = new FileStream(file, BLOCK_BYTES, { first: 0, last: 4499 });
      begin(stream);
      stream.destroy();
      await once(stream, 'close');
      expect(isClosed(file)).toBe(true);
    }
  });

  test('fails on a file that became shorter, and leaves out what was added to one', async () => {
    const changing = join(folder, 'changing');
    await writeFile(changing, content);
    const range = { first: 0, last: 2999 };
    expect(await buffer(new FileStream(await open(changing), BLOCK_BYTES, range))).toHaveLength(3000);
    const stream = new FileStream(await open(changing), BLOCK_BYTES, range);
    await truncate(changing, 1500);
    await expect(buffer(stream)).rejects.toMatchObject({ kind: 'unavailable' });
  });
});
