import type { DeltaInput } from '@bitacora/protocol';
import { describe, expect, test } from 'vitest';
import { sourceOfRun } from './source-of-run.ts';

const input = (table: string, named_version?: number): DeltaInput => ({
  delta_input_id: 'i',
  run_id: 'r',
  dataset_name: 'd',
  dataset_digest: 'd',
  table,
  ...(named_version === undefined ? {} : { named_version }),
  logged_timestamp: 1,
  status: 'RECORDED',
  latest: {},
  is_replaced: false,
});

const of = (kept: object, read: DeltaInput) => {
  const { source, isOther } = sourceOfRun(JSON.stringify(kept), read);
  return isOther ? JSON.parse(source) : 'as it is kept';
};

describe('the source of a run', () => {
  test.each([
    [{ path: '/t', delta_table_version: 4 }, input('/t', 4)],
    [{ path: '/t', delta_table_version: '4' }, input('/t', 4)],
    [{ path: '/t', delta_table_version: null }, input('/t')],
    [{ path: '/t', delta_table_version: 'no number' }, input('/t')],
    [{ delta_table_name: 'a.b.c', delta_table_id: 'x' }, input('a.b.c')],
    // Nothing was named that could be another.
    [{ anything: 1 }, input('')],
  ])('%j is the one that is kept, where the run has named the same', (kept, read) => {
    expect(of(kept, read)).toBe('as it is kept');
  });

  test('names the version and the table of the run, where another was kept', () => {
    expect(of({ path: '/t', delta_table_version: 4 }, input('/t', 5))).toEqual({
      path: '/t',
      delta_table_version: 5,
    });
    expect(of({ path: '/t', delta_table_version: 4 }, input('/t'))).toEqual({ path: '/t' });
    expect(of({ delta_table_name: 'a.b', delta_table_id: 'x', more: 1 }, input('a.b', 1))).toEqual({
      delta_table_name: 'a.b',
      delta_table_id: 'x',
      delta_table_version: 1,
      more: 1,
    });
    expect(of({ delta_table_name: 'a.b', delta_table_id: 'x' }, input('a.c', 1))).toEqual({
      delta_table_name: 'a.c',
      delta_table_version: 1,
    });
  });

  test('is left alone where it is no JSON', () => {
    expect(sourceOfRun('/t', input('/t', 5))).toEqual({ source: '/t', isOther: false });
  });
});
