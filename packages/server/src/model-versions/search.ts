import { type Db, join, type ModelVersionRow, raw, type Sql, sql } from '@bitacora/db';
import type { Input, searchModelVersions } from '@bitacora/protocol';
import { type AttributeClause, type Clause, parseFilter, parseOrderBy } from '@bitacora/search';
import type { ReadDeps } from '../deps.ts';
import { fromPageToken, page } from '../http/page-token.ts';
import { asksForPrompts, promptConditions } from '../prompts/search.ts';
import { streamList } from '../readers/text-stream.ts';
import { compare, direction } from '../search/comparison.ts';
import { listVersions } from './queries.ts';
import { toVersions } from './service.ts';

/** A page of up to so many versions is answered in one piece. */
const ONE_PIECE = 500;

export async function search({ db, workspace }: ReadDeps, input: Input<typeof searchModelVersions>) {
  const clauses = parseFilter('model versions', input.filter);
  const terms = parseOrderBy('model versions', input.order_by);
  const offset = fromPageToken(input.page_token);
  const limit = input.max_results;
  const where = join(
    [
      sql`m.workspace = ${workspace}`,
      ...promptConditions(clauses, 'model_version_tags', workspace),
      ...asksForPrompts(clauses).rest.map(toCondition),
    ],
    ' AND ',
  );
  const found = await listVersions(db, where, toOrder(terms), limit + 1, offset);
  const { rows, ...next } = page(found, limit, offset);
  if (rows.length > ONE_PIECE) return streamList('model_versions', batches(db, workspace, rows), next);
  return {
    ...(rows.length === 0 ? {} : { model_versions: await toVersions(db, workspace, rows) }),
    ...next,
  };
}

async function* batches(db: Db, workspace: string, rows: readonly ModelVersionRow[]) {
  for (let start = 0; start < rows.length; start += ONE_PIECE)
    yield await toVersions(db, workspace, rows.slice(start, start + ONE_PIECE));
}

/** The name and number of a version end every order: no two versions share them. */
function toOrder(terms: ReturnType<typeof parseOrderBy>): Sql {
  if (terms.length === 0) return raw('m.last_updated_time DESC, m.name, m.version DESC');
  const named = new Set(terms.map(({ key }) => key));
  return join(
    [
      ...terms.map(({ key, ascending }) => sql`m.${raw(key)} ${direction(ascending)}`),
      ...(named.has('name') ? [] : [raw('m.name')]),
      ...(named.has('version') ? [] : [raw('m.version DESC')]),
    ],
    ', ',
  );
}

/** PostgreSQL refuses to compare a column with what it could never hold; no version is that high. */
const withinColumn = (clause: AttributeClause): AttributeClause =>
  typeof clause.value === 'number'
    ? ({ ...clause, value: Math.min(Math.max(clause.value, -1), 2 ** 31 - 1) } as AttributeClause)
    : clause;

function toCondition(clause: Clause): Sql {
  if (clause.entity === 'attribute') return compare(`m.${clause.key}`, withinColumn(clause));
  if (clause.entity !== 'tag' || clause.value === undefined)
    throw new Error(`model versions have no ${clause.entity}`);
  return sql`EXISTS (SELECT 1 FROM model_version_tags t WHERE t.workspace = m.workspace AND t.name = m.name
    AND t.version = m.version AND t.key = ${clause.key} AND ${compare('t.value', clause)})`;
}
