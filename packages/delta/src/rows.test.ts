import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { expectedOf, fixtureFolder, fixtureTable, plain } from '../test/fixtures.ts';
import { add, logPath, METADATA, MemoryTableFiles, PROTOCOL, tableOf } from '../test/memory-table-files.ts';
import { DeltaError } from './error.ts';
import { LocalTableFiles } from './local-table-files.ts';
import { findMissingFiles } from './missing-files.ts';
import { readRows } from './rows.ts';
import { openSnapshot } from './snapshot.ts';

describe('rows of a table', () => {
  test('any page holds what the whole table has there', async () => {
    const snapshot = await openSnapshot(fixtureTable('spark/deletion-vectors'));
    const all = await readRows(snapshot, { limit: 1000 });
    expect(all.next_offset).toBeUndefined();
    const request = fc.record({
      offset: fc.nat(all.rows.length + 3),
      limit: fc.integer({ min: 1, max: 30 }),
    });
    await fc.assert(
      fc.asyncProperty(request, async ({ offset, limit }) => {
        const page = await readRows(snapshot, { offset, limit });
        expect(page.rows).toEqual(all.rows.slice(offset, offset + limit));
        expect(page.next_offset).toBe(offset + limit < all.rows.length ? offset + limit : undefined);
      }),
      { numRuns: 60 },
    );
  });

  test('every container of a large deletion vector hides what Spark hides', async () => {
    const { counts } = expectedOf<{ counts: Record<string, Record<string, number>> }>(
      'spark/large-deletion-vectors',
    );
    for (const version of [1, 2, 3]) {
      const snapshot = await openSnapshot(fixtureTable('spark/large-deletion-vectors'), { version });
      const found: Record<string, number> = {};
      for (let offset: number | undefined = 0; offset !== undefined; ) {
        const page = await readRows(snapshot, { offset, limit: 10_000, columns: ['block', 'third'] });
        for (const row of page.rows) found[row.join(',')] = (found[row.join(',')] ?? 0) + 1;
        offset = page.next_offset;
      }
      expect(found).toEqual(counts[version]);
    }
  });

  test('columns come in the order wanted, and others are not read', async () => {
    const table = MemoryTableFiles.ofFixture('spark/types');
    const snapshot = await openSnapshot(table, { version: 0 });
    const path = snapshot.files[0]!.path;
    const page = await readRows(snapshot, { columns: ['flag', 'id'], limit: 1 });
    expect(page.columns.map(({ name }) => name)).toEqual(['flag', 'id']);
    expect(page.rows).toEqual([[true, 9223372036854775807n]]);
    await expect(readRows(snapshot, { columns: ['nope'] })).rejects.toMatchObject({
      kind: 'invalid_request',
      message: "Invalid column 'nope': version 0 of the table has no such column.",
    });
    expect(table.read_bytes.get(path)).toBeGreaterThan(0);
  });

  test('a page in the middle of a large file is the one that stands there', async () => {
    const snapshot = await openSnapshot(fixtureTable('spark/large-deletion-vectors'), { version: 1 });
    const page = await readRows(snapshot, { offset: 150_001, limit: 3, columns: ['third', 'block'] });
    expect(page.rows).toEqual([
      [150_001 % 3, 7],
      [150_002 % 3, 7],
      [150_003 % 3, 7],
    ]);
  });

  test('partition columns alone need no file', async () => {
    const table = MemoryTableFiles.ofFixture('spark/partitioned');
    const snapshot = await openSnapshot(table);
    const page = await readRows(snapshot, { columns: ['text', 'big'] });
    expect(page.rows).toContainEqual(['ä=%25 #?:', null]);
    expect(table.read_paths.filter((path) => path.endsWith('.parquet'))).toEqual([]);
  });

  test.each([{ limit: 0 }, { limit: 10_001 }, { limit: 1.5 }, { offset: -1 }, { offset: Number.NaN }])(
    '%j is refused',
    async (request) => {
      const snapshot = await openSnapshot(tableOf([]));
      await expect(readRows(snapshot, request)).rejects.toMatchObject({ kind: 'invalid_request' });
    },
  );

  test('an empty table has no rows', async () => {
    expect(await readRows(await openSnapshot(tableOf([])))).toMatchObject({
      rows: [],
      next_offset: undefined,
    });
  });

  test('a caller that has gone is not read for', async () => {
    const snapshot = await openSnapshot(fixtureTable('spark/types'));
    await expect(readRows(snapshot, { signal: AbortSignal.abort() })).rejects.toThrow(/abort/i);
  });
});

describe('types that are not read', () => {
  test('a variant column is refused by name, and the others are read', async () => {
    const snapshot = await openSnapshot(fixtureTable('spark/variant'));
    expect(snapshot.row_count).toBe(1);
    await expect(readRows(snapshot)).rejects.toMatchObject({
      kind: 'unsupported',
      message:
        "The column 'v' holds values of type 'variant', which are not read here. Ask for other columns.",
    });
    expect((await readRows(snapshot, { columns: ['id'] })).rows).toEqual([[1n]]);
  });

  test.each([
    [
      {
        minReaderVersion: 3,
        minWriterVersion: 7,
        readerFeatures: ['deletionVectors', 'timeMachine'],
        writerFeatures: [],
      },
      /'timeMachine', which is not read here\. Update Bitácora, or .*DROP FEATURE timeMachine/,
    ],
    [
      { minReaderVersion: 3, minWriterVersion: 7, readerFeatures: ['catalogManaged'], writerFeatures: [] },
      /'catalogManaged'.*known to its catalog alone/,
    ],
    [{ minReaderVersion: 4, minWriterVersion: 7 }, /reader version 4; up to 3/],
  ])('a table that needs %j is refused by name', async (protocol, message) => {
    const table = new MemoryTableFiles().commit(0, [{ protocol }, METADATA]);
    await expect(openSnapshot(table)).rejects.toMatchObject({
      kind: 'unsupported',
      message: expect.stringMatching(message),
    });
  });

  test('features of writers are none of a reader’s business', async () => {
    const protocol = { minReaderVersion: 1, minWriterVersion: 7, writerFeatures: ['somethingNew'] };
    expect((await openSnapshot(new MemoryTableFiles().commit(0, [{ protocol }, METADATA]))).files).toEqual(
      [],
    );
  });
});

describe('where files are', () => {
  test.each(['../secret', 'a/../../secret', '%2e%2e/secret', 'a/%2E%2E/b', './a', 'a//b', 'a%00b'])(
    'a table that names %j is refused',
    async (path) => {
      await expect(openSnapshot(tableOf([add(path)]))).rejects.toMatchObject({ kind: 'outside' });
    },
  );

  test.each([
    '/etc/passwd',
    'file:///etc/passwd',
    's3://other/table/x.parquet',
    'file:/tmp/table-2/x.parquet',
    'http://127.0.0.1/x',
  ])('a file at %j is named, and not read', async (path) => {
    const table = new MemoryTableFiles('file:///tmp/table').commit(0, [PROTOCOL, METADATA, add(path)]);
    const snapshot = await openSnapshot(table);
    await expect(readRows(snapshot)).rejects.toMatchObject({
      kind: 'outside',
      message: expect.stringContaining(path),
    });
    expect(await findMissingFiles(snapshot)).toEqual({ count: 0, paths: [], unchecked_count: 1 });
  });

  test('a shallow clone of Spark’s is shown, and its rows are refused', async () => {
    const snapshot = await openSnapshot(fixtureTable('spark/shallow-clone'));
    expect(snapshot.row_count).toBe(1);
    await expect(readRows(snapshot)).rejects.toMatchObject({
      kind: 'outside',
      message: expect.stringContaining('shallow clone'),
    });
  });

  test.each([
    ['file:///tmp/t', 'file:/tmp/t/'],
    ['file:///tmp/t/', '/tmp/t/'],
    ['s3://bucket/t', 's3a://bucket/t/'],
  ])('an absolute path within a table at %s is read', async (uri, prefix) => {
    const source = MemoryTableFiles.ofFixture('spark/schema-evolution');
    const [path] = source.paths(/^part-.*parquet$/);
    const table = new MemoryTableFiles(uri).put(path!, source.bytes(path!));
    table.commit(0, [PROTOCOL, METADATA, add(`${prefix}${path}`, { size: source.bytes(path!).length })]);
    const snapshot = await openSnapshot(table);
    expect(snapshot.files[0]?.path).toBe(path);
    expect((await readRows(snapshot)).rows.length).toBeGreaterThan(0);
    await expect(openSnapshot(table.commit(1, [add(`${prefix}../x`)]))).rejects.toMatchObject({
      kind: 'outside',
    });
  });

  test('a file that a VACUUM removed is missed, and named when its rows are wanted', async () => {
    const files = new LocalTableFiles(fixtureFolder('spark/vacuumed'));
    expect(await findMissingFiles(await openSnapshot(files))).toEqual({
      count: 0,
      paths: [],
      unchecked_count: 0,
    });
    const table = MemoryTableFiles.ofFixture('spark/deletion-vectors');
    const snapshot = await openSnapshot(table);
    const [data] = snapshot.files.map(({ path }) => path);
    const vectors = table.paths(/deletion_vector.*bin/);
    expect((await findMissingFiles(snapshot)).count).toBe(0);
    table.delete(...vectors);
    await expect(readRows(snapshot)).rejects.toThrow(/no file 'deletion_vector_.*VACUUM/);
    table.delete(data!);
    const missing = await findMissingFiles(snapshot);
    expect(missing.paths).toContain(data);
    expect(missing.count).toBeGreaterThan(1);
    expect(vectors).toEqual(expect.arrayContaining(missing.paths.filter((path) => path.endsWith('.bin'))));
    await expect(readRows(snapshot)).rejects.toMatchObject({
      kind: 'file_missing',
      message: `There is no file '${data}'. A VACUUM has removed it, or somebody has: rows of version 5 can no longer be read.`,
    });
  });
});

describe('damaged files', () => {
  const intact = MemoryTableFiles.ofFixture('spark/deletion-vectors');

  /** Either rows or an error of this package: never a defect, and never an endless read. */
  async function readDamaged(path: string, damage: (bytes: Uint8Array) => Uint8Array) {
    const table = MemoryTableFiles.ofFixture('spark/deletion-vectors');
    table.put(path, damage(Uint8Array.from(table.bytes(path))));
    try {
      const { rows } = await readRows(await openSnapshot(table), { limit: 1000 });
      expect(rows.length).toBeLessThan(1000);
    } catch (error) {
      if (!(error instanceof DeltaError)) throw error;
    }
  }

  test('of any kind are refused or read, and nothing else', async () => {
    const paths = intact.paths(/\.(bin|parquet)$/);
    const flips = fc.array(fc.tuple(fc.nat(), fc.integer({ min: 1, max: 255 })), {
      minLength: 1,
      maxLength: 4,
    });
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...paths), flips, (path, places) =>
        readDamaged(path, (bytes) => {
          for (const [at, change] of places) bytes[at % bytes.length]! ^= change;
          return bytes;
        }),
      ),
      { numRuns: 200 },
    );
  });

  test('that are cut short are refused', async () => {
    for (const path of intact.paths(/\.(bin|parquet)$/)) {
      await readDamaged(path, (bytes) => bytes.subarray(0, bytes.length >> 1));
      await readDamaged(path, () => new Uint8Array());
    }
  });

  test('a vector whose checksum is wrong is refused by name', async () => {
    const table = MemoryTableFiles.ofFixture('spark/deletion-vectors');
    for (const path of table.paths(/\.bin$/)) {
      const bytes = Uint8Array.from(table.bytes(path));
      bytes[bytes.length - 1]! ^= 1;
      table.put(path, bytes);
    }
    await expect(openSnapshot(table).then((snapshot) => readRows(snapshot))).rejects.toMatchObject({
      kind: 'corrupt',
      message: expect.stringContaining('the checksum of the deletion vector of part-'),
    });
  });

  test('a file with other rows than the log counts is refused', async () => {
    const table = MemoryTableFiles.ofFixture('spark/schema-evolution');
    const log = table.text(logPath(1)).replace('\\"numRecords\\":1', '\\"numRecords\\":2');
    const snapshot = await openSnapshot(table.put(logPath(1), log), { version: 1 });
    await expect(readRows(snapshot)).rejects.toThrow(/it holds 1 rows where the log says 2/);
  });
});

test('values are what the type says, however odd the names', async () => {
  const snapshot = await openSnapshot(fixtureTable('spark/column-mapping-name'));
  const { columns, rows } = await readRows(snapshot);
  const at = columns.findIndex(({ name }) => name === 'x y,;');
  const struct = rows[0]![at] as Readonly<Record<string, unknown>>;
  expect(Object.getPrototypeOf(struct)).toBeNull();
  expect(rows.map((row) => plain(row[at]!))).toContainEqual(JSON.parse('{"__proto__":1}'));
});
