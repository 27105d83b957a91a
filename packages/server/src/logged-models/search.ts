import { createHash } from 'node:crypto';
import { isIn, join, raw, type Sql, sql } from '@bitacora/db';
import {
  type DatasetRestriction,
  type Input,
  invalidParameter,
  LOGGED_MODEL_STATUS,
  type LoggedModelOrderBy,
  preview,
  type searchLoggedModels,
} from '@bitacora/protocol';
import { type Clause, parseFilter, targets } from '@bitacora/search';
import type { ReadDeps } from '../deps.ts';
import { parseExperimentId } from '../experiments/ids.ts';
import { fromPageToken, page } from '../http/page-token.ts';
import { compare, direction } from '../search/comparison.ts';
import { andInScope } from '../workspaces/scope.ts';
import { toLoggedModels } from './logged-model.ts';
import { listLoggedModels, modelColumn } from './queries.ts';

/** What 0 stands for, as in MLflow. */
const DEFAULT_RESULTS = 100;
const MOST_ORDER_TERMS = 20;

export async function search({ db, scope }: ReadDeps, input: Input<typeof searchLoggedModels>) {
  const experiment_ids = input.experiment_ids.map(parseExperimentId);
  const clauses = parseFilter('logged models', input.filter);
  const { joins, orderBy } = toOrdering(input.order_by);
  const limit = input.max_results || DEFAULT_RESULTS;
  const offset = readToken(input);
  const datasets = input.datasets.length === 0 ? undefined : onDatasets(input.datasets);
  const where = join(
    [
      sql`${isIn('m.experiment_id', experiment_ids)} AND m.lifecycle_stage = 'active' ${andInScope(scope, 'm.experiment_id')}`,
      ...clauses.map((clause) => toCondition(clause, datasets)),
      ...(datasets && !clauses.some(({ entity }) => entity === 'metric')
        ? [sql`EXISTS (SELECT 1 FROM logged_model_metrics c WHERE c.model_id = m.model_id AND ${datasets})`]
        : []),
    ],
    ' AND ',
  );
  const found = await listLoggedModels(db, { joins, where, orderBy }, limit + 1, offset);
  const { rows, next_page_token } = page(found, limit, offset);
  return {
    ...(rows.length === 0 ? {} : { models: await toLoggedModels(db, rows) }),
    ...(next_page_token === undefined ? {} : { next_page_token: `${next_page_token}.${fingerprint(input)}` }),
  };
}

function toCondition(clause: Clause, datasets: Sql | undefined): Sql {
  switch (clause.entity) {
    case 'attribute':
      return clause.key === 'status' ? statusCondition(clause) : compare(`m.${clause.key}`, clause);
    case 'metric':
      return sql`EXISTS (SELECT 1 FROM logged_model_metrics c WHERE c.model_id = m.model_id
        AND c.metric_name = ${clause.key} AND ${compare('c.metric_value', clause)} ${datasets ? sql`AND ${datasets}` : raw('')})`;
    case 'param':
    case 'tag': {
      if (clause.value === undefined) throw new Error('logged models have no IS NULL');
      const [table, prefix] =
        clause.entity === 'param' ? ['logged_model_params', 'param'] : ['logged_model_tags', 'tag'];
      return sql`EXISTS (SELECT 1 FROM ${raw(table)} c WHERE c.model_id = m.model_id
        AND ${raw(`c.${prefix}_key`)} = ${clause.key} AND ${compare(`c.${prefix}_value`, clause)})`;
    }
    case 'dataset':
      throw new Error('logged models are restricted to datasets by a field of their own');
  }
}

/** The table holds a number. MLflow compares that with the word and finds nothing; here the word is understood. */
function statusCondition(clause: Extract<Clause, { entity: 'attribute' }>): Sql {
  const cases = Object.entries(LOGGED_MODEL_STATUS).map(
    ([name, number]) => sql`WHEN ${number} THEN ${name.replace(/^LOGGED_MODEL_(STATUS_)?/, '')}`,
  );
  const words = [clause.value].flat().map((word) => String(word).replace(/^LOGGED_MODEL_(STATUS_)?/, ''));
  const value = Array.isArray(clause.value) ? words : words[0]!;
  const named = sql`CASE m.status ${join(cases, ' ')} END`;
  const compared = compare('named.status', { comparator: clause.comparator, value });
  return sql`EXISTS (SELECT 1 FROM (SELECT ${named} AS status) named WHERE ${compared})`;
}

/** Any of the data sets; one without a digest is met by every digest. */
function onDatasets(datasets: readonly DatasetRestriction[]): Sql {
  const each = datasets.map(({ dataset_name, dataset_digest }) =>
    dataset_digest
      ? sql`(c.dataset_name = ${dataset_name} AND c.dataset_digest = ${dataset_digest})`
      : sql`c.dataset_name = ${dataset_name}`,
  );
  return sql`(${join(each, ' OR ')})`;
}

function toOrdering(terms: readonly LoggedModelOrderBy[]): {
  readonly joins: Sql;
  readonly orderBy: readonly Sql[];
} {
  if (terms.length > MOST_ORDER_TERMS)
    throw invalidParameter(`'order_by' has ${terms.length} terms, at most ${MOST_ORDER_TERMS} are allowed.`);
  let joins = raw('');
  const orderBy: Sql[] = [];
  const named = new Set<string>();
  terms.forEach((term, index) => {
    const alias = raw(`o${index}`);
    const metric = /^metrics\.(.+)$/s.exec(term.field_name)?.[1];
    if (metric !== undefined) {
      joins = sql`${joins} LEFT JOIN (${latestOfMetric(metric, term)}) ${alias} ON ${alias}.model_id = m.model_id`;
      orderBy.push(
        sql`${alias}.metric_value IS NULL`,
        sql`${alias}.metric_value ${direction(term.ascending)}`,
      );
      return;
    }
    const column = columnOf(term.field_name);
    named.add(column);
    orderBy.push(
      sql`${modelColumn(column)} IS NULL`,
      sql`${modelColumn(column)} ${direction(term.ascending)}`,
    );
  });
  if (!named.has('creation_timestamp_ms')) orderBy.push(raw('m.creation_timestamp_ms DESC'));
  if (!named.has('model_id')) orderBy.push(raw('m.model_id'));
  return { joins, orderBy };
}

/** The newest point of a metric per model, by time, then step. */
function latestOfMetric(metric: string, { dataset_name, dataset_digest }: LoggedModelOrderBy): Sql {
  return sql`SELECT model_id, metric_value FROM (
    SELECT model_id, metric_value, row_number() OVER (
      PARTITION BY model_id ORDER BY metric_timestamp_ms DESC, metric_step DESC, run_id) AS position
    FROM logged_model_metrics WHERE metric_name = ${metric}
    ${dataset_name ? sql`AND dataset_name = ${dataset_name}` : raw('')}
    ${dataset_digest ? sql`AND dataset_digest = ${dataset_digest}` : raw('')}) numbered WHERE position = 1`;
}

function columnOf(field_name: string): string {
  const { attributes } = targets['logged models'];
  if (Object.hasOwn(attributes, field_name)) return attributes[field_name as keyof typeof attributes].key;
  throw invalidParameter(
    `Invalid order by field name: '${preview(field_name)}'. Use metrics.<key> or one of ${Object.keys(attributes).join(', ')}.`,
  );
}

/** A token goes on with the search it came from and no other. */
function readToken(input: Input<typeof searchLoggedModels>): number {
  if (!input.page_token) return 0;
  const [offset, print] = input.page_token.split('.');
  if (print !== fingerprint(input)) {
    throw invalidParameter(
      "Invalid page token: it belongs to a search with other 'experiment_ids', 'filter' or 'order_by'. Start from the first page.",
    );
  }
  return fromPageToken(offset);
}

const fingerprint = ({
  experiment_ids,
  filter,
  order_by,
  datasets,
}: Input<typeof searchLoggedModels>): string =>
  createHash('sha256')
    .update(JSON.stringify([experiment_ids, filter ?? '', order_by, datasets]))
    .digest('base64url')
    .slice(0, 16);
