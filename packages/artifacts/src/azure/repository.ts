import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import type {
  BlobDownloadResponseParsed,
  BlobGetPropertiesResponse,
  BlockBlobClient,
  ContainerClient,
} from '@azure/storage-blob';
import { type ArtifactPath, joinPaths } from '../artifact-path.ts';
import type { BlockSource } from '../block-pool.ts';
import { type Answer, Download } from '../download.ts';
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
import { isAbsent, isBeyondEnd, translateAzure, translateRead } from './errors.ts';
import type { AzureSettings } from './settings.ts';
import { partsOf, urlsOf } from './signed.ts';
import { AzureSigner } from './signing.ts';
import { writeBlob } from './write.ts';

/** Deletions under way at a time. */
const AT_ONCE = 16;

/** What the service copies in one request, without a moment in which the copy is there but empty. */
const MOST_COPIED_BYTES = 256 * 1024 * 1024;

/**
 * The service makes a slash of a backslash, and paths are not judged as leading there. Control characters it does not
 * allow; where they get in, listings are no XML any more.
 */
const NOT_IN_NAMES = /[\\\p{Cc}\ufffe\uffff]/u;

/** In accounts with a hierarchy, folders are blobs that bear this mark. */
const FOLDER_MARK = 'hdi_isfolder';

/** A folder of a container: the blobs whose names begin with it. */
export class AzureArtifactRepository implements ArtifactRepository {
  readonly parts?: PartUploads;
  readonly urls?: SignedUrls;
  readonly #settings: AzureSettings;
  readonly #container: ContainerClient;
  readonly #signer: AzureSigner;
  readonly #blocks: BlockSource;
  readonly #root: ArtifactPath;

  constructor(settings: AzureSettings, signer: AzureSigner, blocks: BlockSource, root: ArtifactPath) {
    this.#settings = settings;
    this.#blocks = blocks;
    this.#container = settings.service.getContainerClient(settings.container);
    this.#signer = signer;
    this.#root = root;
    const canSign = AzureSigner.canSign(settings.service);
    if (canSign !== 'never') {
      const place = {
        signer,
        container: settings.container,
        blob: (path: ArtifactPath) => this.#blob(path),
        find: (path: ArtifactPath) => this.find(path),
        translated: <T>(path: ArtifactPath, run: () => Promise<T>) => this.#translated(path, run),
        abortSignal: () => this.#timeout(),
      };
      this.parts = partsOf(place);
      // Clients that are refused a part send the file whole, but of a download they expect it to work.
      if (canSign === 'always') this.urls = urlsOf(place);
    }
  }

  async *list(folder: ArtifactPath, { withTimes = false }: ListOptions = {}): AsyncGenerator<FileInfo> {
    const prefix = this.#prefix(folder);
    const pages = this.#container
      .listBlobsByHierarchy('/', { prefix, includeMetadata: true })
      .byPage()
      [Symbol.asyncIterator]();
    for (;;) {
      const { done, value: page } = await this.#translated(folder, () => this.#inTime(pages.next()));
      if (done) return;
      const { blobPrefixes = [], blobItems } = page.segment;
      const files = blobItems.filter(({ metadata }) => metadata?.[FOLDER_MARK] !== 'true');
      // Pages follow each other by name; within one, the service tells folders apart from files.
      const entries = [
        ...blobPrefixes.map(({ name }) => ({ name, is_dir: true })),
        ...files.map(({ name, properties }) => ({
          name,
          is_dir: false,
          file_size: properties.contentLength ?? 0,
          ...(withTimes && { modified_ms: properties.lastModified.getTime() }),
        })),
      ].sort((a, b) => (a.name < b.name ? -1 : 1));
      for (const { name, ...entry } of entries) {
        const path = name.slice(prefix.length).replace(/\/$/, '');
        // A folder may have a blob of its own, and keys may hold two slashes in a row.
        if (path !== '') yield { path, ...entry };
      }
      countListed(entries.length);
    }
  }

  async find(path: ArtifactPath): Promise<StoredFile> {
    if (path === '') throw isDirectory(path);
    const blob = this.#blob(path);
    const properties = await this.#translated(path, () => this.#look(blob, path));
    const size = properties.contentLength ?? 0;
    return {
      size_bytes: size,
      modified_ms: properties.lastModified?.getTime() ?? 0,
      etag: properties.etag ?? '',
      open: (range) => this.#read(blob, path, properties, range),
      close: async () => undefined,
    };
  }

  read(path: ArtifactPath, range?: ByteRange): Readable {
    const blob = this.#blob(path);
    const count = range && range.last - range.first + 1;
    return this.#download(path, async (signal) => {
      try {
        const answer = await blob.download(range?.first ?? 0, count, { abortSignal: signal });
        return contentOf(answer, range ? undefined : answer.contentMD5);
      } catch (error) {
        // Nothing of the range is there.
        if (range && isBeyondEnd(error)) return undefined;
        throw isAbsent(error) ? notFound(path) : error;
      }
    });
  }

  async write(path: ArtifactPath, content: Readable, size_bytes?: number): Promise<void> {
    requireFileName(path);
    await this.#translated(path, () =>
      writeBlob(this.#blob(path), path, wholeContent(content, path, size_bytes), {
        size_bytes,
        silence_ms: this.#settings.silence_ms,
        blocks: this.#blocks,
      }),
    );
  }

  delete(path: ArtifactPath): Promise<void> {
    return this.#translated(path, async () => {
      const folders: string[] = [];
      if (path !== '') await this.#deleteBlob(this.#name(path), folders);
      const prefix = this.#prefix(path);
      await eachOf(this.#namesBelow(prefix, folders), AT_ONCE, (name) => this.#deleteBlob(name, folders));
      // Those that are blobs go when they are empty, the deepest first.
      for (const name of [...new Set(folders)].sort().reverse())
        await this.#container.deleteBlob(name, { abortSignal: this.#timeout() }).catch(ignoreAbsent);
    });
  }

  async copy(from: ArtifactPath, to: ArtifactPath): Promise<void> {
    const file = await this.find(from);
    if (AzureSigner.canSign(this.#settings.service) !== 'always' || file.size_bytes > MOST_COPIED_BYTES) {
      await this.write(to, file.open(), file.size_bytes);
      return;
    }
    await this.#translated(to, async () => {
      const source = this.#blob(from);
      const query = await this.#signer.sign({
        container: this.#settings.container,
        blob: source.name,
        for: 'read',
        seconds: 3600,
      });
      await this.#blob(to).syncCopyFromURL(`${source.url}?${query}`, { abortSignal: this.#timeout() });
    });
  }

  /** @throws ArtifactError invalid_path */
  #name(path: ArtifactPath): string {
    if (NOT_IN_NAMES.test(path)) {
      throw new ArtifactError(
        'invalid_path',
        `Invalid path '${show(path)}': blobs of Azure cannot have backslashes or control characters in their names.`,
      );
    }
    return joinPaths(this.#root, path);
  }

  #blob(path: ArtifactPath): BlockBlobClient {
    return this.#container.getBlockBlobClient(this.#name(path));
  }

  /** What the names of all in a folder begin with: of `run1` never those of `run10`. */
  #prefix(folder: ArtifactPath): string {
    const place = this.#name(folder);
    return place === '' ? '' : `${place}/`;
  }

  async #look(blob: BlockBlobClient, path: ArtifactPath): Promise<BlobGetPropertiesResponse> {
    let properties: BlobGetPropertiesResponse;
    try {
      properties = await blob.getProperties({ abortSignal: this.#timeout() });
    } catch (error) {
      if (!isAbsent(error)) throw error;
      for await (const _ of this.list(path)) throw isDirectory(path);
      throw notFound(path);
    }
    if (properties.metadata?.[FOLDER_MARK] === 'true') throw isDirectory(path);
    return properties;
  }

  /** Of the content that was found, or of none. */
  #read(
    blob: BlockBlobClient,
    path: ArtifactPath,
    { etag, contentLength = 0, contentMD5 }: BlobGetPropertiesResponse,
    range?: ByteRange,
  ): Readable {
    if (contentLength === 0) return Readable.from([]);
    const { first, last } = range ?? { first: 0, last: contentLength - 1 };
    const isWhole = first === 0 && last === contentLength - 1;
    return this.#download(path, async (signal) => {
      const answer = await blob.download(first, last - first + 1, {
        abortSignal: signal,
        ...(etag === undefined ? {} : { conditions: { ifMatch: etag } }),
      });
      return contentOf(answer, isWhole ? contentMD5 : undefined);
    });
  }

  #download(path: ArtifactPath, begin: (signal: AbortSignal) => Promise<Answer | undefined>): Download {
    return new Download(begin, {
      translate: (error) => translateRead(error, this.#settings, path),
      silence: { ms: this.#settings.silence_ms, from: 'request' },
    });
  }

  async *#namesBelow(prefix: string, folders: string[]): AsyncGenerator<string> {
    const items = this.#container.listBlobsFlat({ prefix, includeMetadata: true })[Symbol.asyncIterator]();
    for (;;) {
      const { done, value: item } = await this.#inTime(items.next());
      if (done) return;
      if (item.metadata?.[FOLDER_MARK] === 'true') folders.push(item.name);
      else yield item.name;
    }
  }

  async #deleteBlob(name: string, folders: string[]): Promise<void> {
    try {
      await this.#container.deleteBlob(name, { deleteSnapshots: 'include', abortSignal: this.#timeout() });
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'DirectoryIsNotEmpty')
        folders.push(name);
      else ignoreAbsent(error);
    }
  }

  #timeout = () => AbortSignal.timeout(this.#settings.silence_ms);

  /** Listings go on over many requests, each of which has its time. */
  async #inTime<T>(answer: Promise<T>): Promise<T> {
    const signal = this.#timeout();
    let give: () => void = () => undefined;
    const late = new Promise<never>((_, reject) => {
      give = () => reject(signal.reason);
      signal.addEventListener('abort', give);
    });
    try {
      return await Promise.race([answer, late]);
    } finally {
      signal.removeEventListener('abort', give);
    }
  }

  async #translated<T>(path: ArtifactPath, run: () => Promise<T>): Promise<T> {
    try {
      return await run();
    } catch (error) {
      throw translateAzure(error, this.#settings, path);
    }
  }
}

function contentOf(
  { readableStreamBody: body }: Pick<BlobDownloadResponseParsed, 'readableStreamBody'>,
  md5: Uint8Array | undefined,
): Answer | undefined {
  if (!(body instanceof Readable)) return undefined;
  return { body, check: md5 && { checksum: createHash('md5'), expected: md5 } };
}

function ignoreAbsent(error: unknown): void {
  if (!isAbsent(error)) throw error;
}
