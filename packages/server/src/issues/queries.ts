import { type Db, type IssueRow, list, raw, type Sql, sql, type Tx } from '@bitacora/db';
import { ISSUE_SEVERITIES } from '@bitacora/protocol';
import { andInScope, type Scope } from '../workspaces/scope.ts';

const COLUMNS = sql`i.issue_id, i.experiment_id, i.name, i.description, i.status, i.severity, i.root_causes,
  i.source_run_id, i.categories, i.created_timestamp, i.last_updated_timestamp, i.created_by`;

export const findIssue = (db: Db, scope: Scope, issue_id: string) =>
  db.get(sql<IssueRow>`
    SELECT ${COLUMNS} FROM issues i WHERE i.issue_id = ${issue_id} ${andInScope(scope, 'i.experiment_id')}`);

/** The worst first; those without a severity last. */
const SEVERITY_RANK = raw(
  `CASE i.severity ${ISSUE_SEVERITIES.map((word, rank) => `WHEN '${word}' THEN ${rank}`).join(' ')} ELSE -1 END`,
);

export interface IssuePage {
  readonly where: Sql;
  /** Traces that an assessment says have the issue; where asked for, those with more come first. */
  readonly counted: boolean;
  readonly limit: number;
  readonly offset: number;
}

export const listIssues = (db: Db, { where, counted, limit, offset }: IssuePage) =>
  db.all(sql<IssueRow & { readonly trace_count: number | null }>`
    SELECT ${COLUMNS}, ${
      counted
        ? raw(`(SELECT count(DISTINCT a.trace_id) FROM assessments a
            WHERE a.name = i.issue_id AND a.assessment_type = 'issue')`)
        : raw('NULL')
    } AS trace_count
    FROM issues i WHERE ${where}
    ORDER BY ${SEVERITY_RANK} DESC, ${raw(counted ? 'trace_count DESC,' : '')} i.created_timestamp DESC, i.issue_id DESC
    LIMIT ${limit} OFFSET ${offset}`);

export const insertIssue = (tx: Tx, row: IssueRow) =>
  tx.run(sql`
    INSERT INTO issues (issue_id, experiment_id, name, description, status, severity, root_causes, source_run_id,
      categories, created_timestamp, last_updated_timestamp, created_by)
    VALUES (${row.issue_id}, ${row.experiment_id}, ${row.name}, ${row.description}, ${row.status}, ${row.severity},
      ${row.root_causes}, ${row.source_run_id}, ${row.categories}, ${row.created_timestamp},
      ${row.last_updated_timestamp}, ${row.created_by})`);

export const updateIssue = (tx: Tx, row: IssueRow) =>
  tx.run(sql`
    UPDATE issues SET name = ${row.name}, description = ${row.description}, status = ${row.status},
      severity = ${row.severity}, last_updated_timestamp = ${row.last_updated_timestamp}
    WHERE issue_id = ${row.issue_id}`);

export const runExists = async (db: Db, scope: Scope, run_id: string) =>
  (await db.get(sql`
    SELECT r.run_uuid FROM runs r WHERE r.run_uuid IN ${list([run_id])} ${andInScope(scope, 'r.experiment_id')}`)) !==
  undefined;
