import { randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { BlobServiceClient } from '@azure/storage-blob';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ArtifactStores, parseArtifactPath } from '../../packages/artifacts/src/index.ts';
import { startAzure } from './peers/azure.ts';
import type { StorePeer } from './peers.ts';

const FILE = parseArtifactPath('folder/a file?.txt');

let peer: StorePeer;
let stores: ArtifactStores;

beforeAll(async () => {
  const started = await startAzure();
  if ('missing' in started) throw new Error(started.missing);
  peer = started.value;
  stores = new ArtifactStores(peer.environment);
});

afterAll(async () => {
  await stores?.close();
  await peer?.stop();
});

/** The container that a root is in, as the service has it. */
const containerOf = (root: string) =>
  BlobServiceClient.fromConnectionString(
    peer.environment.AZURE_STORAGE_CONNECTION_STRING ?? '',
  ).getContainerClient(/\/\/([^@]+)@/.exec(root)?.[1] ?? '');

describe('uploads in parts to Azure', () => {
  test('are blocks that the URLs of the parts name, joined in the order of their numbers', async () => {
    const root = await peer.root('parts');
    const repository = await stores.at(root);
    const contents = Array.from({ length: 12 }, () => randomBytes(1000));
    const created = await repository.parts?.create(FILE, contents.length);
    expect(created?.upload_id).toBe('');
    const sent = await Promise.all(
      (created?.parts ?? []).map(async ({ url, headers }, index) => {
        const response = await fetch(url, { method: 'PUT', headers, body: contents[index] ?? '' });
        expect(response.status).toBe(201);
        // The service gives blocks no etag; MLflow's client passes on what it got.
        return { part_number: index + 1, etag: '', url };
      }),
    );
    expect(await peer.raw(root)).toEqual([]);
    await repository.parts?.complete(FILE, '', sent.toReversed());
    expect((await buffer((await repository.find(FILE)).open())).equals(Buffer.concat(contents))).toBe(true);
  });

  test('are not joined from parts that were never sent, nor without their URLs', async () => {
    const root = await peer.root('parts');
    const { parts } = await stores.at(root);
    const created = await parts?.create(FILE, 1);
    await parts?.abort(FILE, '');
    for (const url of [created?.parts[0]?.url ?? '', 'https://example.com/', 'no url'])
      await expect(parts?.complete(FILE, '', [{ part_number: 1, etag: '', url }])).rejects.toMatchObject({
        kind: 'invalid_parts',
      });
    expect(await peer.raw(root)).toEqual([]);
  });
});

describe('signed URLs of Azure', () => {
  test('let read and write one file, and nothing else', async () => {
    const { urls } = await stores.at(await peer.root('signed'));
    const up = await urls?.upload(FILE, 60);
    const put = (url: string) => fetch(url, { method: 'PUT', headers: up?.headers ?? {}, body: 'signed!' });
    expect((await put(up?.url ?? '')).status).toBe(201);
    expect((await put((up?.url ?? '').replace('.txt', '.csv'))).status).toBe(403);
    const down = await urls?.download(FILE, 60);
    expect(down?.file_size).toBe(7);
    const got = await fetch(down?.url ?? '', { headers: { range: 'bytes=1-3' } });
    expect(await got.text()).toBe('ign');
    expect(got.headers.get('content-disposition')).toMatch(/^attachment/);
    expect((await put(down?.url ?? '')).status).toBe(403);
  });

  test('are taken by nobody once they have expired', async () => {
    const repository = await stores.at(await peer.root('expired'));
    await repository.write(FILE, Readable.from([Buffer.from('x')]));
    const down = await repository.urls?.download(FILE, 1);
    await expect
      .poll(async () => (await fetch(down?.url ?? '')).status, { timeout: 20_000, interval: 500 })
      .toBe(403);
  });

  test('are not made with a signature that was given, which may be for more than one file', async () => {
    const root = (await peer.root('sas')).replace(/^.*@/, 'abfss://container@').replace('.blob.', '.dfs.');
    const own = new ArtifactStores({ AZURE_STORAGE_SAS_TOKEN: 'sv=2026-04-06&sig=secret' });
    expect(await own.at(root)).toMatchObject({ parts: undefined, urls: undefined });
    await own.close();
  });
});

describe('accounts with a hierarchy of folders', () => {
  test('have blobs that are folders, which are listed, found and deleted as such', async () => {
    const root = await peer.root('folders');
    const repository = await stores.at(root);
    const prefix = /\.net\/?(.*)$/.exec(root)?.[1];
    const name = (path: string) => (prefix ? `${prefix}/${path}` : path);
    const metadata = { hdi_isfolder: 'true' };
    for (const folder of ['outer', 'outer/inner', 'empty'])
      await containerOf(root).getBlockBlobClient(name(folder)).upload('', 0, { metadata });
    await repository.write(parseArtifactPath('outer/inner/file'), Readable.from([Buffer.from('x')]));
    const list = async (path: string) => Array.fromAsync(repository.list(parseArtifactPath(path)));
    expect(await list('outer')).toEqual([{ path: 'inner', is_dir: true }]);
    await expect(repository.find(parseArtifactPath('empty'))).rejects.toMatchObject({ kind: 'is_directory' });
    await repository.delete(parseArtifactPath('outer'));
    expect(await peer.raw(root)).toEqual(['empty']);
  });
});

describe('settings of Azure', () => {
  test('go to none but its own hosts', async () => {
    for (const uri of [
      'wasbs://c@account.blob.core.windows.net.example.com/x',
      'wasbs://c@account.dfs.core.windows.net/x',
      'wasbs://account.blob.core.windows.net/x',
      'abfss://c@account.blob.core.windows.net/x',
      'abfss://c@localhost/x',
      'abfss://c@evil.example/.dfs.core.windows.net',
    ])
      await expect(stores.at(uri)).rejects.toMatchObject({ kind: 'invalid_uri' });
  });

  test('that make no sense are named, and not shown', async () => {
    const own = new ArtifactStores({ AZURE_STORAGE_CONNECTION_STRING: 'AccountName=x;AccountKey=secret' });
    const refusal = own.at('wasbs://c@account.blob.core.windows.net/x');
    await expect(refusal).rejects.toMatchObject({ kind: 'denied' });
    await expect(refusal).rejects.toThrow(/AZURE_STORAGE_CONNECTION_STRING/);
    await expect(refusal).rejects.not.toThrow(/secret/);
  });
});
