import { expect, onTestFinished, test } from 'vitest';
import { type Fault, startFaultyProxy } from './faulty-proxy.ts';
import { describeIf } from './meant.ts';
import type { StorePeer } from './peers.ts';
import {
  bytes,
  digest,
  list,
  onEachStore,
  openPlace,
  openStore,
  path,
  read,
  readAll,
  refused,
  stream,
} from './suite.ts';

const MIB = 1024 * 1024;
const CONTENT = bytes(12 * MIB);

const SETTINGS = {
  /** How long a store may be silent, in seconds; enough for a loaded machine to answer in. */
  MLFLOW_ARTIFACT_UPLOAD_DOWNLOAD_TIMEOUT: '4',
  /** Else Google's store takes all of it in one request, of which nobody knows what became when its answer is lost. */
  MLFLOW_GCS_UPLOAD_CHUNK_SIZE: String(8 * MIB),
};

/** Amazon keeps a checksum of each file; what speaks its protocol is asked to by this. */
const CHECKSUMS = { AWS_REQUEST_CHECKSUM_CALCULATION: 'WHEN_SUPPORTED' };

/** A place in a store, by way of a proxy. */
async function openThroughProxy(peer: StorePeer, changes: Readonly<Record<string, string>> = {}) {
  if (peer.network === undefined) throw new Error(`${peer.name} has no network.`);
  const proxy = await startFaultyProxy(peer.network.port);
  onTestFinished(() => proxy[Symbol.asyncDispose]());
  const root = await peer.root(`faults-${proxy.port}`);
  const { uri, environment } = peer.network.through(root, proxy.port);
  const store = await openPlace(peer, root, {
    uri,
    environment: { ...environment, ...SETTINGS, ...changes },
  });
  onTestFinished(() => store[Symbol.asyncDispose]());
  return { proxy, store };
}

/** Whole files alone: what cannot be reached cannot be told to forget the parts that it has. */
const finished = (names: readonly string[]) => names.filter((name) => !name.endsWith(' (unfinished)'));

await onEachStore(
  (peer) => {
    describeIf(peer.network)('a store that cannot be reached', () => {
      test('is named by every call, and used again as soon as it is back', async () => {
        const { proxy, store } = await openThroughProxy(peer);
        await store.repository.write(path('file'), stream('x'), 1);
        proxy.set({ kind: 'refuse' });
        proxy.cutAll();
        const { repository } = store;
        for (const work of [
          () => list(repository),
          () => repository.find(path('file')),
          () => repository.write(path('other'), stream('y'), 1),
          () => repository.write(path('other'), stream(CONTENT)),
          () => repository.delete(path('file')),
          () => repository.copy(path('file'), path('other')),
        ]) {
          const error = await refused(work(), 'unavailable');
          expect(error.message).toMatch(/^The artifact store \S+:\/\/\S+ cannot be reached/);
        }
        proxy.set(undefined);
        expect(String(await read(repository, 'file'))).toBe('x');
        expect(await store.raw()).toEqual(['file']);
      });
    });

    describeIf(peer.network)('an upload', () => {
      const faults: readonly Fault[] = [
        { kind: 'cut', afterBytes: 100_000 },
        { kind: 'cut', afterBytes: 7 * MIB },
        { kind: 'stall', afterBytes: 100_000 },
        { kind: 'stall', afterBytes: 7 * MIB },
        { kind: 'cut', direction: 'down' },
        { kind: 'stall', direction: 'down' },
      ];
      test.each(faults)('that meets %o leaves what was there before', async (fault) => {
        const { proxy, store } = await openThroughProxy(peer);
        await store.repository.write(path('file'), stream('before'));
        proxy.set(fault);
        const writes = [CONTENT.length, undefined].flatMap((size) =>
          ['file', 'new'].map((name) => store.repository.write(path(name), stream(CONTENT), size)),
        );
        await Promise.all(writes.map((work) => refused(work, 'unavailable')));
        proxy.set(undefined);
        proxy.cutAll();
        expect(String(await read(store.repository, 'file'))).toBe('before');
        expect(finished(await store.raw())).toEqual(['file']);
        await store.repository.write(path('file'), stream(CONTENT), CONTENT.length);
        expect(digest(await read(store.repository, 'file'))).toBe(digest(CONTENT));
      });

      test.each([100_000, 7 * MIB])(
        'is whole, or nothing, when it is cut once after %d bytes',
        async (afterBytes) => {
          const { proxy, store } = await openThroughProxy(peer);
          proxy.set({ kind: 'cut', afterBytes, times: 1 });
          const isStored = await store.repository.write(path('file'), stream(CONTENT), CONTENT.length).then(
            () => true,
            () => false,
          );
          expect(await store.raw()).toEqual(isStored ? ['file'] : []);
          if (isStored) expect(digest(await read(store.repository, 'file'))).toBe(digest(CONTENT));
        },
      );
    });

    describeIf(peer.network)('a download', () => {
      test.each(['cut', 'stall'] as const)(
        'that meets a %s ends with an error, never as a short file',
        async (kind) => {
          const { proxy, store } = await openThroughProxy(peer);
          await store.repository.write(path('file'), stream(CONTENT), CONTENT.length);
          for (const range of [undefined, { first: 10, last: 9 * MIB }]) {
            const file = await store.repository.find(path('file'));
            proxy.set({ kind, afterBytes: 3 * MIB, direction: 'down' });
            await refused(readAll(file.open(range)), 'unavailable');
            proxy.set(undefined);
            proxy.cutAll();
            if (store.repository.read) {
              proxy.set({ kind, afterBytes: 3 * MIB, direction: 'down' });
              await refused(readAll(store.repository.read(path('file'), range)), 'unavailable');
              proxy.set(undefined);
              proxy.cutAll();
            }
            expect(digest(await read(store.repository, 'file'))).toBe(digest(CONTENT));
          }
        },
      );

      test('waits for a slow reader', async () => {
        const { store } = await openThroughProxy(peer);
        await store.repository.write(path('file'), stream(CONTENT), CONTENT.length);
        const reading = (await store.repository.find(path('file'))).open();
        let seen = 0;
        for await (const block of reading) {
          // Longer than the store may be silent.
          if (seen === 0) await new Promise((resolve) => setTimeout(resolve, 8000));
          seen += block.length;
        }
        expect(seen).toBe(CONTENT.length);
      });
    });

    describeIf(peer.network)('content that is changed on its way', () => {
      test.each([
        [100_000, 50_000],
        [12 * MIB, 3 * MIB],
        [12 * MIB, 11 * MIB],
      ])(
        'to the store is refused, or sent again, and leaves what was there (%d bytes, after %d)',
        async (size, afterBytes) => {
          const { proxy, store } = await openThroughProxy(peer);
          const content = CONTENT.subarray(0, size);
          await store.repository.write(path('file'), stream('before'));
          proxy.set({ kind: 'corrupt', afterBytes, times: 1 });
          const error = await store.repository.write(path('file'), stream(content), size).then(
            () => undefined,
            (reason: unknown) => reason,
          );
          proxy.set(undefined);
          proxy.cutAll();
          if (error === undefined) {
            expect(digest(await read(store.repository, 'file'))).toBe(digest(content));
          } else {
            // Of a block Azurite says no more than InvalidOperation, the service Md5Mismatch.
            expect(error).toMatchObject({
              message: expect.stringMatching(/:\/\/.*(?:other bytes|cannot be reached|InvalidOperation)/),
            });
            expect(finished(await store.raw())).toEqual(['file']);
            expect(String(await read(store.repository, 'file'))).toBe('before');
          }
          await store.repository.write(path('file'), stream(content), size);
          expect(digest(await read(store.repository, 'file'))).toBe(digest(content));
        },
      );

      test.each([
        [100_000, 50_000],
        [3 * MIB, 2 * MIB],
      ])('from the store is never taken for the file (%d bytes, after %d)', async (size, afterBytes) => {
        const { proxy, store } = await openThroughProxy(peer, CHECKSUMS);
        const content = CONTENT.subarray(0, size);
        await store.repository.write(path('file'), stream(content), size);
        const file = await store.repository.find(path('file'));
        for (const open of [() => file.open(), () => store.repository.read?.(path('file'))]) {
          proxy.set({ kind: 'corrupt', afterBytes, direction: 'down', times: 1 });
          const opened = open();
          if (opened === undefined) continue;
          const seen = await readAll(opened).catch((reason: unknown) => reason);
          // Some notice at once, and ask again.
          if (seen instanceof Buffer) expect(digest(seen)).toBe(digest(content));
          else expect(seen).toMatchObject({ kind: 'unavailable' });
          proxy.cutAll();
        }
      });
    });

    describeIf(peer.vanish)('a store that is gone', () => {
      test('is named, and not taken for an empty one', async () => {
        await using store = await openStore(peer);
        await store.repository.write(path('file'), stream('x'));
        await peer.vanish?.(store.uri);
        for (const work of [
          () => list(store.repository),
          () => store.repository.find(path('file')),
          () => store.repository.write(path('file'), stream('y')),
          () => store.repository.write(path('file'), stream(CONTENT)),
        ]) {
          const error = await refused(work(), 'no_store');
          expect(error.message).toContain('://');
        }
      });
    });

    describeIf(peer.withWrongCredentials)('wrong credentials', () => {
      test('are refused with the name of their variable, and never shown', async () => {
        const root = await peer.root('credentials');
        for (const place of peer.withWrongCredentials?.(root) ?? []) {
          await using store = await openPlace(peer, root, place);
          for (const work of [
            () => list(store.repository),
            () => store.repository.find(path('file')),
            () => store.repository.write(path('file'), stream('x')),
            () => store.repository.delete(path('file')),
          ]) {
            const error = await refused(work(), 'denied');
            expect(error.message).toContain(place.variable);
            expect(error.message).toContain('://');
            for (let each: unknown = error; each instanceof Error; each = each.cause)
              expect(`${each.stack} ${JSON.stringify(each)}`).not.toContain(place.secret);
          }
        }
      });
    });
  },
  (peer) => peer.network || peer.vanish || peer.withWrongCredentials,
);
