import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { Readable } from 'node:stream';
import {
  ArtifactError,
  type ArtifactErrorKind,
  type ArtifactPath,
  type ArtifactRepository,
  ArtifactStores,
  type ByteRange,
  parseArtifactPath,
} from '@bitacora/artifacts';
import { afterAll, describe, expect } from 'vitest';
import { PEERS, type StorePeer, type StorePlace } from './peers.ts';

/** The same tests on each store that can be had, or on those that TEST_STORES names: `TEST_STORES=sftp,gcs`. */
export async function onEachStore(
  tests: (peer: StorePeer) => void,
  isMeant: (peer: StorePeer) => unknown = () => true,
): Promise<void> {
  const wanted = process.env.TEST_STORES?.split(',');
  for (const [name, start] of PEERS) {
    if (wanted !== undefined && !wanted.includes(name)) continue;
    const prepared = await start();
    if ('missing' in prepared && process.env.CI === 'true') throw new Error(prepared.missing);
    if ('missing' in prepared) console.warn(`Skipped: ${prepared.missing}`);
    const peer = 'value' in prepared ? prepared.value : undefined;
    if (peer && !isMeant(peer)) {
      await peer.stop();
      continue;
    }
    describe.skipIf(!peer)(name, () => {
      if (!peer) return;
      tests(peer);
      afterAll(() => peer.stop());
    });
  }
}

export interface OpenedStore extends AsyncDisposable {
  readonly uri: string;
  readonly repository: ArtifactRepository;
  /** All that the store has below the root, unfinished uploads included. */
  raw(): Promise<readonly string[]>;
}

let places = 0;

/** A fresh, empty place in a store. */
export async function openStore(peer: StorePeer): Promise<OpenedStore> {
  return openPlace(peer, await peer.root(`place-${++places}`));
}

export async function openPlace(peer: StorePeer, root: string, place?: StorePlace): Promise<OpenedStore> {
  const { uri, environment } = place ?? { uri: root, environment: peer.environment };
  const stores = new ArtifactStores(environment);
  return {
    uri: root,
    repository: await stores.at(uri),
    raw: () => peer.raw(root),
    [Symbol.asyncDispose]: () => stores.close(),
  };
}

export const path = (text: string): ArtifactPath => parseArtifactPath(text);

/** Bytes that look random and are the same each time. */
export function bytes(length: number, seed = 'content'): Buffer {
  const content = Buffer.alloc(length);
  let block = createHash('sha256').update(seed).digest();
  for (let at = 0; at < length; at += block.length) {
    block.copy(content, at);
    if (at % 65_536 === 0) block = createHash('sha256').update(block).digest();
  }
  return content;
}

/** As from a socket: in blocks, none of them before it is wanted. */
export function stream(content: Buffer | string): Readable {
  const whole = Buffer.from(content);
  function* blocks() {
    for (let at = 0; at < whole.length; at += 65_536) yield whole.subarray(at, at + 65_536);
  }
  return Readable.from(blocks(), { objectMode: false });
}

/** A sender that goes away after so many bytes. */
export function brokenStream(content: Buffer, after: number): Readable {
  const readable = stream(content.subarray(0, after));
  const broken = new Readable({ read() {} });
  // It may go away before anybody listens, as a request does.
  broken.on('error', () => undefined);
  void (async () => {
    for await (const block of readable) broken.push(block);
    broken.destroy(new Error('aborted'));
  })();
  return broken;
}

export async function read(repository: ArtifactRepository, name: string, range?: ByteRange): Promise<Buffer> {
  return readAll((await repository.find(path(name))).open(range));
}

export async function readAll(readable: Readable): Promise<Buffer> {
  const blocks: Buffer[] = [];
  for await (const block of readable as AsyncIterable<Buffer>) blocks.push(block);
  if (!readable.closed) await once(readable, 'close');
  return Buffer.concat(blocks);
}

export const digest = (content: Buffer) => createHash('sha256').update(content).digest('hex');

export const list = (repository: ArtifactRepository, folder = '') =>
  Array.fromAsync(repository.list(path(folder)));

/** Holds that a call is refused so, and gives its error. */
export async function refused(work: Promise<unknown>, ...kinds: ArtifactErrorKind[]): Promise<ArtifactError> {
  const error: unknown = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof ArtifactError)) expect.fail(`Expected ${kinds.join(' or ')}, got ${String(error)}`);
  expect(kinds, error.message).toContain(error.kind);
  return error;
}
