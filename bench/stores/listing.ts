import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { ArtifactStores, parseArtifactPath } from '@bitacora/artifacts';
import type { StorePeer } from '../../compat/stores/peers.ts';
import { memoryMb, watchMemory } from '../measure.ts';
import { bitacoraOn, Target } from '../targets.ts';

const FOLDER = 'bench/many';
/** So many files are put into a store at a time. */
const AT_ONCE = 32;

export interface Listing {
  readonly entries: number;
  readonly first_byte_ms: number;
  readonly all_s: number;
  readonly memory_rise_mb: number;
}

/** A folder of many small files, listed through the server. */
export async function listing(peer: StorePeer, entries: number): Promise<Listing> {
  const root = await peer.root('bench-listing');
  await fill(root, peer.environment, entries);
  const target = new Target(bitacoraOn(root, peer.environment));
  await target.start();
  try {
    const ask = async () => {
      const response = await fetch(`${target.url}/api/2.0/mlflow-artifacts/artifacts?path=${FOLDER}`);
      const first = performance.now();
      let bytes = 0;
      for await (const chunk of response.body ?? []) bytes += chunk.length;
      // Each entry takes its name, its size and what JSON needs around them.
      if (response.status !== 200 || bytes < entries * 40)
        throw new Error(`the listing has ${bytes} bytes and status ${response.status}`);
      return first;
    };
    await new Promise((resolve) => setTimeout(resolve, 2000));
    const idle = memoryMb(target.pid);
    let [first_byte_ms, all_s] = [0, 0];
    const most = await watchMemory(target.pid, async () => {
      const begun = performance.now();
      first_byte_ms = (await ask()) - begun;
      all_s = (performance.now() - begun) / 1000;
    });
    return { entries, first_byte_ms, all_s, memory_rise_mb: most - idle };
  } finally {
    await target.stop();
    target.remove();
  }
}

async function fill(root: string, environment: StorePeer['environment'], entries: number): Promise<void> {
  const name = (at: number) => `file ${String(at).padStart(6, '0')}.txt`;
  if (root.startsWith('/')) {
    const folder = join(root, FOLDER);
    mkdirSync(folder, { recursive: true });
    for (let at = 0; at < entries; at++) writeFileSync(join(folder, name(at)), 'x');
    return;
  }
  const stores = new ArtifactStores({ ...process.env, ...environment });
  const repository = await stores.at(root);
  let next = 0;
  const work = async () => {
    for (let at = next++; at < entries; at = next++)
      await repository.write(
        parseArtifactPath(`${FOLDER}/${name(at)}`),
        Readable.from([Buffer.from('x')]),
        1,
      );
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  await stores.close();
}
