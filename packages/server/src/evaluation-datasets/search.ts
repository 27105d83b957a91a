import { isIn, join, raw, type Sql, sql } from '@bitacora/db';
import type { Input, searchEvaluationDatasets } from '@bitacora/protocol';
import { type Clause, parseFilter, parseOrderBy } from '@bitacora/search';
import type { ReadDeps } from '../deps.ts';
import { fromPageToken, page } from '../http/page-token.ts';
import { compare, direction } from '../search/comparison.ts';
import { andOwn } from '../workspaces/scope.ts';
import { toDatasets } from './evaluation-dataset.ts';
import { listDatasets } from './queries.ts';

export async function search({ db, scope }: ReadDeps, input: Input<typeof searchEvaluationDatasets>) {
  const clauses = parseFilter('evaluation datasets', input.filter_string);
  const terms = parseOrderBy('evaluation datasets', input.order_by);
  const offset = fromPageToken(input.page_token);
  const where = join(
    [
      sql`1 = 1 ${andOwn(scope, 'd.workspace')}`,
      ...(input.experiment_ids.length === 0 ? [] : [belongsTo(input.experiment_ids)]),
      ...clauses.map(toCondition),
    ],
    ' AND ',
  );
  const orderBy = join(
    [
      ...(terms.length === 0
        ? [raw('d.created_time DESC')]
        : terms.map(({ key, ascending }) => sql`d.${raw(key)} ${direction(ascending)}`)),
      raw('d.dataset_id DESC'),
    ],
    ', ',
  );
  const found = await listDatasets(db, where, orderBy, input.max_results + 1, offset);
  const { rows, ...next } = page(found, input.max_results, offset);
  return { ...(rows.length === 0 ? {} : { datasets: await toDatasets(db, rows) }), ...next };
}

const belongsTo = (experiment_ids: readonly string[]): Sql => sql`d.dataset_id IN (
  SELECT a.source_id FROM entity_associations a
  WHERE a.source_type = 'evaluation_dataset' AND a.destination_type = 'experiment'
    AND ${isIn('a.destination_id', experiment_ids)})`;

function toCondition(clause: Clause): Sql {
  if (clause.value === undefined) throw new Error(`${clause.comparator} is not declared for data sets`);
  if (clause.entity === 'attribute') return compare(`d.${clause.key}`, clause);
  return sql`EXISTS (
    SELECT 1 FROM evaluation_dataset_tags t
    WHERE t.dataset_id = d.dataset_id AND t.key = ${clause.key} AND ${compare('t.value', clause)})`;
}
