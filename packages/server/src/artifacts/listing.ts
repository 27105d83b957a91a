import {
  type ArtifactPath,
  parseArtifactPath,
  pathOfListed,
  type FileInfo as StoredFileInfo,
} from '@bitacora/artifacts';
import type { FileInfo } from '@bitacora/protocol';
import type { ReadDeps } from '../deps.ts';
import { streamList, type TextStream } from '../readers/text-stream.ts';
import { type Place, placeOf } from './location.ts';

/** A folder of up to so many files is answered in one piece, of a larger one no more is held at a time. */
const ONE_PIECE = 1000;

/** Names that cannot be listed are told, but not without end. */
const MOST_LEFT_OUT = 100;

interface Listing {
  readonly root_uri?: string;
  readonly files?: readonly FileInfo[];
  readonly left_out?: readonly string[];
}

/** A folder below an artifact URI; the paths of its entries are relative to that URI. */
export async function listFolder(deps: ReadDeps, root_uri: string, path: string) {
  const folder = parseArtifactPath(path);
  return listPlace(await placeOf(deps, root_uri, path), (name) => pathOfListed(folder, name), { root_uri });
}

/**
 * What is in a folder. A name that other programs have put there, and that no request could hold, keeps nobody from the
 * rest: it is told apart.
 *
 * @param pathOf gives the path that a name is told as; undefined for one that cannot be.
 * @param head told beside.
 */
export async function listPlace<Head extends Listing>(
  { artifacts, path: folder }: Place,
  pathOf: (name: string) => ArtifactPath | undefined,
  head: Head,
): Promise<(Head & Listing) | TextStream> {
  const left_out: string[] = [];
  const rest = () => ({ ...head, ...(left_out.length > 0 && { left_out }) });
  const batches = listBatches(artifacts.list(folder), pathOf, left_out);
  const first = await batches.next();
  const files = first.value ?? [];
  if (files.length < ONE_PIECE) return { ...(files.length > 0 && { files }), ...rest() };
  return streamList('files', startingWith(files, batches), rest);
}

/** Every batch but the last is full. */
async function* listBatches(
  entries: AsyncIterable<StoredFileInfo>,
  pathOf: (name: string) => ArtifactPath | undefined,
  left_out: string[],
): AsyncGenerator<readonly FileInfo[], undefined> {
  let files: FileInfo[] = [];
  for await (const { path: name, is_dir, file_size } of entries) {
    const path = pathOf(name);
    if (path !== undefined) files.push({ path, is_dir, ...(file_size === undefined ? {} : { file_size }) });
    else if (left_out.length < MOST_LEFT_OUT) left_out.push(name);
    if (files.length < ONE_PIECE) continue;
    yield files;
    files = [];
  }
  if (files.length > 0) yield files;
}

async function* startingWith<T>(first: T, others: AsyncIterable<T>): AsyncGenerator<T> {
  yield first;
  yield* others;
}
