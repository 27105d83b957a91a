import { Readable } from 'node:stream';
import { type ArtifactPath, joinPaths } from '../artifact-path.ts';
import { Download } from '../download.ts';
import { ArtifactError, isDirectory, notFound, requireFileName, show } from '../error.ts';
import { countListed } from '../garbage.ts';
import type {
  ArtifactRepository,
  ByteRange,
  FileInfo,
  ListOptions,
  PartUploads,
  SignedUrls,
  StoredFile,
} from '../repository.ts';
import { eachOf } from '../transfer.ts';
import { wholeContent } from '../whole-content.ts';
import type { GcsClient } from './client.ts';
import { Crc32c } from './crc32c.ts';
import { GcsRefusal, isAbsent, translateGcs } from './errors.ts';
import { partsOf, urlsOf } from './parts.ts';
import { writeObject } from './write.ts';

/** Deletions under way at a time. */
const AT_ONCE = 16;

/** What is asked of an object; numbers are text in this API. */
interface GcsObject {
  readonly name: string;
  readonly size: string;
  readonly updated: string;
  readonly generation: string;
  readonly crc32c?: string;
  readonly contentEncoding?: string;
}

interface Page {
  readonly items?: readonly Pick<GcsObject, 'name' | 'size' | 'updated'>[];
  readonly prefixes?: readonly string[];
  readonly nextPageToken?: string;
}

/** A folder of a bucket: the objects whose names begin with it. */
export class GcsArtifactRepository implements ArtifactRepository {
  readonly parts?: PartUploads;
  readonly urls?: SignedUrls;
  readonly #client: GcsClient;
  readonly #root: ArtifactPath;

  constructor(client: GcsClient, root: ArtifactPath) {
    this.#client = client;
    this.#root = root;
    if (client.settings.canSign) {
      const place = {
        client,
        name: (path: ArtifactPath) => this.#name(path),
        find: (path: ArtifactPath) => this.find(path),
        translated: <T>(path: ArtifactPath, run: () => Promise<T>) => this.#translated(path, run),
      };
      this.parts = partsOf(place);
      this.urls = urlsOf(place);
    }
  }

  async *list(
    folder: ArtifactPath,
    { after, withTimes = false }: ListOptions = {},
  ): AsyncGenerator<FileInfo> {
    const prefix = this.#prefix(folder);
    for await (const { items = [], prefixes = [] } of this.#pages(folder, prefix, '/', after)) {
      // Pages follow each other by name; within one, the service tells folders apart from files.
      const entries = [
        ...prefixes.map((name) => ({ name, is_dir: true })),
        ...items.map(({ name, size, updated }) => ({
          name,
          is_dir: false,
          file_size: Number(size),
          ...(withTimes && { modified_ms: Date.parse(updated) }),
        })),
      ].sort((a, b) => (a.name < b.name ? -1 : 1));
      for (const { name, ...entry } of entries) {
        const path = name.slice(prefix.length).replace(/\/$/, '');
        // A folder may have an object of its own, and names may hold two slashes in a row.
        if (path !== '') yield { path, ...entry };
      }
      countListed(entries.length);
    }
  }

  async find(path: ArtifactPath): Promise<StoredFile> {
    if (path === '') throw isDirectory(path);
    const object = await this.#translated(path, () => this.#look(path));
    const size = Number(object.size);
    return {
      size_bytes: size,
      modified_ms: Date.parse(object.updated),
      etag: `"${object.generation}"`,
      open: (range) => (size === 0 ? Readable.from([]) : this.#read(path, object, range)),
      close: async () => undefined,
    };
  }

  read(path: ArtifactPath, range?: ByteRange): Readable {
    const client = this.#client;
    const name = this.#name(path);
    const begin = async (signal: AbortSignal) => {
      try {
        const { body, headers } = await client.sendAgain({
          path: client.object(name, { alt: 'media' }),
          headers: readHeaders(range),
          signal,
        });
        const crc32c = /crc32c=([^,]+)/.exec(String(headers['x-goog-hash'] ?? ''))?.[1];
        return { body, check: checkOf(range ? undefined : crc32c) };
      } catch (error) {
        // Nothing of the range is there.
        if (range && error instanceof GcsRefusal && error.status === 416) return undefined;
        throw isAbsent(error) ? notFound(path) : error;
      }
    };
    return new Download(begin, {
      translate: (error) => translateGcs(error, client.settings.name, path) as Error,
    });
  }

  async write(path: ArtifactPath, content: Readable, size_bytes?: number): Promise<void> {
    requireFileName(path);
    await this.#translated(path, () =>
      writeObject(this.#client, this.#name(path), wholeContent(content, path, size_bytes), size_bytes),
    );
  }

  delete(path: ArtifactPath): Promise<void> {
    return this.#translated(path, async () => {
      if (path !== '') await this.#deleteObject(this.#name(path));
      for await (const { items = [] } of this.#pages(path, this.#prefix(path), ''))
        await eachOf(items, AT_ONCE, ({ name }) => this.#deleteObject(name));
    });
  }

  async copy(from: ArtifactPath, to: ArtifactPath): Promise<void> {
    await this.find(from);
    const { bucket } = this.#client.settings;
    const [source, goal] = [this.#name(from), this.#name(to)].map(encodeURIComponent);
    const base = `/storage/v1/b/${encodeURIComponent(bucket)}/o`;
    await this.#translated(to, async () => {
      let token = '';
      do {
        const query = token === '' ? '' : `?rewriteToken=${encodeURIComponent(token)}`;
        const answer = (await this.#client.json({
          method: 'POST',
          path: `${base}/${source}/rewriteTo/b/${encodeURIComponent(bucket)}/o/${goal}${query}`,
          headers: { 'content-type': 'application/json' },
          body: '{}',
        })) as { readonly done: boolean; readonly rewriteToken?: string };
        token = answer.done ? '' : (answer.rewriteToken ?? '');
      } while (token !== '');
    });
  }

  /** @throws ArtifactError invalid_path */
  #name(path: ArtifactPath): string {
    if (/[\r\n]/.test(path)) {
      throw new ArtifactError(
        'invalid_path',
        `Invalid path '${show(path)}': objects of Google Cloud Storage cannot have a line break in their names.`,
      );
    }
    return joinPaths(this.#root, path);
  }

  /** What the names of all in a folder begin with: of `run1` never those of `run10`. */
  #prefix(folder: ArtifactPath): string {
    const name = this.#name(folder);
    return name === '' ? '' : `${name}/`;
  }

  async #look(path: ArtifactPath): Promise<GcsObject> {
    const fields = 'name,size,updated,generation,crc32c,contentEncoding';
    try {
      return (await this.#client.json({
        path: this.#client.object(this.#name(path), { fields }),
      })) as GcsObject;
    } catch (error) {
      if (!isAbsent(error)) throw error;
      for await (const _ of this.list(path)) throw isDirectory(path);
      throw notFound(path);
    }
  }

  /** Of the generation that was found, or of none. */
  #read(path: ArtifactPath, object: GcsObject, range?: ByteRange): Readable {
    const client = this.#client;
    const isWhole = range === undefined || (range.first === 0 && range.last === Number(object.size) - 1);
    const begin = async (signal: AbortSignal) => {
      const { body } = await client.sendAgain({
        path: client.object(object.name, { alt: 'media', generation: object.generation }),
        headers: readHeaders(range),
        signal,
      });
      return { body, check: checkOf(isWhole ? object.crc32c : undefined) };
    };
    return new Download(begin, {
      translate: (error) =>
        isAbsent(error)
          ? changed(client.settings.name, path)
          : (translateGcs(error, client.settings.name, path) as Error),
    });
  }

  async *#pages(
    path: ArtifactPath,
    prefix: string,
    delimiter: '' | '/',
    after?: string,
  ): AsyncGenerator<Page> {
    let pageToken = '';
    do {
      const query = {
        prefix,
        fields: 'items(name,size,updated),prefixes,nextPageToken',
        // It begins with this very name, where ours begins behind it.
        ...(after === undefined ? {} : { startOffset: prefix + after }),
        ...(delimiter === '' ? {} : { delimiter }),
        ...(pageToken === '' ? {} : { pageToken }),
      };
      const page = (await this.#translated(path, () =>
        this.#client.json({ path: this.#client.objects(query) }),
      )) as Page;
      yield page;
      pageToken = page.nextPageToken ?? '';
    } while (pageToken !== '');
  }

  async #deleteObject(name: string): Promise<void> {
    try {
      const response = await this.#client.sendAgain({ method: 'DELETE', path: this.#client.object(name) });
      await response.body.dump();
    } catch (error) {
      if (!isAbsent(error)) throw error;
    }
  }

  async #translated<T>(path: ArtifactPath, run: () => Promise<T>): Promise<T> {
    try {
      return await run();
    } catch (error) {
      throw translateGcs(error, this.#client.settings.name, path);
    }
  }
}

const readHeaders = (range: ByteRange | undefined) => ({
  // As it is stored, not unpacked.
  'accept-encoding': 'gzip',
  ...(range ? { range: `bytes=${range.first}-${range.last}` } : {}),
});

const checkOf = (crc32c: string | undefined) =>
  crc32c === undefined ? undefined : { checksum: new Crc32c(), expected: Buffer.from(crc32c, 'base64') };

const changed = (store: string, path: ArtifactPath) =>
  new ArtifactError(
    'unavailable',
    `The artifact store ${show(store)} has got other content for '${show(path)}' meanwhile. Ask again.`,
  );
