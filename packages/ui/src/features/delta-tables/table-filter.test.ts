import type { DeltaTableVersion } from '@bitacora/protocol';
import { describe, expect, test } from 'vitest';
import { tableFilter, versionFilter } from './table-filter.ts';

const read = (version: number, table_id: string | undefined, is_replaced = false): DeltaTableVersion => ({
  version,
  run_count: 1,
  first_logged_timestamp: 1,
  last_logged_timestamp: 1,
  is_replaced,
  newest_input: {
    delta_input_id: 'i',
    run_id: 'r',
    dataset_name: 'd',
    dataset_digest: 'd',
    version,
    ...(table_id === undefined ? {} : { table_id }),
    is_replaced,
  },
});

describe('the filter for the runs of a Delta table', () => {
  test('names its place', () => {
    expect(tableFilter('/t')).toBe("dataset.table = '/t'");
    expect(tableFilter("/it's")).toBe(`dataset.table = "/it's"`);
  });

  test('and of a version its number, and of which table it is where there were several', () => {
    const now = read(4, 'new');
    const before = read(4, 'old', true);
    const older = read(3, 'old', true);
    const all = [now, before, older];
    expect(versionFilter('/t', 4, now, [now])).toBe("dataset.table = '/t' AND dataset.version = 4");
    expect(versionFilter('/t', 4, now, all)).toBe(
      "dataset.table = '/t' AND dataset.version = 4 AND dataset.table_id != 'old'",
    );
    expect(versionFilter('/t', 4, before, all)).toBe(
      "dataset.table = '/t' AND dataset.version = 4 AND dataset.table_id = 'old'",
    );
    expect(versionFilter('/t', 5, read(5, undefined), all)).toBe(
      "dataset.table = '/t' AND dataset.version = 5",
    );
  });
});
