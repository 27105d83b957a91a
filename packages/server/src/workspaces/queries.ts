import { type Db, empty, sql, type Tx, type WorkspaceRow } from '@bitacora/db';

const COLUMNS = sql`w.name, w.description, w.default_artifact_root, w.trace_archival_location, w.trace_archival_retention`;

/** @param lock how the workspace is to be held. */
export const findWorkspace = (db: Db, name: string, lock = empty) =>
  db.get(sql<WorkspaceRow>`SELECT ${COLUMNS} FROM workspaces w WHERE w.name = ${name} ${lock}`);

export const listWorkspaces = (db: Db, limit: number) =>
  db.all(sql<WorkspaceRow>`SELECT ${COLUMNS} FROM workspaces w ORDER BY w.name LIMIT ${limit}`);

export const insertWorkspace = (tx: Tx, row: WorkspaceRow) =>
  tx.run(sql`
    INSERT INTO workspaces (name, description, default_artifact_root, trace_archival_location, trace_archival_retention)
    VALUES (${row.name}, ${row.description}, ${row.default_artifact_root}, ${row.trace_archival_location},
      ${row.trace_archival_retention})`);

export const updateWorkspace = (tx: Tx, row: WorkspaceRow) =>
  tx.run(sql`
    UPDATE workspaces SET description = ${row.description}, default_artifact_root = ${row.default_artifact_root},
      trace_archival_location = ${row.trace_archival_location},
      trace_archival_retention = ${row.trace_archival_retention}
    WHERE name = ${row.name}`);

export const deleteWorkspace = (tx: Tx, name: string) =>
  tx.run(sql`DELETE FROM workspaces WHERE name = ${name}`);
