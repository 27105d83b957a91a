import type { Readable } from 'node:stream';
import {
  GetObjectCommand,
  HeadObjectCommand,
  type HeadObjectCommandOutput,
  ListObjectsV2Command,
  type ListObjectsV2CommandOutput,
  type S3Client,
} from '@aws-sdk/client-s3';
import { type ArtifactPath, baseName, joinPaths } from '../artifact-path.ts';
import type { BlockSource } from '../block-pool.ts';
import { contentType } from '../content-headers.ts';
import { Download } from '../download.ts';
import { isDirectory, notFound, requireFileName } from '../error.ts';
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
import { wholeContent } from '../whole-content.ts';
import type { S3Connection } from './client.ts';
import { copyObject } from './copy.ts';
import { decodeKey, deleteObjects } from './delete.ts';
import { statusOf, translateS3 } from './errors.ts';
import { partUploads } from './parts.ts';
import type { S3Settings } from './settings.ts';
import { signedUrls } from './signed-urls.ts';
import { writeObject } from './write.ts';

/** A prefix in a bucket of Amazon S3, or of what speaks its protocol. */
export class S3ArtifactRepository implements ArtifactRepository {
  readonly #client: S3Client;
  readonly #blocks: BlockSource;
  readonly #settings: S3Settings;
  readonly #root: ArtifactPath;
  readonly parts?: PartUploads;
  readonly urls?: SignedUrls;

  constructor(connection: S3Connection, settings: S3Settings, root: ArtifactPath) {
    this.#client = connection.client;
    this.#blocks = connection.blocks;
    this.#settings = settings;
    this.#root = root;
    if (settings.signsUrls) {
      const key = (path: ArtifactPath) => joinPaths(root, path);
      this.parts = partUploads(connection, settings, key);
      this.urls = signedUrls(connection, settings, key, (path) => this.#head(path));
    }
  }

  async *list(
    folder: ArtifactPath,
    { after, withTimes = false }: ListOptions = {},
  ): AsyncGenerator<FileInfo> {
    const path = joinPaths(this.#root, folder);
    const prefix = path === '' ? '' : `${path}/`;
    let token: string | undefined;
    do {
      const page = await this.#page(folder, prefix, token, { after });
      const decode = page.EncodingType === 'url' ? decodeKey : (key: string) => key;
      const folders = (page.CommonPrefixes ?? []).map(
        ({ Prefix }) => [decode(Prefix ?? ''), true, 0, undefined] as const,
      );
      const files = (page.Contents ?? []).map(
        ({ Key, Size, LastModified }) => [decode(Key ?? ''), false, Size ?? 0, LastModified] as const,
      );
      for (const [key, is_dir, file_size, modified] of [...folders, ...files].sort(byKey)) {
        const name = key.slice(prefix.length, is_dir ? -1 : undefined);
        // Of keys that were not made from paths: markers of folders, and names that lead elsewhere.
        if (name === '' || name === '.' || name === '..' || name.endsWith('/')) continue;
        if (is_dir) yield { path: name, is_dir };
        else
          yield {
            path: name,
            is_dir,
            file_size,
            ...(withTimes && { modified_ms: modified?.getTime() ?? 0 }),
          };
      }
      countListed(folders.length + files.length);
      token = page.NextContinuationToken;
    } while (token !== undefined);
  }

  async find(path: ArtifactPath): Promise<StoredFile> {
    const { ContentLength = 0, LastModified, ETag = '' } = await this.#head(path);
    return {
      size_bytes: ContentLength,
      modified_ms: LastModified?.getTime() ?? 0,
      etag: ETag,
      open: (range) => this.#open(path, ETag, range),
      close: async () => undefined,
    };
  }

  read(path: ArtifactPath, range?: ByteRange): Readable {
    return this.#open(path, undefined, range);
  }

  async write(path: ArtifactPath, content: Readable, size_bytes?: number): Promise<void> {
    requireFileName(path);
    try {
      await writeObject(wholeContent(content, path, size_bytes), {
        client: this.#client,
        blocks: this.#blocks,
        settings: this.#settings,
        key: joinPaths(this.#root, path),
        content_type: contentType(baseName(path)),
        size_bytes,
      });
    } catch (error) {
      throw this.#translate(error, path);
    }
  }

  async delete(path: ArtifactPath): Promise<void> {
    try {
      await deleteObjects(this.#client, this.#settings, joinPaths(this.#root, path));
    } catch (error) {
      throw this.#translate(error, path);
    }
  }

  async copy(from: ArtifactPath, to: ArtifactPath): Promise<void> {
    requireFileName(to);
    const source = await this.#head(from);
    try {
      await copyObject(
        this.#client,
        this.#settings,
        {
          key: joinPaths(this.#root, from),
          etag: source.ETag ?? '',
          size_bytes: source.ContentLength ?? 0,
          type: source.ContentType,
        },
        joinPaths(this.#root, to),
      );
    } catch (error) {
      throw this.#translate(error, to);
    }
  }

  /** @throws ArtifactError not_found, is_directory */
  async #head(path: ArtifactPath): Promise<HeadObjectCommandOutput> {
    if (path === '') throw isDirectory(path);
    try {
      return await this.#client.send(
        new HeadObjectCommand({
          ...this.#settings.owner,
          Bucket: this.#settings.bucket,
          Key: joinPaths(this.#root, path),
        }),
      );
    } catch (error) {
      // The answer to HEAD has no body, so it does not say what is missing, or why something is refused.
      const status = statusOf(error);
      if (status === 404 || status === 403 || status === 400) {
        const { Contents = [] } = await this.#page(path, `${joinPaths(this.#root, path)}/`, undefined, {
          most: 1,
        });
        if (status === 404) throw Contents.length > 0 ? isDirectory(path) : notFound(path);
      }
      throw this.#translate(error, path);
    }
  }

  /** Undefined `most` lists names in the folder, a number any keys below it. */
  async #page(
    path: ArtifactPath,
    Prefix: string,
    ContinuationToken: string | undefined,
    { most, after }: { readonly most?: number; readonly after?: string | undefined },
  ): Promise<ListObjectsV2CommandOutput> {
    try {
      return await this.#client.send(
        new ListObjectsV2Command({
          ...this.#settings.owner,
          Bucket: this.#settings.bucket,
          Prefix,
          ContinuationToken,
          ...(after === undefined ? {} : { StartAfter: Prefix + after }),
          // Keys may hold what XML cannot.
          EncodingType: 'url',
          ...(most === undefined ? { Delimiter: '/' } : { MaxKeys: most }),
        }),
      );
    } catch (error) {
      throw this.#translate(error, path);
    }
  }

  #open(path: ArtifactPath, etag: string | undefined, range?: ByteRange): Readable {
    const translate = (error: Error) => this.#translate(error, path) as Error;
    const wanted = new GetObjectCommand({
      ...this.#settings.owner,
      Bucket: this.#settings.bucket,
      Key: joinPaths(this.#root, path),
      // What was found is what is read, or nothing.
      ...(etag === undefined ? {} : { IfMatch: etag }),
      ...(range ? { Range: `bytes=${range.first}-${range.last}` } : {}),
    });
    const begin = async (abortSignal: AbortSignal) => {
      try {
        return { body: (await this.#client.send(wanted, { abortSignal })).Body as Readable };
      } catch (error) {
        // Nothing of the range is there.
        if (etag === undefined && range && statusOf(error) === 416) return undefined;
        throw isNoKey(error) ? notFound(path) : error;
      }
    };
    return new Download(begin, { translate, silence: { ms: this.#settings.silence_ms, from: 'answer' } });
  }

  #translate(error: unknown, path: ArtifactPath): unknown {
    return translateS3(error, this.#settings.name, path);
  }
}

const isNoKey = (error: unknown) => error instanceof Error && error.name === 'NoSuchKey';

/** As S3 sorts: by the bytes of UTF-8, folders with their slash. */
const byKey = (a: readonly [string, ...unknown[]], b: readonly [string, ...unknown[]]) =>
  Buffer.compare(Buffer.from(a[0]), Buffer.from(b[0]));
