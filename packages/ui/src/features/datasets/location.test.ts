import { parseFilter } from '@bitacora/search';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { datasetFilter, datasetKey, readDatasetKey, readDatasetsFilter } from './location.ts';

const names = fc.record({ name: fc.string({ unit: 'binary' }), digest: fc.string({ unit: 'binary' }) });

describe('the address of a data set', () => {
  test('reads back as it was written, whatever its name', () => {
    fc.assert(
      fc.property(names, (dataset) => {
        expect(readDatasetKey(datasetKey(dataset))).toEqual(dataset);
      }),
    );
    expect(datasetKey({ name: 'wine 2024', digest: 'a1b2' })).toBe('wine 2024@a1b2');
  });

  test.each(['', 'wine', 'a@b@c', '%@a'])('that names none is ignored: %j', (key) => {
    expect(readDatasetKey(key)).toBeUndefined();
  });
});

describe('the filter for runs of a data set', () => {
  const values = (text: string) =>
    parseFilter('runs', text).map((clause) => 'value' in clause && clause.value);

  test('names it exactly', () => {
    expect(datasetFilter({ name: 'wine', digest: 'a1' })).toBe(
      "dataset.name = 'wine' AND dataset.digest = 'a1'",
    );
    expect(values(datasetFilter({ name: "the boss's", digest: 'a1' }))).toEqual(["the boss's", 'a1']);
  });

  test('can always be read; with both kinds of quotes in a name it is a pattern', () => {
    expect(datasetFilter({ name: `5" o'clock`, digest: '' })).toBe(
      `dataset.name LIKE '5" o_clock' AND dataset.digest = ''`,
    );
    fc.assert(
      fc.property(names, (dataset) => {
        expect(values(datasetFilter(dataset))).toHaveLength(2);
      }),
    );
  });
});

describe("MLflow's filter in an address", () => {
  const encode = (value: unknown) =>
    btoa(String.fromCharCode(...new TextEncoder().encode(JSON.stringify(value))));

  test('becomes a filter of the same runs', () => {
    const one = { name: 'größe', digest: 'a', context: 'training' };
    expect(readDatasetsFilter(encode([one]))).toBe("dataset.name = 'größe' AND dataset.digest = 'a'");
    expect(readDatasetsFilter(encode([one, { name: 'b', digest: 'a' }]))).toBe(
      "dataset.name IN ('größe', 'b') AND dataset.digest IN ('a')",
    );
  });

  test.each([undefined, '', '%%', 'W10=', encode({ name: 'a' }), encode([{ name: 1 }])])(
    'that says nothing is left out: %j',
    (encoded) => expect(readDatasetsFilter(encoded)).toBeUndefined(),
  );
});
