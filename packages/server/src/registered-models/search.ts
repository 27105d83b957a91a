import { byDialect, empty, join, raw, type Sql, sql } from '@bitacora/db';
import type { Input, searchRegisteredModels } from '@bitacora/protocol';
import { type Clause, parseFilter, parseOrderBy } from '@bitacora/search';
import type { ReadDeps } from '../deps.ts';
import { fromPageToken, page } from '../http/page-token.ts';
import { asksForPrompts, promptConditions } from '../prompts/search.ts';
import { compare, direction } from '../search/comparison.ts';
import { listRegisteredModels } from './queries.ts';
import { toRegisteredModels } from './registered-model.ts';

export async function search({ db, workspace }: ReadDeps, input: Input<typeof searchRegisteredModels>) {
  const clauses = parseFilter('registered models', input.filter);
  const terms = parseOrderBy('registered models', input.order_by);
  const offset = fromPageToken(input.page_token);
  const limit = input.max_results;
  const where = join(
    [
      sql`m.workspace = ${workspace} ${ALONG_NAMES}`,
      ...promptConditions(clauses, 'registered_model_tags', workspace),
      ...asksForPrompts(clauses).rest.map(toCondition),
    ],
    ' AND ',
  );
  const orderBy = join(
    [
      ...terms.map(({ key, ascending }) => sql`m.${raw(key)} ${direction(ascending)}`),
      ...(terms.some(({ key }) => key === 'name') ? [] : [raw('m.name')]),
    ],
    ', ',
  );
  const found = await listRegisteredModels(db, where, orderBy, limit + 1, offset);
  const { rows, ...next } = page(found, limit, offset);
  return {
    ...(rows.length === 0 ? {} : { registered_models: await toRegisteredModels(db, workspace, rows) }),
    ...next,
  };
}

/**
 * SQLite would walk the index of workspaces, which has nothing else, and fetch each model. Along that of the key, which has
 * the names, it fetches those whose name is asked for.
 */
const ALONG_NAMES = byDialect({ sqlite: raw("AND m.name >= ''"), postgresql: empty, mysql: empty });

function toCondition(clause: Clause): Sql {
  if (clause.entity === 'attribute') return compare(`m.${clause.key}`, clause);
  if (clause.entity !== 'tag' || clause.value === undefined)
    throw new Error(`registered models have no ${clause.entity}`);
  return sql`EXISTS (SELECT 1 FROM registered_model_tags t WHERE t.workspace = m.workspace AND t.name = m.name
    AND t.key = ${clause.key} AND ${compare('t.value', clause)})`;
}
