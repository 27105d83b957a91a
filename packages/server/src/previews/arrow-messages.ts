import type { RangedFile } from './ranged-file.ts';
import { unreadable } from './unreadable.ts';

/** An encapsulated message of Arrow's IPC format: where it is, and what its metadata says of itself. */
export interface ArrowMessage {
  readonly kind: 'schema' | 'dictionary' | 'batch' | 'other';
  readonly start: number;
  /** Where its body begins, and what comes after it. */
  readonly body: number;
  readonly end: number;
  /** Rows of a batch. */
  readonly rows: number;
}

const KINDS = { 1: 'schema', 2: 'dictionary', 3: 'batch' } as const;
/** The metadata of usual tables comes with one read. */
const READ_BYTES = 16 * 1024;
const MOST_METADATA_BYTES = 8 * 1024 * 1024;
const CONTINUATION = 0xffffffff;

/**
 * The message at a place of the file; undefined at the end of them all.
 *
 * @throws MlflowError INVALID_PARAMETER_VALUE
 */
export async function messageAt(file: RangedFile, start: number): Promise<ArrowMessage | undefined> {
  const refuse = (reason: string) => unreadable(file.path, `it is no valid Arrow file: ${reason}`);
  let bytes = await file.read(start, start + READ_BYTES);
  // A stream may simply end.
  if (bytes.length === 0) return undefined;
  if (bytes.length < 8) throw refuse(`it ends within the message at byte ${start}`);
  // Before Arrow 0.15 there was the length alone.
  const prefix = bytes.readUInt32LE(0) === CONTINUATION ? 8 : 4;
  const length = bytes.readInt32LE(prefix - 4);
  if (length === 0) return undefined;
  if (length < 0 || length > MOST_METADATA_BYTES)
    throw refuse(`the message at byte ${start} claims ${length} bytes`);
  const body = start + prefix + length;
  if (body > file.size_bytes) throw refuse(`it ends within the message at byte ${start}`);
  if (bytes.length < prefix + length) bytes = await file.read(start, body);
  try {
    const header = readHeader(bytes.subarray(prefix, prefix + length));
    const end = body + header.body_bytes;
    if (header.body_bytes < 0 || end > file.size_bytes) throw new RangeError(`its body ends beyond the file`);
    return { ...header, start, body, end };
  } catch (error) {
    throw refuse(`the message at byte ${start} is damaged (${(error as Error).message})`);
  }
}

/** The three fields of a flatbuffer `Message` that say what follows; what they lead to is read by the library. */
function readHeader(metadata: Buffer) {
  const message = metadata.readUInt32LE(0);
  const type = field(metadata, message, 1);
  const header = field(metadata, message, 2);
  const bodyLength = field(metadata, message, 3);
  const kind = KINDS[(type === undefined ? 0 : metadata.readUInt8(type)) as 1 | 2 | 3] ?? 'other';
  const body_bytes = bodyLength === undefined ? 0 : Number(metadata.readBigInt64LE(bodyLength));
  let rows = 0;
  if (kind === 'batch' && header !== undefined) {
    const length = field(metadata, header + metadata.readUInt32LE(header), 0);
    rows = length === undefined ? 0 : Number(metadata.readBigInt64LE(length));
    if (!Number.isSafeInteger(rows) || rows < 0) throw new RangeError(`it claims ${rows} rows`);
  }
  return { kind, body_bytes, rows };
}

/** Where a field of a table is; undefined when it has its default. */
function field(bytes: Buffer, table: number, index: number): number | undefined {
  const vtable = table - bytes.readInt32LE(table);
  const entry = 4 + index * 2;
  if (entry + 2 > bytes.readUInt16LE(vtable)) return undefined;
  const offset = bytes.readUInt16LE(vtable + entry);
  return offset === 0 ? undefined : table + offset;
}
