import { readFileSync } from 'node:fs';
import { Storage } from '@google-cloud/storage';
import type { Environment } from '../artifact-stores.ts';
import { ArtifactError, show } from '../error.ts';
import { silenceAllowed } from '../stalls.ts';

/** How a bucket is reached. */
export interface GcsSettings {
  /** As in messages: `gs://bucket`. */
  readonly name: string;
  readonly bucket: string;
  /** Without a slash at its end. */
  readonly endpoint: string;
  /** An emulator asks for no credentials. */
  readonly isEmulated: boolean;
  /** Google's own library: it finds credentials, and signs. */
  readonly storage: Storage;
  /** Whether URLs can be signed without asking anybody. */
  readonly canSign: boolean;
  /** Bytes of a large upload that are sent at once. */
  readonly chunk_bytes: number;
  readonly silence_ms: number;
}

/**
 * What the service takes in one go, one chunk after the other: the larger, the less it waits. Two are held in memory, so
 * not MLflow's own 100 MiB.
 */
const CHUNK_BYTES = 16 * 1024 * 1024;

/** Chunks are a multiple of this, says the service. */
const CHUNK_UNIT = 256 * 1024;

/**
 * Google's variables, and MLflow's for chunks. Without credentials public buckets are read, as MLflow does.
 *
 * @throws ArtifactError denied, invalid_uri naming the variable that makes no sense
 */
export function readGcsSettings(bucket: string, environment: Environment): GcsSettings {
  const { GOOGLE_APPLICATION_CREDENTIALS, GOOGLE_CLOUD_PROJECT, STORAGE_EMULATOR_HOST } = environment;
  const endpoint = endpointOf(STORAGE_EMULATOR_HOST);
  const storage = new Storage({
    apiEndpoint: endpoint,
    projectId: GOOGLE_CLOUD_PROJECT || 'unused',
    ...(GOOGLE_APPLICATION_CREDENTIALS ? { keyFilename: GOOGLE_APPLICATION_CREDENTIALS } : {}),
  });
  return {
    name: `gs://${bucket}`,
    bucket,
    endpoint,
    isEmulated: Boolean(STORAGE_EMULATOR_HOST),
    storage,
    canSign: hasPrivateKey(GOOGLE_APPLICATION_CREDENTIALS),
    chunk_bytes: chunkOf(environment.MLFLOW_GCS_UPLOAD_CHUNK_SIZE),
    silence_ms: silenceAllowed(environment),
  };
}

function endpointOf(emulator: string | undefined): string {
  if (!emulator) return 'https://storage.googleapis.com';
  const url = /^https?:\/\//.test(emulator) ? emulator : `http://${emulator}`;
  if (!URL.canParse(url)) {
    throw new ArtifactError(
      'invalid_uri',
      `Invalid value '${show(emulator)}' of STORAGE_EMULATOR_HOST: it must be a URL such as http://127.0.0.1:4443.`,
    );
  }
  return url.replace(/\/+$/, '');
}

/** Others sign by asking Google to, which they may or may not be allowed. */
function hasPrivateKey(file: string | undefined): boolean {
  if (!file) return false;
  try {
    const credentials: unknown = JSON.parse(readFileSync(file, 'utf8'));
    return (
      typeof credentials === 'object' &&
      credentials !== null &&
      'type' in credentials &&
      credentials.type === 'service_account'
    );
  } catch {
    throw new ArtifactError(
      'denied',
      'The file that GOOGLE_APPLICATION_CREDENTIALS names cannot be read, or is not JSON. Give the key file of a service account.',
    );
  }
}

function chunkOf(text: string | undefined): number {
  if (!text) return CHUNK_BYTES;
  const bytes = Number(text);
  if (!Number.isSafeInteger(bytes) || bytes <= 0) {
    throw new ArtifactError(
      'invalid_uri',
      `Invalid value '${show(text)}' of MLFLOW_GCS_UPLOAD_CHUNK_SIZE: it must be a number of bytes.`,
    );
  }
  return Math.ceil(bytes / CHUNK_UNIT) * CHUNK_UNIT;
}
