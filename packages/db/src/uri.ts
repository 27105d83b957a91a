import { mistakeInOptions } from './uri-options.ts';

/** Where the metadata is kept, as SQLAlchemy writes it. Plain data, so that threads can be handed it. */
export type BackendStore =
  | { readonly kind: 'sqlite'; readonly path: string; readonly options: UriOptions }
  | ServerStore
  | FolderStore;

/** A folder in MLflow's layout. `cache` holds the index of it, which can be made anew at any time. */
export interface FolderStore {
  readonly kind: 'file';
  readonly path: string;
  readonly cache?: string;
}

export type ServerStore = { readonly kind: 'postgresql' | 'mysql' | 'mssql' } & ServerAddress;

/** The query of the URI; of equal names the last counts. */
export type UriOptions = Readonly<Record<string, string>>;

/** A database on a server. What the URI leaves out is for the driver to choose. */
export interface ServerAddress {
  readonly user?: string;
  readonly password?: string;
  readonly host?: string;
  readonly port?: number;
  readonly database?: string;
  readonly options: UriOptions;
}

/** The text is not a backend store; the message says which forms there are and shows no password. */
export class BackendStoreUriError extends Error {
  override readonly name = 'BackendStoreUriError';
}

const SERVERS: Readonly<Record<string, 'postgresql' | 'mysql' | 'mssql'>> = {
  postgres: 'postgresql',
  postgresql: 'postgresql',
  mysql: 'mysql',
  mariadb: 'mysql',
  mssql: 'mssql',
};

const FORMS =
  'sqlite:///relative.db, sqlite:////absolute/path.db, postgresql://user@host/database, mysql://user@host/database, mssql://user@host/database or a folder';

/**
 * Reads what `--backend-store-uri` takes in MLflow. A driver (`postgresql+psycopg2:`) may be named and is ignored.
 *
 * @throws BackendStoreUriError naming the value, without any password in it.
 *
 * @example
 * parseBackendStoreUri('sqlite:////var/lib/mlflow.db') // { kind: 'sqlite', path: '/var/lib/mlflow.db', options }
 */
export function parseBackendStoreUri(text: string): BackendStore {
  const store = parseStore(text);
  const mistake = mistakeInOptions(store);
  if (mistake !== undefined)
    throw new BackendStoreUriError(`The backend store URI '${redactUri(text)}' ${mistake}`);
  return store;
}

function parseStore(text: string): BackendStore {
  if (text.trim() === '') throw new BackendStoreUriError(`The backend store URI is empty. Use ${FORMS}.`);
  const [, scheme = '', driver, rest = ''] = /^([a-z][a-z0-9.-]*)(\+\w+)?:(.*)$/is.exec(text) ?? [];
  // One letter is a drive of Windows.
  if (!text.includes(':') || /^[./~]/.test(text) || /^[a-z]:[\\/]/i.test(text))
    return { kind: 'file', path: decode(text) };
  const kind = scheme.toLowerCase();
  if (kind === 'sqlite') return parseSqlite(text, rest);
  if (kind === 'file' && driver === undefined) return parseFile(text, rest);
  const server = SERVERS[kind];
  const address = server && parseServer(rest);
  if (address) return { kind: server, ...address };
  throw new BackendStoreUriError(
    `The backend store URI '${redactUri(text)}' has no form that is known. Use ${FORMS}.`,
  );
}

function parseSqlite(text: string, rest: string): BackendStore {
  const [, path, query = ''] = /^\/\/(?:\/([^?]*))?(?:\?(.*))?$/s.exec(rest) ?? [];
  const options = readOptions(query);
  if (path?.startsWith('file:') && !path.includes(':memory:')) {
    throw new BackendStoreUriError(
      `The backend store URI '${redactUri(text)}' names its file by a URI of SQLite. Name the file itself, as in sqlite:////data/mlflow.db.`,
    );
  }
  if (/^\/\/(\?|$)/.test(rest) || path === '' || path?.includes(':memory:') || options.mode === 'memory') {
    throw new BackendStoreUriError(
      `The backend store URI '${redactUri(text)}' names no file: what is only in memory would be lost with the server. Write three slashes and a file, as in sqlite:///mlflow.db.`,
    );
  }
  if (path === undefined) {
    throw new BackendStoreUriError(
      `The backend store URI '${redactUri(text)}' must have three slashes before a relative path (sqlite:///mlflow.db) and four before an absolute one (sqlite:////data/mlflow.db).`,
    );
  }
  return { kind: 'sqlite', path: decode(path), options };
}

function parseFile(text: string, rest: string): BackendStore {
  const [, host, path = rest] = /^\/\/([^/]*)(.*)$/s.exec(rest) ?? [];
  if (path === '' || (host && host !== 'localhost')) {
    throw new BackendStoreUriError(
      `The backend store URI '${redactUri(text)}' must name a folder of this machine, as in file:///data/mlruns.`,
    );
  }
  // On Windows the path of file:///C:/mlruns is C:/mlruns.
  return { kind: 'file', path: decode(path.replace(/^\/(?=[a-z]:)/i, '')) };
}

/** Split as SQLAlchemy does, which lets a password hold any character but '@' as it is, and any at all encoded. */
const SERVER =
  /^\/\/(?:(?<user>[^:/]*)(?::(?<password>[^@]*))?@)?(?:(?:\[(?<ipv6>[^/?]+)\]|(?<name>[^/:?]+))?(?::(?<port>\d+))?)(?:\/(?<database>[^?]*))?(?:\?(?<query>.*))?$/s;

function parseServer(rest: string): ServerAddress | undefined {
  const { user, password, ipv6, name, port, database, query } = SERVER.exec(rest)?.groups ?? {};
  const host = ipv6 ?? name;
  // Without a host the database or the options must say where: a local socket, a data source of ODBC.
  if (host === undefined && !database && !query) return undefined;
  return {
    ...(user && { user: decode(user) }),
    ...(password !== undefined && { password: decode(password) }),
    ...(host !== undefined && { host }),
    ...(port !== undefined && { port: Number(port) }),
    ...(database && { database: decode(database) }),
    options: readOptions(query),
  };
}

/** Read as Python does, where a '+' in a value is a space as well. */
const readOptions = (query = ''): UriOptions => Object.fromEntries(new URLSearchParams(query));

/** Percent-decoded as SQLAlchemy 2.1 does, names of files included; a '%' that encodes nothing stays. */
function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/**
 * The URI with its password hidden, for messages and logs. It rather hides too much: everything up to the last '@',
 * and every option that may hold a secret.
 */
export const redactUri = (uri: string): string =>
  uri
    .replace(/^([^:]*(?::\/\/[^:]*)?):(?!\/\/).*@/s, '$1:***@')
    .replace(/([?&;][^=&;]*(?:pass|pwd|secret|token|key|credential|odbc_connect)[^=&;]*=)[^&]*/gi, '$1***');

/** Where a store is, for people: a path, or the server and database without any secret. */
export function describeStore(store: BackendStore): string {
  if (store.kind === 'sqlite' || store.kind === 'file') return store.path;
  const port = store.port === undefined ? '' : `:${store.port}`;
  return `${store.kind}://${store.host ?? store.options.host ?? 'localhost'}${port}/${store.database ?? ''}`;
}
