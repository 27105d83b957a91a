import { gunzipSync, inflateRawSync, inflateSync } from 'node:zlib';
import { type PreparedTrace, prepareTraces } from '../spans/prepare.ts';
import { OtlpRefusal } from './export-request.ts';
import { decodeJson } from './json.ts';
import { decodeProtobuf } from './protobuf.ts';

/** The body of an export and what its headers say of it. */
export interface ExportBody {
  readonly body: Uint8Array;
  readonly encoding: Encoding;
  readonly format: 'protobuf' | 'json';
}

export type Encoding = 'identity' | 'gzip' | 'deflate';

/** Most bytes of one export, as sent and when inflated: some hundred times what exporters send at once. */
export const MOST_BYTES = 64 * 1024 * 1024;

/**
 * The traces of an export, ready to be written, each made when it is asked for. All of it is work for the processor
 * alone, on whichever thread.
 *
 * @param mostBytes how much the body may hold when inflated.
 * @throws OtlpRefusal for what cannot be read; ExportTooLarge, which is one, where it holds more than `mostBytes`.
 */
export function readExport(
  { body, encoding, format }: ExportBody,
  mostBytes: number,
): Iterable<PreparedTrace> {
  const bytes = inflate(Buffer.from(body.buffer, body.byteOffset, body.byteLength), encoding, mostBytes);
  const request = format === 'json' ? decodeJson(bytes) : decodeProtobuf(bytes);
  if (request.length === 0) throw new OtlpRefusal('The body holds no resource spans.');
  return prepareTraces(request);
}

export class ExportTooLarge extends OtlpRefusal {}

/** Inflating stops at the bound, whatever a small body would become. */
function inflate(body: Buffer, encoding: Encoding, maxOutputLength: number): Buffer {
  try {
    switch (encoding) {
      case 'identity':
        return body;
      case 'gzip':
        return gunzipSync(body, { maxOutputLength });
      case 'deflate':
        // By the letter zlib's format; some send the bare stream, whose first byte has other low bits.
        return (body[0] ?? 0) % 16 === 8
          ? inflateSync(body, { maxOutputLength })
          : inflateRawSync(body, { maxOutputLength });
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE')
      throw new ExportTooLarge(`The body holds more than ${maxOutputLength} bytes. Send less at a time.`);
    throw new OtlpRefusal(`The body is not valid ${encoding} (${(error as Error).message}).`);
  }
}
