import { describe, expect, test } from 'vitest';
import { expectedOf } from '../test/fixtures.ts';
import { add, logPath, MemoryTableFiles, tableOf } from '../test/memory-table-files.ts';
import { readHistory } from './history.ts';
import { openSnapshot } from './snapshot.ts';

const versionAt = async (table: MemoryTableFiles, timestamp_ms: number) =>
  (await openSnapshot(table, { timestamp_ms })).version;

describe('opening a table as of a time', () => {
  test('takes the last commit that is not after it, by files’ times', async () => {
    const table = tableOf([add('a')], [add('b')], [add('c')]);
    expect(await versionAt(table, 0)).toBe(0);
    expect(await versionAt(table, 999)).toBe(0);
    expect(await versionAt(table, 1000)).toBe(1);
    expect(await versionAt(table, 5000)).toBe(2);
    expect((await openSnapshot(table, { timestamp_ms: 1000 })).timestamp_ms).toBe(1000);
  });

  test('before the oldest there is none', async () => {
    await expect(versionAt(tableOf([add('a')]), -1)).rejects.toMatchObject({
      kind: 'version_unavailable',
      message:
        'No version of 1969-12-31T23:59:59.999Z is available: the oldest is version 0, of 1970-01-01T00:00:00.000Z.',
    });
    await expect(versionAt(tableOf([add('a')]), 1.5)).rejects.toMatchObject({ kind: 'invalid_request' });
  });

  test('times that fall are made to rise, as Spark does', async () => {
    const table = tableOf([add('a')]);
    for (const [at, time] of [5000, 3000, 3000, 9000].entries()) table.commit(at + 1, [add(`f${at}`)], time);
    // Times are 0, 5000, 5001, 5002 and 9000.
    expect(await versionAt(table, 4999)).toBe(0);
    expect(await versionAt(table, 5000)).toBe(1);
    expect(await versionAt(table, 5001)).toBe(2);
    expect(await versionAt(table, 8999)).toBe(3);
  });

  test('times that fall or stand still lead where they lead Spark', async () => {
    const name = 'spark/file-times';
    const { modified_ms, found } = expectedOf<{
      modified_ms: number[];
      found: { timestamp_ms: number; version: number }[];
    }>(name);
    const table = MemoryTableFiles.ofFixture(name);
    for (const [version, time] of modified_ms.entries())
      table.put(logPath(version), table.bytes(logPath(version)), time);
    for (const { timestamp_ms, version } of found)
      expect([timestamp_ms, await versionAt(table, timestamp_ms)]).toEqual([timestamp_ms, version]);
    const told = expectedOf(name).history.map(({ version, timestamp }) => ({
      version,
      ms: Date.parse(timestamp),
    }));
    expect(
      (await readHistory(table)).map(({ version, timestamp_ms }) => ({ version, ms: timestamp_ms })),
    ).toEqual(told);
  });

  test('versions that are cleaned up cannot be met', async () => {
    const table = MemoryTableFiles.ofFixture('spark/vacuumed');
    for (const path of table.paths(/\d{20}\.json$/))
      table.put(path, table.bytes(path), Number(path.slice(-10, -5)) * 1000);
    await expect(versionAt(table, 7000)).rejects.toMatchObject({
      message: expect.stringContaining('the oldest is version 8'),
    });
    expect(await versionAt(table, 8000)).toBe(8);
  });

  describe('with in-commit timestamps', () => {
    const name = 'spark/in-commit-timestamps';
    const history = expectedOf(name).history.map(({ version, timestamp }) => ({
      version,
      ms: Date.parse(timestamp),
    }));
    /** Git keeps no times: files get those that Spark saw, the later ones a wrong time, which must not matter. */
    const table = MemoryTableFiles.ofFixture(name);
    const enabled = 2;
    for (const { version, ms } of history)
      table.put(logPath(version), table.bytes(logPath(version)), version < enabled ? ms : 1);

    test('each version is found at its time, and not a millisecond before', async () => {
      for (const { version, ms } of history) {
        expect(await versionAt(table, ms)).toBe(version);
        if (version > 0) expect(await versionAt(table, ms - 1)).toBe(version - 1);
      }
    });

    test('snapshots and the history tell the times that Spark tells', async () => {
      const told = await readHistory(table);
      expect(told.map(({ version, timestamp_ms }) => ({ version, ms: timestamp_ms }))).toEqual(history);
      for (const { version, ms } of history)
        expect((await openSnapshot(table, { version })).timestamp_ms).toBe(ms);
    });

    test('a commit without a time among them counts by its file', async () => {
      const damaged = MemoryTableFiles.ofFixture(name);
      damaged.put(logPath(4), `${JSON.stringify(add('x'))}\n`, history[0]!.ms);
      expect((await openSnapshot(damaged)).timestamp_ms).toBe(history[0]!.ms);
    });
  });
});

describe('the history', () => {
  test('is newest first, and bounded', async () => {
    const table = tableOf(
      [],
      ...Array.from({ length: 12 }, (_, at) => [
        { commitInfo: { operation: `op ${at + 1}`, userName: 'me', engineInfo: 'x' } },
      ]),
    );
    expect(
      (await readHistory(table, { limit: 2 })).map(({ version, operation }) => [version, operation]),
    ).toEqual([
      [12, 'op 12'],
      [11, 'op 11'],
    ]);
    expect((await readHistory(table, { limit: 2, before: 2 })).map(({ version }) => version)).toEqual([1, 0]);
    await expect(readHistory(table, { limit: 1001 })).rejects.toMatchObject({ kind: 'invalid_request' });
    expect(await readHistory(table, { limit: 1, before: 1 })).toEqual([
      {
        version: 0,
        timestamp_ms: 0,
        operation: undefined,
        user_name: undefined,
        engine: undefined,
        info: {},
      },
    ]);
  });
});
