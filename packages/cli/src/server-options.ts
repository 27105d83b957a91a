import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { FRESH, POOL_DEFAULTS, SCHEMA_RELEASES } from '@bitacora/db';
import type { Config } from '@bitacora/server';
import { Command, InvalidArgumentError, Option } from 'commander';
import { type ArtifactFlags, addArtifactOptions, readDestination } from './artifact-options.ts';
import { addDeltaOptions, type DeltaFlags, readDeltaLocations } from './delta-options.ts';
import { parseBoolean, parseCount, parseList } from './parse.ts';
import {
  addDatabaseOptions,
  type DatabaseFlags,
  mysqlTls,
  readReplicaUri,
  readStoreUri,
} from './store-options.ts';
import { UsageError } from './usage-error.ts';
import { addWebhookOptions, toWebhookSettings, type WebhookFlags } from './webhook-options.ts';

interface Flags extends WebhookFlags, DatabaseFlags, ArtifactFlags, DeltaFlags {
  readonly host: string;
  readonly port: number;
  readonly readReplicaBackendStoreUri?: string;
  readonly registryStoreUri?: string;
  readonly fileStoreCache?: string;
  readonly schema: string;
  readonly poolSize: number;
  readonly maxOverflow: number;
  readonly poolRecycle: number;
  readonly defaultArtifactRoot?: string;
  readonly serveArtifacts: boolean;
  readonly artifactsOnly: boolean;
  readonly staticPrefix: string;
  readonly allowedHosts: readonly string[];
  readonly corsAllowedOrigins: readonly string[];
  readonly xFrameOptions: string;
  readonly disableSecurityMiddleware: boolean;
  readonly workers: number;
  readonly presignedDownloadUrlTtl: number;
  readonly truncateLongValues: boolean;
  readonly modelVersionSourcePattern?: string;
  readonly enableCustomScorers: boolean;
  readonly enableWorkspaces: boolean;
  readonly disableWorkspaces?: boolean;
  readonly workspaceStoreUri?: string;
  readonly logLevel: string;
  readonly appName?: string;
}

/** An option that is on or off: alone it is on, and its variable may say either. */
const toggle = (name: string, description: string, variable: string, fallback: boolean) =>
  new Option(`${name} [boolean]`, description)
    .env(variable)
    .preset('true')
    .argParser(parseBoolean)
    .default(fallback);

function parsePort(text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN;
  if (!(port >= 0 && port <= 65_535))
    throw new InvalidArgumentError(`'${text}' is not a port; give a number from 0 (any free one) to 65535.`);
  return port;
}

/** Kept as text: the settings go to other threads. */
function parsePattern(text: string): string {
  try {
    new RegExp(text);
    return text;
  } catch (error) {
    throw new InvalidArgumentError(`It is not a regular expression: ${(error as Error).message}.`);
  }
}

function parseWorkers(text: string): number {
  const workers = /^\d{1,3}$/.test(text) ? Number(text) : Number.NaN;
  if (!(workers >= 1 && workers <= 64))
    throw new InvalidArgumentError(`'${text}' is not a number of threads from 1 to 64.`);
  return workers;
}

function parseUrlSeconds(text: string): number {
  const seconds = /^\d{1,6}$/.test(text) ? Number(text) : Number.NaN;
  // Stores sign for no longer than a week.
  if (!(seconds >= 1 && seconds <= 604_800))
    throw new InvalidArgumentError(`'${text}' is not a number of seconds from 1 to 604800.`);
  return seconds;
}

/** Options of MLflow's own command that make no difference here, with the reason. */
const WITHOUT_EFFECT = [
  ['--gunicorn-opts <text>', 'there is no gunicorn here'],
  ['--waitress-opts <text>', 'there is no waitress here'],
  ['--uvicorn-opts <text>', 'there is no uvicorn here'],
  ['--dev', 'use npm run dev'],
] as const;

/** The `server` command, with MLflow's option and environment names. */
export function serverCommand(): Command {
  const command = new Command('server')
    .description('Run the tracking server and its web UI.')
    .showHelpAfterError('(bitacora server --help lists every option)');
  addDatabaseOptions(command);
  addArtifactOptions(command);
  addDeltaOptions(command);
  command
    .addOption(
      new Option('-h, --host <host>', 'address to listen on; 0.0.0.0 for all')
        .env('MLFLOW_HOST')
        .default('127.0.0.1'),
    )
    .addOption(
      new Option('-p, --port <port>', 'port to listen on; 0 for any free one')
        .env('MLFLOW_PORT')
        .argParser(parsePort)
        .default(5000),
    )
    .addOption(
      new Option(
        '--schema <release>',
        'the MLflow whose own server shall open a database that is made here; existing ones stay as they are',
      )
        .env('BITACORA_SCHEMA')
        .choices(SCHEMA_RELEASES)
        .default(FRESH.mlflow),
    )
    .addOption(
      new Option(
        '--read-replica-backend-store-uri <uri>',
        'a replica that answers searches and other long reads; it may lag behind',
      ).env('MLFLOW_READ_REPLICA_BACKEND_STORE_URI'),
    )
    .addOption(
      new Option('--pool-size <number>', 'connections kept open to PostgreSQL or MySQL')
        .env('MLFLOW_SQLALCHEMYSTORE_POOL_SIZE')
        .argParser(parseCount)
        .default(POOL_DEFAULTS.size),
    )
    .addOption(
      new Option('--max-overflow <number>', 'connections beyond --pool-size while they are needed')
        .env('MLFLOW_SQLALCHEMYSTORE_MAX_OVERFLOW')
        .argParser(parseCount)
        .default(POOL_DEFAULTS.overflow),
    )
    .addOption(
      new Option('--pool-recycle <seconds>', 'age at which a connection is replaced; 0 for never')
        .env('MLFLOW_SQLALCHEMYSTORE_POOL_RECYCLE')
        .argParser(parseCount)
        .default(POOL_DEFAULTS.recycle_s),
    )
    .addOption(
      new Option(
        '--registry-store-uri <uri>',
        'must be the backend store: the registry lives in the same database',
      ).env('MLFLOW_REGISTRY_STORE_URI'),
    )
    .addOption(
      new Option(
        '--file-store-cache <folder>',
        'where the index of a file store is kept, which can be deleted at any time (default: the user’s cache)',
      ).env('BITACORA_FILE_STORE_CACHE'),
    )
    .addOption(
      new Option(
        '--default-artifact-root <uri>',
        'where new experiments keep their artifacts (default: this server, which stores them in --artifacts-destination)',
      ).env('MLFLOW_DEFAULT_ARTIFACT_ROOT'),
    )
    .addOption(
      toggle('--serve-artifacts', 'store and serve artifacts for clients', 'MLFLOW_SERVE_ARTIFACTS', true),
    )
    .addOption(
      new Option(
        '--no-serve-artifacts',
        'clients reach the artifact store themselves; needs --default-artifact-root',
      ),
    )
    .addOption(toggle('--artifacts-only', 'serve artifacts and nothing else', 'MLFLOW_ARTIFACTS_ONLY', false))
    .addOption(
      new Option('--static-prefix <path>', 'path below which everything is served, such as /mlflow')
        .env('MLFLOW_STATIC_PREFIX')
        .default(''),
    )
    .addOption(
      new Option(
        '--allowed-hosts <list>',
        'comma-separated names that requests may address, * as wildcard (default: this machine and private addresses)',
      )
        .env('MLFLOW_SERVER_ALLOWED_HOSTS')
        .argParser(parseList)
        .default([], 'none'),
    )
    .addOption(
      new Option(
        '--cors-allowed-origins <list>',
        'comma-separated origins whose pages may write (default: this server and this machine)',
      )
        .env('MLFLOW_SERVER_CORS_ALLOWED_ORIGINS')
        .argParser(parseList)
        .default([], 'none'),
    )
    .addOption(
      new Option('--x-frame-options <value>', 'SAMEORIGIN, DENY, or NONE for no such header')
        .env('MLFLOW_SERVER_X_FRAME_OPTIONS')
        .choices(['SAMEORIGIN', 'DENY', 'NONE'])
        .default('SAMEORIGIN'),
    )
    .addOption(
      toggle(
        '--disable-security-middleware',
        'do not check the Host and Origin of requests',
        'MLFLOW_SERVER_DISABLE_SECURITY_MIDDLEWARE',
        false,
      ),
    )
    .addOption(
      new Option(
        '-w, --workers <number>',
        'threads for searches and other long reads; started when first needed',
      )
        .env('MLFLOW_WORKERS')
        .argParser(parseWorkers)
        .default(Math.min(4, availableParallelism())),
    )
    .addOption(
      new Option(
        '--presigned-download-url-ttl <seconds>',
        'how long the URLs hold by which clients download from the store itself',
      )
        .env('MLFLOW_PRESIGNED_DOWNLOAD_URL_TTL_SECONDS')
        .argParser(parseUrlSeconds)
        .default(300),
    )
    .addOption(
      new Option('--truncate-long-values <boolean>', 'cut over-long param and tag values; false refuses them')
        .env('MLFLOW_TRUNCATE_LONG_VALUES')
        .argParser(parseBoolean)
        .default(true),
    )
    .addOption(
      new Option(
        '--model-version-source-pattern <regex>',
        'regular expression, in JavaScript’s syntax, that every source of a model version must match somewhere',
      )
        .env('MLFLOW_CREATE_MODEL_VERSION_SOURCE_VALIDATION_REGEX')
        .argParser(parsePattern),
    )
    .addOption(
      toggle(
        '--enable-custom-scorers',
        'keep scorers that hold code, which runs wherever they are loaded',
        'MLFLOW_SERVER_ENABLE_CUSTOM_SCORERS',
        false,
      ),
    )
    .addOption(
      toggle(
        '--enable-workspaces',
        'keep resources in workspaces that requests name, each hidden from the others',
        'MLFLOW_ENABLE_WORKSPACES',
        false,
      ),
    )
    .addOption(new Option('--disable-workspaces', 'the opposite, whatever the environment says'))
    .addOption(
      new Option(
        '--workspace-store-uri <uri>',
        'must be the backend store: the workspaces are listed in the same database',
      ).env('MLFLOW_WORKSPACE_STORE_URI'),
    )
    .addOption(
      new Option('--log-level <level>', 'what is logged')
        .env('BITACORA_LOG_LEVEL')
        .choices(['fatal', 'error', 'warn', 'info', 'debug', 'silent'])
        .default('info'),
    )
    .addOption(new Option('--app-name <name>', 'not available yet').hideHelp());
  addWebhookOptions(command);
  // -h is the host, as in MLflow.
  command.helpOption('--help', 'show this help');
  for (const [flags, reason] of WITHOUT_EFFECT)
    command.addOption(new Option(flags, `accepted for MLflow's sake, without effect: ${reason}`));
  return command;
}

/** @throws UsageError */
export function toConfig(flags: Flags): Config {
  if (flags.appName !== undefined)
    throw new UsageError(
      `--app-name ${flags.appName} is not available yet: this server has no sign-in so far. Put it behind a proxy that has.`,
    );
  if (flags.registryStoreUri !== undefined && flags.registryStoreUri !== flags.backendStoreUri) {
    throw new UsageError(
      '--registry-store-uri must be the same as --backend-store-uri, or left out: the registry lives in the same database.',
    );
  }
  if (flags.workspaceStoreUri !== undefined && flags.workspaceStoreUri !== flags.backendStoreUri) {
    throw new UsageError(
      '--workspace-store-uri must be the same as --backend-store-uri, or left out: the workspaces are listed in the same database.',
    );
  }
  if (flags.staticPrefix !== '' && !/^(?:\/[A-Za-z0-9._~-]+)+$/.test(flags.staticPrefix)) {
    throw new UsageError(
      `--static-prefix '${flags.staticPrefix}' must begin with a slash and not end with one, such as /mlflow.`,
    );
  }
  if (!flags.serveArtifacts && flags.artifactsOnly)
    throw new UsageError('--artifacts-only and --no-serve-artifacts exclude each other.');
  const store = readStoreUri(flags.backendStoreUri, flags.fileStoreCache);
  const workspacesEnabled = flags.enableWorkspaces && flags.disableWorkspaces !== true;
  if (workspacesEnabled && store.kind === 'file')
    throw new UsageError('--enable-workspaces needs a database: a folder has no place for workspaces.');
  // Where nobody serves artifacts, a file store holds them itself, as MLflow's does.
  const unserved = store.kind === 'file' && !flags.serveArtifacts ? store.path : undefined;
  const artifactRoot = flags.defaultArtifactRoot ?? unserved;
  if (!flags.serveArtifacts && artifactRoot === undefined) {
    throw new UsageError(
      '--no-serve-artifacts needs --default-artifact-root: say where clients keep artifacts.',
    );
  }
  return {
    host: flags.host,
    port: flags.port,
    backend: {
      store,
      ...(flags.readReplicaBackendStoreUri !== undefined && {
        replica: readReplicaUri(flags.readReplicaBackendStoreUri, store),
      }),
      pool: { size: flags.poolSize, overflow: flags.maxOverflow, recycle_s: flags.poolRecycle },
      mysqlTls: mysqlTls(flags),
    },
    schema: flags.schema,
    artifactRoot: artifactRoot ?? 'mlflow-artifacts:/',
    artifactsDestination: readDestination(flags.artifactsDestination),
    hostAddressedSchemes: flags.allowedHostAddressedSchemes,
    deltaTableLocations: readDeltaLocations(flags),
    servesArtifacts: flags.serveArtifacts,
    servesOnlyArtifacts: flags.artifactsOnly,
    staticPrefix: flags.staticPrefix,
    allowedHosts: flags.allowedHosts,
    corsAllowedOrigins: flags.corsAllowedOrigins,
    xFrameOptions: flags.xFrameOptions,
    disableSecurity: flags.disableSecurityMiddleware,
    workers: flags.workers,
    downloadUrl_seconds: flags.presignedDownloadUrlTtl,
    truncateLongValues: flags.truncateLongValues,
    modelVersionSourcePattern: flags.modelVersionSourcePattern,
    workspacesEnabled,
    customScorers: flags.enableCustomScorers,
    webhooks: toWebhookSettings(flags),
    uiFolder: fileURLToPath(new URL('../../ui/dist', import.meta.url)),
    logLevel: flags.logLevel,
  };
}

export type { Flags };
