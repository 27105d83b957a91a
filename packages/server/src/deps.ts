import type { ArtifactReach, ArtifactRepository, ArtifactStores } from '@bitacora/artifacts';
import type { Db, Store } from '@bitacora/db';
import type { DeltaInputView } from './delta-tables/queries.ts';
import type { Outbound } from './outbound/outbound.ts';
import type { WebhookSecrets } from './webhooks/secrets.ts';
import type { Scope } from './workspaces/scope.ts';

/** The workspace of everything where workspaces are off, and of what was there before they were on. */
export const DEFAULT_WORKSPACE = 'default';

/** What answers a question without changing anything; a reader thread has these too. */
export interface ReadDeps {
  readonly db: Db;
  /** Whose resources the request is about; `default` where workspaces are off. */
  readonly workspace: string;
  /** The same for experiments, runs and all else that belongs to an experiment. */
  readonly scope: Scope;
  readonly settings: Settings;
  /** The store behind the proxy. */
  readonly artifacts: ArtifactRepository;
  /** All others that artifact URIs lead to. */
  readonly stores: ArtifactStores;
}

/** What a handler may use. Nothing else reaches the outside. */
export interface Deps extends ReadDeps {
  readonly write: Store['write'];
  readonly clock: Clock;
  readonly random: Random;
  /** Requests to addresses that callers choose. */
  readonly outbound: Outbound;
  /** Secrets of webhooks at rest. */
  readonly secrets: WebhookSecrets;
  /** Tells that a delivery was queued: it is sent once the transaction at hand is committed. */
  readonly wakeDeliveries: () => void;
  /** Tells that a run has read a Delta table: its snapshot is recorded once the transaction at hand is committed. */
  readonly wakeRecorder: () => void;
  /** Looks at the Delta table of an input now; what goes wrong is written down with it. */
  readonly refreshTable: (input: DeltaInputView) => Promise<void>;
}

/** The part of the configuration that rules below the transport depend on. */
export interface Settings {
  /** Parent of the artifact locations of new experiments, such as `mlflow-artifacts:/` or `s3://bucket/path`. */
  readonly artifactRoot: string;
  /** The store behind the proxy: an absolute path, or a URI such as `s3://bucket/path`. */
  readonly artifactsDestination: string;
  /** Whether the proxy is open. */
  readonly servesArtifacts: boolean;
  /** How long signed URLs of downloads hold, unless the caller says. */
  readonly downloadUrl_seconds: number;
  /** The hosts that artifact URIs may lead to. */
  readonly artifactReach: ArtifactReach;
  /** Places below which Delta tables may be read: folders of this machine, and URIs. */
  readonly deltaTableLocations: readonly string[];
  /** Whether over-long param and tag values are cut (MLflow's default) or refused. */
  readonly truncateLongValues: boolean;
  /** A regular expression that every source of a model version must match somewhere; absent, any may be given. */
  readonly modelVersionSourcePattern?: string | undefined;
  /** Whether scorers that hold code may be registered. It never runs here, but wherever such a scorer is loaded. */
  readonly customScorers: boolean;
  /** Whether a request names the workspace it is about; off, there is the default one alone. */
  readonly workspacesEnabled: boolean;
  readonly webhooks: WebhookSettings;
  /** The folder of a file store. There new experiments get ids by chance, as MLflow's do: nobody counts them. */
  readonly fileStore: string | undefined;
}

/** MLflow's MLFLOW_WEBHOOK_ variables. */
export interface WebhookSettings {
  readonly allowedSchemes: readonly string[];
  readonly allowPrivateIps: boolean;
  /** 32 bytes in URL-safe base64, as Fernet has them; absent, one is made and kept in the database. */
  readonly encryptionKey?: string;
  /** For one attempt. */
  readonly timeout_ms: number;
  readonly maxRetries: number;
  /** Deliveries under way at a time. */
  readonly maxWorkers: number;
}

export interface Clock {
  nowMs(): number;
}

export interface Random {
  /** 32 lower-case hexadecimal digits. */
  hexId(): string;
  /** An integer from 0 to below `bound`. */
  integer(bound: number): number;
}

/** As MLflow's variables have them when unset. */
export const WEBHOOK_DEFAULTS: WebhookSettings = {
  allowedSchemes: ['https'],
  allowPrivateIps: false,
  timeout_ms: 30_000,
  maxRetries: 3,
  maxWorkers: 10,
};
