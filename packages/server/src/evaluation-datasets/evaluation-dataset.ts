import { createHash } from 'node:crypto';
import type { Db, EvaluationDatasetRow } from '@bitacora/db';
import { type EvaluationDataset, type Int64, printPythonJson } from '@bitacora/protocol';
import { listDatasetTags } from './queries.ts';

/** MLflow's digest: it tells whether the records have changed since, not what they are. */
export const digestOf = (name: string, last_update_time: Int64): string =>
  createHash('sha256').update(`${name}:${last_update_time}`).digest('hex').slice(0, 8);

/** Rows to what stands on the wire. */
export async function toDatasets(
  db: Db,
  rows: readonly EvaluationDatasetRow[],
): Promise<EvaluationDataset[]> {
  const tags = Map.groupBy(
    await listDatasetTags(
      db,
      rows.map(({ dataset_id }) => dataset_id),
    ),
    ({ dataset_id }) => dataset_id,
  );
  return rows.map((row) => ({
    dataset_id: row.dataset_id,
    name: row.name,
    tags: printPythonJson(new Map(tags.get(row.dataset_id)?.map(({ key, value }) => [key, value]))),
    ...(row.schema === null ? {} : { schema: row.schema }),
    ...(row.profile === null ? {} : { profile: row.profile }),
    ...(row.digest === null ? {} : { digest: row.digest }),
    created_time: row.created_time ?? 0,
    last_update_time: row.last_update_time ?? 0,
    ...(row.created_by === null ? {} : { created_by: row.created_by }),
    ...(row.last_updated_by === null ? {} : { last_updated_by: row.last_updated_by }),
  }));
}
