import { empty, isIn, join, type Sql, sql } from '@bitacora/db';
import type { Input, searchIssues } from '@bitacora/protocol';
import { type Clause, parseFilter } from '@bitacora/search';
import type { ReadDeps } from '../deps.ts';
import { parseExperimentId } from '../experiments/ids.ts';
import { page } from '../http/page-token.ts';
import { checkLength } from '../limits/values.ts';
import { compare } from '../search/comparison.ts';
import { andInScope } from '../workspaces/scope.ts';
import { categoryHash } from './categories.ts';
import { checkCount, checkEntries, checkSeverity, checkStatus, oneOf } from './checks.ts';
import { holdsObservations, toIssue } from './issue.ts';
import { afterKeys, byWorst, type Order, readOrder, toOrderBy } from './order.ts';
import { readPosition, tokenAfter, tokenAtOffset } from './page-token.ts';
import * as queries from './queries.ts';

type Query = Input<typeof searchIssues>;

const NAME_CHARACTERS = 250;

export async function search(deps: ReadDeps, input: Query) {
  const observed = await holdsObservations(deps.db);
  return observed ? searchObserved(deps, input) : searchPlainly(deps, input);
}

/** As servers do until MLflow 3.17. */
async function searchPlainly({ db, scope }: ReadDeps, input: Query) {
  const { offset } = readPosition(input.page_token, undefined);
  const found = await queries.listIssues(db, {
    where: join([andInExperiment(scope, input), ...filterConditions(input)], ' AND '),
    orderBy: byWorst(input.include_trace_count),
    keys: [],
    counted: input.include_trace_count,
    observed: false,
    limit: input.max_results + 1,
    offset,
  });
  const { rows, next_page_token = '' } = page(found, input.max_results, offset);
  return {
    ...(rows.length === 0 ? {} : { issues: rows.map((row) => toIssue(row, { observed: false })) }),
    next_page_token,
  };
}

/** As they do since 3.18: with conditions of their own fields, and in any order. */
async function searchObserved({ db, scope, workspace }: ReadDeps, input: Query) {
  checkQuery(input);
  const order = readOrder(input.order_by);
  // Who asks only for what 3.17 had may come with its tokens.
  const isPlain = !isEnhanced(input);
  const fingerprint = { ...input, page_token: undefined, max_results: undefined, workspace };
  const position = readPosition(input.page_token, fingerprint, { isPlain, order });
  const conditions = [andInExperiment(scope, input), ...filterConditions(input), ...fieldConditions(input)];
  const rest = position.after ? [afterKeys(order, position.after)] : [];
  const found = await queries.listIssues(db, {
    where: join([...conditions, ...rest], ' AND '),
    orderBy: order.length === 0 ? byWorst(input.include_trace_count) : toOrderBy(order),
    keys: order.map(({ key }) => key),
    counted: input.include_trace_count,
    observed: true,
    limit: input.max_results + 1,
    offset: position.offset,
  });
  const rows = found.slice(0, input.max_results);
  const last = rows.at(-1);
  const nextToken = () =>
    order.length > 0 && last
      ? tokenAfter(keysOf(last, order), fingerprint)
      : tokenAtOffset(position.offset + input.max_results, isPlain ? undefined : fingerprint);
  return {
    ...(rows.length === 0
      ? {}
      : { issues: rows.map((row) => toIssue(row, { observed: true, basic: input.view === 'basic' })) }),
    next_page_token: found.length > rows.length ? nextToken() : '',
    ...(input.include_total_count
      ? { total_count: await queries.countIssues(db, join(conditions, ' AND ')) }
      : {}),
  };
}

const isEnhanced = (input: Query) =>
  [input.statuses, input.severities, input.categories, input.order_by].some(({ length }) => length > 0) ||
  input.name !== undefined ||
  input.view !== undefined ||
  input.include_total_count;

function checkQuery({ name, statuses, severities, categories, order_by, view }: Query): void {
  checkLength(name ?? '', NAME_CHARACTERS, 'name');
  for (const [path, values] of Object.entries({ statuses, severities, order_by })) checkCount(values, path);
  for (const value of statuses) checkStatus(value);
  for (const value of severities) checkSeverity(value);
  checkEntries(categories, 'categories');
  if (view !== undefined) oneOf(['basic', 'full'], view, 'view');
}

const andInExperiment = (scope: ReadDeps['scope'], { experiment_id }: Query): Sql =>
  sql`1 = 1 ${andInScope(
    scope,
    'i.experiment_id',
  )} ${experiment_id ? sql`AND i.experiment_id = ${parseExperimentId(experiment_id)}` : empty}`;

const filterConditions = ({ filter_string }: Query): Sql[] =>
  parseFilter('issues', filter_string).map(toCondition);

function toCondition(clause: Clause): Sql {
  if (clause.entity !== 'attribute' || clause.value === undefined)
    throw new Error(`issues are not searched by ${clause.entity}`);
  return compare(`i.${clause.key}`, clause);
}

/** Values of one field are alternatives; what different fields say must all hold. */
function fieldConditions({ name, statuses, severities, categories }: Query): Sql[] {
  return [
    ...(name === undefined
      ? []
      : [sql`lower(i.name) LIKE lower(${`%${name.replace(/[!%_]/g, (sign) => `!${sign}`)}%`}) ESCAPE '!'`]),
    ...(statuses.length === 0 ? [] : [sql`${isIn('i.status', statuses)}`]),
    ...(severities.length === 0 ? [] : [sql`${isIn('i.severity', severities)}`]),
    ...(categories.length === 0
      ? []
      : [
          sql`EXISTS (SELECT 1 FROM issue_categories c WHERE c.issue_id = i.issue_id
            AND ${isIn('c.category_hash', categories.map(categoryHash))})`,
        ]),
  ];
}

function keysOf(row: queries.ListedIssueRow, order: readonly Order[]) {
  return order.map((_, index) => {
    const key = row[`key_${index}`];
    if (key === undefined) throw new Error(`the issue ${row.issue_id} came without key ${index}`);
    return key;
  });
}
