import {
  type Input,
  invalidParameter,
  preview,
  type previewRunArtifactRows,
  type RowPage,
} from '@bitacora/protocol';
import { readCsv } from './csv.ts';
import { readJsonLines } from './json-lines.ts';
import type { RangedFile } from './ranged-file.ts';
import { type Sniffed, sniff } from './sniff.ts';
import { unreadable } from './unreadable.ts';

export type RowsRequest = Omit<Input<typeof previewRunArtifactRows>, 'run_id' | 'path' | 'page_token'>;

/** Where a page begins: numbers that only the reader of the format understands. The first is always that of the row. */
export type Position = readonly [row: number, ...places: number[]];

/** A page as the reader of a format makes it. */
export interface TablePage
  extends Pick<RowPage, 'columns' | 'column_count' | 'row_count' | 'rows' | 'problems'> {
  readonly next?: Position | undefined;
}

export type RowReader = (
  file: RangedFile,
  sniffed: Sniffed & { readonly head: Buffer },
  request: RowsRequest,
  position: Position | undefined,
) => Promise<TablePage>;

/** Readers of binary tables bring libraries, which are loaded when such a file is first looked at. */
const READERS: Readonly<Record<string, () => Promise<RowReader>>> = {
  csv: async () => readCsv,
  jsonl: async () => readJsonLines,
  parquet: async () => (await import('./parquet.ts')).readParquet,
  'arrow file': async () => (await import('./arrow.ts')).readArrow,
  'arrow stream': async () => (await import('./arrow.ts')).readArrow,
};

/** Cells of a page: a table of many columns has short pages. */
const MOST_CELLS = 50_000;

/** @throws MlflowError INVALID_PARAMETER_VALUE for a file that is no table, or is broken */
export async function readRows(
  file: RangedFile,
  { page_token, ...request }: RowsRequest & { readonly page_token?: string | undefined },
): Promise<RowPage> {
  const sniffed = await sniff(file);
  const load = READERS[sniffed.format === 'text' ? 'csv' : sniffed.format];
  if (load === undefined) {
    throw unreadable(
      file.path,
      `its content is ${sniffed.format}, and Parquet, CSV, JSON lines or Arrow is expected`,
    );
  }
  const position = page_token === undefined ? undefined : readToken(page_token);
  const most = Math.max(1, Math.min(request.max_results, Math.floor(MOST_CELLS / request.max_columns)));
  const read = await load();
  const { next, ...page } = await read(file, sniffed, { ...request, max_results: most }, position);
  return {
    ...page,
    format: sniffed.format,
    first_row: position?.[0] ?? 0,
    ...(next && { next_page_token: Buffer.from(JSON.stringify(next)).toString('base64url') }),
    etag: file.etag,
  };
}

function readToken(token: string): Position {
  try {
    const numbers: unknown = JSON.parse(Buffer.from(token.slice(0, 4_000), 'base64url').toString());
    if (
      Array.isArray(numbers) &&
      numbers.length > 0 &&
      numbers.every((each) => Number.isSafeInteger(each) && (each as number) >= 0)
    )
      return numbers as unknown as Position;
  } catch {
    // It is refused below, like any other that is none of ours.
  }
  throw badToken(token);
}

const badToken = (token: string) =>
  invalidParameter(
    `Invalid page token '${preview(token)}'. Pass the next_page_token of the previous answer unchanged, or leave it out for the first page.`,
  );

/** A position's place in the file that a token claims. @throws MlflowError INVALID_PARAMETER_VALUE */
export function placeOfToken(file: RangedFile, place: number | undefined): number {
  if (place === undefined || place > file.size_bytes)
    throw unreadable(
      file.path,
      'it became another file since the page before. Begin again with the first page',
    );
  return place;
}
