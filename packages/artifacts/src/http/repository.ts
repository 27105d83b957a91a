import { Readable } from 'node:stream';
import { type Dispatcher, request } from 'undici';
import { type ArtifactPath, joinPaths } from '../artifact-path.ts';
import { Download } from '../download.ts';
import { ArtifactError, notFound, show } from '../error.ts';
import type { ArtifactRepository, ByteRange, FileInfo, StoredFile } from '../repository.ts';

/** Where files are read from, and how. */
export interface HttpPlace {
  /** Scheme, host and port. */
  readonly origin: string;
  /** Of requests, credentials included. */
  readonly headers: Readonly<Record<string, string>>;
  readonly dispatcher: Dispatcher;
}

const MOST_REDIRECTS = 5;

/** The files of a web server, to be read. MLflow's client would write to it as well, wherever it leads. */
export class HttpArtifactRepository implements ArtifactRepository {
  readonly #place: HttpPlace;
  readonly #root: ArtifactPath;

  constructor(place: HttpPlace, root: ArtifactPath) {
    this.#place = place;
    this.#root = root;
  }

  // biome-ignore lint/correctness/useYield: it is a refusal.
  async *list(_folder: ArtifactPath): AsyncGenerator<FileInfo> {
    throw new ArtifactError(
      'unsupported',
      `The web server ${this.#place.origin} cannot be asked what it has. Name a file to read.`,
    );
  }

  async find(path: ArtifactPath): Promise<StoredFile> {
    const { url, headers } = await this.#head(path);
    const size = Number(headers['content-length'] ?? Number.NaN);
    if (!Number.isSafeInteger(size)) {
      throw new ArtifactError(
        'unsupported',
        `The web server ${this.#place.origin} does not say how large '${show(path)}' is. Read it from there directly.`,
      );
    }
    const modified_ms = Date.parse(String(headers['last-modified'] ?? '')) || 0;
    const etag = typeof headers.etag === 'string' ? headers.etag : undefined;
    return {
      size_bytes: size,
      modified_ms,
      etag: etag?.replace(/^W\//, '') ?? `"${modified_ms.toString(16)}-${size.toString(16)}"`,
      open: (range) => (size === 0 ? Readable.from([]) : this.#read(path, url, etag, range)),
      close: async () => undefined,
    };
  }

  async write(_path: ArtifactPath): Promise<void> {
    throw this.#readOnly();
  }

  async delete(_path: ArtifactPath): Promise<void> {
    throw this.#readOnly();
  }

  async copy(_from: ArtifactPath, _to: ArtifactPath): Promise<void> {
    throw this.#readOnly();
  }

  #readOnly(): ArtifactError {
    return new ArtifactError(
      'read_only',
      `Artifacts at the web server ${this.#place.origin} can only be read. Give the experiment another artifact location to write to.`,
    );
  }

  /** By GET, unread, where the server knows no HEAD. */
  async #head(path: ArtifactPath) {
    const url = `${this.#place.origin}/${joinPaths(this.#root, path).split('/').map(encodeURIComponent).join('/')}`;
    const asked = await this.#ask(path, { method: 'HEAD', url });
    const answer = [405, 501].includes(asked.status) ? await this.#ask(path, { method: 'GET', url }) : asked;
    answer.body.destroy();
    this.#check(path, answer.status);
    return answer;
  }

  #read(path: ArtifactPath, url: string, etag: string | undefined, range?: ByteRange): Readable {
    // Ending with another content than it began with would be worse than not at all.
    const pinned = etag === undefined || etag.startsWith('W/') ? {} : { 'if-match': etag };
    const wanted = range ? { range: `bytes=${range.first}-${range.last}` } : {};
    const ask = (signal: AbortSignal) =>
      this.#ask(path, { method: 'GET', url, headers: { ...pinned, ...wanted }, signal });
    const check = (status: number) => this.#check(path, status);
    const begin = async (signal: AbortSignal) => {
      const { status, body } = await ask(signal);
      try {
        check(status);
      } catch (error) {
        body.destroy();
        throw error;
      }
      // Servers may pass over a range.
      return { body: range && status === 200 ? Readable.from(sliced(body, range)) : body };
    };
    return new Download(begin, { translate: (error) => this.#translate(error, path) as Error });
  }

  async #ask(
    path: ArtifactPath,
    wanted: {
      readonly method: 'GET' | 'HEAD';
      readonly url: string;
      readonly headers?: Readonly<Record<string, string>>;
      readonly signal?: AbortSignal;
    },
  ) {
    let { url } = wanted;
    for (let redirects = 0; ; redirects++) {
      const response = await request(url, {
        method: wanted.method,
        headers: { 'accept-encoding': 'identity', ...this.#place.headers, ...wanted.headers },
        dispatcher: this.#place.dispatcher,
        ...(wanted.signal ? { signal: wanted.signal } : {}),
      }).catch((error: unknown) => {
        throw this.#translate(error, path);
      });
      const { statusCode: status, headers, body } = response;
      // Nobody waits for what is left of an answer that is given up.
      body.on('error', () => undefined);
      if (status < 300 || status >= 400 || typeof headers.location !== 'string')
        return { url, status, headers, body };
      body.destroy();
      url = this.#follow(url, headers.location, redirects);
    }
  }

  /** Never to another server: which ones this one connects to is the operator's choice. */
  #follow(from: string, location: string, redirects: number): string {
    const { origin } = this.#place;
    const next = URL.canParse(location, from) ? new URL(location, from) : undefined;
    if (next === undefined || next.origin !== new URL(origin).origin || redirects >= MOST_REDIRECTS) {
      throw new ArtifactError(
        'unsupported',
        `The web server ${origin} sends this server elsewhere for its files. Give a location that needs no redirect.`,
      );
    }
    return next.href;
  }

  #check(path: ArtifactPath, status: number): void {
    const { origin } = this.#place;
    if (status < 300) return;
    if (status === 404 || status === 410) throw notFound(path);
    if (status === 401 || status === 403) {
      throw new ArtifactError(
        'denied',
        `The web server ${origin} does not let this server read '${show(path)}' (${status}). Check the user and password in its location.`,
      );
    }
    throw new ArtifactError(
      'unavailable',
      `The web server ${origin} does not give '${show(path)}' (${status}). Try again later.`,
    );
  }

  #translate(error: unknown, path: ArtifactPath): unknown {
    if (error instanceof ArtifactError || !(error instanceof Error)) return error;
    const code = 'code' in error ? String(error.code) : error.name;
    return new ArtifactError(
      'unavailable',
      `The web server ${this.#place.origin} cannot be reached (${code}). Artifact: '${show(path)}'.`,
      { cause: error },
    );
  }
}

async function* sliced(content: AsyncIterable<Buffer>, { first, last }: ByteRange): AsyncGenerator<Buffer> {
  let at = 0;
  for await (const chunk of content) {
    const piece = chunk.subarray(Math.max(0, first - at), Math.max(0, last + 1 - at));
    at += chunk.length;
    if (piece.length > 0) yield piece;
    if (at > last) return;
  }
}
