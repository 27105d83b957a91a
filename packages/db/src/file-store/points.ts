import { type Int64, narrow } from '@bitacora/protocol';

/** A point as a file of metrics has it. */
export interface Point {
  readonly timestamp: Int64;
  readonly value: number;
  readonly step: Int64;
  /** Only in files of logged models. */
  readonly run_id: string;
  readonly dataset_name: string | null;
  readonly dataset_digest: string | null;
}

const INTEGER = /^[+-]?\d{1,19}$/;
const NON_FINITE: ReadonlyMap<string, number> = new Map([
  ['nan', Number.NaN],
  ['inf', Number.POSITIVE_INFINITY],
  ['+inf', Number.POSITIVE_INFINITY],
  ['-inf', Number.NEGATIVE_INFINITY],
  ['infinity', Number.POSITIVE_INFINITY],
  ['-infinity', Number.NEGATIVE_INFINITY],
]);

/**
 * A line of a run's metric: time, value, step, and the name and digest of a data set. Old releases wrote no step.
 * MLflow itself takes the step of a line with a data set for 0, and stumbles over a name with spaces.
 */
export function parsePoint(line: string): Point | undefined {
  const [time, value, step, ...dataset] = line.trim().split(' ');
  return toPoint(time, value, step ?? '0', '', dataset);
}

/** A line of a logged model's metric, which names the run too. */
export function parseModelPoint(line: string): Point | undefined {
  const [time, value, step, run_id, ...dataset] = line.trim().split(' ');
  return run_id ? toPoint(time, value, step, run_id, dataset) : undefined;
}

function toPoint(
  time: string | undefined,
  valueText: string | undefined,
  stepText: string | undefined,
  run_id: string,
  dataset: readonly string[],
): Point | undefined {
  const [timestamp, step, value] = [toInteger(time), toInteger(stepText), toDouble(valueText)];
  if (timestamp === undefined || step === undefined || value === undefined || dataset.length === 1)
    return undefined;
  return {
    timestamp,
    value,
    step,
    run_id,
    dataset_name: dataset.length === 0 ? null : dataset.slice(0, -1).join(' '),
    dataset_digest: dataset.at(-1) ?? null,
  };
}

function toInteger(text: string | undefined): Int64 | undefined {
  if (text === undefined || !INTEGER.test(text)) return undefined;
  if (text.length < 16) return Number(text);
  const value = BigInt(text.replace('+', ''));
  return BigInt.asIntN(64, value) === value ? narrow(value) : undefined;
}

/** A number as Python prints it. */
function toDouble(text: string | undefined): number | undefined {
  if (text === undefined || text === '') return undefined;
  const value = Number(text);
  if (!Number.isNaN(value) && !/^[+-]?0[xob]|^[+-]?I/i.test(text)) return value;
  return NON_FINITE.get(text.toLowerCase());
}

export type NewPoint = Omit<Point, 'run_id'> & { readonly run_id?: string };

/** The line, with its end. A space in the name of a data set would make the line unreadable for MLflow: the data set is left out. */
export function pointLine({
  timestamp,
  value,
  step,
  run_id,
  dataset_name,
  dataset_digest,
}: NewPoint): string {
  const dataset =
    dataset_name && dataset_digest && !/\s/.test(dataset_name + dataset_digest)
      ? ` ${dataset_name} ${dataset_digest}`
      : '';
  return `${timestamp} ${doubleText(value)} ${step}${run_id === undefined ? '' : ` ${run_id}`}${dataset}\n`;
}

/** As Python reads and prints it; 1e21 and 5e-324 are the same in both languages. */
function doubleText(value: number): string {
  if (Number.isNaN(value)) return 'nan';
  if (!Number.isFinite(value)) return value > 0 ? 'inf' : '-inf';
  const text = Object.is(value, -0) ? '-0' : String(value);
  return Number.isInteger(value) && !text.includes('e') ? `${text}.0` : text;
}
