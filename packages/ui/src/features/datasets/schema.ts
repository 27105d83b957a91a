import { isRecord, type JsonRecord, plainText, readJson } from './json.ts';

/** A column, a tensor, or a field within one. */
export interface SchemaRow {
  readonly name: string;
  /** 0 for a column; a field of an object stands below it. */
  readonly depth: number;
  readonly type: string;
  /** Of a tensor; -1 stands for any size. */
  readonly shape?: readonly number[];
  readonly isOptional: boolean;
}

export interface SchemaPart {
  readonly title: 'Columns' | 'Features' | 'Targets';
  readonly rows: readonly SchemaRow[];
}

const MOST_DEPTH = 12;

/**
 * The schema of a data set as `mlflow.data` writes it: `mlflow_colspec` for tables (pandas, Polars, Spark, Hugging Face),
 * `mlflow_tensorspec` for NumPy and TensorFlow, where features and targets are JSON text within the JSON.
 *
 * @returns undefined for any other text.
 */
export function readSchema(text: string): readonly SchemaPart[] | undefined {
  const value = readJson(text);
  if (!isRecord(value)) return undefined;
  const columns = part('Columns', value.mlflow_colspec);
  if (columns) return [columns];
  if (!isRecord(value.mlflow_tensorspec)) return undefined;
  const { features, targets } = value.mlflow_tensorspec;
  const parts = [part('Features', features), part('Targets', targets)].filter((each) => each !== undefined);
  return parts.length === 0 ? undefined : parts;
}

function part(title: SchemaPart['title'], spec: unknown): SchemaPart | undefined {
  const list = typeof spec === 'string' ? readJson(spec) : spec;
  return Array.isArray(list)
    ? { title, rows: list.filter(isRecord).flatMap((column) => columnRows(nameText(column.name), column, 0)) }
    : undefined;
}

/** Columns of several levels have a list of names, and a column may be called 0. */
function nameText(name: unknown, depth = 0): string {
  if (Array.isArray(name) && depth < MOST_DEPTH)
    return name.map((level) => nameText(level, depth + 1)).join(' / ');
  return name === undefined || name === null ? '' : plainText(name);
}

function columnRows(name: string, spec: JsonRecord, depth: number): readonly SchemaRow[] {
  const tensor = isRecord(spec['tensor-spec']) ? spec['tensor-spec'] : undefined;
  const shape = tensor?.shape;
  const row: SchemaRow = {
    name,
    depth,
    type: tensor ? plainText(tensor.dtype) : typeText(spec),
    ...(Array.isArray(shape) && shape.every((size) => typeof size === 'number') ? { shape } : {}),
    isOptional: spec.required === false,
  };
  return [row, ...fieldRows(spec, depth + 1)];
}

/** The fields of an object, or of the objects that a list or a map holds. */
function fieldRows(spec: JsonRecord, depth: number): readonly SchemaRow[] {
  if (depth > MOST_DEPTH) return [];
  const inner = within(spec);
  if (inner) return fieldRows(inner, depth);
  if (spec.type !== 'object' || !isRecord(spec.properties)) return [];
  return Object.entries(spec.properties).flatMap(([name, field]) =>
    isRecord(field) ? columnRows(name, field, depth) : [],
  );
}

function within({ type, items, values }: JsonRecord): JsonRecord | undefined {
  const inner = type === 'array' ? items : type === 'map' ? values : undefined;
  return isRecord(inner) ? inner : undefined;
}

function typeText(spec: JsonRecord, depth = 0): string {
  const type = plainText(spec.type ?? '');
  const inner = within(spec);
  if (!inner || depth > MOST_DEPTH) return type;
  return `${type} of ${typeText(inner, depth + 1)}`;
}
