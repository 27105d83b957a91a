import type { ModelVersionRow } from '@bitacora/db';
import type { ModelVersion } from '@bitacora/protocol';
import type { VersionTagRow } from './queries.ts';

/** A set column is sent even when it is empty text: that is how MLflow's messages are written. */
export function toModelVersion(
  row: ModelVersionRow,
  tags: readonly VersionTagRow[],
  aliases: readonly string[] = [],
): ModelVersion {
  return {
    name: row.name,
    version: String(row.version),
    creation_timestamp: row.creation_time ?? 0,
    ...set('last_updated_timestamp', row.last_updated_time),
    ...set('description', row.description),
    ...set('user_id', row.user_id),
    ...set('current_stage', row.current_stage),
    ...set('source', row.source),
    ...set('run_id', row.run_id),
    ...set('run_link', row.run_link),
    status: (row.status ?? 'READY') as ModelVersion['status'],
    ...(row.status_message ? { status_message: row.status_message } : {}),
    ...(tags.length === 0 ? {} : { tags: tags.map(({ key, value }) => ({ key, value: value ?? '' })) }),
    ...(aliases.length === 0 ? {} : { aliases }),
  };
}

const set = <K extends string, T>(key: K, value: T | null) =>
  (value === null ? {} : { [key]: value }) as { readonly [key in K]?: T };
