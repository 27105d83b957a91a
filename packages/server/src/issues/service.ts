import { empty, type IssueRow, join, type Sql, sql } from '@bitacora/db';
import {
  type createIssue,
  type Input,
  ISSUE_SEVERITIES,
  ISSUE_STATUSES,
  type Issue,
  invalidParameter,
  notFound,
  type PythonJson,
  parsePythonJson,
  preview,
  printPythonJson,
  type searchIssues,
  type updateIssue,
} from '@bitacora/protocol';
import { type Clause, parseFilter } from '@bitacora/search';
import type { Deps, ReadDeps } from '../deps.ts';
import { parseExperimentId } from '../experiments/ids.ts';
import { requireNotDeleted } from '../experiments/service.ts';
import { fromPageToken, page } from '../http/page-token.ts';
import { checkLength } from '../limits/values.ts';
import { compare } from '../search/comparison.ts';
import { andInScope } from '../workspaces/scope.ts';
import * as queries from './queries.ts';

/** Widths of MLflow's columns, in characters. */
const NAME_CHARACTERS = 250;
const USER_CHARACTERS = 255;
const RUN_ID_CHARACTERS = 32;
/** MySQL's TEXT, in bytes. */
const TEXT_BYTES = 65_535;

export async function create({ write, clock, random, scope }: Deps, input: Input<typeof createIssue>) {
  checkTexts(input);
  const status = oneOf(ISSUE_STATUSES, input.status, 'status');
  const severity = input.severity === undefined ? null : oneOf(ISSUE_SEVERITIES, input.severity, 'severity');
  checkLength(input.created_by ?? '', USER_CHARACTERS, 'created_by');
  const run_id = input.source_run_id || null;
  checkLength(run_id ?? '', RUN_ID_CHARACTERS, 'source_run_id');
  const lists = { root_causes: toJson(input.root_causes), categories: toJson(input.categories) };
  for (const [name, text] of Object.entries(lists)) checkBytes(text ?? '', name);
  return write(async (tx) => {
    const experiment_id = await requireNotDeleted(tx, scope, input.experiment_id);
    if (run_id !== null && !(await queries.runExists(tx, scope, run_id))) throw notFound('Run', run_id);
    const nowMs = clock.nowMs();
    const row: IssueRow = {
      issue_id: `iss-${random.hexId()}`,
      experiment_id,
      name: input.name,
      description: input.description,
      status,
      severity,
      ...lists,
      source_run_id: run_id,
      created_timestamp: nowMs,
      last_updated_timestamp: nowMs,
      created_by: input.created_by || null,
    };
    await queries.insertIssue(tx, row);
    return { issue: toIssue(row) };
  });
}

export async function update({ write, clock, scope }: Deps, input: Input<typeof updateIssue>) {
  checkTexts(input);
  const status = input.status && oneOf(ISSUE_STATUSES, input.status, 'status');
  const severity = input.severity && oneOf(ISSUE_SEVERITIES, input.severity, 'severity');
  return write(async (tx) => {
    const found = await queries.findIssue(tx, scope, input.issue_id);
    if (!found) throw notFound('Issue', input.issue_id);
    const row: IssueRow = {
      ...found,
      name: input.name || found.name,
      description: input.description || found.description,
      status: status || found.status,
      severity: severity || found.severity,
      last_updated_timestamp: clock.nowMs(),
    };
    await queries.updateIssue(tx, row);
    return { issue: toIssue(row) };
  });
}

export async function get({ db, scope }: ReadDeps, { issue_id }: { readonly issue_id: string }) {
  const row = await queries.findIssue(db, scope, issue_id);
  if (!row) throw notFound('Issue', issue_id);
  return { issue: toIssue(row) };
}

export async function search({ db, scope }: ReadDeps, input: Input<typeof searchIssues>) {
  const clauses = parseFilter('issues', input.filter_string);
  const offset = fromPageToken(input.page_token);
  const where = join(
    [
      sql`1 = 1 ${andInScope(scope, 'i.experiment_id')} ${
        input.experiment_id ? sql`AND i.experiment_id = ${parseExperimentId(input.experiment_id)}` : empty
      }`,
      ...clauses.map(toCondition),
    ],
    ' AND ',
  );
  const found = await queries.listIssues(db, {
    where,
    counted: input.include_trace_count,
    limit: input.max_results + 1,
    offset,
  });
  const { rows, next_page_token = '' } = page(found, input.max_results, offset);
  return { ...(rows.length === 0 ? {} : { issues: rows.map(toIssue) }), next_page_token };
}

function toCondition(clause: Clause): Sql {
  if (clause.entity !== 'attribute' || clause.value === undefined)
    throw new Error(`issues are not searched by ${clause.entity}`);
  return compare(`i.${clause.key}`, clause);
}

function toIssue(row: IssueRow & { readonly trace_count?: number | null }): Issue {
  const root_causes = fromJson(row.root_causes);
  const categories = fromJson(row.categories);
  return {
    issue_id: row.issue_id,
    experiment_id: String(row.experiment_id),
    name: row.name,
    description: row.description,
    status: row.status,
    ...(row.severity === null ? {} : { severity: row.severity }),
    ...(root_causes.length === 0 ? {} : { root_causes }),
    ...(row.source_run_id === null ? {} : { source_run_id: row.source_run_id }),
    created_timestamp: row.created_timestamp,
    last_updated_timestamp: row.last_updated_timestamp,
    ...(row.created_by === null ? {} : { created_by: row.created_by }),
    ...(categories.length === 0 ? {} : { categories }),
    ...(row.trace_count === null || row.trace_count === undefined
      ? {}
      : { trace_count: Number(row.trace_count) }),
  };
}

const toJson = (values: readonly string[]) => (values.length === 0 ? null : printPythonJson(values));

function fromJson(text: string | null): readonly string[] {
  const values: PythonJson = text === null ? [] : parsePythonJson(text);
  return Array.isArray(values) ? values.filter((value) => typeof value === 'string') : [];
}

function checkTexts({
  name,
  description,
}: {
  readonly name?: string | undefined;
  readonly description?: string | undefined;
}) {
  checkLength(name ?? '', NAME_CHARACTERS, 'name');
  checkBytes(description ?? '', 'description');
}

function checkBytes(text: string, path: string) {
  const size = Buffer.byteLength(text);
  if (size > TEXT_BYTES)
    throw invalidParameter(
      `Invalid value for parameter '${path}': it has ${size} bytes, at most ${TEXT_BYTES} are allowed.`,
    );
}

function oneOf<const Words extends readonly string[]>(
  words: Words,
  value: string,
  path: string,
): Words[number] {
  if (words.includes(value)) return value;
  throw invalidParameter(
    `Invalid value '${preview(value)}' for parameter '${path}': it must be one of ${words.join(', ')}.`,
  );
}
