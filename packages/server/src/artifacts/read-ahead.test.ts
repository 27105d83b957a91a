import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { type ArtifactPath, LocalArtifactRepository, parseArtifactPath, ROOT } from '@bitacora/artifacts';
import { expect, test } from 'vitest';
import { readAhead } from './read-ahead.ts';
import { entriesBelow } from './tree.ts';

/** A folder that tells how many of its files are asked for at a time. */
class Watched extends LocalArtifactRepository {
  readonly asked: string[] = [];
  most = 0;
  #underWay = 0;

  override async find(path: ArtifactPath) {
    this.asked.push(path);
    this.most = Math.max(this.most, ++this.#underWay);
    try {
      // As of a store that takes a moment.
      await new Promise((resolve) => setTimeout(resolve, 5));
      return await super.find(path);
    } finally {
      this.#underWay--;
    }
  }
}

function folder() {
  const root = mkdtempSync(join(tmpdir(), 'bitacora-ahead-'));
  return { root, store: new Watched(root), [Symbol.dispose]: () => rmSync(root, { recursive: true }) };
}

const files = (store: Watched) => readAhead(store, entriesBelow(store, ROOT), ({ path }) => path);
const name = (number: number) => `${String(number).padStart(3, '0')}.txt`;

test('small files are asked for before their turn, and come in order and whole', async () => {
  using own = folder();
  for (let at = 0; at < 200; at++)
    writeFileSync(join(own.root, name(at)), at % 7 === 0 ? '' : `content ${at}`);
  const seen: string[] = [];
  for await (const { entry, find } of files(own.store)) {
    const file = await find();
    expect(file.size_bytes).toBe(entry.file_size);
    seen.push(`${entry.path} ${await text(file.open())}`);
  }
  expect(seen).toEqual(
    Array.from({ length: 200 }, (_, at) => `${name(at)} ${at % 7 === 0 ? '' : `content ${at}`}`),
  );
  expect(own.store.asked).toHaveLength(200);
  expect(own.store.most).toBeGreaterThan(8);
  expect(own.store.most).toBeLessThanOrEqual(32);
});

test('large files wait for their turn, and so does one that has grown meanwhile', async () => {
  using own = folder();
  for (const at of [0, 1, 2]) {
    writeFileSync(join(own.root, name(at)), '');
    truncateSync(join(own.root, name(at)), 100_000);
  }
  for await (const { entry, find } of files(own.store)) {
    expect(own.store.asked).not.toContain(entry.path);
    await (await find()).close();
  }
  const path = parseArtifactPath(name(0));
  async function* listedSmaller() {
    yield { path, file_size: 10 };
  }
  for await (const { find } of readAhead(own.store, listedSmaller(), (entry) => entry.path)) {
    const file = await find();
    expect(file.size_bytes).toBe(100_000);
    await file.close();
  }
});

test('a file that cannot be read fails at its turn, and alone', async () => {
  using own = folder();
  for (const at of [0, 1, 2]) writeFileSync(join(own.root, name(at)), 'x');
  async function* listed() {
    for (const each of [name(0), 'gone.txt', name(1)]) yield { path: parseArtifactPath(each), file_size: 1 };
  }
  const outcomes: string[] = [];
  for await (const { find } of readAhead(own.store, listed(), ({ path }) => path))
    outcomes.push(
      await find().then(
        () => 'found',
        (error) => error.kind,
      ),
    );
  expect(outcomes).toEqual(['found', 'not_found', 'found']);
});
