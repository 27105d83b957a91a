import { isIn, isNotIn, join, raw, type Sql, sql } from '@bitacora/db';
import type { Input, searchExperiments } from '@bitacora/protocol';
import { type Clause, parseFilter, parseOrderBy } from '@bitacora/search';
import type { ReadDeps } from '../deps.ts';
import { fromPageToken, page } from '../http/page-token.ts';
import { STAGES } from '../runs/conditions.ts';
import { compare, direction } from '../search/comparison.ts';
import { toExperiments } from './experiment.ts';
import { readExperimentId } from './ids.ts';
import { listExperiments } from './queries.ts';

export async function search({ db, workspace }: ReadDeps, input: Input<typeof searchExperiments>) {
  const clauses = parseFilter('experiments', input.filter);
  const terms = parseOrderBy('experiments', input.order_by);
  const offset = fromPageToken(input.page_token);
  const limit = input.max_results;
  const where = join(
    [
      sql`e.workspace = ${workspace} AND ${isIn('e.lifecycle_stage', STAGES[input.view_type ?? 'ACTIVE_ONLY'])}`,
      ...clauses.map(toCondition),
    ],
    ' AND ',
  );
  const orderBy =
    terms.length === 0
      ? raw('e.creation_time DESC, e.experiment_id')
      : join(
          [
            ...terms.map(({ key, ascending }) => sql`e.${raw(key)} ${direction(ascending)}`),
            raw('e.experiment_id DESC'),
          ],
          ', ',
        );
  const found = await listExperiments(db, where, orderBy, limit + 1, offset);
  const { rows, ...next } = page(found, limit, offset);
  return { ...(rows.length === 0 ? {} : { experiments: await toExperiments(db, rows) }), ...next };
}

function toCondition(clause: Clause): Sql {
  if (clause.entity === 'attribute') {
    if (clause.key !== 'experiment_id') return compare(`e.${clause.key}`, clause);
    const listed = clause.comparator === '=' || clause.comparator === 'IN' ? isIn : isNotIn;
    // What is no id is nobody's: it equals none and differs from all.
    const ids = [clause.value].flat().flatMap((id) => readExperimentId(String(id)) ?? []);
    return listed('e.experiment_id', ids);
  }
  if (clause.entity !== 'tag') throw new Error(`experiments have no ${clause.entity}`);
  const entry = sql`SELECT 1 FROM experiment_tags t WHERE t.experiment_id = e.experiment_id AND t.key = ${clause.key}`;
  if (clause.value === undefined)
    return sql`${raw(clause.comparator === 'IS NULL' ? 'NOT' : '')} EXISTS (${entry})`;
  return sql`EXISTS (${entry} AND ${compare('t.value', clause)})`;
}
