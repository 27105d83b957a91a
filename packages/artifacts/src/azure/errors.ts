import { RestError } from '@azure/storage-blob';
import { clockApart } from '../clock.ts';
import { ArtifactError, type ArtifactErrorKind, show } from '../error.ts';
import { NO_MULTIPART_UPLOAD } from '../repository.ts';

type Meaning = readonly [kind: ArtifactErrorKind, text: string];

/** `<credentials>` stands for where the store's come from. */
const CREDENTIALS = 'does not take the credentials of this server. Check <credentials>';
const RIGHTS = 'does not let this server do that. Check what the credentials in <credentials> may do';
const LATER = 'asks to try again later';
const PARTS = 'does not know all of these parts as they were given';

/** The service's own codes, as its reference lists them. */
const MEANINGS: Readonly<Record<string, Meaning>> = {
  ContainerNotFound: ['no_store', 'does not exist'],
  ContainerBeingDeleted: ['no_store', 'is being deleted'],
  ContainerDisabled: ['no_store', 'is shut off'],
  AccountIsDisabled: ['denied', 'is shut off: its account is disabled'],
  InvalidResourceName: ['invalid_path', 'does not take that name'],
  InvalidUri: ['invalid_path', 'does not take that name'],
  OutOfRangeInput: ['invalid_path', 'does not take that name, which may be too long'],
  AuthenticationFailed: ['denied', `${CREDENTIALS}, and the clock of this server`],
  InvalidAuthenticationInfo: ['denied', CREDENTIALS],
  NoAuthenticationInformation: ['denied', CREDENTIALS],
  AuthorizationFailure: ['denied', RIGHTS],
  AuthorizationPermissionMismatch: ['denied', RIGHTS],
  AuthorizationProtocolMismatch: ['denied', RIGHTS],
  InsufficientAccountPermissions: ['denied', RIGHTS],
  KeyBasedAuthenticationNotPermitted: ['denied', `${RIGHTS}: its account takes no keys`],
  PublicAccessNotPermitted: ['denied', CREDENTIALS],
  InvalidBlockList: ['invalid_parts', PARTS],
  InvalidBlockId: ['invalid_parts', PARTS],
  BlockListTooLong: ['invalid_parts', PARTS],
  RequestBodyTooLarge: ['no_space', 'takes no file of that size'],
  BlockCountExceedsLimit: ['no_space', 'takes no file of that size'],
  BlobImmutableDueToPolicy: ['read_only', 'does not let it be changed: a policy keeps it'],
  BlobAlreadyExists: ['conflict', 'has another file of that name'],
  LeaseIdMissing: ['conflict', 'has it leased to somebody else'],
  BlobArchived: [
    'unavailable',
    'keeps it in an archive, from which it has to be restored before it can be read',
  ],
  Md5Mismatch: ['unavailable', 'got other bytes than were sent. Send it again'],
  ConditionNotMet: ['unavailable', 'has got other content for it meanwhile. Ask again'],
  ServerBusy: ['unavailable', LATER],
  InternalError: ['unavailable', LATER],
  OperationTimedOut: ['unavailable', LATER],
};

/** Of answers without a code. */
const BY_STATUS: Readonly<Record<number, Meaning>> = {
  401: ['denied', CREDENTIALS],
  403: ['denied', RIGHTS],
  412: ['unavailable', 'has got other content for it meanwhile. Ask again'],
  429: ['unavailable', LATER],
  500: ['unavailable', LATER],
  502: ['unavailable', LATER],
  503: ['unavailable', LATER],
  504: ['unavailable', LATER],
};

/** The SDK's names where it finds no credentials, or Microsoft's login does not take them. */
const NO_CREDENTIALS =
  /^(?:CredentialUnavailableError|AggregateAuthenticationError|AuthenticationError|AuthenticationRequiredError)$/;

const BROKEN =
  /^(?:E[A-Z_]+|ERR_STREAM_PREMATURE_CLOSE|ERR_SSL_.+|CERT_.+|.*SELF_SIGNED.*|UNABLE_TO_.+|REQUEST_SEND_ERROR|PARSE_ERROR|TimeoutError|AbortError)$/;

/** An error of the SDK in our words. What the service wrote is not repeated: it quotes what was signed. */
export function translateAzure(
  error: unknown,
  { name, credentialsFrom }: { readonly name: string; readonly credentialsFrom: string },
  path: string,
): unknown {
  if (error instanceof ArtifactError || !(error instanceof Error)) return error;
  const meaning = meaningOf(error);
  if (meaning === undefined) return error;
  const [kind, text] = meaning;
  const what = path === '' ? '' : ` Artifact: '${show(path)}'.`;
  return new ArtifactError(
    kind,
    `The artifact store ${show(name)} ${text.replace('<credentials>', credentialsFrom)}.${what}`,
    { cause: error },
  );
}

function meaningOf(error: Error): Meaning | undefined {
  if (NO_CREDENTIALS.test(error.name))
    return ['denied', 'needs credentials that this server does not have. Set <credentials>'];
  const code = codeOf(error);
  const status = statusOf(error);
  // Of a request whose date is refused, the service says no more than of one whose key is.
  const clock = code === 'AuthenticationFailed' ? clockApart(dateOf(error)) : undefined;
  if (clock !== undefined) return ['denied', clock];
  const known = MEANINGS[code];
  if (known !== undefined) return known;
  if (status === undefined) return brokenOff(error.name, code);
  if (status < 400) return undefined;
  return BY_STATUS[status] ?? ['denied', `refuses this with ${code || 'no code'} (${status})`];
}

/** No answer has come: the reason has a code of Node's or the SDK's, or a name alone. */
function brokenOff(name: string, code: string): Meaning | undefined {
  if (/^(?:Timeout|Abort)Error$/.test(name))
    return ['unavailable', 'cannot be reached: it broke off or gave no answer in time'];
  if (BROKEN.test(code) || BROKEN.test(name)) return ['unavailable', `cannot be reached (${code || name})`];
  return undefined;
}

/** Of a download: what else goes wrong with it is that it breaks off. */
export function translateRead(
  error: Error,
  settings: Parameters<typeof translateAzure>[1],
  path: string,
): Error {
  const translated = translateAzure(error, settings, path);
  if (translated instanceof ArtifactError) return translated;
  return new ArtifactError(
    'unavailable',
    `The artifact store ${show(settings.name)} cannot be reached: it broke off or gave no answer in time. Artifact: '${show(path)}'.`,
    { cause: error },
  );
}

/** Whoever may write need not be allowed to sign. */
export const cannotSign = (error: unknown): ArtifactError | undefined =>
  error instanceof Error && codeOf(error) === 'AuthorizationPermissionMismatch'
    ? new ArtifactError('unsupported', NO_MULTIPART_UPLOAD, { cause: error })
    : undefined;

/** Of a range of which the blob has nothing. */
export const isBeyondEnd = (error: unknown): boolean => error instanceof Error && statusOf(error) === 416;

/** Of a blob; a container that is gone is another matter. */
export const isAbsent = (error: unknown): boolean =>
  error instanceof Error && statusOf(error) === 404 && !codeOf(error).startsWith('Container');

/** Answers to HEAD have no body, and the code in a header that the SDK does not look at. */
const codeOf = (error: Error) =>
  'code' in error && typeof error.code === 'string'
    ? error.code
    : (headersOf(error)?.get('x-ms-error-code') ?? '');

/** When the service answered so, as in its header. */
export const dateOf = (error: unknown): string | undefined =>
  error instanceof Error ? headersOf(error)?.get('date') : undefined;

const headersOf = (error: Error) => (error instanceof RestError ? error.response?.headers : undefined);

const statusOf = (error: Error) =>
  'statusCode' in error && typeof error.statusCode === 'number' ? error.statusCode : undefined;
