import { ISSUE_SEVERITIES, ISSUE_STATUSES, invalidParameter, preview } from '@bitacora/protocol';
import { checkLength } from '../limits/values.ts';

/** Widths of MLflow's columns, in characters. */
const NAME_CHARACTERS = 250;
const USER_CHARACTERS = 255;
const RUN_ID_CHARACTERS = 32;
/** MySQL's TEXT, in bytes. */
const TEXT_BYTES = 65_535;

/** What MLflow's `validate_issue_fields` allows since 3.18: entries of a list or map, and characters of each. */
const ENTRIES = 100;
const ENTRY_CHARACTERS = 250;
const METADATA_VALUE_CHARACTERS = 65_536;
const ISSUE_ID = /^iss-[A-Za-z0-9_-]{1,32}$/;

interface Texts {
  readonly name?: string | undefined;
  readonly description?: string | undefined;
  readonly created_by?: string | undefined;
  readonly last_updated_by?: string | undefined;
  readonly source_run_id?: string | undefined;
}

/** @throws MlflowError INVALID_PARAMETER_VALUE when a text does not fit its column. */
export function checkTexts(texts: Texts): void {
  checkLength(texts.name ?? '', NAME_CHARACTERS, 'name');
  checkBytes(texts.description ?? '', 'description');
  checkLength(texts.created_by ?? '', USER_CHARACTERS, 'created_by');
  checkLength(texts.last_updated_by ?? '', USER_CHARACTERS, 'last_updated_by');
  checkLength(texts.source_run_id ?? '', RUN_ID_CHARACTERS, 'source_run_id');
}

export function checkBytes(text: string, path: string): void {
  const size = Buffer.byteLength(text);
  if (size > TEXT_BYTES)
    throw invalidParameter(
      `Invalid value for parameter '${path}': it has ${size} bytes, at most ${TEXT_BYTES} are allowed.`,
    );
}

interface Observation {
  readonly issue_id?: string | undefined;
  readonly last_seen_timestamp?: number | bigint | undefined;
  readonly categories?: readonly string[] | undefined;
  readonly metadata?: Readonly<Record<string, string>> | undefined;
  readonly delete_metadata_keys?: readonly string[];
}

/** The same for what issues have since MLflow 3.18. */
export function checkObservation(given: Observation): void {
  if (given.issue_id !== undefined && !ISSUE_ID.test(given.issue_id))
    throw invalidParameter(
      `Invalid value '${preview(given.issue_id)}' for parameter 'issue_id': it must be 'iss-' and 1 to 32 letters, digits, '_' or '-'.`,
    );
  if (given.last_seen_timestamp !== undefined && given.last_seen_timestamp < 0)
    throw invalidParameter(
      `Invalid value ${given.last_seen_timestamp} for parameter 'last_seen_timestamp': it must be milliseconds, 0 or more.`,
    );
  checkEntries(given.categories ?? [], 'categories');
  checkEntries(given.delete_metadata_keys ?? [], 'delete_metadata_keys');
  const metadata = given.metadata ?? {};
  checkEntries(Object.keys(metadata), 'metadata');
  for (const [key, value] of Object.entries(metadata))
    checkLength(value, METADATA_VALUE_CHARACTERS, `metadata.${key}`);
  const both = given.delete_metadata_keys?.find((key) => Object.hasOwn(metadata, key));
  if (both !== undefined)
    throw invalidParameter(
      `Invalid value '${preview(both)}' for parameter 'delete_metadata_keys': the same request sets it in 'metadata'.`,
    );
}

/** @throws MlflowError INVALID_PARAMETER_VALUE when there are too many, or one is empty or too long. */
export function checkEntries(values: readonly string[], path: string): void {
  checkCount(values, path);
  for (const value of values) {
    if (value === '')
      throw invalidParameter(`Invalid value '' for parameter '${path}': it must not be empty.`);
    checkLength(value, ENTRY_CHARACTERS, path);
  }
}

export function checkCount(values: readonly string[], path: string): void {
  if (values.length > ENTRIES)
    throw invalidParameter(
      `Invalid value for parameter '${path}': it has ${values.length} entries, at most ${ENTRIES} are allowed.`,
    );
}

export const checkStatus = (value: string) => oneOf(ISSUE_STATUSES, value, 'status');
export const checkSeverity = (value: string) => oneOf(ISSUE_SEVERITIES, value, 'severity');

export function oneOf<const Words extends readonly string[]>(
  words: Words,
  value: string,
  path: string,
): Words[number] {
  if (words.includes(value)) return value;
  throw invalidParameter(
    `Invalid value '${preview(value)}' for parameter '${path}': it must be one of ${words.join(', ')}.`,
  );
}
