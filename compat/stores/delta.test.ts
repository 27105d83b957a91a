import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { ArtifactStores, literalPath } from '@bitacora/artifacts';
import {
  findMissingFiles,
  LocalTableFiles,
  openParquet,
  openSnapshot,
  readLatest,
  readRows,
  type TableFiles,
} from '@bitacora/delta';
import { expect, onTestFinished, test } from 'vitest';
import { lookAtTable } from '../../packages/server/src/delta-tables/look.ts';
import { findTable } from '../../packages/server/src/delta-tables/place.ts';
import { normalise } from '../../packages/server/src/delta-tables/source.ts';
import { StoreTableFiles } from '../../packages/server/src/delta-tables/store-table-files.ts';
import { testIf } from './meant.ts';
import { startCheckingProxy } from './peers/checking-proxy.ts';
import { type OpenedStore, onEachStore, openPlace, openStore } from './suite.ts';

/** Tables that their writers have read back: one whose folders are called `part=%23%3F`, one with a checkpoint. */
const FIXTURES = join(import.meta.dirname, '../../packages/delta/fixtures');
const TABLES = ['delta-rs/operations', 'spark/checkpoint-classic'];

async function copyInto({ repository }: OpenedStore, folder: string): Promise<void> {
  for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    const place = join(folder, name);
    if (!statSync(place).isFile()) continue;
    const content = readFileSync(place);
    await repository.write(
      literalPath(name),
      Readable.from([content], { objectMode: false }),
      content.length,
    );
  }
}

/** All that reading a version comes to. */
async function seen(files: TableFiles, version?: number) {
  const snapshot = await openSnapshot(files, version === undefined ? {} : { version });
  const { rows } = await readRows(snapshot, { limit: 1000 });
  const { count } = await findMissingFiles(snapshot);
  return { version: snapshot.version, digest: snapshot.file_list_digest, rows, missing: count };
}

await onEachStore((peer) => {
  test.each(TABLES)('the table %s is read as in a folder of this machine', async (name) => {
    await using store = await openStore(peer);
    const folder = join(FIXTURES, name, 'table');
    await copyInto(store, folder);
    const files = new StoreTableFiles(store.repository, store.uri);
    const local = new LocalTableFiles(folder);
    for (const version of [undefined, 4, 0])
      expect(await seen(files, version)).toEqual(await seen(local, version));
    // What was current when the last commit had come to the store.
    const { version, timestamp_ms = 0 } = await readLatest(files);
    expect((await openSnapshot(files, { timestamp_ms: timestamp_ms + 60_000 })).version).toBe(version);
  });

  testIf(peer.network && !peer.hasFolders)(
    'a table of 100 commits is read with a request for each, and few beside',
    async () => {
      if (peer.network === undefined) return;
      const counts = new Map<string, number>();
      const proxy = await startCheckingProxy(peer.network.port, ({ method, url }) => {
        if (/\.json|\.parquet|_last_checkpoint/.test(decodeURIComponent(url.pathname)))
          counts.set(method, (counts.get(method) ?? 0) + 1);
        else counts.set('list', (counts.get('list') ?? 0) + 1);
        return undefined;
      });
      onTestFinished(() => proxy.stop());
      const root = await peer.root('commits');
      await using direct = await openPlace(peer, root);
      await using store = await openPlace(peer, root, peer.network.through(root, proxy.port));
      await copyInto(direct, join(FIXTURES, 'delta-rs/operations/table'));
      const files = new StoreTableFiles(store.repository, store.uri);
      const { version: last } = await readLatest(new StoreTableFiles(direct.repository, direct.uri));
      for (let version = last + 1; version < 100; version++) {
        const commit = JSON.stringify({ commitInfo: { timestamp: version, operation: 'WRITE' } });
        await direct.repository.write(
          literalPath(`_delta_log/${String(version).padStart(20, '0')}.json`),
          Readable.from([Buffer.from(commit)]),
        );
      }
      counts.clear();
      expect((await openSnapshot(files)).version).toBe(99);
      // And the hint at a checkpoint, which there is none of.
      expect(counts).toEqual(
        new Map([
          ['GET', 101],
          ['list', 1],
        ]),
      );
      const [file] = (await openSnapshot(new StoreTableFiles(direct.repository, direct.uri))).files;
      counts.clear();
      await openParquet(files, file?.path ?? '', file?.size_bytes ?? 0);
      expect(counts).toEqual(new Map([['GET', 1]]));
    },
  );

  test('the server looks at a table below a place that the operator named', async () => {
    await using store = await openStore(peer);
    await copyInto(store, join(FIXTURES, 'spark/checkpoint-classic/table'));
    const stores = new ArtifactStores(peer.environment);
    const settings = {
      deltaTableLocations: [store.uri],
      workspacesEnabled: true,
      artifactReach: { homes: [], anyHost: [] },
    };
    const place = await findTable(settings, normalise(`${store.uri}/`));
    const { latest, records } = await lookAtTable(stores, {
      place,
      moments: [{ version: 4 }, { version: 99 }],
    });
    await stores.close();
    expect(latest.version).toBe(7);
    expect(records).toMatchObject([
      { record: { version: 4, row_count: 16 } },
      { error_code: 'RESOURCE_DOES_NOT_EXIST' },
    ]);
  });

  test('a table that is not there, and a file that is gone, are told apart', async () => {
    await using store = await openStore(peer);
    const files = new StoreTableFiles(store.repository, store.uri);
    await expect(openSnapshot(files)).rejects.toMatchObject({ kind: 'no_table' });
    await expect(files.read('gone')).rejects.toMatchObject({ kind: 'file_missing' });
    await store.repository.write(literalPath('x'), Readable.from(['abc'], { objectMode: false }), 3);
    const text = async (start: number, end: number) =>
      String(Buffer.from(await files.read('x', { start, end })));
    expect([await text(0, 3), await text(1, 2), await text(2, 99), await text(3, 9)]).toEqual([
      'abc',
      'b',
      'c',
      '',
    ]);
    await expect(openSnapshot(files)).rejects.toMatchObject({ kind: 'no_table' });
  });
});
