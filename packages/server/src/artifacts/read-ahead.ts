import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import type { ArtifactPath, StoredFile } from '@bitacora/artifacts';
import type { Place } from './location.ts';

/** Up to this a file is read before its turn, and held until then. */
const HELD_BYTES = 64 * 1024;

/** With as many files of that size, two megabytes are held. */
const MOST_AHEAD = 32;

/** What to do with the files of a tree, one after the other. */
export interface Ahead<Entry> {
  readonly entry: Entry;
  /** Opens the file; what of it was read before comes from memory. */
  readonly find: () => Promise<StoredFile>;
}

/**
 * Small files are asked for while those before them are dealt with: a store takes a moment for each, however small it
 * is, and a folder of thousands would take as many moments.
 */
export async function* readAhead<Entry extends { readonly path: ArtifactPath; readonly file_size?: number }>(
  artifacts: Place['artifacts'],
  entries: AsyncIterable<Entry>,
  placeOf: (entry: Entry) => ArtifactPath,
): AsyncGenerator<Ahead<Entry>> {
  const waiting: Ahead<Entry>[] = [];
  for await (const entry of entries) {
    waiting.push({ entry, find: begin(artifacts, placeOf(entry), entry.file_size) });
    const next = waiting.length < MOST_AHEAD ? undefined : waiting.shift();
    if (next !== undefined) yield next;
  }
  yield* waiting;
}

function begin(
  artifacts: Place['artifacts'],
  path: ArtifactPath,
  listed_bytes = Number.POSITIVE_INFINITY,
): () => Promise<StoredFile> {
  if (listed_bytes > HELD_BYTES) return () => artifacts.find(path);
  const reading = hold(artifacts, path);
  // Whoever asks for it is told; often nobody is there any more.
  reading.catch(() => undefined);
  return async () => (await reading) ?? artifacts.find(path);
}

/** Undefined for a file that has grown since it was listed. */
async function hold(artifacts: Place['artifacts'], path: ArtifactPath): Promise<StoredFile | undefined> {
  const file = await artifacts.find(path);
  if (file.size_bytes > HELD_BYTES || file.size_bytes === 0) {
    await file.close();
    return file.size_bytes === 0 ? held(file, Buffer.alloc(0)) : undefined;
  }
  return held(file, await buffer(file.open({ first: 0, last: file.size_bytes - 1 })));
}

const held = ({ size_bytes, modified_ms, etag }: StoredFile, content: Buffer): StoredFile => ({
  size_bytes,
  modified_ms,
  etag,
  open: ({ first, last } = { first: 0, last: size_bytes - 1 }) =>
    Readable.from([content.subarray(first, last + 1)], { objectMode: false }),
  close: async () => undefined,
});
