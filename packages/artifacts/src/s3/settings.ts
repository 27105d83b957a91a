import type { Environment } from '../artifact-stores.ts';
import { ArtifactError, show } from '../error.ts';
import { silenceAllowed } from '../stalls.ts';

/** How a bucket is reached. */
export interface S3Settings {
  /** As in messages: `s3://bucket`. */
  readonly name: string;
  /** A bucket, or the ARN of an access point. */
  readonly bucket: string;
  /** Undefined for Amazon's own. */
  readonly endpoint: string | undefined;
  /** Undefined for what the SDK finds. */
  readonly region: string | undefined;
  readonly usesPathStyle: boolean;
  readonly verifiesTls: boolean;
  /** Public buckets are read without credentials. */
  readonly isAnonymous: boolean;
  /** Undefined for the SDK's own chain: profiles, web identity, containers, instances. */
  readonly credentials: Credentials | undefined;
  /** Sent with each request, which the store refuses when the bucket is somebody else's. */
  readonly owner: { readonly ExpectedBucketOwner?: string };
  /** Further parameters of new objects, by the names that boto3 and the SDK share. */
  readonly uploadArgs: Readonly<Record<string, string | Readonly<Record<string, string>>>>;
  /** Whether MLflow signs URLs for this store. */
  readonly signsUrls: boolean;
  readonly silence_ms: number;
  /** Whether the operator wants checksums beyond the signed SHA-256 from a store that is not Amazon's. */
  readonly asksForChecksums: boolean;
  /** Of each request; undefined for the SDK's own number. */
  readonly attempts: number | undefined;
}

interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

export type S3Scheme = 's3' | 'r2' | 'b2';

/**
 * MLflow's and Amazon's variables.
 *
 * @throws ArtifactError invalid_uri naming the variable or the part of the URI that makes no sense.
 */
export function readS3Settings(scheme: S3Scheme, authority: string, environment: Environment): S3Settings {
  const place =
    scheme === 's3'
      ? { bucket: authority, endpoint: endpointOf(environment), region: regionOf(environment) }
      : bucketAtHost(scheme, authority, environment);
  const style = environment.MLFLOW_BOTO_CLIENT_ADDRESSING_STYLE || 'auto';
  if (!['auto', 'path', 'virtual'].includes(style)) {
    throw invalid('MLFLOW_BOTO_CLIENT_ADDRESSING_STYLE', style, 'it must be auto, path or virtual');
  }
  const signature = environment.MLFLOW_EXPERIMENTAL_S3_SIGNATURE_VERSION || 's3v4';
  if (!['s3v4', 'unsigned'].includes(signature.toLowerCase())) {
    throw invalid('MLFLOW_EXPERIMENTAL_S3_SIGNATURE_VERSION', signature, 'it must be s3v4 or unsigned');
  }
  return {
    ...place,
    name: `${scheme}://${authority}`,
    // As boto3 has `auto`: with the bucket in the host's name at Amazon, in the path elsewhere.
    usesPathStyle:
      scheme === 'b2' ||
      (scheme === 's3' && (style === 'path' || (style === 'auto' && place.endpoint !== undefined))),
    verifiesTls: !isTrue(environment.MLFLOW_S3_IGNORE_TLS),
    isAnonymous: signature.toLowerCase() === 'unsigned',
    credentials: credentialsOf(environment),
    owner: environment.MLFLOW_S3_EXPECTED_BUCKET_OWNER
      ? { ExpectedBucketOwner: environment.MLFLOW_S3_EXPECTED_BUCKET_OWNER }
      : {},
    uploadArgs: uploadArgsOf(environment),
    signsUrls: scheme === 's3' && signature.toLowerCase() !== 'unsigned',
    silence_ms: silenceAllowed(environment),
    asksForChecksums: /^when_supported$/i.test(environment.AWS_REQUEST_CHECKSUM_CALCULATION ?? ''),
    attempts: Number(environment.AWS_MAX_ATTEMPTS) || undefined,
  };
}

const invalid = (variable: string, value: string, reason: string) =>
  new ArtifactError('invalid_uri', `Invalid value '${show(value)}' of ${variable}: ${reason}.`);

const isTrue = (value: string | undefined) => /^(?:true|1)$/i.test(value ?? '');

function endpointOf(environment: Environment): string | undefined {
  for (const variable of ['MLFLOW_S3_ENDPOINT_URL', 'AWS_ENDPOINT_URL_S3', 'AWS_ENDPOINT_URL']) {
    const value = environment[variable];
    if (!value) continue;
    if (!/^https?:\/\/[^/?#]+/.test(value) || !URL.canParse(value))
      throw invalid(variable, value, 'it must be a URL such as https://s3.example.com');
    return value;
  }
  return undefined;
}

const regionOf = (environment: Environment) =>
  environment.AWS_REGION || environment.AWS_DEFAULT_REGION || undefined;

/** `bucket@host`, as in `b2://bucket@s3.us-west-004.backblazeb2.com`. */
function bucketAtHost(scheme: 'r2' | 'b2', authority: string, environment: Environment) {
  const [, bucket, host] = /^([^@]+)@([^@]+)$/.exec(authority) ?? [];
  if (bucket === undefined || host === undefined || !URL.canParse(`https://${host}`)) {
    const example =
      scheme === 'r2'
        ? 'r2://bucket@account.r2.cloudflarestorage.com'
        : 'b2://bucket@s3.region.backblazeb2.com';
    throw new ArtifactError(
      'invalid_uri',
      `Invalid artifact location '${scheme}://${show(authority)}': it must name a bucket and a host, as in ${example}/path.`,
    );
  }
  const named = /^s3\.([^.]+)\.backblazeb2\.com$/.exec(host)?.[1];
  const region = scheme === 'r2' ? 'auto' : (named ?? regionOf(environment));
  return { bucket, endpoint: `https://${host}`, region };
}

/** Ahead of any profile, as with boto3; the SDK would pass over them where AWS_PROFILE is set too. */
function credentialsOf(environment: Environment): Credentials | undefined {
  const { AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN } = environment;
  if (!AWS_ACCESS_KEY_ID || !AWS_SECRET_ACCESS_KEY) return undefined;
  return {
    accessKeyId: AWS_ACCESS_KEY_ID,
    secretAccessKey: AWS_SECRET_ACCESS_KEY,
    ...(AWS_SESSION_TOKEN ? { sessionToken: AWS_SESSION_TOKEN } : {}),
  };
}

/** What an upload itself says is not for the variable to change. */
const NOT_ARGS = new Set(['Body', 'Bucket', 'Key', 'UploadId', 'PartNumber', 'ContentLength', 'ContentMD5']);

function uploadArgsOf(environment: Environment): S3Settings['uploadArgs'] {
  const text = environment.MLFLOW_S3_UPLOAD_EXTRA_ARGS;
  if (!text) return {};
  const fail = (reason: string) => invalid('MLFLOW_S3_UPLOAD_EXTRA_ARGS', text, reason);
  let args: unknown;
  try {
    args = JSON.parse(text);
  } catch {
    throw fail('it is not JSON');
  }
  if (typeof args !== 'object' || args === null || Array.isArray(args)) {
    throw fail('it must be an object such as {"ServerSideEncryption": "AES256"}');
  }
  for (const [key, value] of Object.entries(args)) {
    const isTextMap =
      typeof value === 'object' &&
      value !== null &&
      Object.values(value).every((each) => typeof each === 'string');
    if (NOT_ARGS.has(key) || !(typeof value === 'string' || isTextMap))
      throw fail(`'${show(key)}' is not something that an upload may be given`);
  }
  return args as S3Settings['uploadArgs'];
}
