import { createHash, randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ArtifactStores, parseArtifactPath } from '../../packages/artifacts/src/index.ts';
import { startGcs } from './peers/gcs.ts';
import { startS3 } from './peers/s3.ts';
import type { StorePeer } from './peers.ts';

const FILE = parseArtifactPath('folder/a file?.txt');

let gcs: StorePeer & { readonly credentials: string };
let s3: StorePeer;

beforeAll(async () => {
  const [first, second] = await Promise.all([startGcs(), startS3()]);
  if ('missing' in first) throw new Error(first.missing);
  if ('missing' in second) throw new Error(second.missing);
  gcs = first.value;
  s3 = second.value;
});

afterAll(() => Promise.all([gcs?.stop(), s3?.stop()]));

describe('Google Cloud Storage', () => {
  test('signs URLs with the key of a service account', async () => {
    const stores = new ArtifactStores({
      ...gcs.environment,
      GOOGLE_APPLICATION_CREDENTIALS: gcs.credentials,
    });
    const { urls } = await stores.at(await gcs.root('signed'));
    const up = await urls?.upload(FILE, 60);
    const sent = await fetch(up?.url ?? '', { method: 'PUT', headers: up?.headers ?? {}, body: 'signed!' });
    expect(sent.status).toBe(200);
    const down = await urls?.download(FILE, 60);
    expect(down?.file_size).toBe(7);
    const query = new URL(down?.url ?? '').searchParams;
    expect(query.get('X-Goog-Expires')).toBe('60');
    expect(query.get('response-content-disposition')).toContain('attachment');
    const got = await fetch(down?.url ?? '', { headers: { ...down?.headers, range: 'bytes=1-3' } });
    expect(await got.text()).toBe('ign');
    await expect(urls?.download(parseArtifactPath('none'), 60)).rejects.toMatchObject({ kind: 'not_found' });
    await stores.close();
  });

  test('signs nothing without one, and its emulator has no uploads in parts', async () => {
    const root = await gcs.root('unsigned');
    const without = new ArtifactStores(gcs.environment);
    expect(await without.at(root)).toMatchObject({ parts: undefined, urls: undefined });
    await without.close();
    const stores = new ArtifactStores({
      ...gcs.environment,
      GOOGLE_APPLICATION_CREDENTIALS: gcs.credentials,
    });
    const repository = await stores.at(root);
    await expect(repository.parts?.create(FILE, 2)).rejects.toMatchObject({
      kind: 'unsupported',
      message: expect.stringMatching(/^Multipart upload is not supported/),
    });
    await stores.close();
  });

  test.each(['262144', '300000'])('sends large files in chunks of %s bytes, whole ones', async (size) => {
    const stores = new ArtifactStores({ ...gcs.environment, MLFLOW_GCS_UPLOAD_CHUNK_SIZE: size });
    const repository = await stores.at(await gcs.root('chunks'));
    // The last chunk of the first is full, of the second not.
    for (const bytes of [4 * 262_144, 3 * 524_288 + 17]) {
      const content = randomBytes(bytes);
      await repository.write(FILE, Readable.from([content]), bytes);
      const kept = await buffer((await repository.find(FILE)).open());
      expect(createHash('md5').update(kept).digest('hex')).toBe(
        createHash('md5').update(content).digest('hex'),
      );
    }
    await stores.close();
  });

  test.each([
    [401, 'authError', 'GOOGLE_APPLICATION_CREDENTIALS'],
    [403, 'forbidden', 'GOOGLE_APPLICATION_CREDENTIALS'],
  ])('names the variable when the service answers %d', async (status, reason, variable) => {
    // The emulator asks for no credentials, so this answers what the service does to wrong ones.
    const server = createServer((_request, answer) => {
      answer.writeHead(status, { 'content-type': 'application/json' });
      answer.end(JSON.stringify({ error: { code: status, message: 'a-secret', errors: [{ reason }] } }));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as { port: number };
    const stores = new ArtifactStores({ STORAGE_EMULATOR_HOST: `http://127.0.0.1:${port}` });
    const repository = await stores.at('gs://bucket/root');
    for (const work of [
      () => Array.fromAsync(repository.list(parseArtifactPath(''))),
      () => repository.find(FILE),
      () => repository.write(FILE, Readable.from([Buffer.from('x')])),
      () => repository.delete(FILE),
    ]) {
      const refusal = work();
      await expect(refusal).rejects.toMatchObject({ kind: 'denied' });
      await expect(refusal).rejects.toThrow(`gs://bucket`);
      await expect(refusal).rejects.toThrow(variable);
      await expect(refusal).rejects.not.toThrow('a-secret');
    }
    await stores.close();
    server.closeAllConnections();
    server.close();
  });

  test('says which variable makes no sense', async () => {
    const file = join(tmpdir(), `bitacora-no-key-${process.pid}.json`);
    writeFileSync(file, 'secret, but no JSON');
    const open = (changes: Readonly<Record<string, string>>) =>
      new ArtifactStores({ ...gcs.environment, ...changes }).at('gs://bucket');
    for (const path of [file, '/nowhere.json']) {
      const refusal = open({ GOOGLE_APPLICATION_CREDENTIALS: path });
      await expect(refusal).rejects.toMatchObject({ kind: 'denied' });
      await expect(refusal).rejects.toThrow(/GOOGLE_APPLICATION_CREDENTIALS/);
      await expect(refusal).rejects.not.toThrow(/secret/);
    }
    await expect(open({ MLFLOW_GCS_UPLOAD_CHUNK_SIZE: 'much' })).rejects.toThrow(
      /MLFLOW_GCS_UPLOAD_CHUNK_SIZE/,
    );
    await expect(open({ STORAGE_EMULATOR_HOST: 'http://a b' })).rejects.toThrow(/STORAGE_EMULATOR_HOST/);
  });
});

/** Its XML API is Amazon's, which moto speaks and the emulator does not. */
describe('uploads in parts to Google Cloud Storage', () => {
  async function open() {
    const stores = new ArtifactStores({
      STORAGE_EMULATOR_HOST: `http://127.0.0.1:${s3.network?.port}`,
      GOOGLE_APPLICATION_CREDENTIALS: gcs.credentials,
    });
    const root = await s3.root('parts');
    const { parts } = await stores.at(root.replace('s3:', 'gs:'));
    if (parts === undefined) throw new Error('it has no parts');
    return { root, parts, stores };
  }

  test('are joined in the order of their numbers, and nothing shows before', async () => {
    const { root, parts, stores } = await open();
    const contents = [randomBytes(5 * 1024 * 1024), randomBytes(1000)];
    const { upload_id, parts: signed } = await parts.create(FILE, 2);
    const sent = await Promise.all(
      signed.map(async ({ url, headers }, index) => {
        const response = await fetch(url, { method: 'PUT', headers, body: contents[index] ?? '' });
        expect(response.status).toBe(200);
        return { part_number: index + 1, etag: response.headers.get('etag') ?? '', url };
      }),
    );
    expect(await s3.raw(root)).toEqual([`${FILE} (unfinished)`]);
    await parts.complete(FILE, upload_id, sent.reverse());
    const own = new ArtifactStores(s3.environment);
    const kept = await buffer((await (await own.at(root)).find(FILE)).open());
    expect(kept.equals(Buffer.concat(contents))).toBe(true);
    await Promise.all([own.close(), stores.close()]);
  });

  test('are not joined from parts that were never sent, and can be given up more than once', async () => {
    const { root, parts, stores } = await open();
    const { upload_id } = await parts.create(FILE, 1);
    const never = { part_number: 1, etag: '"d41d8cd98f00b204e9800998ecf8427e"', url: '' };
    await expect(parts.complete(FILE, upload_id, [never])).rejects.toMatchObject({ kind: 'invalid_parts' });
    for (let time = 0; time < 2; time++) await parts.abort(FILE, upload_id);
    expect(await s3.raw(root)).toEqual([]);
    await stores.close();
  });
});
