import { dateText, floorDivide, timestampText } from '@bitacora/delta';
import { cutText } from './cells.ts';
import { halfFloatOf, nanosText } from './parquet-values.ts';

/** A type of NumPy's, and how a value of it is read. */
export interface NpyType {
  readonly name: string;
  readonly bytes: number;
  /** Whether it has statistics. */
  readonly isReal: boolean;
  read(view: DataView, at: number): unknown;
}

const REAL = { isReal: true } as const;
const OTHER = { isReal: false } as const;

/** @param descr such as `<f8`; undefined for a type that is not read here. */
export function npyType(descr: string): NpyType | undefined {
  const match =
    /^([<>|=]?)([biufcSUaMm?])(\d{0,6})(?:\[(\d{0,9})(Y|M|W|D|h|m|s|ms|us|μs|ns|ps|fs|as)\])?$/.exec(descr);
  if (!match) return undefined;
  const [, order, kind, size = '', count = '', unit] = match;
  const little = order !== '>';
  const bytes = Number(size || (kind === '?' ? 1 : 0));
  switch (kind) {
    case '?':
    case 'b':
      return bytes === 1
        ? { name: 'bool', bytes, ...OTHER, read: (view, at) => view.getUint8(at) !== 0 }
        : undefined;
    case 'i':
      return integer(bytes, little, true);
    case 'u':
      return integer(bytes, little, false);
    case 'f':
      return float(bytes, little);
    case 'c':
      return complex(bytes, little);
    case 'a':
    case 'S':
      return { name: descr, bytes, ...OTHER, read: (view, at) => byteText(view, at, bytes) };
    case 'U':
      return {
        name: descr,
        bytes: bytes * 4,
        ...OTHER,
        read: (view, at) => wideText(view, at, bytes, little),
      };
    default:
      return bytes === 8
        ? {
            name: descr,
            bytes,
            ...OTHER,
            read: (view, at) => momentText(view.getBigInt64(at, little), kind!, count, unit),
          }
        : undefined;
  }
}

function integer(bytes: number, little: boolean, isSigned: boolean): NpyType | undefined {
  const name = `${isSigned ? '' : 'u'}int${bytes * 8}`;
  const read = {
    1: (view: DataView, at: number) => (isSigned ? view.getInt8(at) : view.getUint8(at)),
    2: (view: DataView, at: number) => (isSigned ? view.getInt16(at, little) : view.getUint16(at, little)),
    4: (view: DataView, at: number) => (isSigned ? view.getInt32(at, little) : view.getUint32(at, little)),
    8: (view: DataView, at: number) =>
      isSigned ? view.getBigInt64(at, little) : view.getBigUint64(at, little),
  }[bytes];
  return read && { name, bytes, ...REAL, read };
}

function float(bytes: number, little: boolean): NpyType | undefined {
  const read = floatReader(bytes, little);
  return read && { name: `float${bytes * 8}`, bytes, ...REAL, read };
}

function floatReader(bytes: number, little: boolean) {
  return {
    2: (view: DataView, at: number) => halfFloatOf(view.getUint16(at, little)),
    4: (view: DataView, at: number) => view.getFloat32(at, little),
    8: (view: DataView, at: number) => view.getFloat64(at, little),
  }[bytes];
}

function complex(bytes: number, little: boolean): NpyType | undefined {
  const half = bytes / 2;
  const part = half >= 4 ? floatReader(half, little) : undefined;
  return (
    part && {
      name: `complex${bytes * 8}`,
      bytes,
      ...OTHER,
      read(view, at) {
        const imaginary = part(view, at + half);
        return `${part(view, at)}${imaginary < 0 || Object.is(imaginary, -0) ? '' : '+'}${imaginary}j`;
      },
    }
  );
}

/** A text without the zeros that fill it up. */
function withoutZeros(text: string): string {
  let end = text.length;
  while (end > 0 && text.charCodeAt(end - 1) === 0) end--;
  return text.slice(0, end);
}

/** Bytes, each a character. */
function byteText(view: DataView, at: number, bytes: number): string {
  const text = Buffer.from(view.buffer, view.byteOffset + at, bytes).toString('latin1');
  return cutText(withoutZeros(text));
}

function wideText(view: DataView, at: number, characters: number, little: boolean): string {
  let text = '';
  for (let index = 0; index < characters && text.length < 2_000; index++) {
    const code = view.getUint32(at + index * 4, little);
    text += code <= 0x10ffff ? String.fromCodePoint(code) : '\ufffd';
  }
  return cutText(withoutZeros(text));
}

const NOT_A_TIME = -(2n ** 63n);
const NANOS: Readonly<Record<string, bigint>> = {
  W: 604_800_000_000_000n,
  D: 86_400_000_000_000n,
  h: 3_600_000_000_000n,
  m: 60_000_000_000n,
  s: 1_000_000_000n,
  ms: 1_000_000n,
  us: 1_000n,
  μs: 1_000n,
  ns: 1n,
};

function momentText(value: bigint, kind: string, count: string, unit: string | undefined): string {
  if (value === NOT_A_TIME) return 'NaT';
  const steps = value * BigInt(count === '' ? 1 : count);
  if (unit === undefined) return String(steps);
  const nanos = NANOS[unit];
  if (kind === 'm' || nanos === undefined) return calendarText(steps, kind, unit);
  const micros = floorDivide(steps * nanos, 1000n);
  // Beyond this a date has more digits than anybody reads.
  if (micros > MOST_MICROS || micros < -MOST_MICROS) return `${steps} ${unit}`;
  if (unit === 'D' || unit === 'W') return dateText(Number(floorDivide(micros, 86_400_000_000n)));
  return unit === 'ns' ? nanosText(steps, '') : timestampText(micros, '');
}

const MOST_MICROS = 10n ** 18n;

/** Durations, and the units that no number of seconds stands for. */
function calendarText(steps: bigint, kind: string, unit: string): string {
  if (kind === 'M' && unit === 'Y') return String(1970n + steps);
  if (kind === 'M' && unit === 'M') {
    const years = floorDivide(steps, 12n);
    return `${1970n + years}-${String(steps - years * 12n + 1n).padStart(2, '0')}`;
  }
  return `${steps} ${unit}`;
}
