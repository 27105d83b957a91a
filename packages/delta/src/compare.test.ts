import { describe, expect, test } from 'vitest';
import { expectedOf, fixtureTable } from '../test/fixtures.ts';
import { add, METADATA, MemoryTableFiles, remove, tableOf } from '../test/memory-table-files.ts';
import { columnStatistics } from './column-statistics.ts';
import { compareSnapshots } from './compare.ts';
import { openSnapshot, type Snapshot } from './snapshot.ts';

const at = (name: string, version: number) => openSnapshot(fixtureTable(name), { version });
const count = (name: string, version: number) =>
  expectedOf(name).versions.find((one) => one.version === version)!.count;
const statisticsOf = (snapshot: Snapshot, column: string) =>
  columnStatistics(snapshot).find((one) => one.column.join('.') === column);

describe('the difference between two snapshots', () => {
  test('of appends is exactly the rows added', async () => {
    const name = 'spark/checkpoint-classic';
    const difference = await compareSnapshots(await at(name, 1), await at(name, 4));
    expect(difference).toMatchObject({
      is_same_table: true,
      schema: [],
      files_added_count: 6,
      files_removed_count: 0,
      rows_added: count(name, 4) - count(name, 1),
      rows_removed: 0,
      rows_are_exact: true,
    });
    expect(await compareSnapshots(await at(name, 4), await at(name, 1))).toMatchObject({
      rows_added: 0,
      rows_removed: 12,
      rows_are_exact: true,
    });
  });

  test('of files written anew is a bound, whose balance is right', async () => {
    const name = 'spark/checkpoint-classic';
    const { rows_added, rows_removed, rows_are_exact } = await compareSnapshots(
      await at(name, 4),
      await at(name, 5),
    );
    expect(rows_are_exact).toBe(false);
    expect(rows_added! - rows_removed!).toBe(count(name, 5) - count(name, 4));
  });

  test('of deletion vectors is exactly the rows deleted', async () => {
    const name = 'spark/deletion-vectors';
    expect(await compareSnapshots(await at(name, 1), await at(name, 2))).toMatchObject({
      files_added_count: 0,
      files_removed_count: 0,
      files_changed_count: 1,
      rows_added: 0,
      rows_removed: 5,
      rows_are_exact: true,
    });
    // An update puts the new row into another file.
    expect(await compareSnapshots(await at(name, 4), await at(name, 5))).toMatchObject({
      rows_added: 1,
      rows_removed: 1,
      rows_are_exact: false,
    });
  });

  test.each([
    'spark/type-widening',
    'delta-rs/operations',
    'spark/large-deletion-vectors',
    'spark/schema-evolution',
  ])('balances over all versions of %s', async (name) => {
    const { versions } = expectedOf(name);
    const first = await at(name, versions[0]!.version);
    for (const { version } of versions) {
      const { rows_added, rows_removed } = await compareSnapshots(first, await at(name, version));
      expect(rows_added! - rows_removed!).toBe(count(name, version) - count(name, first.version));
    }
  });

  test('of vectors that shrank and grew in between counts both', async () => {
    const name = 'spark/restored';
    // Version 2 deleted rows 1 and 2, version 3 restored them, version 4 deleted 2, 3, 4 and 5.
    expect(await compareSnapshots(await at(name, 2), await at(name, 4))).toMatchObject({
      files_changed_count: 1,
      rows_added: 1,
      rows_removed: 3,
      rows_are_exact: true,
    });
    expect(await compareSnapshots(await at(name, 2), await at(name, 3))).toMatchObject({
      rows_added: 2,
      rows_removed: 0,
      rows_are_exact: true,
    });
    const cleaned = MemoryTableFiles.ofFixture(name);
    const [old, now] = [await openSnapshot(cleaned, { version: 2 }), await openSnapshot(cleaned)];
    cleaned.delete(...cleaned.paths(/\.bin$/));
    expect(await compareSnapshots(old, now)).toMatchObject({
      rows_added: 2,
      rows_removed: 4,
      rows_are_exact: false,
    });
  });

  test('is unknown where the log has no counts', async () => {
    const table = tableOf([add('a')], [add('b')], [remove('a')]);
    const [first, last] = [await openSnapshot(table, { version: 0 }), await openSnapshot(table)];
    expect(await compareSnapshots(first, last)).toMatchObject({
      rows_added: undefined,
      rows_removed: undefined,
      rows_are_exact: false,
    });
    expect(await compareSnapshots(first, first)).toMatchObject({
      rows_added: 0,
      rows_removed: 0,
      rows_are_exact: true,
    });
  });

  test('tells a table that took another’s place', async () => {
    const other = tableOf([]).commit(1, [{ metaData: { ...METADATA.metaData, id: 'another' } }]);
    const [before, after] = [await openSnapshot(other, { version: 0 }), await openSnapshot(other)];
    expect((await compareSnapshots(before, after)).is_same_table).toBe(false);
  });
});

describe('the difference of schemas', () => {
  test('knows a renamed column under column mapping', async () => {
    const { schema } = await compareSnapshots(
      await at('spark/column-mapping-name', 1),
      await at('spark/column-mapping-name', 6),
    );
    expect(schema).toEqual([
      { change: 'renamed', column: ['renamed'], from: 'a.b', to: 'renamed' },
      { change: 'removed', column: ['x y,;', 'gone'], type: 'string' },
      { change: 'renamed', column: ['part 2'], from: 'part', to: 'part 2' },
      { change: 'added', column: ['a.b'], type: 'integer' },
    ]);
  });

  test('tells columns that came, within structs too', async () => {
    const { schema } = await compareSnapshots(
      await at('spark/schema-evolution', 0),
      await at('spark/schema-evolution', 4),
    );
    expect(schema).toEqual([
      { change: 'added', column: ['point', 'y'], type: 'date' },
      { change: 'added', column: ['extra'], type: 'string' },
    ]);
  });

  test('tells types that were widened', async () => {
    const { schema } = await compareSnapshots(
      await at('spark/type-widening', 1),
      await at('spark/type-widening', 10),
    );
    expect(schema).toContainEqual({
      change: 'type',
      column: ['price'],
      from: 'decimal(6,2)',
      to: 'decimal(12,4)',
    });
    expect(schema).toHaveLength(8);
  });
});

describe('statistics of columns', () => {
  test('are those of the rows, longs to the last digit', async () => {
    const snapshot = await at('spark/type-widening', 10);
    expect(statisticsOf(snapshot, 'number')).toMatchObject({
      min: -5n,
      max: 9007199254740993n,
      null_count: 0,
      is_exact: true,
    });
    expect(statisticsOf(snapshot, 'price')).toMatchObject({
      min: '1234.5600',
      max: '12345678.1234',
      is_exact: true,
    });
    expect(statisticsOf(snapshot, 'part')).toMatchObject({ min: 7n, max: 9007199254740993n, is_exact: true });
    expect(statisticsOf(snapshot, 'day')).toMatchObject({
      min: '2024-02-29T00:00:00.000000',
      is_exact: false,
    });
  });

  test('of a partition column count its nulls by rows', async () => {
    const snapshot = await at('spark/partitioned', 3);
    expect(statisticsOf(snapshot, 'text')).toMatchObject({ min: '..', max: 'ä=%25 #?:', null_count: 1 });
    expect(statisticsOf(snapshot, 'number')).toMatchObject({ min: 0, max: 8, null_count: 1, is_exact: true });
  });

  test('with rows deleted are bounds', async () => {
    const snapshot = await at('spark/deletion-vectors', 4);
    expect(statisticsOf(snapshot, 'id')).toMatchObject({
      min: 0n,
      max: 104n,
      null_count: 0,
      is_exact: false,
    });
  });

  test.each([
    ['none', 0, { null_count: 0, min: 1n }],
    ['some', 2, { null_count: undefined, min: 1n }],
    ['all', 4, { null_count: 3, min: null }],
  ])('count nulls among rows deleted since only where that is sure: %s', async (_what, nulls, expected) => {
    const deletionVector = {
      storageType: 'u',
      pathOrInlineDv: '0'.repeat(20),
      sizeInBytes: 1,
      cardinality: 1,
    };
    const stats = {
      numRecords: 4,
      tightBounds: false,
      nullCount: { id: nulls },
      minValues: { id: 1 },
      maxValues: { id: 2 },
    };
    const table = tableOf([add('a', { deletionVector, stats: JSON.stringify(stats) })]);
    expect(statisticsOf(await openSnapshot(table), 'id')).toMatchObject(expected);
  });

  test('of a column that came later are unknown while old files lack them', async () => {
    const snapshot = await at('spark/schema-evolution', 3);
    expect(statisticsOf(snapshot, 'extra')).toMatchObject({
      min: undefined,
      null_count: undefined,
      is_exact: false,
    });
    expect(statisticsOf(snapshot, 'point.x')).toMatchObject({ min: 1, max: 2, null_count: 0 });
  });

  test('are read from a checkpoint that keeps them as columns', async () => {
    const snapshot = await at('delta-rs/checkpoint-struct-statistics', 3);
    expect(statisticsOf(snapshot, 'id')).toMatchObject({ min: 0n, max: 51n, null_count: 0, is_exact: true });
    expect(statisticsOf(snapshot, 'text')).toMatchObject({ min: 't0', max: 't1', is_exact: true });
  });

  test('that make no sense are passed over', async () => {
    for (const stats of [
      '{',
      '[]',
      '{"numRecords":"x","minValues":7,"nullCount":{"id":-1}}',
      '{"numRecords":1e40}',
    ]) {
      const snapshot = await openSnapshot(tableOf([add('a', { stats })]));
      expect(snapshot.row_count).toBeUndefined();
      expect(statisticsOf(snapshot, 'id')).toMatchObject({
        min: undefined,
        max: undefined,
        null_count: undefined,
      });
    }
  });
});
