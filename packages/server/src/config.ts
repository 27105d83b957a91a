import type { Backend } from '@bitacora/db';
import type { WebhookSettings } from './deps.ts';

/** Everything that can be set, parsed and checked; where each value comes from is the business of the command line. */
export interface Config {
  readonly host: string;
  readonly port: number;
  readonly backend: Backend;
  /** The MLflow release whose schema a new database gets, such as `3.18`; undefined for the default. */
  readonly schema?: string | undefined;
  /** Where new experiments keep their artifacts, such as `mlflow-artifacts:/` or `s3://bucket/path`. */
  readonly artifactRoot: string;
  /** The store behind the proxy: an absolute path, or a URI such as `s3://bucket/path`. */
  readonly artifactsDestination: string;
  /** Schemes of artifact locations that may name any host (MLFLOW_ALLOWED_HOST_ADDRESSED_ARTIFACT_SCHEMES). */
  readonly hostAddressedSchemes: readonly string[];
  /** Places below which Delta tables that runs name may be read (`--delta-table-locations`). */
  readonly deltaTableLocations: readonly string[];
  /** Serve the proxied store (`--no-serve-artifacts` turns it off). */
  readonly servesArtifacts: boolean;
  /** Serve nothing but the proxied store (`--artifacts-only`). */
  readonly servesOnlyArtifacts: boolean;
  /** How long signed URLs of downloads hold (MLFLOW_PRESIGNED_DOWNLOAD_URL_TTL_SECONDS). */
  readonly downloadUrl_seconds: number;
  /** Path prefix without a final slash, such as `/mlflow`; empty for none. */
  readonly staticPrefix: string;
  /** Host names and patterns that a request may name; empty for the defaults. */
  readonly allowedHosts: readonly string[];
  /** Origins that may write from a browser, besides pages of this server itself and of this machine. */
  readonly corsAllowedOrigins: readonly string[];
  /** `X-Frame-Options`, or `NONE` for no such header. */
  readonly xFrameOptions: string;
  /** Turns the Host and Origin checks off, for a server behind a proxy that does them. */
  readonly disableSecurity: boolean;
  /** Threads for long reads. */
  readonly workers: number;
  readonly truncateLongValues: boolean;
  readonly modelVersionSourcePattern?: string | undefined;
  /** Whether scorers that hold code may be registered (MLFLOW_SERVER_ENABLE_CUSTOM_SCORERS). */
  readonly customScorers: boolean;
  /** Resources belong to workspaces that requests name (`--enable-workspaces`). */
  readonly workspacesEnabled: boolean;
  readonly webhooks: WebhookSettings;
  /** Folder of the built web UI; undefined serves the API alone. */
  readonly uiFolder: string | undefined;
  readonly logLevel: string;
}
