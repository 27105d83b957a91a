import type { ArtifactRepository } from '@bitacora/artifacts';
import type { Db, Store } from '@bitacora/db';

/** What answers a question without changing anything; a reader thread has these too. */
export interface ReadDeps {
  readonly db: Db;
  readonly settings: Settings;
  readonly artifacts: ArtifactRepository;
}

/** What a handler may use. Nothing else reaches the outside. */
export interface Deps extends ReadDeps {
  readonly write: Store['write'];
  readonly clock: Clock;
  readonly random: Random;
}

/** The part of the configuration that rules below the transport depend on. */
export interface Settings {
  /** Parent of the artifact locations of new experiments, such as `mlflow-artifacts:/` or `s3://bucket/path`. */
  readonly artifactRoot: string;
  /** The local folder behind the proxy. */
  readonly artifactsDestination: string;
  /** Whether over-long param and tag values are cut (MLflow's default) or refused. */
  readonly truncateLongValues: boolean;
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
