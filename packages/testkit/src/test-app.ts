import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openStore, type Store } from '@bitacora/db';
import { type Client, createClient } from '@bitacora/protocol';
import { type AppOptions, type Config, createApp, WEBHOOK_DEFAULTS } from '@bitacora/server';
import type { FastifyInstance, InjectOptions, LightMyRequestResponse as InjectResponse } from 'fastify';
import { createTestDatabase } from './test-database.ts';

export interface TestApp extends Client, AsyncDisposable {
  /** The running application, for requests that no typed client would send. */
  readonly app: FastifyInstance;
  /** The temporary folder that holds the database `mlflow.db` and the artifacts `mlartifacts`. */
  readonly folder: string;
  /** What it was made with; another server on the same database is made with it too. */
  readonly config: Config;
  readonly store: Store;
  /** The same server for a caller whose requests name a workspace. */
  inWorkspace(name: string): Client;
  /** A request as it is, without port or socket. */
  inject(request: InjectOptions): Promise<InjectResponse>;
}

/** The whole server in process, on a fresh database; gone with the scope that made it. */
export async function testApp(
  overrides: Partial<Config> = {},
  options: Pick<AppOptions, 'resolve' | 'recordsSnapshots'> = {},
): Promise<TestApp> {
  const folder = await mkdtemp(join(tmpdir(), 'bitacora-test-'));
  const database = await createTestDatabase(folder, overrides.schema);
  const config: Config = {
    host: '127.0.0.1',
    port: 0,
    backend: database.backend,
    artifactRoot: 'mlflow-artifacts:/',
    artifactsDestination: join(folder, 'mlartifacts'),
    hostAddressedSchemes: [],
    deltaTableLocations: [],
    servesArtifacts: true,
    servesOnlyArtifacts: false,
    downloadUrl_seconds: 300,
    staticPrefix: '',
    allowedHosts: [],
    corsAllowedOrigins: [],
    xFrameOptions: 'SAMEORIGIN',
    disableSecurity: false,
    workers: 1,
    truncateLongValues: true,
    customScorers: false,
    workspacesEnabled: false,
    webhooks: WEBHOOK_DEFAULTS,
    uiFolder: undefined,
    logLevel: process.env.TEST_LOG_LEVEL ?? 'silent',
    ...overrides,
  };
  const { store } = await openStore(config.backend, { schema: config.schema });
  const app = await createApp({ config, store, ...options });
  const clientOf = (headers: Readonly<Record<string, string>>) =>
    createClient({ baseUrl: 'http://localhost', fetch: injectingFetch(app), headers });
  const { call } = clientOf({});
  return {
    app,
    folder,
    config,
    store,
    call,
    inWorkspace: (name) => clientOf({ 'x-mlflow-workspace': name }),
    inject: (request) => app.inject(request),
    async [Symbol.asyncDispose]() {
      await app.close();
      await store.close();
      await database.drop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** `fetch` that reaches the application without a socket. */
function injectingFetch(app: FastifyInstance): typeof fetch {
  return async (url, { method = 'GET', headers, body } = {}) => {
    const { pathname, search } = new URL(String(url));
    const answer = await app.inject({
      method: method as 'GET',
      url: pathname + search,
      headers: Object.fromEntries(new Headers(headers)),
      ...(body === undefined || body === null ? {} : { payload: String(body) }),
    });
    const answered = answer.rawPayload.length === 0 ? null : (answer.rawPayload as Uint8Array<ArrayBuffer>);
    return new Response(answered, { status: answer.statusCode });
  };
}
