import { crc32c } from '@node-rs/crc32';
import { type Asked, type Refusal, startCheckingProxy } from './checking-proxy.ts';

/**
 * Stands before fake-gcs-server and does what Google Cloud Storage does and it does not: an object is refused, and what
 * was there before stays, where its content has not the CRC32C that came with it: in the metadata of an upload in one
 * request, in `X-Goog-Hash` with the last chunk of a resumable one.
 */
export function startGcsChecksums(target: number) {
  /** What each resumable upload has so far. */
  const sessions = new Map<string, { bytes: number; value: number }>();
  return startCheckingProxy(target, (asked) => {
    const { method, url, headers, body } = asked;
    const kind = url.searchParams.get('uploadType');
    if (method === 'POST' && kind === 'multipart')
      return compare(ofMetadata(asked), crc32c(contentOf(asked)));
    const id = url.searchParams.get('upload_id');
    const [, start, total] = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(headers['content-range'] ?? '') ?? [];
    if (method !== 'PUT' || id === null || start === undefined) return undefined;
    const { bytes, value } = sessions.get(id) ?? { bytes: 0, value: 0 };
    // Of a chunk that comes again, what is new.
    const fresh = body.subarray(Math.max(0, bytes - Number(start)));
    const next = { bytes: bytes + fresh.length, value: crc32c(fresh, value) };
    sessions.set(id, next);
    if (total === '*' || total === undefined) return undefined;
    return compare(/crc32c=([^,]+)/.exec(String(headers['x-goog-hash'] ?? ''))?.[1], next.value);
  });
}

function compare(provided: string | undefined, value: number): Refusal | undefined {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  const calculated = bytes.toString('base64');
  if (provided === undefined || provided === calculated) return undefined;
  const message = `Provided CRC32C "${provided}" doesn't match calculated CRC32C "${calculated}".`;
  return {
    status: 400,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      error: { code: 400, message, errors: [{ message, domain: 'global', reason: 'invalid' }] },
    }),
  };
}

const ofMetadata = ({ body }: Asked) =>
  /"crc32c":\s*"([^"]+)"/.exec(body.subarray(0, 4096).toString('latin1'))?.[1];

/** The second part of a `multipart/related` body. */
function contentOf({ headers, body }: Asked): Buffer {
  const [, boundary = ''] = /boundary="?([^";]+)/.exec(headers['content-type'] ?? '') ?? [];
  const second = body.indexOf(`\r\n--${boundary}\r\n`);
  const begin = body.indexOf('\r\n\r\n', second + 4) + 4;
  return body.subarray(begin, body.lastIndexOf(`\r\n--${boundary}--`));
}
