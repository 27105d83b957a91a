import { createHash } from 'node:crypto';
import { posix } from 'node:path';
import { fileURLToPath } from 'node:url';
import { preview } from '@bitacora/protocol';

/** The type of a data set's source that is a Delta table, in MLflow's words. */
export const DELTA_TABLE = 'delta_table';

/** What a data set's source says of its table. */
export interface DeltaSource {
  /** The path, or the name in a catalog, as it was logged. */
  readonly source: string;
  /** The same in one spelling for each place; a name follows `catalog:`. */
  readonly location: string;
  readonly named_version: number | null;
  /** Why no table can be looked for. */
  readonly problem?: string;
}

const CATALOG = 'catalog:';
export const isCatalogName = (location: string): boolean => location.startsWith(CATALOG);

/** Reads `{"path": …, "delta_table_version": …}` as MLflow's client writes it; whatever the text, there is an answer. */
export function readDeltaSource(text: string): DeltaSource {
  const json = parseObject(text);
  const path = json.path;
  const name = json.delta_table_name;
  const given = json.delta_table_version;
  const named_version = readVersion(given);
  const problem =
    given !== undefined && given !== null && named_version === null
      ? {
          problem: `The source names the version '${preview(given)}', which is no number of a version. Log a whole number.`,
        }
      : {};
  if (typeof path === 'string' && path !== '' && path.isWellFormed() && !path.includes('\0'))
    return { source: path, location: normalise(path), named_version, ...problem };
  if (typeof name === 'string' && name !== '' && name.isWellFormed() && !name.includes('\0'))
    return { source: name, location: CATALOG + name, named_version, ...problem };
  return {
    source: '',
    location: '',
    named_version,
    problem:
      'The source names no table. Log JSON with the path of the table, such as {"path": "s3://bucket/table"}.',
  };
}

function parseObject(text: string): Readonly<Record<string, unknown>> {
  try {
    const json: unknown = JSON.parse(text);
    return typeof json === 'object' && json !== null ? { ...json, __proto__: null } : {};
  } catch {
    return {};
  }
}

/** Python's `load_delta` takes the version as text too. */
function readVersion(value: unknown): number | null {
  const version = typeof value === 'string' && /^\d{1,16}$/.test(value) ? Number(value) : value;
  return typeof version === 'number' && Number.isSafeInteger(version) && version >= 0 ? version : null;
}

/** Spark, delta-rs and people write one place in several ways. */
export function normalise(path: string): string {
  const scheme = /^([a-zA-Z][a-zA-Z0-9+.-]*):/.exec(path)?.[1];
  if (scheme === undefined || scheme.toLowerCase() === 'file') return normaliseLocal(path);
  const rest = path.slice(scheme.length).replace(/\/+$/, '');
  const name = scheme.toLowerCase();
  return (name === 's3a' || name === 's3n' ? 's3' : name) + rest;
}

function normaliseLocal(path: string): string {
  const plain = /^file:/i.test(path) ? fromFileUri(path) : path;
  if (plain === undefined) return path;
  // A relative path means something on the machine that logged it alone.
  return plain.startsWith('/') ? posix.normalize(plain).replace(/(?<=.)\/+$/, '') : plain;
}

/** Hadoop's `file:/x` is not encoded, as MLflow reads it; `file:///x` is. */
function fromFileUri(uri: string): string | undefined {
  if (!/^file:\/\//i.test(uri)) return uri.slice('file:'.length);
  try {
    return fileURLToPath(uri);
  } catch {
    return undefined;
  }
}

const digest = (text: string) => createHash('sha256').update(text).digest('hex').slice(0, 32);

/** Of a place in its one spelling. */
export const locationId = (location: string): string => digest(location);

/** Those that a text in a filter may mean: a path, or a name. */
export const locationIds = (text: string): readonly string[] => [
  locationId(normalise(text)),
  locationId(CATALOG + text),
];

/** A run reads a data set once. The same whoever makes it: an index of a folder can be made anew. */
export const deltaInputId = (run_id: string, name: string, dataset_digest: string): string =>
  digest(`${run_id}\0${name}\0${dataset_digest}`);

export const snapshotId = (
  location_id: string,
  {
    table_id,
    version,
    file_list_digest,
  }: { readonly table_id: string; readonly version: number; readonly file_list_digest: string },
): string => digest(`${location_id}\0${table_id}\0${version}\0${file_list_digest}`);
