import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readSchema } from './schema.ts';

const colspec = (...columns: unknown[]) => JSON.stringify({ mlflow_colspec: columns });

describe('a schema', () => {
  test('of a table has its columns in order, with types and which of them are optional', () => {
    const text = colspec(
      { type: 'double', name: 'amount', required: true },
      { type: 'string', name: 'city', required: false },
    );
    expect(readSchema(text)).toEqual([
      {
        title: 'Columns',
        rows: [
          { name: 'amount', depth: 0, type: 'double', isOptional: false },
          { name: 'city', depth: 0, type: 'string', isOptional: true },
        ],
      },
    ]);
  });

  test('shows fields of objects below their column, also those within lists and maps', () => {
    const address = { type: 'object', properties: { zip: { type: 'string', required: true } } };
    const text = colspec(
      { name: 'home', ...address },
      { name: 'others', type: 'array', items: address },
      { name: 'by_year', type: 'map', values: { type: 'array', items: address } },
      { name: 'scores', type: 'array', items: { type: 'double' } },
    );
    const [columns] = readSchema(text)!;
    expect(columns!.rows.map(({ name, depth, type }) => `${'  '.repeat(depth)}${name}: ${type}`)).toEqual([
      'home: object',
      '  zip: string',
      'others: array of object',
      '  zip: string',
      'by_year: map of array of object',
      '  zip: string',
      'scores: array of double',
    ]);
  });

  test('names columns of several levels by all of them, and columns that are called by a number', () => {
    const text = colspec(
      { type: 'long', name: ['2024', 'sum'] },
      { type: 'long', name: 0 },
      { type: 'long' },
    );
    expect(readSchema(text)?.[0]?.rows.map(({ name }) => name)).toEqual(['2024 / sum', '0', '']);
  });

  test('of arrays has a type and a shape, for features and targets', () => {
    const tensor = (dtype: string, shape: number[], name?: string) => ({
      ...(name === undefined ? {} : { name }),
      type: 'tensor',
      'tensor-spec': { dtype, shape },
    });
    const text = JSON.stringify({
      mlflow_tensorspec: {
        features: JSON.stringify([tensor('float32', [-1, 28, 28], 'image'), tensor('int64', [-1], 'age')]),
        targets: JSON.stringify([tensor('int8', [-1])]),
      },
    });
    expect(readSchema(text)).toEqual([
      {
        title: 'Features',
        rows: [
          { name: 'image', depth: 0, type: 'float32', shape: [-1, 28, 28], isOptional: false },
          { name: 'age', depth: 0, type: 'int64', shape: [-1], isOptional: false },
        ],
      },
      { title: 'Targets', rows: [{ name: '', depth: 0, type: 'int8', shape: [-1], isOptional: false }] },
    ]);
    const alone = JSON.stringify({ mlflow_tensorspec: { features: '[]', targets: null } });
    expect(readSchema(alone)?.map(({ title }) => title)).toEqual(['Features']);
  });

  test('of another kind is left to be shown as text', () => {
    for (const text of ['', 'not JSON', '[]', '3', 'null', '{"fields": []}', '{"mlflow_tensorspec": {}}']) {
      expect(readSchema(text), text).toBeUndefined();
    }
  });

  test('never fails, whatever a client has stored', () => {
    const { spec } = fc.letrec((tie) => ({
      spec: fc.oneof(
        { maxDepth: 3, depthSize: 'small' },
        fc.jsonValue({ maxDepth: 1 }),
        fc.record(
          {
            type: fc.constantFrom('object', 'array', 'map', 'tensor', 'long', null),
            name: fc.jsonValue({ maxDepth: 1 }),
            items: tie('spec'),
            values: tie('spec'),
            properties: fc.dictionary(fc.string(), tie('spec'), { maxKeys: 2 }),
            'tensor-spec': fc.record({ dtype: fc.jsonValue(), shape: fc.jsonValue() }),
            required: fc.jsonValue({ maxDepth: 1 }),
          },
          { requiredKeys: [] },
        ),
      ),
    }));
    fc.assert(
      fc.property(fc.array(spec, { maxLength: 4 }), (columns) => void readSchema(colspec(...columns))),
    );
    fc.assert(fc.property(fc.json(), (text) => void readSchema(text)));
  });

  test('of nonsense is shown as the text that it is', () => {
    const odd = { toString: null, valueOf: null };
    const text = colspec({ name: odd, type: odd }, { 'tensor-spec': { dtype: odd, shape: [odd] } });
    expect(readSchema(text)?.[0]?.rows.map(({ name, type, shape }) => [name, type, shape])).toEqual([
      [JSON.stringify(odd), JSON.stringify(odd), undefined],
      ['', JSON.stringify(odd), undefined],
    ]);
  });

  test('nested without end is cut, not followed', () => {
    const deep = `${'{"type":"array","items":'.repeat(5000)}{"type":"long"}${'}'.repeat(5000)}`;
    expect(readSchema(`{"mlflow_colspec":[${deep}]}`)?.[0]?.rows).toHaveLength(1);
    const object = `${'{"type":"object","properties":{"a":'.repeat(2000)}{"type":"long"}${'}}'.repeat(2000)}`;
    expect(readSchema(`{"mlflow_colspec":[${object}]}`)?.[0]?.rows.length).toBeLessThan(20);
    const list = `${'['.repeat(100_000)}${']'.repeat(100_000)}`;
    for (const spec of [`{"name":${list}}`, `{"type":${list}}`])
      expect(readSchema(`{"mlflow_colspec":[${spec}]}`)?.[0]?.rows).toHaveLength(1);
  });
});
