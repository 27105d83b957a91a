import type { Readable } from 'node:stream';
import { json } from 'node:stream/consumers';
import {
  ArtifactError,
  type ArtifactPath,
  type ArtifactRepository,
  type ByteRange,
  Download,
  type FileInfo,
  joinPaths,
  type StoredFile,
} from '@bitacora/artifacts';
import { request } from 'undici';
import type { TrackingServer } from '../tracking-server.ts';

const ARTIFACTS = '/api/2.0/mlflow-artifacts/artifacts';

type Method = 'GET' | 'HEAD' | 'PUT' | 'DELETE';
type Connection = Pick<TrackingServer, 'baseUrl' | 'headers' | 'dispatcher'>;

/** A folder in the store behind a tracking server's proxy, as MLflow's clients reach `mlflow-artifacts:`. */
export class ProxiedArtifactRepository implements ArtifactRepository {
  readonly #server: Connection;
  readonly #root: ArtifactPath;

  constructor(server: Connection, root: ArtifactPath) {
    this.#server = server;
    this.#root = root;
  }

  async *list(folder: ArtifactPath): AsyncGenerator<FileInfo> {
    const path = joinPaths(this.#root, folder);
    const { body } = await this.#ask('GET', `${ARTIFACTS}?path=${encodeURIComponent(path)}`, folder);
    const { files = [] } = (await json(body)) as {
      files?: readonly (Omit<FileInfo, 'file_size'> & { readonly file_size?: number | string })[];
    };
    for (const { path: name, is_dir, file_size } of files)
      yield { path: name, is_dir, ...(file_size === undefined ? {} : { file_size: Number(file_size) }) };
  }

  async find(path: ArtifactPath): Promise<StoredFile> {
    const { headers, body } = await this.#ask('HEAD', this.#place(path), path);
    await body.dump();
    const [size_bytes, etag] = [Number(headers['content-length']), String(headers.etag ?? '')];
    return {
      size_bytes,
      modified_ms: Date.parse(String(headers['last-modified'] ?? '')) || 0,
      etag,
      open: (range) => this.#read(path, range),
      close: async () => undefined,
    };
  }

  async write(path: ArtifactPath, content: Readable, size_bytes?: number): Promise<void> {
    const length = size_bytes === undefined ? {} : { 'content-length': String(size_bytes) };
    const { body } = await this.#ask('PUT', this.#place(path), path, length, content);
    await body.dump();
  }

  async delete(path: ArtifactPath): Promise<void> {
    const { body } = await this.#ask('DELETE', this.#place(path), path);
    await body.dump();
  }

  async copy(from: ArtifactPath, to: ArtifactPath): Promise<void> {
    const file = await this.find(from);
    await this.write(to, file.open(), file.size_bytes);
  }

  #place = (path: ArtifactPath) =>
    `${ARTIFACTS}/${joinPaths(this.#root, path).split('/').map(encodeURIComponent).join('/')}`;

  #read(path: ArtifactPath, range?: ByteRange): Readable {
    const wanted = range ? { range: `bytes=${range.first}-${range.last}` } : {};
    const ask = (signal: AbortSignal) => this.#ask('GET', this.#place(path), path, wanted, undefined, signal);
    return new Download(ask);
  }

  async #ask(
    method: Method,
    place: string,
    path: ArtifactPath,
    headers: Readonly<Record<string, string>> = {},
    content?: Readable,
    signal?: AbortSignal,
  ) {
    const { baseUrl, headers: own, dispatcher } = this.#server;
    const answer = await request(baseUrl + place, {
      method,
      headers: { ...own, ...headers },
      dispatcher,
      ...(content === undefined ? {} : { body: content }),
      ...(signal === undefined ? {} : { signal }),
    });
    if (answer.statusCode < 300) return answer;
    const text = await answer.body.text();
    throw new ArtifactError(
      answer.statusCode === 404
        ? 'not_found'
        : [401, 403].includes(answer.statusCode)
          ? 'denied'
          : 'unavailable',
      messageOf(text) ?? `The server answered ${answer.statusCode} for the artifact '${path}'.`,
    );
  }
}

/** Of MLflow's error answer. */
function messageOf(text: string): string | undefined {
  try {
    const { message } = JSON.parse(text) as { readonly message?: unknown };
    return typeof message === 'string' ? message : undefined;
  } catch {
    return undefined;
  }
}
