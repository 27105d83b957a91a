import { zstdDecompressSync } from 'node:zlib';
import { CompressionType, compressionRegistry, type RecordBatch, RecordBatchReader } from 'apache-arrow';
import { type ArrowMessage, messageAt } from './arrow-messages.ts';
import { arrowType, arrowValue } from './arrow-values.ts';
import { cellOf, cutText } from './cells.ts';
import { unpackLz4Frame } from './lz4-frame.ts';
import type { RangedFile } from './ranged-file.ts';
import { type Position, placeOfToken, type RowReader } from './rows.ts';
import { orUnreadable, unreadable } from './unreadable.ts';

const MIB = 1024 * 1024;
/** Of a batch of rows, and of all dictionaries, as stored. */
const MOST_BYTES = 64 * MIB;
/** Of all that a page unpacks. */
const MOST_UNPACKED_BYTES = 256 * MIB;
const MOST_DICTIONARIES = 50;
/** Messages passed over on the way to the first rows: empty batches, and what is no table. */
const MOST_PASSED = 1_000;

/** What may still be unpacked for the page at hand: a file may claim gigabytes in a few bytes. */
let unpackable = 0;

const within = (unpack: (bytes: Uint8Array, most: number) => Uint8Array) => ({
  decode(bytes: Uint8Array): Uint8Array {
    const unpacked = unpack(bytes, unpackable);
    unpackable -= unpacked.length;
    return unpacked;
  },
});
compressionRegistry.set(CompressionType.LZ4_FRAME, within(unpackLz4Frame));
compressionRegistry.set(
  CompressionType.ZSTD,
  within((bytes, maxOutputLength) =>
    zstdDecompressSync(bytes, { maxOutputLength: Math.max(maxOutputLength, 1) }),
  ),
);

/** Where rows are read from: a batch, the first row in it, and the dictionaries before it. */
interface Place {
  readonly at: number;
  readonly row: number;
  readonly skip: number;
  readonly dictionaries: readonly number[];
}

/**
 * Pages of an Arrow file hold rows of one batch. The file format is read like the stream that it holds: so one that was
 * cut short shows what is left of it.
 */
export const readArrow: RowReader = async (file, { format }, request, position) => {
  const start = format === 'arrow file' ? 8 : 0;
  const schema = await messageAt(file, start);
  if (schema?.kind !== 'schema')
    throw unreadable(file.path, 'it is no valid Arrow file: it does not begin with a schema');
  const place = position ? placeIn(file, position) : { at: schema.end, row: 0, skip: 0, dictionaries: [] };
  const found = await findBatch(file, place);
  const bytes = await gather(file, schema, found);
  return orUnreadable(file.path, 'Arrow file', () => readPage(bytes, place, found, request));
};

function placeIn(file: RangedFile, [row, at, skip = 0, ...dictionaries]: Position): Place {
  for (const each of dictionaries) placeOfToken(file, each);
  return { at: placeOfToken(file, at), row, skip, dictionaries };
}

interface FoundBatch {
  readonly batch: ArrowMessage | undefined;
  readonly dictionaries: readonly ArrowMessage[];
  readonly skip: number;
}

/** The first batch with rows from a place on, and the dictionaries up to there. */
async function findBatch(file: RangedFile, place: Place): Promise<FoundBatch> {
  const dictionaries: ArrowMessage[] = [];
  const add = (message: ArrowMessage) => {
    if (dictionaries.push(message) > MOST_DICTIONARIES)
      throw unreadable(file.path, `it has more than ${MOST_DICTIONARIES} dictionaries before these rows`);
  };
  for (const at of place.dictionaries) {
    const message = await messageAt(file, at);
    if (message?.kind === 'dictionary') add(message);
  }
  let { at, skip } = place;
  for (let passed = 0; passed < MOST_PASSED; passed++) {
    const message = await messageAt(file, at);
    if (message === undefined) return { batch: undefined, dictionaries, skip: 0 };
    if (message.kind === 'dictionary') add(message);
    if (message.kind === 'batch' && message.rows > skip) return { batch: message, dictionaries, skip };
    if (message.kind === 'batch') skip = 0;
    at = message.end;
  }
  throw unreadable(file.path, `there are no rows in ${MOST_PASSED} messages from byte ${place.at} on`);
}

/** A stream of the schema, the dictionaries and one batch. */
async function gather(
  file: RangedFile,
  schema: ArrowMessage,
  { batch, dictionaries }: FoundBatch,
): Promise<Buffer> {
  const messages = [schema, ...dictionaries, ...(batch ? [batch] : [])];
  const largest = messages.reduce((sum, { start, end }) => sum + end - start, 0);
  if (largest > MOST_BYTES) {
    throw unreadable(
      file.path,
      `a batch of its rows has ${largest} bytes, at most ${MOST_BYTES} are read. Write it in smaller batches`,
    );
  }
  const parts: Buffer[] = [];
  for (const { start, end } of messages) parts.push(await file.read(start, end));
  return Buffer.concat([...parts, Buffer.from([0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0])]);
}

function readPage(
  bytes: Buffer,
  place: Place,
  { batch, skip, dictionaries }: FoundBatch,
  { first_column, max_columns, max_results }: Parameters<RowReader>[2],
) {
  unpackable = MOST_UNPACKED_BYTES;
  const reader = RecordBatchReader.from(bytes);
  const read: RecordBatch | undefined = batch && [...reader][0];
  if (batch === undefined) reader.open();
  if (batch !== undefined && read === undefined) throw new Error('its rows cannot be read');
  const all = read?.schema.fields ?? reader.schema?.fields ?? [];
  const fields = all.slice(first_column, first_column + max_columns);
  const vectors = fields.map((_, at) => read?.getChildAt(first_column + at));
  const count = batch ? Math.min(batch.rows - skip, max_results) : 0;
  const rows = Array.from({ length: count }, (_, row) =>
    vectors.map((vector) => cellOf(vector ? arrowValue(vector, skip + row) : null)),
  );
  const isBatchEnd = batch === undefined || skip + count >= batch.rows;
  const next: Position = [
    place.row + count,
    isBatchEnd ? (batch?.end ?? 0) : batch.start,
    isBatchEnd ? 0 : skip + count,
    ...dictionaries.map(({ start }) => start),
  ];
  return {
    columns: fields.map(({ name, type }) => ({ name: cutText(name), type: arrowType(type) })),
    column_count: all.length,
    rows,
    problems: [],
    // Whether more rows follow the last batch is known when the next page is asked for.
    ...(batch === undefined ? {} : { next }),
  };
}
