import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { describe, expect, test } from 'vitest';
import { parseArtifactPath } from '../artifact-path.ts';
import { ArtifactStores } from '../artifact-stores.ts';

/** A web server that answers so, and the store that is there. */
async function web(
  answer: (request: IncomingMessage, response: ServerResponse) => void,
  { login = '', silence_s = 60 } = {},
) {
  const requests: IncomingMessage[] = [];
  const server = createServer((request, response) => {
    requests.push(request);
    answer(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  const stores = new ArtifactStores({ MLFLOW_ARTIFACT_UPLOAD_DOWNLOAD_TIMEOUT: String(silence_s) });
  const repository = await stores.at(`http://${login}127.0.0.1:${port}/base/folder`);
  return {
    port,
    requests,
    repository,
    find: (path: string) => repository.find(parseArtifactPath(path)),
    async [Symbol.asyncDispose]() {
      await stores.close();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

const TEXT = 'what the file holds';

/** Gives one file, and ranges of it. */
function serve(request: IncomingMessage, response: ServerResponse): void {
  if (request.url !== '/base/folder/a%20file%3F.txt') {
    response.writeHead(404).end();
    return;
  }
  const range = /bytes=(\d+)-(\d+)/.exec(request.headers.range ?? '');
  const text = range ? TEXT.slice(Number(range[1]), Number(range[2]) + 1) : TEXT;
  response.writeHead(range ? 206 : 200, {
    'content-length': text.length,
    etag: '"v1"',
    'last-modified': 'Mon, 02 Mar 2026 10:00:00 GMT',
  });
  response.end(request.method === 'HEAD' ? undefined : text);
}

describe('a store on a web server', () => {
  test('gives files and ranges of them', async () => {
    await using own = await web(serve);
    const file = await own.find('a file?.txt');
    expect(file).toMatchObject({
      size_bytes: TEXT.length,
      etag: '"v1"',
      modified_ms: Date.parse('2026-03-02T10:00:00Z'),
    });
    expect(String(await buffer(file.open()))).toBe(TEXT);
    expect(String(await buffer(file.open({ first: 5, last: 7 })))).toBe('the');
    expect(own.requests.map(({ method }) => method)).toEqual(['HEAD', 'GET', 'GET']);
    expect(own.requests[1]?.headers['if-match']).toBe('"v1"');
    await expect(own.find('other')).rejects.toMatchObject({ kind: 'not_found' });
  });

  test('sends the user and password of its location, and shows neither', async () => {
    const answer = (request: IncomingMessage, response: ServerResponse) =>
      response
        .writeHead(request.headers.authorization === `Basic ${btoa('ada:s3cr@t')}` ? 200 : 401, {
          'content-length': 2,
        })
        .end(request.method === 'HEAD' ? undefined : 'ok');
    await using right = await web(answer, { login: 'ada:s3cr%40t@' });
    expect(String(await buffer((await right.find('x')).open()))).toBe('ok');
    await using wrong = await web(answer, { login: 'ada:s3crets@' });
    const refusal = wrong.find('x');
    await expect(refusal).rejects.toMatchObject({ kind: 'denied' });
    await expect(refusal).rejects.not.toThrow(/s3crets/);
  });

  test('cuts out ranges itself where the server passes over them', async () => {
    await using own = await web((request, response) => {
      response.writeHead(200, { 'content-length': TEXT.length });
      response.end(request.method === 'HEAD' ? undefined : TEXT);
    });
    expect(String(await buffer((await own.find('x')).open({ first: 5, last: 7 })))).toBe('the');
  });

  test('does without HEAD where the server knows only GET', async () => {
    await using own = await web((request, response) => {
      if (request.method === 'HEAD') response.writeHead(405).end();
      else response.writeHead(200, { 'content-length': TEXT.length }).end(TEXT);
    });
    expect((await own.find('x')).size_bytes).toBe(TEXT.length);
  });

  test('follows redirects on the server itself, and to no other', async () => {
    await using own = await web((request, response) => {
      if (request.url === '/base/folder/moved')
        response.writeHead(302, { location: '/base/folder/a%20file%3F.txt' }).end();
      else if (request.url === '/base/folder/away')
        response.writeHead(302, { location: 'http://169.254.169.254/latest' }).end();
      else if (request.url === '/base/folder/round')
        response.writeHead(302, { location: '/base/folder/round' }).end();
      else serve(request, response);
    });
    expect(String(await buffer((await own.find('moved')).open()))).toBe(TEXT);
    await expect(own.find('away')).rejects.toMatchObject({ kind: 'unsupported' });
    await expect(own.find('round')).rejects.toMatchObject({ kind: 'unsupported' });
  });

  test('says so when a file is cut off, or stalls', async () => {
    await using own = await web(
      (request, response) => {
        response.writeHead(200, { 'content-length': 100_000 });
        if (request.method === 'HEAD') {
          response.end();
          return;
        }
        response.write(Buffer.alloc(50_000));
        if (request.url?.endsWith('cut')) setTimeout(() => response.destroy(), 50);
      },
      { silence_s: 1 },
    );
    for (const path of ['cut', 'stall'])
      await expect(buffer((await own.find(path)).open())).rejects.toMatchObject({ kind: 'unavailable' });
  });

  test('is never written to, listed or deleted from', async () => {
    await using own = await web(serve);
    const path = parseArtifactPath('a file?.txt');
    for (const refused of [
      own.repository.write(path, Readable.from([])),
      own.repository.delete(path),
      own.repository.copy(path, parseArtifactPath('copy')),
    ])
      await expect(refused).rejects.toMatchObject({ kind: 'read_only' });
    await expect(Array.fromAsync(own.repository.list(parseArtifactPath('')))).rejects.toMatchObject({
      kind: 'unsupported',
    });
    expect(own.requests).toEqual([]);
  });

  test('is unavailable when nobody answers', async () => {
    const own = await web(serve);
    const stores = new ArtifactStores({});
    const gone = await stores.at(`http://127.0.0.1:${own.port}/x`);
    await own[Symbol.asyncDispose]();
    await expect(gone.find(parseArtifactPath('x'))).rejects.toMatchObject({ kind: 'unavailable' });
    await stores.close();
  });
});
