import type { DatabaseSync } from 'node:sqlite';
import { NEWEST, type Revision } from './revisions.ts';

/**
 * Makes MLflow's tables, in one transaction, and marks them with the revision. The experiment `Default` is not among
 * the rows: MLflow's server adds it when it first opens the database, and so does ours.
 */
export function createSchema(db: DatabaseSync, revision: Revision = NEWEST): void {
  if (db.isTransaction) {
    db.exec(revision.sqlite);
    return;
  }
  db.exec('BEGIN EXCLUSIVE');
  try {
    db.exec(revision.sqlite);
    db.exec('COMMIT');
  } catch (error) {
    if (db.isTransaction) db.exec('ROLLBACK');
    throw error;
  }
}

/** The tables that a database at this revision has at least. */
export const tablesOf = (revision: Revision): string[] =>
  [...revision.sqlite.matchAll(/^CREATE TABLE (\w+)/gm)].map(([, name]) => name!);
