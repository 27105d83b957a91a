import { ArtifactError, type ArtifactErrorKind, show } from '../error.ts';

/** What the service answered instead of doing what it was asked. */
export class GcsRefusal extends Error {
  override readonly name = 'GcsRefusal';
  readonly status: number;
  /** Its own word for it, as in `<Code>` or `reason`. */
  readonly reason: string;

  constructor(status: number, body: string) {
    // The JSON API has no word of its own for what its XML API calls this.
    const reason = /doesn't match calculated/.test(body)
      ? 'BadDigest'
      : (/<Code>(\w+)<\/Code>/.exec(body)?.[1] ?? /"reason":\s*"(\w+)"/.exec(body)?.[1] ?? '');
    super(`Google Cloud Storage answered ${status} ${reason}`);
    this.status = status;
    this.reason = reason;
  }
}

type Meaning = readonly [kind: ArtifactErrorKind, text: string];

const CREDENTIALS =
  'does not take the credentials of this server. Check GOOGLE_APPLICATION_CREDENTIALS, or the service account that it runs as';
const RIGHTS =
  'does not let this server do that. Check what the account of GOOGLE_APPLICATION_CREDENTIALS may do in it';
const LATER = 'asks to try again later';
const PARTS = 'does not know this upload, or not all of its parts as they were given';

const BY_REASON: Readonly<Record<string, Meaning>> = {
  BadDigest: ['unavailable', 'got other bytes than were sent. Send it again'],
  NoSuchUpload: ['invalid_parts', PARTS],
  InvalidPart: ['invalid_parts', PARTS],
  InvalidPartOrder: ['invalid_parts', PARTS],
  EntityTooSmall: ['invalid_parts', 'takes no parts below 5 MiB but the last'],
  retentionPolicyNotMet: ['read_only', 'does not let it be changed: a policy keeps it'],
  objectUnderActiveHold: ['read_only', 'does not let it be changed: it is on hold'],
  userProjectMissing: ['denied', 'bills those who ask, which this server does not do'],
};

const BY_STATUS: Readonly<Record<number, Meaning>> = {
  400: ['invalid_path', 'does not take that name, or what was asked of it'],
  401: ['denied', CREDENTIALS],
  403: ['denied', RIGHTS],
  404: ['no_store', 'does not exist'],
  408: ['unavailable', LATER],
  410: ['unavailable', LATER],
  412: ['unavailable', 'has got other content for it meanwhile. Ask again'],
  429: ['unavailable', LATER],
};

/** Errors of connections, of Node and of the client. */
const BROKEN =
  /^(?:E[A-Z_]+|UND_ERR_[A-Z_]+|ERR_STREAM_PREMATURE_CLOSE|ERR_SSL_.+|CERT_.+|.*SELF_SIGNED.*|UNABLE_TO_.+)$/;

/** In our words. What the service wrote is not repeated: it quotes what was signed. */
export function translateGcs(error: unknown, store: string, path: string): unknown {
  if (error instanceof ArtifactError || !(error instanceof Error)) return error;
  const meaning = meaningOf(error);
  if (meaning === undefined) return error;
  const [kind, text] = meaning;
  const what = path === '' ? '' : ` Artifact: '${show(path)}'.`;
  return new ArtifactError(kind, `The artifact store ${show(store)} ${text}.${what}`, { cause: error });
}

function meaningOf(error: Error): Meaning | undefined {
  if (error instanceof GcsRefusal) {
    return (
      BY_REASON[error.reason] ??
      BY_STATUS[error.status] ??
      (error.status >= 500
        ? ['unavailable', LATER]
        : ['denied', `refuses this with ${error.reason || 'no reason'} (${error.status})`])
    );
  }
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  if (BROKEN.test(code)) return ['unavailable', `cannot be reached (${code})`];
  if (error.name === 'AbortError' || error.name === 'TimeoutError')
    return ['unavailable', 'cannot be reached: it broke off or gave no answer in time'];
  return undefined;
}

export const isAbsent = (error: unknown): boolean => error instanceof GcsRefusal && error.status === 404;

/** Whether the same request may do better. */
export const isPassing = (error: unknown): boolean =>
  error instanceof GcsRefusal
    ? error.status >= 500 || error.status === 429 || error.status === 408
    : error instanceof Error && 'code' in error && BROKEN.test(String(error.code));
