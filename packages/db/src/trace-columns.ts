import { type Int64, parseJson } from '@bitacora/protocol';
import { floatText } from './python-json.ts';
import type { TraceInfoRow } from './tables/index.ts';

/** Each token count's column has its name in the JSON, in the order MLflow writes them. */
export const TOKEN_COLUMNS = [
  'input_tokens',
  'output_tokens',
  'total_tokens',
  'cache_read_input_tokens',
  'cache_creation_input_tokens',
  'cache_creation_input_tokens_above_1hr',
] as const satisfies readonly (keyof TraceInfoRow)[];

/** Costs in US dollars. */
export const COST_COLUMNS = [
  'input_cost',
  'output_cost',
  'total_cost',
] as const satisfies readonly (keyof TraceInfoRow)[];

/** The tag, and the metadata, that stand in columns of `trace_info` and never as rows. */
export const TRACE_NAME = 'mlflow.traceName';
const SESSION = 'mlflow.trace.session';
const TOKEN_USAGE = 'mlflow.trace.tokenUsage';
const COST = 'mlflow.trace.cost';

/** The columns that stand for each key of metadata that is no row. */
export const COLUMNS_OF_METADATA: Readonly<Record<string, readonly (keyof TraceInfoRow)[]>> = {
  [SESSION]: ['session_id'],
  [TOKEN_USAGE]: TOKEN_COLUMNS,
  [COST]: COST_COLUMNS,
};

export type PromotedColumns = Partial<
  Pick<
    TraceInfoRow,
    'trace_name' | 'session_id' | (typeof TOKEN_COLUMNS)[number] | (typeof COST_COLUMNS)[number]
  >
>;

/** Whether a metadata key stands in columns of `trace_info` and never as a row. */
export const isPromotedMetadata = (key: string): boolean => Object.hasOwn(COLUMNS_OF_METADATA, key);

type Values = Readonly<Record<string, string>>;

/**
 * The columns that tags and metadata fill: name, session, tokens and cost. Only what is given has a column in the
 * answer, so that an update leaves the rest; what is no number becomes NULL.
 */
export function toPromotedColumns(tags: Values, metadata: Values): PromotedColumns {
  const columns: Record<string, unknown> = {};
  const name = own(tags, TRACE_NAME);
  if (name !== undefined) columns.trace_name = name;
  const session = own(metadata, SESSION);
  if (session !== undefined) columns.session_id = session;
  const usage = readObject(own(metadata, TOKEN_USAGE));
  for (const column of TOKEN_COLUMNS) {
    if (Object.hasOwn(usage, column)) columns[column] = toTokenCount(usage[column]);
  }
  const cost = readObject(own(metadata, COST));
  for (const column of COST_COLUMNS) {
    if (Object.hasOwn(cost, column)) columns[column] = toCost(cost[column]);
  }
  return columns;
}

/** The metadata that columns stand for, as MLflow would have it had it never moved. */
export function fromPromotedColumns(
  row: PromotedColumns,
): readonly (readonly [key: string, value: string])[] {
  const metadata: [string, string][] = [];
  const session = row.session_id;
  if (session !== null && session !== undefined) metadata.push([SESSION, session]);
  const usage = present(row, TOKEN_COLUMNS, String);
  if (usage !== '') metadata.push([TOKEN_USAGE, `{${usage}}`]);
  const cost = present(row, COST_COLUMNS, (dollars) => floatText(Number(dollars)));
  if (cost !== '') metadata.push([COST, `{${cost}}`]);
  return metadata;
}

/** What stands in the columns, as the inside of a JSON object in Python's spelling. */
function present<Column extends keyof PromotedColumns>(
  row: PromotedColumns,
  columns: readonly Column[],
  toText: (value: NonNullable<PromotedColumns[Column]>) => string,
): string {
  let text = '';
  for (const column of columns) {
    const value = row[column];
    if (value === null || value === undefined) continue;
    text += `${text === '' ? '' : ', '}"${column}": ${toText(value)}`;
  }
  return text;
}

const own = (values: Values, key: string): string | undefined =>
  Object.hasOwn(values, key) ? values[key] : undefined;

export function readObject(text: string | undefined): Readonly<Record<string, unknown>> {
  if (text === undefined) return {};
  try {
    const value = parseJson(text);
    return value !== null && typeof value === 'object' && !Array.isArray(value)
      ? (value as Readonly<Record<string, unknown>>)
      : {};
  } catch {
    // Metadata is the caller's own text; what cannot be read counts as nothing, as in MLflow.
    return {};
  }
}

const LARGEST = 2n ** 63n;

/** Whole numbers that fit in 64 bits, also as text; anything else is no count. */
export function toTokenCount(value: unknown): Int64 | null {
  if (typeof value === 'bigint') return value >= -LARGEST && value < LARGEST ? value : null;
  if (typeof value === 'string' && /^\s*[+-]?\d{1,19}(?:\.0*)?\s*$/.test(value)) {
    const exact = BigInt(value.trim().replace(/^\+|\.0*$/g, ''));
    return Number.isSafeInteger(Number(exact)) ? Number(exact) : toTokenCount(exact);
  }
  return typeof value === 'number' && Number.isSafeInteger(value) ? value + 0 : null;
}

/** Finite numbers, also as text; anything else is no cost. */
export function toCost(value: unknown): number | null {
  if (typeof value !== 'number' && typeof value !== 'bigint' && typeof value !== 'string') return null;
  if (typeof value === 'string' && !/^\s*[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,5})?\s*$/.test(value))
    return null;
  const number = Number(value);
  return Number.isFinite(number) ? number : null;
}
