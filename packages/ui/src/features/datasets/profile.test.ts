import { describe, expect, test } from 'vitest';
import { readProfile } from './profile.ts';

describe('a profile', () => {
  test('says rows, elements and sizes in words, and leaves out what was not known', () => {
    expect(readProfile('{"num_rows": 12000, "num_elements": 60000}')).toEqual([
      { label: 'Rows', value: '12,000' },
      { label: 'Elements', value: '60,000' },
    ]);
    expect(readProfile('{"num_rows": 3, "dataset_size": null, "size_in_bytes": 2500000}')).toEqual([
      { label: 'Rows', value: '3' },
      { label: 'Size with downloads', value: '2.50 MB (2,500,000 bytes)' },
    ]);
  });

  test('of arrays gives shapes as Python does, one line for each array of several', () => {
    const text = JSON.stringify({ features_shape: { x: [10, 3], y: [10] }, targets_size: 10 });
    expect(readProfile(text)).toEqual([
      { label: 'Shape of the features', value: 'x: (10, 3)\ny: (10,)' },
      { label: 'Elements of the targets', value: '10' },
    ]);
  });

  test('may have any other keys, and words for numbers', () => {
    expect(readProfile('{"approx_count": "unknown", "own": [1, "a"], "rate": 0.5}')).toEqual([
      { label: 'Rows, about', value: 'unknown' },
      { label: 'own', value: '[1,"a"]' },
      { label: 'rate', value: '0.5' },
    ]);
    expect(readProfile(JSON.stringify({ long: 'x'.repeat(5000) }))?.[0]?.value).toHaveLength(2001);
  });

  test('nested without end is cut, not followed', () => {
    const deep = `${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}`;
    expect(readProfile(`{"a": {"b": ${deep}}, "c": ${deep}}`)).toHaveLength(2);
  });

  test('that is no object is left to be shown as text', () => {
    for (const text of ['', 'null', '[1]', 'many rows']) expect(readProfile(text), text).toBeUndefined();
  });
});
