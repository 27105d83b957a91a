import { byDialect, empty, isIn, isNotIn, join, raw, type Sql, sql } from '@bitacora/db';
import type { Clause, DatasetClause } from '@bitacora/search';
import { compare, compareWith } from '../search/comparison.ts';
import { locationIds } from './source.ts';

const KEYS: ReadonlySet<string> = new Set(['table', 'table_id', 'version', 'versions_behind']);

/** Whether a clause is about what data sets are as Delta tables. */
export const isOfTable = (clause: Clause): clause is DatasetClause =>
  clause.entity === 'dataset' && KEYS.has(clause.key);

/** `SELECT … WHERE …` of the ids of runs, each as `run_id`, that have read a table of which all of the clauses hold. */
export const runsWithTable = (clauses: readonly DatasetClause[]): Sql => sql`
  SELECT di.run_id FROM bitacora_delta_inputs di ${tablesFor(clauses)}
  WHERE ${join(clauses.map(toCondition), ' AND ')}`;

const TABLES = sql`JOIN bitacora_delta_tables dt ON dt.location_id = di.location_id`;

/** Joined only where a condition asks for it: MySQL and MariaDB would begin with the tables, and look up each input. */
const tablesFor = (clauses: readonly DatasetClause[]): Sql =>
  clauses.some(({ key }) => key === 'versions_behind')
    ? TABLES
    : byDialect({ sqlite: empty, postgresql: TABLES, mysql: empty });

function toCondition(clause: DatasetClause): Sql {
  switch (clause.key) {
    case 'version':
      return compare('di.version', clause);
    case 'table_id':
      return tableIdCondition(clause);
    case 'versions_behind':
      // A table that was made anew counts its versions anew.
      return sql`(di.table_id IS NULL OR di.table_id = dt.table_id) AND ${isBehind(clause)}`;
    default:
      return tableCondition(clause);
  }
}

/** What has not been recorded may be any table: it is not found by an id, and no id leaves it out. */
function tableIdCondition(clause: DatasetClause): Sql {
  const condition = compare('di.table_id', clause);
  return clause.comparator === '!=' || clause.comparator === 'NOT IN'
    ? sql`(di.table_id IS NULL OR ${condition})`
    : condition;
}

/**
 * Versions behind, asked the other way round: which versions those are of each table, so that its index leads to them.
 */
function isBehind({ comparator, value }: DatasetClause): Sql {
  const turned = TURNED[comparator];
  if (turned === undefined || typeof value !== 'number' || !Number.isSafeInteger(value))
    return compareWith(raw('(dt.latest_version - di.version)'), { comparator, value });
  return sql`di.version ${raw(turned)} dt.latest_version - ${value}`;
}

/** `a - b < c` is `b > a - c`. */
const TURNED: Partial<Record<string, string>> = {
  '=': '=',
  '!=': '<>',
  '<': '>',
  '<=': '>=',
  '>': '<',
  '>=': '<=',
};

/** A place is the same in every spelling; a pattern is held against what was logged and against the one spelling. */
function tableCondition(clause: DatasetClause): Sql {
  const { comparator, value } = clause;
  if (comparator === 'LIKE' || comparator === 'ILIKE') return tableLike(clause);
  const texts = typeof value === 'object' ? value : [String(value)];
  const ids = texts.flatMap(locationIds);
  return comparator === '=' || comparator === 'IN'
    ? isIn('di.location_id', ids)
    : isNotIn('di.location_id', ids);
}

/**
 * The one spelling of each table is looked at once, where a join would do so for each input: runs read few tables many
 * times. PostgreSQL joins by a hash, and would take it that half of all inputs are in such a list.
 */
function tableLike(clause: DatasetClause): Sql {
  const asLogged = compare('di.source', clause);
  const ofTables = sql`(${asLogged} OR di.location_id IN (
    SELECT placed.location_id FROM bitacora_delta_tables placed WHERE ${compare('placed.location', clause)}))`;
  return byDialect({
    sqlite: ofTables,
    postgresql: sql`(${asLogged} OR ${compare('dt.location', clause)})`,
    mysql: ofTables,
  });
}
