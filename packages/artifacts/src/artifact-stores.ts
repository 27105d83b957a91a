import type { ArtifactPath } from './artifact-path.ts';
import { hidePassword, parseArtifactUri, type StoreScheme } from './artifact-uri.ts';
import { ArtifactError, show } from './error.ts';
import { LocalArtifactRepository } from './local-repository.ts';
import type { ArtifactRepository } from './repository.ts';

/** Where stores find their settings and credentials: the process's own environment, but for tests. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** A bucket, container or server that artifacts are in. */
export interface StoreConnection {
  /** The part of it below a path. Costs nothing. */
  at(root: ArtifactPath): ArtifactRepository;
  close(): void | Promise<void>;
}

/** Connects to what the authority of a URI names. @throws ArtifactError invalid_uri, denied */
export type Connect = (authority: string, environment: Environment) => Promise<StoreConnection>;

/** Each loads its library when it is first needed: most servers need one of them, or none. */
const CONNECT: Readonly<Partial<Record<StoreScheme, () => Promise<Connect>>>> = {
  s3: async () => (await import('./s3/connect.ts')).connectS3,
  r2: async () => (await import('./s3/connect.ts')).connectR2,
  b2: async () => (await import('./s3/connect.ts')).connectB2,
  http: async () => (await import('./http/connect.ts')).connectHttp('http'),
  https: async () => (await import('./http/connect.ts')).connectHttp('https'),
  gs: async () => (await import('./gcs/connect.ts')).connectGcs,
  wasbs: async () => (await import('./azure/connect.ts')).connectAzure('wasbs'),
  abfss: async () => (await import('./azure/connect.ts')).connectAzure('abfss'),
  sftp: async () => (await import('./sftp/connect.ts')).connectSftp,
};

/** Hadoop once took a key and its secret before the bucket, where they would now be sent, and shown, as part of a name. */
const NAMES_A_BUCKET: ReadonlySet<StoreScheme> = new Set(['s3', 'gs']);

/** So many connections are kept; callers choose buckets. */
const MOST_CONNECTIONS = 64;

/** The stores that artifact URIs lead to, each connected to once. */
export class ArtifactStores {
  readonly #environment: Environment;
  readonly #connections = new Map<string, Promise<StoreConnection>>();

  constructor(environment: Environment = process.env) {
    this.#environment = environment;
  }

  /**
   * The folder that a URI names. Nothing is asked of the store yet.
   *
   * @throws ArtifactError unsupported for a scheme without a store, invalid_uri, denied
   */
  async at(uri: string): Promise<ArtifactRepository> {
    const location = parseArtifactUri(uri);
    if (location.kind === 'local') return new LocalArtifactRepository(location.path);
    if (location.kind !== 'store') throw unsupported(uri);
    const { scheme, authority, path } = location;
    return this.in(scheme, authority, path);
  }

  /** The folder of a store by its parts. @throws ArtifactError as `at` */
  async in(scheme: StoreScheme, authority: string, root: ArtifactPath): Promise<ArtifactRepository> {
    return (await this.#connect(scheme, authority)).at(root);
  }

  async close(): Promise<void> {
    const connections = [...this.#connections.values()];
    this.#connections.clear();
    await Promise.allSettled(connections.map(async (connection) => (await connection).close()));
  }

  #connect(scheme: StoreScheme, authority: string): Promise<StoreConnection> {
    const key = `${scheme}://${authority}`;
    const known = this.#connections.get(key);
    if (known !== undefined) return known;
    const load = CONNECT[scheme];
    if (load === undefined) throw unsupported(key);
    if (NAMES_A_BUCKET.has(scheme) && authority.includes('@')) {
      throw new ArtifactError(
        'invalid_uri',
        `Invalid artifact location '${show(hidePassword(key))}': the name of a bucket holds no @. Credentials have no place in the URI; set them in the environment.`,
      );
    }
    const connection = load().then((connect) => connect(authority, this.#environment));
    this.#connections.set(key, connection);
    // One that failed is tried again by whoever asks next.
    connection.catch(() => this.#connections.delete(key));
    this.#forgetOldest();
    return connection;
  }

  #forgetOldest(): void {
    if (this.#connections.size <= MOST_CONNECTIONS) return;
    for (const [key, connection] of this.#connections) {
      this.#connections.delete(key);
      // Requests that still use it end by themselves.
      void connection.then(
        (opened) => opened.close(),
        () => undefined,
      );
      return;
    }
  }
}

const unsupported = (uri: string) =>
  new ArtifactError(
    'unsupported',
    `These artifacts are in a store (${show(hidePassword(uri))}) that this server cannot open. Read them from there directly.`,
  );
