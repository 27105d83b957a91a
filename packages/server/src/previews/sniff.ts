import { basename, extname } from 'node:path';
import type { PREVIEW_VIEWS, TextEncoding } from '@bitacora/protocol';
import { separatorOf, separatorOfFirst } from './csv-shape.ts';
import { fromUnits, guessEncoding, markBytes, toUnits } from './encoded-text.ts';
import type { RangedFile } from './ranged-file.ts';

export type View = keyof typeof PREVIEW_VIEWS;

/** What a file is. */
export interface Sniffed {
  readonly format: string;
  readonly views: readonly View[];
  /** Of a text. */
  readonly encoding?: TextEncoding;
  /** Of a text: where it begins, after a byte order mark. */
  readonly first_byte?: number;
  /** Of a CSV file. */
  readonly separator?: string;
}

/** Bytes that are judged. A store answers for these about as quickly as for fewer. */
export const HEAD_BYTES = 64 * 1024;

export async function sniff(file: RangedFile): Promise<Sniffed & { readonly head: Buffer }> {
  const head = await file.read(0, HEAD_BYTES);
  return { ...judge(head, file.path, head.length === file.size_bytes), head };
}

/** Judges the first bytes of a file; its name counts only between kinds of text, which may look alike. */
export function judge(head: Buffer, path: string, isWhole: boolean): Sniffed {
  if (head.length === 0) return { format: 'empty', views: [] };
  const binary = signature(head);
  if (binary !== undefined) return binary;
  const encoding = guessEncoding(head, isWhole);
  if (encoding === undefined) return { format: 'unknown', views: [] };
  const first_byte = markBytes(head, encoding);
  const text = fromUnits(toUnits(head.subarray(first_byte), encoding), encoding);
  return { ...judgeText(text, path, isWhole), encoding, first_byte };
}

const is = (head: Buffer, at: number, text: string) =>
  head.subarray(at, at + text.length).toString('latin1') === text;

/** Formats by how they begin. Those without a view are named, so that a person knows what there is. */
const SIGNATURES: readonly (readonly [text: string, format: string, ...views: readonly View[]])[] = [
  ['PAR1', 'parquet', 'ROWS'],
  ['PARE', 'encrypted parquet'],
  ['ARROW1\0\0', 'arrow file', 'ROWS'],
  ['FEA1', 'feather, version 1'],
  ['\x93NUMPY', 'npy', 'ARRAY'],
  ['\x89PNG\r\n\x1a\n', 'png', 'PICTURE'],
  ['\xff\xd8\xff', 'jpeg', 'PICTURE'],
  ['GIF87a', 'gif', 'PICTURE'],
  ['GIF89a', 'gif', 'PICTURE'],
  ['II*\0', 'tiff', 'PICTURE'],
  ['MM\0*', 'tiff', 'PICTURE'],
  ['BM', 'bmp', 'PICTURE'],
  ['\0\0\x01\0', 'ico', 'PICTURE'],
  ['PK\x03\x04', 'zip'],
  ['PK\x05\x06', 'zip'],
  ['\x1f\x8b', 'gzip'],
  ['\x28\xb5\x2f\xfd', 'zstandard'],
  ['BZh', 'bzip2'],
  ['\xfd7zXZ\0', 'xz'],
  ['%PDF-', 'pdf'],
  ['SQLite format 3\0', 'sqlite'],
  ['\x89HDF\r\n\x1a\n', 'hdf5'],
  ['Obj\x01', 'avro'],
  ['ORC', 'orc'],
];

function signature(head: Buffer): Sniffed | undefined {
  if (is(head, 0, 'RIFF') && is(head, 8, 'WEBP')) return { format: 'webp', views: ['PICTURE'] };
  if (is(head, 4, 'ftyp') && /^(?:avif|avis|heic|mif1)$/.test(head.subarray(8, 12).toString('latin1')))
    return { format: 'avif', views: ['PICTURE'] };
  if (isArrowStream(head)) return { format: 'arrow stream', views: ['ROWS'] };
  // Protocol 2 and later; what a pickle holds is code, which nobody runs here.
  if (head[0] === 0x80 && head[1]! >= 2 && head[1]! <= 5) return { format: 'pickle', views: [] };
  const found = SIGNATURES.find(([text]) => is(head, 0, text));
  if (found === undefined) return undefined;
  const [text, format, ...views] = found;
  // Two or three letters may as well begin a text.
  const isAmbiguous = /^[\x20-\x7e]{1,4}$/.test(text);
  if (isAmbiguous && guessEncoding(head.subarray(0, 512), false) !== undefined) return undefined;
  return { format, views };
}

/** A continuation mark, and a length that the schema of a table may have. */
function isArrowStream(head: Buffer): boolean {
  if (head.length < 16 || head.readUInt32LE(0) !== 0xffffffff) return false;
  const length = head.readInt32LE(4);
  return length > 8 && length % 8 === 0 && length < 64 * 1024 * 1024;
}

const SEPARATED = /^(?:csv|tsv|tab|psv)$/;
const JSON_LINES = /^(?:jsonl|ndjson|jsonlines)$/;
/** Texts that are never tables, whatever commas they hold. */
const PROSE = new Set(
  'log err out md rst py r js mjs ts tsx jsx java scala go rs c h cpp sh sql yaml yml toml ini cfg conf xml html htm css svg diff patch env lock tex ipynb json geojson properties'.split(
    ' ',
  ),
);

function judgeText(text: string, path: string, isWhole: boolean): Sniffed {
  const extension = extname(basename(path)).slice(1).toLowerCase();
  const start = text.trimStart();
  if (/^[{[]/.test(start)) {
    if (start.startsWith('{') && /"cell_type"\s*:|"cells"\s*:\s*\[|"worksheets"\s*:/.test(start)) {
      if (extension === 'ipynb' || /^\{\s*"(?:cells|metadata|nbformat)"/.test(start))
        return { format: 'notebook', views: ['NOTEBOOK', 'JSON', 'TEXT'] };
    }
    if (isJsonLines(start, extension, isWhole)) return { format: 'jsonl', views: ['ROWS', 'TEXT'] };
    if (extension !== 'csv' && extension !== 'tsv' && looksLikeJson(start))
      return { format: 'json', views: ['JSON', 'TEXT'] };
  }
  if (isSvg(start)) return { format: 'svg', views: ['PICTURE', 'TEXT'] };
  if (SEPARATED.test(extension)) {
    const separator = separatorOf(text, isWhole, 1) ?? separatorOfFirst(text);
    return { format: 'csv', views: ['ROWS', 'TEXT'], separator };
  }
  if (PROSE.has(extension) || basename(path) === 'MLmodel') return { format: 'text', views: ['TEXT'] };
  const separator = separatorOf(text, isWhole);
  if (separator === undefined) return { format: 'text', views: ['TEXT'] };
  // A .txt may be a table; without any ending it is more likely one than not.
  return { format: 'csv', views: extension === '' ? ['ROWS', 'TEXT'] : ['TEXT', 'ROWS'], separator };
}

/** At least two lines that are each whole values, or one where the name says so. */
function isJsonLines(start: string, extension: string, isWhole: boolean): boolean {
  if (JSON_LINES.test(extension)) return true;
  if (extension === 'json' && start.startsWith('[')) return false;
  const lines = start.split('\n').filter((line) => line.trim() !== '');
  const whole = isWhole ? lines : lines.slice(0, -1);
  return whole.length >= 2 && whole.slice(0, 5).every((line) => /^\s*[{[]/.test(line) && isJson(line));
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** The first characters after the brace: a log line may begin with `[` too. */
const looksLikeJson = (start: string) =>
  /^(?:\{\s*["}]|\[\s*["{[\]\dtfn-])/.test(start) && !/^\[\d{4}-/.test(start);

/** Whether the first element is `<svg>`, after whatever may stand before one. */
function isSvg(text: string): boolean {
  for (let rest = text; rest.startsWith('<'); ) {
    if (/^<svg[\s>]/i.test(rest)) return true;
    const end = rest.startsWith('<?')
      ? '?>'
      : rest.startsWith('<!--')
        ? '-->'
        : rest.startsWith('<!')
          ? '>'
          : undefined;
    const at = end === undefined ? -1 : rest.indexOf(end);
    if (end === undefined || at < 0) return false;
    rest = rest.slice(at + end.length).trimStart();
  }
  return false;
}
