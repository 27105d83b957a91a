import { clockApart } from '../clock.ts';
import { ArtifactError, type ArtifactErrorKind, show } from '../error.ts';

type Meaning = readonly [kind: ArtifactErrorKind, text: string];

const CREDENTIALS =
  'does not take the credentials of this server. Check AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or where else they come from';
const CLOCK = 'does not take the time of this server. Set its clock';
const REGION =
  'is in another region than this server signs for. Set AWS_DEFAULT_REGION, or MLFLOW_S3_ENDPOINT_URL';
const LATER = 'asks to try again later';
const CHANGED = 'got other bytes than were sent. Send it again';
const PARTS = 'does not know this upload, or not all of its parts as they were given';

/** What a store's own codes mean here; how a sentence goes on that begins with the store. */
const MEANINGS: Readonly<Record<string, Meaning>> = {
  NoSuchBucket: ['no_store', 'does not exist'],
  InvalidBucketName: ['invalid_uri', 'has a name that no bucket may have'],
  AccessDenied: ['denied', 'does not let this server do that. Check the permissions of its credentials'],
  AllAccessDisabled: ['denied', 'is shut off by its provider'],
  InvalidAccessKeyId: ['denied', CREDENTIALS],
  SignatureDoesNotMatch: [
    'denied',
    'does not take the signature of this server. Check AWS_SECRET_ACCESS_KEY',
  ],
  InvalidToken: ['denied', `${CREDENTIALS}, and AWS_SESSION_TOKEN`],
  ExpiredToken: ['denied', 'says that the session of this server has ended. Renew AWS_SESSION_TOKEN'],
  CredentialsProviderError: [
    'denied',
    'needs credentials, and this server found none. Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE',
  ],
  RequestTimeTooSkewed: ['denied', CLOCK],
  RequestExpired: ['denied', CLOCK],
  AuthorizationHeaderMalformed: ['denied', REGION],
  PermanentRedirect: ['denied', REGION],
  SlowDown: ['unavailable', LATER],
  ServiceUnavailable: ['unavailable', LATER],
  InternalError: ['unavailable', LATER],
  RequestTimeout: ['unavailable', LATER],
  OperationAborted: ['unavailable', LATER],
  PreconditionFailed: ['unavailable', 'has got other content for it meanwhile. Ask again'],
  InvalidObjectState: [
    'unavailable',
    'keeps it in an archive, from which it has to be restored before it can be read',
  ],
  BadDigest: ['unavailable', CHANGED],
  XAmzContentSHA256Mismatch: ['unavailable', CHANGED],
  XAmzContentChecksumMismatch: ['unavailable', CHANGED],
  NoSuchUpload: ['invalid_parts', PARTS],
  InvalidPart: ['invalid_parts', PARTS],
  InvalidPartOrder: ['invalid_parts', PARTS],
  EntityTooSmall: ['invalid_parts', 'takes no parts below 5 MiB but the last'],
  EntityTooLarge: ['invalid_parts', 'takes no file of that size'],
  KeyTooLongError: ['invalid_path', 'takes no path of that length'],
  QuotaExceeded: ['no_space', 'is full'],
  XMinioStorageFull: ['no_space', 'is full'],
};

/** Of the answers that have no body, and so no code. */
const BY_STATUS: Readonly<Record<number, Meaning>> = {
  401: ['denied', CREDENTIALS],
  403: ['denied', MEANINGS.AccessDenied?.[1] ?? ''],
  412: MEANINGS.PreconditionFailed ?? ['unavailable', LATER],
  429: ['unavailable', LATER],
  500: ['unavailable', LATER],
  502: ['unavailable', LATER],
  503: ['unavailable', LATER],
  504: ['unavailable', LATER],
};

/** Errors of connections: Node's codes, and the names that the SDK gives them. */
const BROKEN =
  /^(?:E[A-Z_]+|ERR_STREAM_PREMATURE_CLOSE|ERR_SSL_.+|CERT_.+|DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_.+|TimeoutError|AbortError)$/;

/**
 * An error of the SDK in our words; defects of ours stay what they are. What the store wrote is not repeated: it may
 * hold keys and signatures.
 *
 * @param store as in messages.
 */
export function translateS3(error: unknown, store: string, path: string): unknown {
  if (error instanceof ArtifactError || !(error instanceof Error)) return error;
  const status = statusOf(error);
  const meaning = clockOf(error) ?? MEANINGS[error.name] ?? BY_STATUS[status ?? 0];
  if (meaning !== undefined) return refused(meaning, store, path, error);
  // Of the SDK, at the end of a download; it has no name of its own.
  if (error.message.startsWith('Checksum mismatch:')) {
    const text = 'sent other bytes than it has the checksum of. Read it again';
    return refused(['unavailable', text], store, path, error);
  }
  if (status === undefined && (BROKEN.test(codeOf(error)) || BROKEN.test(error.name))) {
    const [kind, text] = ['unavailable', `cannot be reached (${codeOf(error) || error.name})`] as const;
    return refused([kind, text], store, path, error);
  }
  if (status !== undefined && status >= 400)
    return refused(['denied', `refuses this with ${error.name} (${status})`], store, path, error);
  return error;
}

function refused([kind, text]: Meaning, store: string, path: string, cause: Error): ArtifactError {
  const what = path === '' ? '' : ` Artifact: '${show(path)}'.`;
  return new ArtifactError(kind, `The artifact store ${show(store)} ${text}.${what}`, { cause });
}

/** By how much the clock is wrong, where the store says that it is. The SDK has tried again with the store's time. */
function clockOf(error: Error): Meaning | undefined {
  if (!/^Request(?:TimeTooSkewed|Expired)$/.test(error.name)) return undefined;
  const response = '$response' in error ? error.$response : undefined;
  if (typeof response !== 'object' || response === null || !('headers' in response)) return undefined;
  const headers = response.headers as Readonly<Record<string, string | undefined>>;
  const text = clockApart(headers.date);
  return text === undefined ? undefined : ['denied', text];
}

/** HTTP status of what the store answered; undefined when it did not. */
export function statusOf(error: unknown): number | undefined {
  const metadata = error instanceof Error && '$metadata' in error ? error.$metadata : undefined;
  if (typeof metadata !== 'object' || metadata === null || !('httpStatusCode' in metadata)) return undefined;
  return typeof metadata.httpStatusCode === 'number' ? metadata.httpStatusCode : undefined;
}

const codeOf = (error: Error) => ('code' in error && typeof error.code === 'string' ? error.code : '');
