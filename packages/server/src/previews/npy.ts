import { type ArrayPart, type Input, narrow, type previewRunArtifactArray } from '@bitacora/protocol';
import { type NpyType, npyType } from './npy-types.ts';
import type { RangedFile } from './ranged-file.ts';
import { unreadable } from './unreadable.ts';

type ArrayRequest = Omit<Input<typeof previewRunArtifactArray>, 'run_id' | 'path'>;

const MAGIC = '\x93NUMPY';
const MOST_HEADER_BYTES = 64 * 1024;
/** Of the values of an answer: wide texts make fewer of them. */
const MOST_VALUE_BYTES = 1024 * 1024;

interface Header {
  readonly dtype: NpyType;
  readonly shape: readonly number[];
  readonly fortran_order: boolean;
  /** Where the values begin. */
  readonly start: number;
}

/**
 * Shape, type and some values of a `.npy` file. What is no plain array is refused: an object array is a pickle, which
 * would run code.
 *
 * @throws MlflowError INVALID_PARAMETER_VALUE
 */
export async function readArray(
  file: RangedFile,
  { first_index, max_results }: ArrayRequest,
): Promise<ArrayPart> {
  const { dtype, shape, fortran_order, start } = await readHeader(file);
  const count = shape.reduce((product, length) => product * length, 1);
  if (!Number.isSafeInteger(count))
    throw unreadable(file.path, 'its shape has more values than there can be');
  const there = Math.floor((file.size_bytes - start) / Math.max(dtype.bytes, 1));
  if (there < count && dtype.bytes > 0)
    throw unreadable(
      file.path,
      `its shape has ${count} values, and the file ends after ${Math.max(there, 0)}`,
    );
  const first = Math.min(Number(first_index < 0 ? 0 : first_index), count);
  const most = Math.max(1, Math.floor(MOST_VALUE_BYTES / Math.max(dtype.bytes, 1)));
  const last = Math.min(first + Math.min(max_results, most), count);
  const bytes = await file.read(start + first * dtype.bytes, start + last * dtype.bytes);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const read = Array.from({ length: last - first }, (_, at) => dtype.read(view, at * dtype.bytes));
  return {
    dtype: dtype.name,
    shape,
    fortran_order,
    value_count: count,
    first_index: first,
    values: read.map(shownOf),
    ...(dtype.isReal && read.length > 0 && { statistics: statisticsOf(read as (number | bigint)[]) }),
    etag: file.etag,
  };
}

/** JSON has no NaN and no infinities. */
function shownOf(value: unknown): unknown {
  if (typeof value === 'bigint') return narrow(value);
  return typeof value === 'number' && !Number.isFinite(value) ? String(value) : value;
}

async function readHeader(file: RangedFile): Promise<Header> {
  const refuse = (reason: string) => unreadable(file.path, `it is no valid .npy file: ${reason}`);
  const head = await file.read(0, 12 + MOST_HEADER_BYTES);
  if (head.length < 10 || head.subarray(0, 6).toString('latin1') !== MAGIC)
    throw refuse('it does not begin as one');
  const version = head[6]!;
  if (version < 1 || version > 3) throw refuse(`version ${version} of the format is not known`);
  const from = version === 1 ? 10 : 12;
  if (head.length < from) throw refuse('it ends within its header');
  const length = version === 1 ? head.readUInt16LE(8) : head.readUInt32LE(8);
  if (length > MOST_HEADER_BYTES)
    throw refuse(`its header has ${length} bytes, at most ${MOST_HEADER_BYTES} are read`);
  if (head.length < from + length) throw refuse('it ends within its header');
  const text = head.subarray(from, from + length).toString(version === 3 ? 'utf8' : 'latin1');
  return { ...parseHeader(text, file.path, refuse), start: from + length };
}

/** A Python dictionary with three entries, and no more of Python than that. */
function parseHeader(text: string, path: string, refuse: (reason: string) => Error): Omit<Header, 'start'> {
  if (/['"]descr['"]\s*:\s*\[/.test(text))
    throw unreadable(
      path,
      'it is a structured array, whose rows have several fields. Save the fields as arrays of their own',
    );
  const descr = /['"]descr['"]\s*:\s*(?:'([^']*)'|"([^"]*)")/.exec(text);
  const order = /['"]fortran_order['"]\s*:\s*(True|False)/.exec(text);
  const shape = /['"]shape['"]\s*:\s*\(([\d\s,L]*)\)/.exec(text);
  if (!descr || !order || !shape) throw refuse('its header lacks descr, fortran_order or shape');
  const name = descr[1] ?? descr[2] ?? '';
  if (/^[<>|=]?O/.test(name))
    throw unreadable(
      path,
      'it holds Python objects as a pickle, which is never loaded here. Save numbers or texts',
    );
  const dtype = npyType(name);
  if (dtype === undefined) throw refuse(`values of type '${name.slice(0, 50)}' are not read here`);
  const lengths = (shape[1] ?? '').split(',').map((part) => part.trim().replace(/L$/, ''));
  const dimensions = lengths.filter((part) => part !== '').map(Number);
  if (dimensions.length > 64 || !dimensions.every(Number.isSafeInteger)) throw refuse('its shape is none');
  return { dtype, shape: dimensions, fortran_order: order[1] === 'True' };
}

function statisticsOf(values: readonly (number | bigint)[]): NonNullable<ArrayPart['statistics']> {
  const real = values.filter((value) => typeof value === 'bigint' || !Number.isNaN(value));
  const nan_count = values.length - real.length;
  const count = values.length;
  if (real.length === 0) return { count, nan_count };
  let [min, max] = [real[0]!, real[0]!];
  // Summed by a running mean (Welford): large values of one size do not drown their differences.
  let [mean, squares, seen] = [0, 0, 0];
  for (const value of real) {
    if (value < min) min = value;
    if (value > max) max = value;
    const number = Number(value);
    const difference = number - mean;
    mean += difference / ++seen;
    squares += difference * (number - mean);
  }
  return {
    count,
    nan_count,
    min: shownOf(min),
    max: shownOf(max),
    ...(Number.isFinite(mean) && { mean }),
    ...(Number.isFinite(squares) && { standard_deviation: Math.sqrt(squares / seen) }),
  };
}
