import { describe, expect, test } from 'vitest';
import { comparable, type Expected, expectedOf, fixtureNames, fixtureTable } from '../test/fixtures.ts';
import { readHistory } from './history.ts';
import { readRows } from './rows.ts';
import { parseSchema, type StructType, typeText } from './schema.ts';
import { openSnapshot, type Snapshot } from './snapshot.ts';

/** Refused on purpose; see their own tests. */
const WITHOUT_ROWS = ['spark/shallow-clone', 'spark/variant'];
const TABLES = [
  ...fixtureNames('spark').map((name) => `spark/${name}`),
  ...fixtureNames('delta-rs').map((name) => `delta-rs/${name}`),
].filter((name) => !WITHOUT_ROWS.includes(name));

async function allRows(snapshot: Snapshot, limit = 7): Promise<string[]> {
  const rows: string[] = [];
  for (let offset: number | undefined = 0; offset !== undefined; ) {
    const page = await readRows(snapshot, { limit, offset });
    for (const row of page.rows)
      rows.push(JSON.stringify(row.map((value, at) => comparable(value, page.columns[at]!.type))));
    offset = page.next_offset;
  }
  return rows.sort();
}

const fieldTexts = (schema: StructType) =>
  schema.fields.map((field) => `${field.name}: ${typeText(field.type)}${field.nullable ? '' : ' not null'}`);

describe.each(TABLES)('the table %s', (name) => {
  const expected = expectedOf(name);

  test.each(expected.versions)(
    'has the schema, files and rows at version $version that its writer reads',
    async (version) => {
      const snapshot = await openSnapshot(fixtureTable(name), { version: version.version });
      expect(snapshot.version).toBe(version.version);
      expect(fieldTexts(snapshot.schema)).toEqual(
        fieldTexts(parseSchema(JSON.stringify(version.schema), false)),
      );
      expect(snapshot.files).toHaveLength(version.files);
      if (name !== 'spark/checkpoint-without-statistics') expect(snapshot.row_count).toBe(version.count);
      if (version.rows === undefined) return;
      const rows = await allRows(snapshot);
      expect(rows).toEqual(version.rows.map((row) => JSON.stringify(row)).sort());
    },
  );

  test('says at its newest version what its writer says of it', async () => {
    const snapshot = await openSnapshot(fixtureTable(name));
    const { detail } = expected;
    expect({
      id: snapshot.table_id,
      name: snapshot.name ?? null,
      description: snapshot.description ?? null,
      partitionColumns: snapshot.partition_columns,
      numFiles: snapshot.files.length,
      sizeInBytes: snapshot.total_bytes,
      readerVersion: snapshot.protocol.min_reader_version,
      writerVersion: snapshot.protocol.min_writer_version,
    }).toEqual({
      id: detail.id,
      name: detail.name,
      description: detail.description,
      partitionColumns: detail.partitionColumns,
      numFiles: detail.numFiles,
      sizeInBytes: detail.sizeInBytes,
      readerVersion: detail.minReaderVersion,
      writerVersion: detail.minWriterVersion,
    });
    expect(Object.fromEntries(snapshot.configuration)).toMatchObject(detail.properties);
    const { reader_features, writer_features } = snapshot.protocol;
    for (const feature of [...reader_features, ...writer_features])
      expect(detail.tableFeatures).toContain(feature);
  });

  test('has the history that its writer tells, as far as its commits are there', async () => {
    const history = await readHistory(fixtureTable(name));
    const told = history.map(({ version, operation }) => ({ version, operation }));
    expect(told).toEqual(
      expected.history.slice(0, told.length).map(({ version, operation }) => ({ version, operation })),
    );
    expect(told.length).toBeGreaterThan(0);
  });
});

test('a row count is unknown where the log has no statistics, and its rows are found all the same', async () => {
  const name = 'spark/checkpoint-without-statistics';
  const snapshot = await openSnapshot(fixtureTable(name));
  const newest = expectedOf<Expected>(name).versions.at(-1)!;
  expect(snapshot.row_count).toBeUndefined();
  expect(await allRows(snapshot, 3)).toHaveLength(newest.count);
});
