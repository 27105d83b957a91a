/**
 * A store driven through its library alone, without our server between: `node bench/stores/alone.ts URI MEGABYTES`. Writes
 * a line `{"up_ms": …, "down_ms": …}` for each line of its input.
 */

import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import { ArtifactStores, parseArtifactPath } from '@bitacora/artifacts';
import { blocks } from './content.ts';

const [, , uri = '', megabytes = '100'] = process.argv;
const stores = new ArtifactStores();
const repository = await stores.at(uri);
const path = parseArtifactPath('bench/alone.bin');
const size = Number(megabytes) * 1_000_000;

async function up(): Promise<void> {
  await repository.write(path, Readable.from(blocks(Number(megabytes))), size);
}

async function down(): Promise<void> {
  let bytes = 0;
  for await (const chunk of (await repository.find(path)).open()) bytes += (chunk as Buffer).length;
  if (bytes !== size) throw new Error(`the store gave ${bytes} bytes of ${size}`);
}

async function timeOf(work: () => Promise<void>): Promise<number> {
  const begun = performance.now();
  await work();
  return performance.now() - begun;
}

for await (const _ of createInterface(process.stdin))
  console.log(JSON.stringify({ up_ms: await timeOf(up), down_ms: await timeOf(down) }));
await stores.close();
