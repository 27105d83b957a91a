import type { Db } from '../handles.ts';
import { sql } from '../sql.ts';
import { REVISIONS, tablesOf } from './revisions.ts';

export interface Schema {
  /** The minor release of MLflow that the database belongs to, such as `3.18`. */
  readonly mlflow: string;
  /** MLflow's tables that are there. */
  readonly tables: ReadonlySet<string>;
}

const known = new WeakMap<Db, Promise<Schema>>();

/**
 * Which of the schemas we open the database has, for queries that name what only a newer one holds. Asked once: an
 * upgrade needs the server stopped.
 *
 * @example
 * if ((await schemaOf(db)).tables.has('issue_categories')) …
 */
export function schemaOf(db: Db): Promise<Schema> {
  let schema = known.get(db);
  if (schema === undefined) {
    schema = read(db);
    schema.catch(() => known.delete(db));
    known.set(db, schema);
  }
  return schema;
}

async function read(db: Db): Promise<Schema> {
  const row = await db.get(sql<{ version_num: string }>`SELECT version_num FROM alembic_version`);
  const revision = REVISIONS.find((each) => each.revision === row?.version_num);
  if (!revision)
    throw new Error(`the database has moved to revision ${row?.version_num} since it was opened`);
  return { mlflow: revision.mlflow, tables: new Set(tablesOf(revision)) };
}
