import type { WireDatasetInput } from '@bitacora/protocol';
import { isRecord, plainText, readJson } from './json.ts';
import { NO_SPLIT } from './source.ts';

/** A text as Python reads it too: JSON's escapes are among Python's. */
const python = (text: string): string => JSON.stringify(text);

const MOST_DEPTH = 20;

/** Any JSON as a literal of Python: what a client has stored stays a value, whatever it says. */
function literal(value: unknown, depth = 0): string {
  if (depth > MOST_DEPTH) return python(plainText(value));
  if (value === null || value === undefined) return 'None';
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  if (Array.isArray(value)) return `[${value.map((entry) => literal(entry, depth + 1)).join(', ')}]`;
  if (isRecord(value))
    return `{${Object.entries(value)
      .map(([key, inner]) => `${python(key)}: ${literal(inner, depth + 1)}`)
      .join(', ')}}`;
  return typeof value === 'string' ? python(value) : String(value);
}

/** What `load()` of each kind of source gives: the data, or files with it. */
const LOADS: Readonly<Record<string, readonly string[]>> = {
  hugging_face: ['data = source.load()  # a datasets.Dataset'],
  spark: ['df = source.load()  # a DataFrame of Spark'],
  delta_table: ['df = source.load()  # a DataFrame of Spark, which needs Delta Lake'],
};

const LOADS_FILES = ['path = source.load()  # downloads it, and says where to'];

/** Sources that know no more than who made the data, or where it is. */
const LOADS_NOTHING = new Set(['code', 'uc_volume', 'mlflow_evaluation_dataset']);

interface ReadVersion {
  readonly pinned?: number | undefined;
  readonly isOtherKept?: boolean | undefined;
}

/**
 * Python that loads a data set of a run with the official client, or undefined where its kind of source cannot.
 *
 * @param trackingUri of this server.
 * @param read of a Delta table: the version that the run has read, where its source names none, and whether the
 * client would be given another source, as MLflow keeps that of the first run with the same name and digest.
 */
export function loadInPython(
  { name = '', digest = '', source_type = '', source = '' }: WireDatasetInput['dataset'],
  runId: string,
  trackingUri: string,
  read: ReadVersion = {},
): string | undefined {
  if (LOADS_NOTHING.has(source_type)) return undefined;
  const fields = readJson(source);
  if (source_type === 'hugging_face' && isRecord(fields) && fields.split === NO_SPLIT)
    return loadWithoutSplit(fields);
  const lines = [
    'import mlflow',
    '',
    `mlflow.set_tracking_uri(${python(trackingUri)})`,
    `run = mlflow.get_run(${python(runId)})`,
    'dataset = next(',
    '    each for each in run.inputs.dataset_inputs',
    `    if (each.dataset.name, each.dataset.digest) == (${python(name)}, ${python(digest)})`,
    ')',
    'source = mlflow.data.get_source(dataset)',
    ...(LOADS[source_type] ?? LOADS_FILES),
  ];
  if (source_type === 'delta_table' && isRecord(fields)) lines.push(...withoutSpark(fields, read));
  return lines.join('\n');
}

/** The client writes the word None for a split that there is none of, and `load()` asks for a split of that name. */
function loadWithoutSplit(fields: Readonly<Record<string, unknown>>): string {
  const names = { config_name: 'name', data_dir: 'data_dir', data_files: 'data_files', revision: 'revision' };
  const rest = Object.entries(names)
    .filter(([key]) => fields[key] !== null && fields[key] !== undefined)
    .map(([key, name]) => `, ${name}=${literal(fields[key])}`);
  return [
    'import datasets',
    '',
    `data = datasets.load_dataset(${literal(fields.path ?? '')}${rest.join('')})`,
  ].join('\n');
}

/** The client's own source knows no version that was not named, and would load what the table has now. */
function withoutSpark(
  { path, delta_table_version: named }: Readonly<Record<string, unknown>>,
  { pinned, isOtherKept }: ReadVersion,
): readonly string[] {
  if (typeof path !== 'string') return [];
  const version = named ?? pinned;
  return [
    '',
    `# ${introduction(version === undefined || version === named, isOtherKept)} (pip install deltalake):`,
    'from deltalake import DeltaTable',
    '',
    `df = DeltaTable(${python(path)}${version === undefined ? '' : `, version=${literal(version)}`}).to_pandas()`,
  ];
}

function introduction(isNamed: boolean, isOtherKept = false): string {
  if (isOtherKept) return 'That is what the first run with this name and digest has read. What this run has';
  return isNamed
    ? 'Or without Spark'
    : 'That is the table as it is now: no version was named. As it was read';
}
