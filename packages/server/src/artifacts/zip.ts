import { once } from 'node:events';
import { addAbortSignal, PassThrough, Readable } from 'node:stream';
import {
  ArtifactError,
  type ArtifactPath,
  baseName,
  contentDisposition,
  contentType,
  joinPaths,
  type StoredFile,
} from '@bitacora/artifacts';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { ZipFile } from 'yazl';
import { EntryNames } from './entry-names.ts';
import type { Place } from './location.ts';
import { readAhead } from './read-ahead.ts';
import { type EntryBelow, entriesBelow } from './tree.ts';

/** The table at the end of an archive is held until then: about a kilobyte for each file. */
const MOST_FILES = 100_000;

/** Names that are told at the end of an archive. */
const MOST_LEFT_OUT = 1000;

/** zlib's quickest: text shrinks to a third, and higher levels are slower than a network. */
const COMPRESSION_LEVEL = 1;

/**
 * Answers a folder as an archive that is made while it is sent. Whatever fails on the way ends the connection, so that
 * nobody takes a part for the whole.
 *
 * @param name of the archive, without `.zip`.
 * @throws ArtifactError not_found when there is no file below the folder.
 */
export async function sendZip(
  { artifacts, path }: Place,
  name: string,
  request: FastifyRequest,
  reply: FastifyReply,
) {
  const leftOut: string[] = [];
  const entries = entriesBelow(artifacts, path, (name) => {
    if (leftOut.length < MOST_LEFT_OUT) leftOut.push(name);
  });
  const first = await nextFile(entries);
  if (first === undefined) {
    throw new ArtifactError(
      'not_found',
      `There are no files below '${name}'. Name a folder that holds some.`,
    );
  }
  reply
    .header('content-type', 'application/zip')
    .header('content-disposition', contentDisposition(`${name}.zip`))
    .header('cache-control', 'no-cache')
    .header('content-security-policy', "default-src 'none'; sandbox");
  if (request.method === 'HEAD') {
    await entries.return(undefined);
    return reply.send();
  }
  const archive = new Archive(new EntryNames({ artifacts, path }));
  void fill(archive, { artifacts, path }, first, entries, leftOut);
  return reply.send(archive.output);
}

/** Adds one file after the other; the archive is then ended, or broken off with what went wrong. Never rejects. */
async function fill(
  archive: Archive,
  { artifacts, path: folder }: Place,
  first: EntryBelow,
  entries: AsyncGenerator<EntryBelow>,
  leftOut: readonly string[],
): Promise<void> {
  try {
    let count = 0;
    const files = filesFrom(first, entries);
    for await (const { entry, find } of readAhead(artifacts, files, ({ path }) => joinPaths(folder, path))) {
      if (++count > MOST_FILES)
        throw new Error(`A folder of more than ${MOST_FILES} files does not go into a zip.`);
      await archive.add(entry.path, find);
    }
    if (leftOut.length > 0) await archive.note(leftOut);
    archive.end();
  } catch (error) {
    archive.breakOff(error);
  } finally {
    await entries.return(undefined).catch(() => undefined);
  }
}

class Archive {
  readonly output: PassThrough;
  readonly #zip = new ZipFile();
  /** Aborted when nobody takes the archive any more. */
  readonly #left = new AbortController();
  readonly #names: EntryNames;

  constructor(names: EntryNames) {
    this.#names = names;
    const { outputStream } = this.#zip;
    if (!(outputStream instanceof PassThrough))
      throw new Error('yazl writes into a PassThrough, as its readme says');
    this.output = outputStream;
    outputStream.once('close', () => this.#left.abort());
    this.#zip.on('error', (error) => this.breakOff(error));
  }

  /** Resolves when the file is being written; at most one more is open by then. */
  async add(path: ArtifactPath, find: () => Promise<StoredFile>): Promise<void> {
    const { signal } = this.#left;
    signal.throwIfAborted();
    const name = await this.#names.of(path);
    const file = await find();
    const { size_bytes: size } = file;
    // A file may grow meanwhile: the archive gets what was there when it was opened, or breaks off.
    const open = () => {
      const content = size === 0 ? Readable.from([]) : file.open({ first: 0, last: size - 1 });
      if (size === 0) void file.close();
      return addAbortSignal(signal, content).on('error', (error) => this.breakOff(error));
    };
    const options = {
      size,
      mtime: new Date(file.modified_ms),
      compressionLevel: size > 0 && isText(path) ? COMPRESSION_LEVEL : 0,
    };
    try {
      await this.#turnOf(name, options, open);
    } catch (error) {
      await file.close();
      throw error;
    }
    // What is written for an empty file waits for nobody by itself: a folder of those would be held whole.
    if (this.output.writableNeedDrain) await once(this.output, 'drain', { signal });
  }

  #turnOf(name: string, options: { readonly size: number }, open: () => Readable): Promise<void> {
    const { signal } = this.#left;
    return new Promise((resolve, reject) => {
      const giveUp = () => reject(signal.reason);
      if (signal.aborted) return giveUp();
      signal.addEventListener('abort', giveUp, { once: true });
      const begin = callOnce((give: Give) => {
        signal.removeEventListener('abort', giveUp);
        give(null, open());
        resolve();
      });
      this.#zip.addReadStreamLazy(name, options, begin);
    });
  }

  /** Who unpacks it shall not take it for all there is. */
  async note(leftOut: readonly string[]): Promise<void> {
    const lines = [
      'Names that lead elsewhere are not in this archive:',
      ...leftOut.map((name) => JSON.stringify(name)),
    ];
    this.#zip.addBuffer(Buffer.from(`${lines.join('\n')}\n`), await this.#names.free('LEFT-OUT.txt'));
  }

  end(): void {
    this.#zip.end();
  }

  breakOff(error: unknown): void {
    this.output.destroy(
      error instanceof Error ? error : new Error('The archive broke off.', { cause: error }),
    );
  }
}

type Give = (error: null, content: Readable) => void;

/** Lets go of what it has called: yazl keeps the functions of all files to the end, and they keep the files. */
function callOnce<Argument>(run: (argument: Argument) => void): (argument: Argument) => void {
  const left = [run];
  return (argument) => left.pop()?.(argument);
}

/** Weights, tables and pictures are packed already, or hardly get smaller. */
const isText = (path: ArtifactPath) => /^text\/|svg/.test(contentType(baseName(path)));

async function* filesFrom(first: EntryBelow, entries: AsyncGenerator<EntryBelow>) {
  for (let next: EntryBelow | undefined = first; next !== undefined; next = await nextFile(entries))
    yield next;
}

async function nextFile(entries: AsyncGenerator<EntryBelow>): Promise<EntryBelow | undefined> {
  for (;;) {
    const { value, done } = await entries.next();
    if (done) return undefined;
    if (!value.is_dir) return value;
  }
}
