import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { type ArtifactRepository, ArtifactStores } from '../../packages/artifacts/src/index.ts';
import { startAzure } from './peers/azure.ts';
import { startClock } from './peers/clocks.ts';
import { startGcs } from './peers/gcs.ts';
import { startGoogleTokens } from './peers/google-tokens.ts';
import { startGuardedS3, startS3 } from './peers/s3.ts';
import type { StorePeer } from './peers.ts';
import { bytes, list, path, read, refused, stream } from './suite.ts';

const MINUTE_MS = 60_000;

/** Stores whose clocks are so far ahead of this machine's, or behind it. */
const APART = [-40 * MINUTE_MS, 40 * MINUTE_MS];

const LARGE = bytes(11 * 1024 * 1024);

async function open(peer: StorePeer, ahead_ms: number, changes: Readonly<Record<string, string>> = {}) {
  if (peer.network === undefined) throw new Error(`${peer.name} has no network.`);
  const service = peer.name === 'azure' || peer.name === 'gcs' ? peer.name : 's3';
  // Google's emulator takes signed URLs at the address that it was started for.
  const host = service === 'gcs' ? new URL(peer.environment.STORAGE_EMULATOR_HOST ?? '').host : undefined;
  const clock = await startClock(peer.network.port, service, ahead_ms, host);
  const { uri, environment } = peer.network.through(await peer.root('clocks'), clock.port);
  const stores = new ArtifactStores({ ...environment, ...changes });
  onTestFinished(async () => {
    await stores.close();
    await clock.stop();
  });
  return { clock, repository: await stores.at(uri) };
}

let guarded: StorePeer;
let s3: StorePeer;
let azure: StorePeer;
let gcs: StorePeer & { readonly credentials: string };

beforeAll(async () => {
  const started = await Promise.all([startGuardedS3(), startS3(), startAzure(), startGcs()]);
  [guarded, s3, azure, gcs] = started.map((each) => {
    if ('missing' in each) throw new Error(each.missing);
    return each.value;
  }) as [StorePeer, StorePeer, StorePeer, typeof gcs];
});

afterAll(() => Promise.all([guarded, s3, azure, gcs].map((peer) => peer?.stop())));

/** Takes what is written by a signed URL, and gives it back by another. */
async function exchange({ urls }: ArtifactRepository, seconds: number) {
  const up = await urls?.upload(path('signed'), seconds);
  const put = await fetch(up?.url ?? '', { method: 'PUT', headers: up?.headers ?? {}, body: 'signed!' });
  expect([200, 201]).toContain(put.status);
  const down = await urls?.download(path('signed'), seconds);
  expect(await (await fetch(down?.url ?? '')).text()).toBe('signed!');
  return new URL(down?.url ?? '').searchParams;
}

describe.each(APART)('an S3 whose clock is %d ms ahead', (ahead_ms) => {
  test.each<readonly [string, (repository: ArtifactRepository) => Promise<unknown>]>([
    ['a small file', (repository) => repository.write(path('file'), stream('x'), 1)],
    ['a large file', (repository) => repository.write(path('file'), stream(LARGE), LARGE.length)],
    ['a listing', (repository) => list(repository)],
    ['a file that is not there', (repository) => refused(repository.find(path('none')), 'not_found')],
    ['a deletion', (repository) => repository.delete(path('file'))],
  ])('is asked again with its own time, first for %s', async (_what, ask) => {
    const { clock, repository } = await open(guarded, ahead_ms);
    await ask(repository);
    expect(clock.refusals()).toBe(1);
    await repository.write(path('other'), stream('y'), 1);
    expect(String(await read(repository, 'other'))).toBe('y');
    expect(clock.refusals()).toBe(1);
  });

  test('gets URLs that are dated by its own time', async () => {
    const { repository } = await open(s3, ahead_ms);
    await repository.write(path('file'), stream('signed!'), 7);
    const down = await repository.urls?.download(path('file'), 60);
    expect(await (await fetch(down?.url ?? '')).text()).toBe('signed!');
    const up = await repository.urls?.upload(path('up'), 60);
    expect(
      (await fetch(up?.url ?? '', { method: 'PUT', headers: up?.headers ?? {}, body: 'x' })).status,
    ).toBe(200);
    const created = await repository.parts?.create(path('parts'), 2);
    for (const { url, headers } of created?.parts ?? [])
      expect((await fetch(url, { method: 'PUT', headers, body: 'x' })).status).toBe(200);
  });

  test('is named with what to do about it, where nothing is tried twice', async () => {
    for (const ask of [
      (repository: ArtifactRepository) => repository.write(path('file'), stream('x'), 1),
      (repository: ArtifactRepository) => list(repository),
      (repository: ArtifactRepository) => repository.delete(path('file')),
    ]) {
      const { repository } = await open(guarded, ahead_ms, { AWS_MAX_ATTEMPTS: '1' });
      const error = await refused(ask(repository), 'denied');
      expect(error.message).toMatch(/s3:\/\/\S+ does not take the time of this server/);
      expect(error.message).toContain(ahead_ms > 0 ? '40 minutes behind' : '40 minutes ahead');
      expect(error.message).toContain('Set the clock of this server');
    }
  });
});

describe.each(APART)('an Azure whose clock is %d ms ahead', (ahead_ms) => {
  test('is named with what to do about it', async () => {
    const { repository } = await open(azure, ahead_ms);
    for (const work of [
      () => list(repository),
      () => repository.find(path('file')),
      () => repository.write(path('file'), stream('x'), 1),
      () => repository.write(path('file'), stream(LARGE), LARGE.length),
      () => repository.delete(path('file')),
    ]) {
      const error = await refused(work(), 'denied');
      expect(error.message).toMatch(/:\/\/container\S+ does not take the time of this server/);
      expect(error.message).toContain(ahead_ms > 0 ? '40 minutes behind' : '40 minutes ahead');
      expect(error.message).toContain('Set the clock of this server');
    }
  });
});

describe.each([-10 * MINUTE_MS, 10 * MINUTE_MS])(
  'a store that takes requests, though its clock is %d ms ahead,',
  (ahead_ms) => {
    test('gets URLs of Azure that end by its own time, from the first on', async () => {
      const { clock, repository } = await open(azure, ahead_ms);
      // Behind the clock stands an emulator with this machine's, which refuses what has ended by that.
      const seconds = ahead_ms > 0 ? 60 : 3600;
      const until = Date.parse((await exchange(repository, seconds)).get('se') ?? '');
      expect(Math.abs(until - (Date.now() + ahead_ms + seconds * 1000))).toBeLessThan(MINUTE_MS);
      const created = await repository.parts?.create(path('parts'), 2);
      for (const { url, headers } of created?.parts ?? [])
        expect((await fetch(url, { method: 'PUT', headers, body: 'x' })).status).toBe(201);
      expect(clock.refusals()).toBe(0);
    });

    test('gets URLs of Google that begin and end by its own time, from the first on', async () => {
      const { clock, repository } = await open(gcs, ahead_ms, {
        GOOGLE_APPLICATION_CREDENTIALS: gcs.credentials,
      });
      await exchange(repository, 60);
      expect((await exchange(repository, 3600)).get('X-Goog-Expires')).toBe('3600');
      expect(clock.refusals()).toBe(0);
    });
  },
);

describe('clocks that are a little apart', () => {
  test('matter to nobody', async () => {
    for (const peer of [guarded, azure]) {
      const { clock, repository } = await open(peer, 3 * MINUTE_MS);
      await repository.write(path('file'), stream(LARGE), LARGE.length);
      expect(await read(repository, 'file')).toHaveLength(LARGE.length);
      expect(clock.refusals()).toBe(0);
    }
  });
});

describe.each(APART)('a Google whose clock is %d ms ahead', (ahead_ms) => {
  test('is named with what to do about it, when it gives no token', async () => {
    const tokens = await startGoogleTokens(ahead_ms);
    const before = { ...process.env };
    Object.assign(process.env, tokens.environment);
    const stores = new ArtifactStores({ GOOGLE_APPLICATION_CREDENTIALS: tokens.credentials });
    onTestFinished(async () => {
      process.env = before;
      await stores.close();
      tokens.stop();
    });
    const repository = await stores.at('gs://bucket/folder');
    const error = await refused(repository.find(path('file')), 'denied');
    expect(tokens.asked()).toBeGreaterThan(0);
    expect(error.message).toMatch(/gs:\/\/bucket .*does not take the time of this server/);
    expect(error.message).toContain('Set the clock of this server');
  });
});
