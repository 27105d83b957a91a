import { byDialect, empty, isIn, raw, type Sql, sql } from '@bitacora/db';
import type { Int64, ViewType } from '@bitacora/protocol';
import type { Clause } from '@bitacora/search';
import { isOfTable, runsWithTable } from '../delta-tables/search.ts';
import { compare } from '../search/comparison.ts';
import { RUN_NAME_TAG } from '../tags/service.ts';

/** Where each searchable attribute of a run stands, but for `run_name`, which stands in a tag. */
const COLUMN: Readonly<Record<string, string>> = {
  run_id: 'r.run_uuid',
  user_id: 'r.user_id',
  status: 'r.status',
  artifact_uri: 'r.artifact_uri',
  start_time: 'r.start_time',
  end_time: 'r.end_time',
  run_name: 'r.name',
};

export function columnOf(attribute: string): string {
  const column = COLUMN[attribute];
  if (column === undefined) throw new Error(`no column for the run attribute ${attribute}`);
  return column;
}

export const STAGES: Readonly<Record<ViewType, readonly string[]>> = {
  ACTIVE_ONLY: ['active'],
  DELETED_ONLY: ['deleted'],
  ALL: ['active', 'deleted'],
};

/**
 * Ends a subquery that is to be asked for one run after the other. PostgreSQL would make a join of it, and with some of
 * them choosing the order of the joins takes it longer than looking up what a few hundred runs have.
 */
const ONE_BY_ONE = byDialect({ sqlite: empty, postgresql: raw('OFFSET 0'), mysql: empty });

/**
 * The condition of one clause on the run `r`.
 *
 * @param ofFew whether only a few hundred runs are looked at.
 */
function toCondition(clause: Clause, { ofFew = false }: { readonly ofFew?: boolean } = {}): Sql {
  const exists = (rows: Sql) => sql`EXISTS (${rows} ${ofFew ? ONE_BY_ONE : empty})`;
  switch (clause.entity) {
    case 'attribute':
      return clause.key === 'run_name'
        ? exists(
            sql`SELECT 1 FROM tags c WHERE c.run_uuid = r.run_uuid AND c.key = ${RUN_NAME_TAG} AND ${compare('c.value', clause)}`,
          )
        : compare(columnOf(clause.key), clause);
    case 'metric':
      return exists(sql`SELECT 1 FROM latest_metrics c WHERE c.run_uuid = r.run_uuid AND c.key = ${clause.key}
        AND ${metricCondition('c', clause)}`);
    case 'param':
      return keyedCondition('params', clause, exists);
    case 'tag':
      return keyedCondition('tags', clause, exists);
    case 'dataset':
      return exists(datasetRows(clause));
  }
}

/** The conditions of clauses on the run `r`. Those about a Delta table must hold for one and the same data set. */
export function toConditions(
  clauses: readonly Clause[],
  { ofFew = false }: { readonly ofFew?: boolean } = {},
): Sql[] {
  const tables = clauses.filter(isOfTable);
  // How many versions are behind PostgreSQL takes for a handful where it is nearly all: it would gather them for each
  // page, while the newest runs are found in a moment.
  const isOneByOne = ofFew || tables.some(({ key }) => key === 'versions_behind');
  return [
    ...clauses.filter((clause) => !isOfTable(clause)).map((clause) => toCondition(clause, { ofFew })),
    ...(tables.length === 0
      ? []
      : [
          sql`EXISTS (${runsWithTable(tables)} AND di.run_id = r.run_uuid ${isOneByOne ? ONE_BY_ONE : empty})`,
        ]),
  ];
}

type Of<Entity> = Extract<Clause, { readonly entity: Entity }>;

/** A latest value that is NaN differs from every number and matches nothing else. */
export function metricCondition(alias: string, clause: Of<'metric'>): Sql {
  const compared = compare(`${alias}.value`, clause);
  const isNan = raw(`${alias}.is_nan`);
  return clause.comparator === '!='
    ? sql`(${isNan} = ${true} OR ${compared})`
    : sql`${isNan} = ${false} AND ${compared}`;
}

/** Comparing asks for the key to be there: `!=` matches only runs that have it. */
function keyedCondition(
  table: 'params' | 'tags',
  clause: Of<'param'> | Of<'tag'>,
  exists: (rows: Sql) => Sql,
): Sql {
  const entry = sql`SELECT 1 FROM ${raw(table)} c WHERE c.run_uuid = r.run_uuid AND c.key = ${clause.key}`;
  if (clause.value !== undefined) return exists(sql`${entry} AND ${compare('c.value', clause)}`);
  return clause.comparator === 'IS NULL' ? sql`NOT ${exists(entry)}` : exists(entry);
}

function datasetRows(clause: Of<'dataset'>): Sql {
  const inputs = sql`SELECT 1 FROM inputs i JOIN datasets d ON d.dataset_uuid = i.source_id`;
  const ofRun = sql`i.destination_type = 'RUN' AND i.destination_id = r.run_uuid AND i.source_type = 'DATASET'`;
  if (clause.key === 'context') {
    return sql`${inputs} JOIN input_tags t ON t.input_uuid = i.input_uuid AND t.name = 'mlflow.data.context'
      WHERE ${ofRun} AND ${compare('t.value', clause)}`;
  }
  return sql`${inputs} WHERE ${ofRun} AND ${compare(clause.key === 'digest' ? 'd.digest' : 'd.name', clause)}`;
}

export const inExperiments = (experiment_ids: readonly Int64[], view: ViewType): Sql =>
  sql`${isIn('r.experiment_id', experiment_ids)} AND ${isIn('r.lifecycle_stage', STAGES[view])}`;
