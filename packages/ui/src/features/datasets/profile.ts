import { bytesText, countText } from '../../format/number.ts';
import { isRecord, plainText, readJson } from './json.ts';

export interface Fact {
  readonly label: string;
  readonly value: string;
}

/** What the keys that `mlflow.data` writes mean: https://mlflow.org/docs/latest/ml/dataset/ and its classes. */
const LABELS: Readonly<Record<string, string>> = {
  num_rows: 'Rows',
  num_elements: 'Elements',
  approx_count: 'Rows, about',
  features_shape: 'Shape of the features',
  features_size: 'Elements of the features',
  features_nbytes: 'Size of the features',
  features_cardinality: 'Elements of the features',
  targets_shape: 'Shape of the targets',
  targets_size: 'Elements of the targets',
  targets_nbytes: 'Size of the targets',
  targets_cardinality: 'Elements of the targets',
  dataset_size: 'Size of the tables',
  size_in_bytes: 'Size with downloads',
};

const BYTES = new Set(['features_nbytes', 'targets_nbytes', 'dataset_size', 'size_in_bytes']);
/** Longer than this it is a file, not a glance. */
const MOST_CHARACTERS = 2_000;

/** A profile for people, or undefined where it is no JSON object; what is null was not known. */
export function readProfile(text: string): readonly Fact[] | undefined {
  const profile = readJson(text);
  if (!isRecord(profile)) return undefined;
  return Object.entries(profile)
    .filter(([, value]) => value !== null)
    .map(([key, value]) => ({ label: LABELS[key] ?? key, value: cut(valueText(key, value)) }));
}

/** Of several arrays, one a line. */
function valueText(key: string, value: unknown, isWithin = false): string {
  if (isRecord(value) && !isWithin)
    return Object.entries(value)
      .map(([name, inner]) => `${name}: ${valueText(key, inner, true)}`)
      .join('\n');
  if (Array.isArray(value) && value.every((size) => typeof size === 'number')) return shapeText(value);
  if (typeof value !== 'number') return plainText(value);
  return BYTES.has(key) ? `${bytesText(value)} (${countText(value)} bytes)` : numberText(value);
}

const numberText = (value: number) => (Number.isInteger(value) ? countText(value) : String(value));

/** As Python writes it: `(3,)`. */
export const shapeText = (shape: readonly number[]): string =>
  `(${shape.join(', ')}${shape.length === 1 ? ',' : ''})`;

const cut = (text: string) => (text.length > MOST_CHARACTERS ? `${text.slice(0, MOST_CHARACTERS)}…` : text);
