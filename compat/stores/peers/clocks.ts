import { type Asked, type Refusal, startCheckingProxy } from './checking-proxy.ts';

/** So far may the date of a request be from the service's own: of Amazon's and of Azure's. */
const ALLOWED_MS = 15 * 60_000;
/** Dates are cut to seconds, so that a URL may seem to begin a little before it was made, but never after. */
const NO_MS = 1000;

/**
 * Stands before a store that does not look at the dates of requests, and refuses them as the service does. Its clock is
 * so far ahead of this machine's, and its answers are dated by it.
 *
 * @param host that the store is to be told, where it answers for one alone.
 */
export async function startClock(
  target: number,
  service: keyof typeof REFUSE,
  ahead_ms: number,
  host?: string,
) {
  let refusals = 0;
  const now = () => Date.now() + ahead_ms;
  const proxy = await startCheckingProxy(
    target,
    (asked) => {
      const refusal = REFUSE[service](asked, now());
      if (refusal === undefined) return undefined;
      refusals++;
      return { ...refusal, headers: { ...refusal.headers, date: new Date(now()).toUTCString() } };
    },
    (_asked, given) => {
      given.headers.date = new Date(now()).toUTCString();
    },
    host,
  );
  return { ...proxy, refusals: () => refusals };
}

function refuseByS3({ headers, url }: Asked, now: number): Refusal | undefined {
  const refuse = (code: string, more = '') => ({
    status: 403,
    headers: { 'content-type': 'application/xml' },
    body: `<?xml version="1.0"?><Error><Code>${code}</Code><Message/>${more}</Error>`,
  });
  if (url.searchParams.has('X-Amz-Date'))
    return holds(url, 'X-Amz-', now, ALLOWED_MS) ? undefined : refuse('AccessDenied');
  const at = parse(String(headers['x-amz-date'] ?? ''));
  if (Math.abs(at - now) <= ALLOWED_MS) return undefined;
  const time = (ms: number) => new Date(ms).toISOString();
  return refuse(
    'RequestTimeTooSkewed',
    `<RequestTime>${time(at)}</RequestTime><ServerTime>${time(now)}</ServerTime><MaxAllowedSkewMilliseconds>${ALLOWED_MS}</MaxAllowedSkewMilliseconds>`,
  );
}

/** Whether the time of a URL that was signed by version 4 of Amazon's scheme, or of Google's, is now. */
function holds({ searchParams }: URL, prefix: 'X-Amz-' | 'X-Goog-', now: number, early_ms: number): boolean {
  const from = parse(searchParams.get(`${prefix}Date`) ?? '');
  const until = from + Number(searchParams.get(`${prefix}Expires`)) * 1000;
  return from - early_ms <= now && now <= until;
}

/** Signed URLs alone: other requests bear a token. */
function refuseByGoogle({ url }: Asked, now: number): Refusal | undefined {
  if (!url.searchParams.has('X-Goog-Date') || holds(url, 'X-Goog-', now, NO_MS)) return undefined;
  return {
    status: 400,
    headers: { 'content-type': 'application/xml' },
    body: '<?xml version="1.0"?><Error><Code>ExpiredToken</Code><Message/></Error>',
  };
}

function refuseByAzure({ headers, url }: Asked, now: number): Refusal | undefined {
  if (url.searchParams.has('sig')) {
    const [from, until] = ['st', 'se'].map((name) => Date.parse(url.searchParams.get(name) ?? ''));
    return (from ?? 0) > now || (until ?? 0) < now
      ? refusalOfAzure('Signature not valid in the specified time frame')
      : undefined;
  }
  const date = String(headers['x-ms-date'] ?? '');
  if (Math.abs(Date.parse(date) - now) <= ALLOWED_MS) return undefined;
  return refusalOfAzure(`Request date header too old: '${date}'`);
}

const refusalOfAzure = (detail: string): Refusal => ({
  status: 403,
  headers: { 'content-type': 'application/xml', 'x-ms-error-code': 'AuthenticationFailed' },
  body: `<?xml version="1.0"?><Error><Code>AuthenticationFailed</Code><Message/><AuthenticationErrorDetail>${detail}</AuthenticationErrorDetail></Error>`,
});

const REFUSE = { s3: refuseByS3, azure: refuseByAzure, gcs: refuseByGoogle } as const;

/** `20260101T000000Z`, as signatures have it. */
const parse = (text: string) =>
  Date.parse(text.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z'));
