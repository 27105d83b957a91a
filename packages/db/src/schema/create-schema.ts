import type { DatabaseSync } from 'node:sqlite';
import { ddlOf, FRESH, type Revision } from './revisions.ts';

/**
 * Makes MLflow's tables, in one transaction, and marks them with the revision. The experiment `Default` is not among
 * the rows: MLflow's server adds it when it first opens the database, and so does ours.
 */
export function createSchema(db: DatabaseSync, revision: Revision = FRESH): void {
  const ddl = ddlOf(revision, 'sqlite');
  if (db.isTransaction) {
    db.exec(ddl);
    return;
  }
  db.exec('BEGIN EXCLUSIVE');
  try {
    db.exec(ddl);
    db.exec('COMMIT');
  } catch (error) {
    if (db.isTransaction) db.exec('ROLLBACK');
    throw error;
  }
}
