import { createHash } from 'node:crypto';
import { createServer, request } from 'node:http';
import { buffer } from 'node:stream/consumers';

/**
 * Stands before moto and does what S3 does and moto does not: a body is refused that is not the one whose SHA-256 was
 * signed, and a part with a checksum that its upload was not begun with. All else passes.
 */
export async function startDigests(
  target: number,
): Promise<{ readonly port: number; stop(): Promise<void> }> {
  /** The algorithms that uploads were begun with. */
  const begun = new Map<string, string>();
  const server = createServer(async (asked, answer) => {
    const { method, url: path, headers } = asked;
    try {
      const body = await buffer(asked);
      const signed = String(headers['x-amz-content-sha256'] ?? '');
      if (/^[0-9a-f]{64}$/.test(signed) && createHash('sha256').update(body).digest('hex') !== signed) {
        answer.writeHead(400, { 'content-type': 'application/xml' });
        answer.end('<?xml version="1.0"?><Error><Code>XAmzContentSHA256Mismatch</Code><Message/></Error>');
        return;
      }
      const query = new URL(path ?? '', 'http://localhost').searchParams;
      const sum = Object.keys(headers).find((name) => /^x-amz-checksum-(crc|sha)/.test(name));
      if (method === 'PUT' && sum !== undefined && query.has('uploadId')) {
        const algorithm = begun.get(query.get('uploadId') ?? '');
        if (sum !== `x-amz-checksum-${algorithm}`) {
          answer.writeHead(400, { 'content-type': 'application/xml' });
          answer.end(
            `<?xml version="1.0"?><Error><Code>InvalidRequest</Code><Message>Checksum Type mismatch occurred, expected checksum Type: ${algorithm ?? 'null'}</Message></Error>`,
          );
          return;
        }
      }
      const passed = request(
        { port: target, host: '127.0.0.1', method, path, headers, agent: false },
        (given) => {
          answer.writeHead(given.statusCode ?? 502, given.headers);
          given.pipe(answer);
          const algorithm = headers['x-amz-checksum-algorithm'];
          if (method !== 'POST' || !query.has('uploads') || typeof algorithm !== 'string') return;
          given.on('data', (chunk) => {
            const [, id] = /<UploadId>([^<]+)/.exec(String(chunk)) ?? [];
            if (id !== undefined) begun.set(id, algorithm.toLowerCase());
          });
        },
      );
      passed.on('error', () => answer.destroy());
      passed.end(body);
    } catch {
      answer.destroy();
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('It has no port.');
  return {
    port: address.port,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
