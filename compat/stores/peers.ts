import type { Prepared } from '../../scripts/test-installs.ts';
import { startAzure } from './peers/azure.ts';
import { startGcs } from './peers/gcs.ts';
import { startLocal } from './peers/local.ts';
import { startGuardedS3, startS3 } from './peers/s3.ts';
import { startSftp } from './peers/sftp.ts';

/** An artifact URI, and the environment in which it can be opened. */
export interface StorePlace {
  readonly uri: string;
  readonly environment: Readonly<Record<string, string>>;
}

/** A store that speaks its real protocol, started for the tests. */
export interface StorePeer {
  readonly name: string;
  /** What a process needs in its environment to open its URIs. */
  readonly environment: Readonly<Record<string, string>>;
  /** The URI of a fresh, empty place. */
  root(name: string): Promise<string>;
  stop(): Promise<void>;

  /** All files below a root as the store itself has them, with unfinished uploads, which end in ` (unfinished)`. */
  raw(root: string): Promise<readonly string[]>;
  /** A file cannot have the name of a folder, nor the other way round; elsewhere keys are but text. */
  readonly hasFolders: boolean;
  /** Names that the store would take, and that what stands in for it cannot have. */
  readonly notNames?: RegExp;
  /** It takes requests that were signed for somebody else to make, parts of uploads among them. */
  readonly signsUrls?: boolean;
  /** Absent for one without a network. */
  readonly network?: {
    readonly port: number;
    /** The same root by way of another port of this machine. */
    through(root: string, port: number): StorePlace;
  };
  /** Takes away the bucket, container or folder that a root is in. */
  readonly vanish?: (root: string) => Promise<void>;
  /** The root with credentials that the store does not take. */
  readonly withWrongCredentials?: (root: string) => readonly WrongCredentials[];
}

export interface WrongCredentials extends StorePlace {
  /** What an error must name, so that an operator knows where to look. */
  readonly variable: string;
  /** What it must never show. */
  readonly secret: string;
}

/** In the order of the tests. */
export const PEERS: readonly (readonly [name: string, start: () => Promise<Prepared<StorePeer>>])[] = [
  ['local', startLocal],
  ['s3', startS3],
  ['s3 that checks signatures', startGuardedS3],
  ['azure', startAzure],
  ['gcs', startGcs],
  ['sftp', startSftp],
];
