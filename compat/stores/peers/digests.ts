import { createHash } from 'node:crypto';
import { startCheckingProxy } from './checking-proxy.ts';

/**
 * Stands before moto and does what S3 does and moto does not: a body is refused that is not the one whose SHA-256 was
 * signed, and a part with a checksum that its upload was not begun with.
 */
export function startDigests(target: number) {
  /** The algorithms that uploads were begun with. */
  const begun = new Map<string, string>();
  return startCheckingProxy(
    target,
    ({ method, url: { searchParams: query }, headers, body }) => {
      const signed = String(headers['x-amz-content-sha256'] ?? '');
      if (/^[0-9a-f]{64}$/.test(signed) && createHash('sha256').update(body).digest('hex') !== signed)
        return refuse('XAmzContentSHA256Mismatch', '');
      const sum = Object.keys(headers).find((name) => /^x-amz-checksum-(crc|sha)/.test(name));
      if (method !== 'PUT' || sum === undefined || !query.has('uploadId')) return undefined;
      const algorithm = begun.get(query.get('uploadId') ?? '');
      if (sum === `x-amz-checksum-${algorithm}`) return undefined;
      return refuse(
        'InvalidRequest',
        `Checksum Type mismatch occurred, expected checksum Type: ${algorithm ?? 'null'}`,
      );
    },
    ({ method, url, headers }, given) => {
      const algorithm = headers['x-amz-checksum-algorithm'];
      if (method !== 'POST' || !url.searchParams.has('uploads') || typeof algorithm !== 'string') return;
      given.on('data', (chunk) => {
        const [, id] = /<UploadId>([^<]+)/.exec(String(chunk)) ?? [];
        if (id !== undefined) begun.set(id, algorithm.toLowerCase());
      });
    },
  );
}

const refuse = (code: string, message: string) => ({
  status: 400,
  headers: { 'content-type': 'application/xml' },
  body: `<?xml version="1.0"?><Error><Code>${code}</Code><Message>${message}</Message></Error>`,
});
