import type { DeltaTableVersion } from '@bitacora/protocol';
import { comparison } from '../datasets/location.ts';
import type { Count } from './values.ts';

/** The filter that finds the runs which have read a Delta table. */
export const tableFilter = (table: string): string => ofTable(table);

/**
 * The runs that have read a version. Where another table took the place of one, both may have come to the same version,
 * and are told apart by their ids.
 *
 * @param all versions that are listed of the place
 */
export function versionFilter(
  table: string,
  version: Count,
  { is_replaced, newest_input }: DeltaTableVersion,
  all: readonly DeltaTableVersion[],
): string {
  const ofVersion = `version = ${version}`;
  const id = newest_input.table_id;
  if (is_replaced)
    return ofTable(table, ofVersion, ...(id === undefined ? [] : [`table_id ${comparison(id)}`]));
  // What is not recorded yet counts to the table that is there, which has no id then.
  const others = all
    .filter((other) => other.is_replaced && String(other.version) === String(version))
    .map((other) => comparison(other.newest_input.table_id ?? ''))
    .filter((compared) => compared.startsWith('= '));
  return ofTable(table, ofVersion, ...others.map((compared) => `table_id !${compared}`));
}

/** The runs that have read a version which the table has moved on from. */
export const behindFilter = (table: string): string => ofTable(table, 'versions_behind >= 1');

const ofTable = (table: string, ...more: readonly string[]): string =>
  [`table ${comparison(table)}`, ...more].map((clause) => `dataset.${clause}`).join(' AND ');
