import { isRecord, type JsonRecord, plainText, readJson } from './json.ts';
import type { Fact } from './profile.ts';

/** Where a data set came from, as far as its client has said. */
export interface SourceView {
  /** The kind in words. */
  readonly kind: string;
  /** The address that is worth copying: a URL, a path, a table. */
  readonly location?: string;
  readonly link?: { readonly href: string; readonly label: string };
  /** What else it says. */
  readonly facts: readonly Fact[];
}

const KINDS: Readonly<Record<string, string>> = {
  code: 'Code',
  http: 'Web address',
  local: 'Local files',
  s3: 'Amazon S3',
  gs: 'Google Cloud Storage',
  wasbs: 'Azure Blob Storage',
  abfss: 'Azure Data Lake Storage',
  hugging_face: 'Hugging Face',
  spark: 'Spark',
  delta_table: 'Delta table',
  uc_volume: 'Unity Catalog volume',
};

export const kindOf = (sourceType: string): string => KINDS[sourceType] ?? sourceType;

/** The field that says where, of each kind of source; the first that is there. */
const LOCATIONS = ['url', 'uri', 'path', 'delta_table_name', 'table_name', 'sql'];

const LABELS: Readonly<Record<string, string>> = {
  config_name: 'Configuration',
  data_dir: 'Folder',
  data_files: 'Files',
  delta_table_id: 'Table id',
  delta_table_version: 'Version',
  revision: 'Revision',
  split: 'Split',
  'mlflow.source.git.branch': 'Branch',
  'mlflow.source.git.commit': 'Commit',
  'mlflow.source.name': 'Made by',
  'mlflow.source.type': 'Kind of code',
  'mlflow.user': 'User',
};

/** The source JSON of a data set as `mlflow.data` writes it; of any other text, the text. */
export function readSource(sourceType: string, text: string): SourceView {
  const kind = kindOf(sourceType);
  const source = readJson(text);
  if (!isRecord(source)) return { kind, ...(text === '' ? {} : { location: text }), facts: [] };
  // A code source holds the tags of the run's context, which say whose code it was.
  if (sourceType === 'code') return { kind, facts: facts(isRecord(source.tags) ? source.tags : source) };
  const field = LOCATIONS.find((name) => typeof source[name] === 'string');
  const location = field && String(source[field]);
  const { [field ?? '']: _, ...rest } = source;
  const link = location === undefined ? undefined : linkTo(sourceType, location, source);
  return {
    kind,
    ...(location === undefined ? {} : { location }),
    ...(link === undefined ? {} : { link }),
    facts: facts(rest),
  };
}

function facts(fields: JsonRecord): readonly Fact[] {
  return Object.entries(fields)
    .filter(([key, value]) => value !== null && !(key === 'split' && value === NO_SPLIT))
    .map(([key, value]) => ({ label: LABELS[key] ?? key, value: plainText(value) }));
}

/** What the client writes for a split that there is none of. */
export const NO_SPLIT = 'None';

/** Only to the web, and never to what the text might otherwise mean to a browser. */
function linkTo(sourceType: string, location: string, { revision }: JsonRecord): SourceView['link'] {
  if (sourceType === 'http') {
    const url = URL.parse(location);
    return url?.protocol === 'https:' || url?.protocol === 'http:'
      ? { href: url.href, label: 'Open' }
      : undefined;
  }
  if (sourceType !== 'hugging_face' || !isOnHub(location)) return undefined;
  const tree = typeof revision === 'string' && revision !== '' ? `/tree/${encodeURIComponent(revision)}` : '';
  return { href: `https://huggingface.co/datasets/${location}${tree}`, label: 'Look it up on Hugging Face' };
}

/** `owner/name`. A single word is the name of a loader such as `csv` as often as a data set of old. */
const isOnHub = (path: string) => /^[A-Za-z0-9][\w.-]*\/[A-Za-z0-9][\w.-]*$/.test(path);
