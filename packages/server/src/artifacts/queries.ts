import { type Db, sql } from '@bitacora/db';
import type { Int64 } from '@bitacora/protocol';

/** Where the files of a run or logged model are. */
export interface RootRow {
  readonly id: string;
  readonly uri: string | null;
}

/** Runs of an experiment in the order of their ids, deleted ones included, from behind one of them on. */
export const listRunRoots = (db: Db, experiment_id: Int64, after: string, limit: number) =>
  db.all(sql<RootRow>`
    SELECT run_uuid AS id, artifact_uri AS uri FROM runs
    WHERE experiment_id = ${experiment_id} AND run_uuid > ${after} ORDER BY run_uuid LIMIT ${limit}`);

/** The same for logged models. */
export const listModelRoots = (db: Db, experiment_id: Int64, after: string, limit: number) =>
  db.all(sql<RootRow>`
    SELECT model_id AS id, artifact_location AS uri FROM logged_models
    WHERE experiment_id = ${experiment_id} AND model_id > ${after} ORDER BY model_id LIMIT ${limit}`);
