import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { crc32, deflateSync } from 'node:zlib';
import { buildRun, putArtifact, type TestApp, testApp } from '@bitacora/testkit';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const fixture = (name: string) => readFileSync(join(import.meta.dirname, 'fixtures', name));

let app: TestApp;
let run_id: string;
beforeAll(async () => {
  app = await testApp();
  run_id = await buildRun(app);
});
afterAll(() => app[Symbol.asyncDispose]());

async function small(content: Buffer | string, query = '', headers: Record<string, string> = {}) {
  await putArtifact(app, run_id, 'picture', content);
  return ask(query, headers);
}

const ask = (query = '', headers: Record<string, string> = {}) =>
  app.inject({
    url: `/api/2.0/bitacora/runs/${run_id}/artifacts/preview/thumbnail?path=picture${query}`,
    headers,
  });

const sizeOf = async ({ rawPayload }: { rawPayload: Buffer }) => {
  const { format, width, height } = await sharp(rawPayload).metadata();
  return [format, width, height];
};

function png(width: number, height: number, rows: Buffer): Buffer {
  const chunk = (type: string, data: Buffer) => {
    const body = Buffer.concat([Buffer.from(type), data]);
    const length = Buffer.alloc(4);
    length.writeUInt32BE(data.length);
    const sum = Buffer.alloc(4);
    sum.writeUInt32BE(crc32(body));
    return Buffer.concat([length, body, sum]);
  };
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header[8] = 1;
  return Buffer.concat([
    Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(rows)),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

describe('a small picture', () => {
  test.each([
    ['wide.png', '', [256, 85]],
    ['wide.png', '&width=64', [64, 21]],
    ['wide.png', '&width=1024', [300, 100]],
    ['turned.jpg', '', [40, 60]],
    ['animated.gif', '', [20, 20]],
    ['picture.webp', '', [40, 30]],
    ['picture.tiff', '', [40, 30]],
  ])('of %s%s is WebP, the right way up, and no larger than it was', async (name, query, [width, height]) => {
    const answer = await small(fixture(name), query);
    expect(answer.statusCode).toBe(200);
    expect(answer.headers).toMatchObject({
      'content-type': 'image/webp',
      'cache-control': 'private, no-cache',
    });
    expect(await sizeOf(answer)).toEqual(['webp', width, height]);
  });

  test('is sent once to whoever keeps it, and anew when the file or the width is another', async () => {
    const first = await small(fixture('wide.png'));
    const etag = String(first.headers.etag);
    const headers = { 'if-none-match': etag };
    expect((await ask('', headers)).statusCode).toBe(304);
    expect((await ask('', { 'if-none-match': `W/${etag}` })).statusCode).toBe(304);
    expect((await ask('&width=64', headers)).statusCode).toBe(200);
    expect((await small(fixture('turned.jpg'), '', headers)).statusCode).toBe(200);
  });

  test('is made of no SVG, whatever it is called', async () => {
    const svg =
      '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><image href="file:///etc/passwd"/></svg>';
    for (const content of [svg, `<?xml version="1.0"?>\n${svg}`, `\ufeff${svg}`]) {
      const answer = await small(content);
      expect(answer.statusCode).toBe(400);
      expect(answer.json().message).toMatch(
        /^'picture' cannot be shown: its content is (?:svg|text), and PNG/,
      );
    }
  });

  test('of what claims or has too many pixels, is broken, or no picture is refused', async () => {
    // 50,000 x 50,000 pixels of nothing: 300 kB that would be 10 GB.
    const bomb = png(50_000, 50_000, Buffer.alloc(50_000 * 6_251));
    const whole = fixture('wide.png');
    for (const content of [
      bomb,
      png(50_000, 50_000, Buffer.alloc(10)),
      whole.subarray(0, 60),
      Buffer.concat([whole.subarray(0, 8), Buffer.alloc(1_000, 7)]),
      Buffer.from('\xff\xd8\xff\xe0 nothing of a picture', 'latin1'),
      'text',
      '',
    ]) {
      const answer = await small(content);
      expect(answer.statusCode).toBe(400);
      expect(answer.json()).toMatchObject({
        error_code: 'INVALID_PARAMETER_VALUE',
        message: expect.stringMatching(/^'picture' cannot be shown: /),
      });
    }
  }, 60_000);

  test('has a width within bounds, a path, and a run', async () => {
    for (const width of ['0', '15', '1025', 'x', '1e2', '-1', '64.5'])
      expect((await small(fixture('wide.png'), `&width=${width}`)).statusCode).toBe(400);
    const url = `/api/2.0/bitacora/runs/${run_id}/artifacts/preview/thumbnail`;
    expect((await app.inject({ url })).statusCode).toBe(400);
    expect((await app.inject({ url: `${url}?path=none.png` })).statusCode).toBe(404);
    expect((await app.inject({ url: `${url}?path=../x.png` })).statusCode).toBe(400);
    expect((await app.inject({ url: `${url.replace(run_id, 'f'.repeat(32))}?path=x` })).statusCode).toBe(404);
  });

  test('is made for many at once', async () => {
    await putArtifact(app, run_id, 'picture', fixture('wide.png'));
    const answers = await Promise.all(Array.from({ length: 40 }, () => ask()));
    expect(new Set(answers.map(({ statusCode }) => statusCode))).toEqual(new Set([200]));
  });
});
