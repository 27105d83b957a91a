import { type Input, invalidParameter, type previewRunArtifactText, type TextPart } from '@bitacora/protocol';
import { fromUnits, markBytes, toUnits, unitBytes, withoutCutCharacter } from './encoded-text.ts';
import type { RangedFile } from './ranged-file.ts';
import { HEAD_BYTES, judge } from './sniff.ts';

type TextRequest = Omit<Input<typeof previewRunArtifactText>, 'run_id' | 'path'>;
export type KnownText = Required<Pick<TextPart, 'encoding'>> & { readonly first_byte: number };

/** How a file is read as text: as asked, as its first bytes look, or as UTF-8 with � for what is none. */
export async function knowText(
  file: RangedFile,
  encoding: TextPart['encoding'] | undefined,
): Promise<KnownText> {
  const head = await file.read(0, encoding === undefined ? HEAD_BYTES : 4);
  const read = encoding ?? judge(head, '', head.length === file.size_bytes).encoding ?? 'utf-8';
  return { encoding: read, first_byte: markBytes(head, read) };
}

/** Some lines of a file. A line longer than a part comes in pieces, each as long as a part. */
export async function readText(file: RangedFile, request: TextRequest): Promise<TextPart> {
  const text = await knowText(file, request.encoding);
  const part = await (request.direction === 'BACKWARD' ? readBackward : readForward)(file, text, request);
  return { ...part, encoding: text.encoding, ...file.identity };
}

type Part = Omit<TextPart, 'encoding' | 'size_bytes' | 'etag'>;

async function readForward(file: RangedFile, text: KnownText, request: TextRequest): Promise<Part> {
  const { encoding } = text;
  const unit = unitBytes(encoding);
  const start = placeIn(file, text, request.at_byte, text.first_byte);
  const window = await readFrom(file, text, start, start + request.max_bytes);
  const isEnd = start + window.bytes.length >= file.size_bytes;
  let units = toUnits(window.bytes, encoding);
  if (!isEnd) {
    const whole = units.lastIndexOf('\n') + 1;
    units = whole > 0 ? units.slice(0, whole) : untilCharacterEnd(window.bytes, encoding);
  }
  const kept = firstLines(units, request.max_lines);
  const end = isEnd && kept.length === units.length ? file.size_bytes : start + kept.length * unit;
  return {
    lines: linesOf(kept, encoding),
    start_byte: start === text.first_byte ? 0 : start,
    end_byte: end,
    begins_within_line: !window.isLineStart,
    ends_within_line: end < file.size_bytes && !kept.endsWith('\n'),
  };
}

async function readBackward(file: RangedFile, text: KnownText, request: TextRequest): Promise<Part> {
  const { encoding, first_byte } = text;
  const unit = unitBytes(encoding);
  const end = placeIn(file, text, request.at_byte, file.size_bytes);
  // A last half of a unit is none.
  const whole = end - ((end - first_byte) % unit);
  const most = request.max_bytes - (request.max_bytes % unit);
  const earliest = Math.max(first_byte, whole - most);
  const window = await readFrom(file, text, earliest, whole);
  let units = toUnits(window.bytes, encoding);
  let isLineStart = window.isLineStart;
  if (!isLineStart) {
    const first = units.indexOf('\n') + 1;
    if (first > 0 && first < units.length) {
      units = units.slice(first);
      isLineStart = true;
    } else units = fromCharacterStart(units, encoding);
  }
  const kept = lastLines(units, request.max_lines);
  if (kept.length < units.length) isLineStart = true;
  const start = whole - kept.length * unit;
  return {
    lines: linesOf(kept, encoding),
    start_byte: start <= first_byte ? 0 : start,
    end_byte: end,
    begins_within_line: !isLineStart,
    ends_within_line: end < file.size_bytes && kept !== '' && !kept.endsWith('\n'),
  };
}

/** Where reading begins or ends, at a whole code unit. @throws MlflowError INVALID_PARAMETER_VALUE */
function placeIn(
  file: RangedFile,
  { encoding, first_byte }: KnownText,
  at_byte: number | bigint | undefined,
  otherwise: number,
): number {
  const at = at_byte === undefined ? otherwise : Number(at_byte);
  if (at < 0 || at > file.size_bytes) {
    throw invalidParameter(
      `Invalid value ${at} for parameter 'at_byte': the file has ${file.size_bytes} bytes. Give a place in it.`,
    );
  }
  const whole = at - (unitBytes(encoding) === 2 && at !== file.size_bytes ? at % 2 : 0);
  return Math.max(whole, first_byte);
}

/** Some bytes, and whether a line begins with them. */
async function readFrom(file: RangedFile, { encoding, first_byte }: KnownText, start: number, end: number) {
  if (start <= first_byte) return { bytes: await file.read(start, end), isLineStart: true };
  const unit = unitBytes(encoding);
  const bytes = await file.read(start - unit, end);
  return {
    bytes: bytes.subarray(unit),
    isLineStart: toUnits(bytes.subarray(0, unit), encoding) === '\n',
  };
}

/** Without a last character that is cut. */
function untilCharacterEnd(bytes: Buffer, encoding: TextPart['encoding']): string {
  if (encoding === 'utf-8') return toUnits(withoutCutCharacter(bytes), encoding);
  const units = toUnits(bytes, encoding);
  return unitBytes(encoding) === 2 ? units.replace(/[\ud800-\udbff]$/, '') : units;
}

/** Without the rest of a first character that is cut. */
const fromCharacterStart = (units: string, encoding: TextPart['encoding']): string =>
  units.replace(encoding === 'utf-8' ? /^[\u0080-\u00bf]{1,3}/ : /^[\udc00-\udfff]/, '');

function firstLines(units: string, most: number): string {
  let end = 0;
  for (let count = 0; count < most; count++) {
    const next = units.indexOf('\n', end) + 1;
    if (next === 0) return units;
    end = next;
  }
  return units.slice(0, end);
}

function lastLines(units: string, most: number): string {
  let start = units.length;
  for (let count = 0; count < most; count++) {
    // What ends the last line does not end the one before it.
    const before = start < 2 ? -1 : units.lastIndexOf('\n', start - 2);
    if (before < 0) return units;
    start = before + 1;
  }
  return units.slice(start);
}

function linesOf(units: string, encoding: TextPart['encoding']): string[] {
  if (units === '') return [];
  const lines = fromUnits(units, encoding).split('\n');
  if (units.endsWith('\n')) lines.pop();
  return lines.map((line) => (line.endsWith('\r') ? line.slice(0, -1) : line));
}
