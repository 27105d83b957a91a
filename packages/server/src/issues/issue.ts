import { type Db, type ObservedIssueRow, schemaOf } from '@bitacora/db';
import { type Issue, type PythonJson, parsePythonJson, printPythonJson } from '@bitacora/protocol';

/** Whether the database holds what MLflow 3.18 added to issues. */
export const holdsObservations = async (db: Db) => (await schemaOf(db)).tables.has('issue_categories');

export interface View {
  readonly observed: boolean;
  /** Without what may be long. */
  readonly basic?: boolean;
}

export function toIssue(
  row: ObservedIssueRow & { readonly trace_count?: number | null },
  { observed, basic = false }: View,
): Issue {
  const root_causes = basic ? [] : toTexts(row.root_causes);
  const categories = toTexts(row.categories);
  return {
    issue_id: row.issue_id,
    experiment_id: String(row.experiment_id),
    name: row.name,
    description: basic ? '' : row.description,
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
    ...(observed ? toObservation(row, basic) : {}),
  };
}

function toObservation(row: ObservedIssueRow, basic: boolean): Partial<Issue> {
  const metadata = basic ? new Map() : toMap(row.metadata);
  return {
    // Servers of 3.17 that wrote to the database before it was upgraded knew no such time.
    last_seen_timestamp: row.last_seen_timestamp ?? row.created_timestamp,
    ...(row.last_updated_by === null ? {} : { last_updated_by: row.last_updated_by }),
    ...(metadata.size === 0 ? {} : { metadata: Object.fromEntries(metadata) }),
  };
}

/** As MLflow keeps a list: JSON text, or NULL when it is empty. */
export const fromTexts = (values: readonly string[]) =>
  values.length === 0 ? null : printPythonJson(values);

function toTexts(text: string | null): readonly string[] {
  const values: PythonJson = text === null ? [] : parsePythonJson(text);
  return Array.isArray(values) ? values.filter((value) => typeof value === 'string') : [];
}

export function toMap(text: string | null): Map<string, string> {
  const values = text === null ? null : parsePythonJson(text);
  const map = new Map<string, string>();
  if (values instanceof Map)
    for (const [key, value] of values) if (typeof value === 'string') map.set(key, value);
  return map;
}
