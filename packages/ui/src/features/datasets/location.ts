/** The data set whose details are open, in the address of any page of an experiment or a run. */
export interface DatasetSearch {
  /** See `datasetKey`. */
  readonly selectedDataset?: string | undefined;
  /** The run that it was opened from. */
  readonly selectedDatasetRun?: string | undefined;
  /** What of a Delta table is shown instead of its columns. */
  readonly datasetView?: 'rows' | 'changes' | undefined;
}

/** What a data set is known by within its experiment. */
export interface DatasetName {
  readonly name: string;
  readonly digest: string;
}

const text = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' ? value : undefined;

export const readDatasetSearch = (raw: Readonly<Record<string, unknown>>): DatasetSearch => ({
  selectedDataset: text(raw.selectedDataset),
  selectedDatasetRun: text(raw.selectedDatasetRun),
  datasetView: raw.datasetView === 'rows' || raw.datasetView === 'changes' ? raw.datasetView : undefined,
});

/** What of the list of an experiment's data sets stands in its address. */
export interface DatasetsListSearch {
  /** A piece of the name. */
  readonly searchFilter?: string | undefined;
}

export const readDatasetsListSearch = (raw: Readonly<Record<string, unknown>>): DatasetsListSearch => ({
  searchFilter: text(raw.searchFilter),
});

/** `name@digest`; an `@` of their own is written as in an address. */
export const datasetKey = ({ name, digest }: DatasetName): string =>
  `${name.replaceAll(/[%@]/g, encodeURIComponent)}@${digest.replaceAll(/[%@]/g, encodeURIComponent)}`;

export function readDatasetKey(key: string): DatasetName | undefined {
  const [name, digest, ...rest] = key.split('@');
  if (name === undefined || digest === undefined || rest.length > 0) return undefined;
  try {
    return { name: decodeURIComponent(name), digest: decodeURIComponent(digest) };
  } catch {
    return undefined;
  }
}

/** The filter that finds the runs which have read a data set. */
export const datasetFilter = ({ name, digest }: DatasetName): string =>
  `dataset.name ${comparison(name)} AND dataset.digest ${comparison(digest)}`;

/**
 * The language has no escape within quotes: the other kind of quote is taken. Where a text has both, or ends in a
 * backslash, which would keep the quote open, a `_`, which is any character, stands for them.
 */
export function comparison(value: string): string {
  const isSingle = !value.includes("'");
  if ((isSingle || !value.includes('"')) && !value.endsWith('\\'))
    return `= ${isSingle ? `'${value}'` : `"${value}"`}`;
  return `LIKE '${value.replaceAll(/['\\]/g, '_')}'`;
}

/**
 * MLflow's own form of such a filter in an address, `datasetsFilter`: base64 of a JSON list of data sets.
 *
 * @returns the same as a filter, or undefined where it says nothing.
 */
export function readDatasetsFilter(encoded: unknown): string | undefined {
  const datasets = readBase64Json(encoded);
  const names = Array.isArray(datasets) ? datasets.filter(isDatasetName) : [];
  const [first] = names;
  if (first === undefined) return undefined;
  if (names.length === 1) return datasetFilter(first);
  const list = (values: readonly string[]) =>
    [...new Set(values)].map((value) => (value.includes("'") ? `"${value}"` : `'${value}'`)).join(', ');
  return `dataset.name IN (${list(names.map(({ name }) => name))}) AND dataset.digest IN (${list(names.map(({ digest }) => digest))})`;
}

function readBase64Json(encoded: unknown): unknown {
  if (typeof encoded !== 'string' || encoded === '') return undefined;
  try {
    const bytes = Uint8Array.from(atob(encoded), (character) => character.charCodeAt(0));
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return undefined;
  }
}

const isDatasetName = (value: unknown): value is DatasetName =>
  typeof value === 'object' &&
  value !== null &&
  'name' in value &&
  typeof value.name === 'string' &&
  'digest' in value &&
  typeof value.digest === 'string';
