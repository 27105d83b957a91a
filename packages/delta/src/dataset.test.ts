import { describe, expect, test } from 'vitest';
import { fixtureTable } from '../test/fixtures.ts';
import { add, METADATA, PROTOCOL, tableOf } from '../test/memory-table-files.ts';
import { toDataset } from './dataset.ts';
import { readLatest } from './latest.ts';
import { openSnapshot } from './snapshot.ts';

const PATH = { path: '/data/orders' };

describe('a snapshot as a data set', () => {
  test('names its version, also the first', async () => {
    const files = fixtureTable('spark/checkpoint-classic');
    for (const version of [0, 4]) {
      const dataset = toDataset(await openSnapshot(files, { version }), PATH);
      expect(dataset).toMatchObject({ name: '/data/orders', source_type: 'delta_table' });
      expect(JSON.parse(dataset.source)).toEqual({ path: '/data/orders', delta_table_version: version });
    }
    const { source, name } = toDataset(
      await openSnapshot(files),
      { table_name: 'main.sales.orders' },
      'orders',
    );
    expect(name).toBe('orders');
    expect(JSON.parse(source)).toEqual({ delta_table_name: 'main.sales.orders', delta_table_version: 7 });
  });

  test('has another digest with every version, within what MLflow keeps of one', async () => {
    const files = fixtureTable('spark/checkpoint-classic');
    const digests = await Promise.all(
      [0, 1, 4, 4, 7].map(async (version) => toDataset(await openSnapshot(files, { version }), PATH).digest),
    );
    expect(new Set(digests).size).toBe(4);
    expect(digests.every((digest) => /^[0-9a-f]{16}$/.test(digest))).toBe(true);
  });

  test('describes its columns and counts as MLflow does', async () => {
    const field = (name: string, type: unknown, nullable = true) => ({ name, type, nullable, metadata: {} });
    const array = { type: 'array', elementType: 'short', containsNull: true };
    const map = { type: 'map', keyType: 'string', valueType: 'date', valueContainsNull: true };
    const struct = { type: 'struct', fields: [field('x', 'timestamp', false)] };
    const described = async (...fields: unknown[]) => {
      const metaData = { ...METADATA.metaData, schemaString: JSON.stringify({ type: 'struct', fields }) };
      const table = tableOf().commit(0, [PROTOCOL, { metaData }, add('a', { stats: '{"numRecords":3}' })]);
      return toDataset(await openSnapshot(table), PATH);
    };
    const { schema = '', profile } = await described(
      field('id', 'long', false),
      field('price', 'decimal(10,2)'),
      field('list', array),
      field('map', map),
      field('struct', struct),
    );
    expect(JSON.parse(schema)).toEqual({
      mlflow_colspec: [
        { type: 'long', name: 'id', required: true },
        { type: 'double', name: 'price', required: false },
        { type: 'array', items: { type: 'integer' }, name: 'list', required: false },
        { type: 'map', values: { type: 'datetime' }, name: 'map', required: false },
        {
          type: 'object',
          properties: { x: { type: 'datetime', required: true } },
          name: 'struct',
          required: false,
        },
      ],
    });
    expect(JSON.parse(profile)).toEqual({ num_rows: 3, num_files: 1, size_bytes: 10 });
    // What MLflow has no word for leaves it without a schema, as there.
    expect((await described(field('v', { type: 'variant' }))).schema).toBeUndefined();
  });
});

describe('the latest version', () => {
  test('is known without what the table holds', async () => {
    const table = tableOf([add('a')], [add('b')], [add('c')]);
    expect(await readLatest(table)).toEqual({ version: 2, timestamp_ms: 2000 });
    expect(table.read_paths.filter((path) => path.endsWith('.json'))).toHaveLength(1);
  });

  test('has the time that its commit says, where it says one', async () => {
    const files = fixtureTable('spark/in-commit-timestamps');
    const { version, timestamp_ms } = await openSnapshot(files);
    expect(await readLatest(files)).toEqual({ version, timestamp_ms });
  });
});
