import { comparison } from '../datasets/location.ts';
import type { Count } from './values.ts';

/** The filter that finds the runs which have read a Delta table, or one version of it. */
export const tableFilter = (table: string, version?: Count): string =>
  ofTable(table, version === undefined ? undefined : `version = ${version}`);

/** The runs that have read a version which the table has moved on from. */
export const behindFilter = (table: string): string => ofTable(table, 'versions_behind >= 1');

const ofTable = (table: string, more: string | undefined): string =>
  `dataset.table ${comparison(table)}${more === undefined ? '' : ` AND dataset.${more}`}`;
