import { type Db, empty, FOR_UPDATE, type ObservedIssueRow, raw, type Sql, sql, type Tx } from '@bitacora/db';
import { andInScope, type Scope } from '../workspaces/scope.ts';

const COLUMNS = [
  ...(['issue_id', 'experiment_id', 'name', 'description', 'status', 'severity', 'root_causes'] as const),
  ...(['source_run_id', 'categories', 'created_timestamp', 'last_updated_timestamp', 'created_by'] as const),
];
/** Since MLflow 3.18. */
const OBSERVED_COLUMNS = ['last_seen_timestamp', 'last_updated_by', 'metadata'] as const;

/** `observed`: the database has the columns of MLflow 3.18. */
const columns = (observed: boolean) =>
  raw(
    [
      ...COLUMNS.map((column) => `i.${column}`),
      ...OBSERVED_COLUMNS.map((column) => (observed ? `i.${column}` : `NULL AS ${column}`)),
    ].join(', '),
  );

export const findIssue = (db: Db, scope: Scope, issue_id: string, observed: boolean) =>
  db.get(select(scope, issue_id, observed));

/** The same, waiting for whoever else is about to change it: entries of the metadata are changed one by one. */
export const lockIssue = (tx: Tx, scope: Scope, issue_id: string, observed: boolean) =>
  tx.get(sql<ObservedIssueRow>`${select(scope, issue_id, observed)} ${FOR_UPDATE}`);

const select = (scope: Scope, issue_id: string, observed: boolean) => sql<ObservedIssueRow>`
  SELECT ${columns(observed)} FROM issues i WHERE i.issue_id = ${issue_id} ${andInScope(scope, 'i.experiment_id')}`;

/** Traces that an assessment says have the issue. */
const TRACE_COUNT = `(SELECT count(DISTINCT a.trace_id) FROM assessments a
  WHERE a.name = i.issue_id AND a.assessment_type = 'issue')`;

export interface IssuePage {
  readonly where: Sql;
  readonly orderBy: Sql;
  /** What the order is by, as `key_0`, `key_1` …, for the token of the next page. */
  readonly keys: readonly Sql[];
  readonly counted: boolean;
  readonly observed: boolean;
  readonly limit: number;
  readonly offset: number;
}

export type ListedIssueRow = ObservedIssueRow & {
  readonly trace_count: number | null;
  readonly [key: `key_${number}`]: string | number | bigint;
};

export const listIssues = (db: Db, page: IssuePage) =>
  db.all(sql<ListedIssueRow>`
    SELECT ${columns(page.observed)}, ${raw(page.counted ? TRACE_COUNT : 'NULL')} AS trace_count ${page.keys
      .map((key, index) => sql`, ${key} AS ${raw(`key_${index}`)}`)
      .reduce((before, key) => sql`${before}${key}`, empty)}
    FROM issues i WHERE ${page.where} ORDER BY ${page.orderBy} LIMIT ${page.limit} OFFSET ${page.offset}`);

export const countIssues = async (db: Db, where: Sql): Promise<number> =>
  Number(
    (await db.get(sql<{ total: number | bigint }>`SELECT count(*) AS total FROM issues i WHERE ${where}`))
      ?.total ?? 0,
  );

export function insertIssue(tx: Tx, row: ObservedIssueRow, observed: boolean): Promise<number> {
  const into = [...COLUMNS, ...(observed ? OBSERVED_COLUMNS : [])];
  return tx.insert({ into: 'issues', columns: into }, [into.map((column) => row[column])]);
}

export const updateIssue = (tx: Tx, row: ObservedIssueRow, observed: boolean) =>
  tx.run(sql`
    UPDATE issues SET name = ${row.name}, description = ${row.description}, status = ${row.status},
      severity = ${row.severity}, last_updated_timestamp = ${row.last_updated_timestamp} ${
        observed
          ? sql`, categories = ${row.categories}, last_seen_timestamp = ${row.last_seen_timestamp},
              last_updated_by = ${row.last_updated_by}, metadata = ${row.metadata}`
          : empty
      }
    WHERE issue_id = ${row.issue_id}`);
