import { fileURLToPath } from 'node:url';

/** Where the metadata is kept, as SQLAlchemy writes it; MLflow's own forms, driver suffixes included. */
export type BackendStore =
  | { readonly kind: 'sqlite'; readonly path: string }
  | { readonly kind: 'postgresql' | 'mysql' | 'mssql'; readonly uri: string }
  | { readonly kind: 'file'; readonly path: string };

/** The text is not a backend store; the message says which forms there are. */
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
  'sqlite:///relative.db, sqlite:////absolute/path.db, postgresql://user@host/database, mysql://user@host/database or a folder';

/**
 * @throws BackendStoreUriError naming the value, without any password in it.
 *
 * @example
 * parseBackendStoreUri('sqlite:////var/lib/mlflow.db') // { kind: 'sqlite', path: '/var/lib/mlflow.db' }
 */
export function parseBackendStoreUri(text: string): BackendStore {
  const match = /^([a-zA-Z][a-zA-Z0-9]*)(?:\+[a-zA-Z0-9_]+)?:(.*)$/s.exec(text);
  if (!match) {
    if (text.trim() === '') throw new BackendStoreUriError(`The backend store URI is empty. Use ${FORMS}.`);
    return { kind: 'file', path: text };
  }
  const scheme = match[1]!.toLowerCase();
  const rest = match[2]!;
  if (scheme === 'sqlite') return { kind: 'sqlite', path: sqlitePath(text, rest) };
  if (scheme === 'file') return { kind: 'file', path: rest.startsWith('//') ? fileURLToPath(text) : rest };
  const server = SERVERS[scheme];
  if (server && /^\/\/[^/]/.test(rest)) return { kind: server, uri: text };
  throw new BackendStoreUriError(
    `The backend store URI '${redactUri(text)}' has no form that is known. Use ${FORMS}.`,
  );
}

function sqlitePath(text: string, rest: string): string {
  const match = /^\/\/\/([^?#]*)(?:\?.*)?$/s.exec(rest);
  const path = match?.[1];
  if (path === undefined) {
    throw new BackendStoreUriError(
      `The backend store URI '${text}' must have three slashes before a relative path (sqlite:///mlflow.db) and four before an absolute one (sqlite:////data/mlflow.db).`,
    );
  }
  if (path === '' || path === ':memory:') {
    throw new BackendStoreUriError(
      `The backend store URI '${text}' names no file: what is only in memory would be lost with the server. Use sqlite:///mlflow.db.`,
    );
  }
  return path;
}

/** The URI with its password hidden, for messages and logs. */
export const redactUri = (uri: string): string => uri.replace(/(\/\/[^/@:]*):[^/@]*@/, '$1:***@');
