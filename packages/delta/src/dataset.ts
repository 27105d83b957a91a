import { createHash } from 'node:crypto';
import type { DeltaType, StructType } from './schema.ts';
import type { Snapshot } from './snapshot.ts';

/** A data set as MLflow's `runs/log-inputs` takes it; `source`, `schema` and `profile` are JSON text. */
export interface LoggedDataset {
  readonly name: string;
  readonly digest: string;
  readonly source_type: 'delta_table';
  readonly source: string;
  readonly schema?: string;
  readonly profile: string;
}

/** Where whoever loads the data set finds the table: exactly one of both. */
export type DeltaAddress = { readonly path: string } | { readonly table_name: string };

/** MLflow's cap for schemas, in characters. */
const MOST_SCHEMA_CHARACTERS = 1_048_575;

/**
 * An open snapshot as the input of a run, pinned to its version: Python's `mlflow.data.get_source` makes a
 * `DeltaDatasetSource` of it, which loads the table as of that version. A snapshot that was opened without a version
 * is pinned to what was current then.
 *
 * @param name the path or name of the table when left out
 *
 * @example
 * const snapshot = await openSnapshot(new LocalTableFiles('/data/orders'));
 * await client.call(logInputs, {
 *   run_id,
 *   datasets: [
 *     {
 *       dataset: toDataset(snapshot, { path: '/data/orders' }),
 *       tags: [{ key: 'mlflow.data.context', value: 'training' }],
 *     },
 *   ],
 * });
 */
export function toDataset(snapshot: Snapshot, address: DeltaAddress, name?: string): LoggedDataset {
  const where = 'path' in address ? { path: address.path } : { delta_table_name: address.table_name };
  const columns = schemaOf(snapshot.schema);
  const schema = columns && JSON.stringify({ mlflow_colspec: columns });
  return {
    name: name ?? ('path' in address ? address.path : address.table_name),
    digest: digestOf(snapshot),
    source_type: 'delta_table',
    // Python leaves out a version 0, and reads it where it is there.
    source: JSON.stringify({ ...where, delta_table_version: snapshot.version }),
    ...(schema !== undefined && schema.length <= MOST_SCHEMA_CHARACTERS && { schema }),
    profile: JSON.stringify({
      num_rows: snapshot.row_count ?? 'unknown',
      num_files: snapshot.files.length,
      size_bytes: snapshot.total_bytes,
    }),
  };
}

/** A data set is known by name and digest: two versions are two, also where nothing but a setting was changed. */
const digestOf = ({ table_id, version, file_list_digest }: Snapshot): string =>
  createHash('sha256').update(`${table_id}\0${version}\0${file_list_digest}`).digest('hex').slice(0, 16);

type ColumnSpec = { readonly [key: string]: unknown };

/** As MLflow describes Spark's types; undefined where one has no counterpart, as it leaves the schema out then. */
function schemaOf(struct: StructType): readonly ColumnSpec[] | undefined {
  const columns: ColumnSpec[] = [];
  for (const { name, type, nullable } of struct.fields) {
    const spec = specOf(type);
    if (spec === undefined) return undefined;
    columns.push({ ...spec, name, required: !nullable });
  }
  return columns;
}

function specOf(type: DeltaType): ColumnSpec | undefined {
  switch (type.type) {
    case 'string':
    case 'long':
    case 'integer':
    case 'float':
    case 'double':
    case 'boolean':
    case 'binary':
      return { type: type.type };
    case 'short':
    case 'byte':
      return { type: 'integer' };
    case 'decimal':
      return { type: 'double' };
    case 'date':
    case 'timestamp':
    case 'timestamp_ntz':
      return { type: 'datetime' };
    case 'array': {
      const items = specOf(type.element);
      return items && { type: 'array', items };
    }
    case 'map': {
      const values = type.key.type === 'string' ? specOf(type.value) : undefined;
      return values && { type: 'map', values };
    }
    case 'struct':
      return objectOf(type);
    default:
      return undefined;
  }
}

function objectOf(struct: StructType): ColumnSpec | undefined {
  const properties: [string, ColumnSpec][] = [];
  for (const { name, type, nullable } of struct.fields) {
    const spec = specOf(type);
    if (spec === undefined) return undefined;
    properties.push([name, { ...spec, required: !nullable }]);
  }
  // MLflow refuses an object without properties.
  return properties.length === 0 ? undefined : { type: 'object', properties: Object.fromEntries(properties) };
}
