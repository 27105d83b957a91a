import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test, vi } from 'vitest';
import { LogFile } from './log-file.ts';

afterEach(() => vi.restoreAllMocks());

/** A log whose disk takes, on the calling thread, as long as the test says, by the test's clock. */
async function open() {
  const folder = await mkdtemp(join(tmpdir(), 'bitacora-log-'));
  const database = join(folder, 'mlflow.db');
  await writeFile(`${database}-wal`, 'log');
  const syncs: string[] = [];
  let ms = 0;
  let now = 0;
  vi.spyOn(performance, 'now').mockImplementation(() => now);
  const log = new LogFile(database, {
    here: () => {
      syncs.push('here');
      now += ms;
    },
    elsewhere: async () => void syncs.push('elsewhere'),
  });
  return {
    log,
    syncs,
    takes: (milliseconds: number) => {
      ms = milliseconds;
    },
    pass: (milliseconds: number) => {
      now += milliseconds;
    },
    async [Symbol.asyncDispose]() {
      log.close();
      await rm(folder, { recursive: true });
    },
  };
}

test('what little there is to sync is synced on the calling thread, the rest elsewhere', async () => {
  await using own = await open();
  await own.log.sync({ isShort: true });
  await own.log.sync({ isShort: false });
  expect(own.syncs).toEqual(['here', 'elsewhere']);
});

test('after a slow sync none is waited for on the calling thread for twenty times as long', async () => {
  await using own = await open();
  own.takes(3);
  await own.log.sync({ isShort: true });
  own.pass(59);
  await own.log.sync({ isShort: true });
  own.pass(1);
  await own.log.sync({ isShort: true });
  expect(own.syncs).toEqual(['here', 'elsewhere', 'here']);
});

test('a log that cannot be opened is told of', async () => {
  const log = new LogFile(join(tmpdir(), 'bitacora-no-such-folder', 'mlflow.db'));
  await expect(log.sync({ isShort: true })).rejects.toThrow('ENOENT');
  log.close();
});
