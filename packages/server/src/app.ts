import { randomInt, randomUUID } from 'node:crypto';
import { ArtifactStores } from '@bitacora/artifacts';
import type { Store } from '@bitacora/db';
import { MLFLOW_VERSION } from '@bitacora/protocol';
import Fastify, { type FastifyInstance, LogController } from 'fastify';
import { mountAbsentFeatures } from './absent/routes.ts';
import { openDestination } from './artifacts/destination.ts';
import { mountTransfers } from './artifacts/transfer.ts';
import type { Config } from './config.ts';
import { LOOK_MS } from './delta-tables/look.ts';
import { lookOnReader } from './delta-tables/look-on-reader.ts';
import { SnapshotRecorder, TABLES_AT_ONCE } from './delta-tables/recorder.ts';
import { DEFAULT_WORKSPACE, type Deps, type Random } from './deps.ts';
import { ensureDefault } from './experiments/service.ts';
import { mountGraphql } from './graphql/routes.ts';
import { mountApiPage } from './http/api-page.ts';
import { guard } from './http/guard.ts';
import { applyModes } from './http/modes.ts';
import { answerUnknownPaths } from './http/not-found.ts';
import { acceptJsonBodies, awaitAnswers } from './http/requests.ts';
import { mountRoutes, sendError } from './http/transport.ts';
import { mountUi } from './http/ui.ts';
import { mountUiTelemetry } from './http/ui-telemetry.ts';
import { resolveWorkspaces } from './http/workspace.ts';
import { mountOtlp } from './otlp/mount.ts';
import { Outbound } from './outbound/outbound.ts';
import { type Resolve, systemResolve } from './outbound/resolve.ts';
import { ReaderPool } from './readers/pool.ts';
import { processes, threads } from './readers/start.ts';
import { routes } from './routes.ts';
import { WebhookSecrets } from './webhooks/secrets.ts';
import { DeliveryWorker } from './webhooks/worker.ts';
import { inWorkspace } from './workspaces/scope.ts';
import { checkWorkspaceSettings } from './workspaces/startup.ts';

export interface AppOptions {
  readonly config: Config;
  readonly store: Store;
  /** Names to addresses, for requests to addresses that callers choose; the system's own when unset. */
  readonly resolve?: Resolve;
  /** Whether snapshots of Delta tables are recorded here; false leaves that to other servers of the database. */
  readonly recordsSnapshots?: boolean;
}

/**
 * The whole server, ready to listen or to be called in process. Closing it answers what is in flight and ends the
 * readers; the store stays open for whoever opened it.
 *
 * @throws StartRefused when settings and database do not fit.
 */
export async function createApp({
  config,
  store,
  resolve = systemResolve,
  recordsSnapshots = true,
}: AppOptions): Promise<FastifyInstance> {
  const {
    artifactRoot,
    artifactsDestination,
    truncateLongValues,
    modelVersionSourcePattern,
    customScorers,
    workspacesEnabled,
    webhooks,
    staticPrefix,
  } = config;
  const settings = {
    artifactRoot,
    artifactsDestination,
    servesArtifacts: config.servesArtifacts,
    downloadUrl_seconds: config.downloadUrl_seconds,
    artifactReach: { homes: [artifactRoot, artifactsDestination], anyHost: config.hostAddressedSchemes },
    deltaTableLocations: config.deltaTableLocations,
    truncateLongValues,
    modelVersionSourcePattern,
    customScorers,
    workspacesEnabled,
    webhooks,
    fileStore: config.backend.store.kind === 'file' ? config.backend.store.path : undefined,
  };
  await checkWorkspaceSettings(store.db, settings);
  const app = newFastify(config);
  const clock = { nowMs: () => Date.now() };
  const random: Random = {
    hexId: () => randomUUID().replaceAll('-', ''),
    integer: (bound) => randomInt(bound),
  };
  const stores = new ArtifactStores();
  const outbound = new Outbound(webhooks, resolve);
  const secrets = new WebhookSecrets(store, clock, webhooks.encryptionKey);
  const deliveries = new DeliveryWorker({
    store,
    clock,
    random,
    outbound,
    secrets,
    settings: webhooks,
    log: app.log,
  });
  const setup = { backend: config.backend, settings };
  const tables = new ReaderPool(processes(setup, TABLE_READER_MB), TABLES_AT_ONCE, TABLE_READ_LIMITS);
  const recorder = new SnapshotRecorder({ store, clock, settings, look: lookOnReader(tables), log: app.log });
  const recording = recorder.afterCommit(store.write.bind(store));
  const shared: Omit<Deps, 'workspace' | 'scope'> = {
    db: store.db,
    clock,
    random,
    settings,
    outbound,
    secrets,
    ...recording,
    ...deliveries.afterCommit(recording.write),
    refreshTable: (input) => recorder.refreshInput(input),
    artifacts: await openDestination(stores, artifactsDestination),
    stores,
  };
  const deps: Deps = inWorkspace(shared, DEFAULT_WORKSPACE);
  const readers = new ReaderPool(threads(setup), config.workers);
  const files = new ReaderPool(processes(setup, FILE_READER_MB), FILE_READERS, FILE_READ_LIMITS);
  await ensureDefault(deps);
  await secrets.adopt();

  awaitAnswers(app);
  answerUnknownPaths(app);
  guard(app, config);
  applyModes(app, config);
  resolveWorkspaces(app, deps);
  app.setErrorHandler(sendError);
  if (!config.servesOnlyArtifacts) {
    app.addHook('onReady', async () => {
      deliveries.start();
      if (recordsSnapshots) recorder.start();
    });
  }
  app.addHook('onClose', async () => {
    // The recorder first: it waits for what the readers of tables give up when they are ended.
    const pools = [recorder, tables, readers, files];
    await Promise.all([...pools, deliveries, stores].map((each) => each.close()));
    await recorder.ended();
    await outbound.close();
  });
  // MLflow's clients look for files both with and without the prefix.
  await app.register(async (scope) => mountTransfers(scope, deps, [staticPrefix, '']));
  await app.register(
    async (scope) => {
      acceptJsonBodies(scope);
      mountRoutes(scope, routes, { deps, readers, tables, files });
      mountAbsentFeatures(scope);
      mountGraphql(scope, routes, { deps, readers, tables, files });
      mountUiTelemetry(scope);
    },
    { prefix: staticPrefix },
  );
  await app.register(async (scope) => mountOtlp(scope, deps, readers), { prefix: staticPrefix });
  app.get(`${staticPrefix}/health`, (_, reply) =>
    reply.header('content-type', 'text/plain; charset=utf-8').send('OK'),
  );
  app.get(`${staticPrefix}/version`, (_, reply) =>
    reply.header('content-type', 'text/html; charset=utf-8').send(MLFLOW_VERSION),
  );
  mountApiPage(app, staticPrefix);
  await mountUi(app, config.uiFolder, staticPrefix);
  return app;
}

/** For files that callers have stored. A reader may have memory for the largest pages, and goes when nobody needs it. */
const FILE_READERS = 2;
const FILE_READER_MB = 512;
const FILE_READ_LIMITS = { most_ms: 30_000, idle_ms: 60_000 };

/** For tables that callers have named. The log of one of a million files takes a gigabyte. */
const TABLE_READER_MB = 2048;
const TABLE_READ_LIMITS = {
  // They say themselves when they have taken long enough, unless they are stuck.
  most_ms: LOOK_MS + 10_000,
  idle_ms: 60_000,
  tooMuch:
    'The table takes more time or memory than reading it may. Ask for fewer columns, or make a checkpoint of it.',
};

const unusedCompiler = () => () => {
  throw new Error('No route has a Fastify schema.');
};

const newFastify = (config: Config): FastifyInstance =>
  Fastify({
    // Requests are checked and answers written from protocol's endpoints; Fastify's own compilers would load 150 modules.
    schemaController: {
      compilersFactory: { buildValidator: unusedCompiler, buildSerializer: unusedCompiler },
    },
    logger: { level: config.logLevel },
    logController: new LogController({ disableRequestLogging: true }),
    routerOptions: { ignoreDuplicateSlashes: true, maxParamLength: 10_000 },
    // Headers that trickle in may hold a connection for 20 s, not longer. Uploads may take as long as they flow.
    http: { headersTimeout: 20_000, requestTimeout: 0, connectionsCheckingInterval: 5_000 },
    // Longer than the idle time of the clients' pools, so that it is they who close.
    keepAliveTimeout: 75_000,
    // A connection on which nothing moves for this long is given up, in milliseconds.
    connectionTimeout: 60_000,
    frameworkErrors: (error, request, reply) => void sendError(error, request, reply),
  });
