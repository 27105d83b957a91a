import type { DeltaInput } from '@bitacora/protocol';
import { isRecord, readJson } from './json.ts';

export interface SourceOfRun {
  /** JSON, as `mlflow.data` writes it. */
  readonly source: string;
  /** Whether MLflow keeps another. */
  readonly isOther: boolean;
}

/**
 * The source of a Delta table as a run has logged it. MLflow keeps one for each name and digest of an experiment, that
 * of the run that came first; which table and version each run has named is in this server's own record.
 */
export function sourceOfRun(kept: string, { table, named_version }: DeltaInput): SourceOfRun {
  const fields = readJson(kept);
  if (!isRecord(fields) || table === '') return { source: kept, isOther: false };
  const where = typeof fields.path === 'string' ? 'path' : 'delta_table_name';
  const isSameTable = fields[where] === table;
  const version = named_version === undefined ? undefined : Number(named_version);
  if (isSameTable && readVersion(fields.delta_table_version) === version)
    return { source: kept, isOther: false };
  // An id is the table's own.
  const { delta_table_version: _, delta_table_id, ...rest } = fields;
  const source = {
    ...rest,
    [where]: table,
    ...(isSameTable && delta_table_id !== undefined ? { delta_table_id } : {}),
    ...(version === undefined ? {} : { delta_table_version: version }),
  };
  return { source: JSON.stringify(source), isOther: true };
}

/** As the server reads it: anything else names none. */
function readVersion(value: unknown): number | undefined {
  const version = typeof value === 'string' && /^\d{1,16}$/.test(value) ? Number(value) : value;
  return typeof version === 'number' && Number.isSafeInteger(version) && version >= 0 ? version : undefined;
}
