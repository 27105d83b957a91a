import { byDialect, type Db, join, type ModelVersionRow, raw, type Sql, sql } from '@bitacora/db';
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
  const few = leavesFew(clauses);
  const where = join(
    [
      sql`m.workspace = ${workspace}`,
      ...promptConditions(clauses, 'model_version_tags', workspace),
      ...asksForPrompts(clauses).rest.map((clause) => toCondition(workspace, clause, few)),
    ],
    ' AND ',
  );
  const found = await listVersions(db, where, toOrder(terms, few), limit + 1, offset);
  const { rows, ...next } = page(found, limit, offset);
  if (rows.length > ONE_PIECE) return streamList('model_versions', batches(db, workspace, rows), () => next);
  return {
    ...(rows.length === 0 ? {} : { model_versions: await toVersions(db, workspace, rows) }),
    ...next,
  };
}

async function* batches(db: Db, workspace: string, rows: readonly ModelVersionRow[]) {
  for (let start = 0; start < rows.length; start += ONE_PIECE)
    yield await toVersions(db, workspace, rows.slice(start, start + ONE_PIECE));
}

type Terms = ReturnType<typeof parseOrderBy>;

const BY_UPDATE: Terms = [{ entity: 'attribute', key: 'last_updated_time', ascending: false }];

/** The name and number of a version end every order: no two versions share them. */
function toOrder(terms: Terms, few: boolean): Sql {
  const named = new Set(terms.map(({ key }) => key));
  return join(
    [
      ...(terms.length === 0 ? BY_UPDATE : terms).map(
        ({ key, ascending }) => sql`${few ? sortedColumn(key) : raw(`m.${key}`)} ${direction(ascending)}`,
      ),
      ...(named.has('name') ? [] : [raw('m.name')]),
      ...(named.has('version') ? [] : [raw('m.version DESC')]),
    ],
    ', ',
  );
}

/** Without statistics, SQLite would rather walk the index that has the order than look up the few and sort them. */
const sortedColumn = (key: string) =>
  byDialect({ sqlite: raw(`+m.${key}`), postgresql: raw(`m.${key}`), mysql: raw(`m.${key}`) });

/** PostgreSQL refuses to compare a column with what it could never hold; no version is that high. */
const withinColumn = (clause: AttributeClause): AttributeClause =>
  typeof clause.value === 'number'
    ? ({ ...clause, value: Math.min(Math.max(clause.value, -1), 2 ** 31 - 1) } as AttributeClause)
    : clause;

/** Whether names or runs leave few versions. */
const leavesFew = (clauses: readonly Clause[]) =>
  clauses.some(
    ({ entity, key, comparator }) =>
      entity === 'attribute' &&
      (key === 'name' || key === 'run_id') &&
      (comparator === '=' || comparator === 'IN'),
  );

/** Where few versions are left, the tags of those are read; else the versions that have the tag. */
function toCondition(workspace: string, clause: Clause, few: boolean): Sql {
  if (clause.entity === 'attribute') return compare(`m.${clause.key}`, withinColumn(clause));
  if (clause.entity !== 'tag' || clause.value === undefined)
    throw new Error(`model versions have no ${clause.entity}`);
  const tagged = sql`t.workspace = ${workspace} AND t.key = ${clause.key} AND ${compare('t.value', clause)}`;
  return few
    ? sql`EXISTS (SELECT 1 FROM model_version_tags t WHERE t.name = m.name AND t.version = m.version AND ${tagged})`
    : sql`(m.name, m.version) IN (SELECT t.name, t.version FROM model_version_tags t WHERE ${tagged})`;
}
