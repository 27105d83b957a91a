import type { Db, ExperimentRow } from '@bitacora/db';
import type { Experiment } from '@bitacora/protocol';
import { listExperimentTags } from './queries.ts';

/** Rows to what stands on the wire, with their tags. */
export async function toExperiments(db: Db, rows: readonly ExperimentRow[]): Promise<Experiment[]> {
  if (rows.length === 0) return [];
  const tags = Map.groupBy(
    await listExperimentTags(
      db,
      rows.map(({ experiment_id }) => experiment_id),
    ),
    ({ experiment_id }) => experiment_id,
  );
  return rows.map((row) => {
    const own = tags.get(row.experiment_id)?.map(({ key, value }) => ({ key, value: value ?? '' }));
    return {
      experiment_id: String(row.experiment_id),
      name: row.name,
      artifact_location: row.artifact_location ?? '',
      lifecycle_stage: row.lifecycle_stage ?? 'active',
      ...(row.last_update_time === null ? {} : { last_update_time: row.last_update_time }),
      ...(row.creation_time === null ? {} : { creation_time: row.creation_time }),
      ...(own ? { tags: own } : {}),
      workspace: row.workspace,
    };
  });
}
