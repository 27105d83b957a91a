import { type Asked, type Refusal, startCheckingProxy } from './checking-proxy.ts';

/** So far may the date of a request be from the service's own: of Amazon's and of Azure's. */
const ALLOWED_MS = 15 * 60_000;

/**
 * Stands before a store that does not look at the dates of requests, and refuses them as the service does. Its clock is
 * so far ahead of this machine's, and its answers are dated by it.
 */
export async function startClock(target: number, service: 's3' | 'azure', ahead_ms: number) {
  let refusals = 0;
  const now = () => Date.now() + ahead_ms;
  const proxy = await startCheckingProxy(
    target,
    (asked) => {
      const refusal = service === 's3' ? refuseByS3(asked, now()) : refuseByAzure(asked, now());
      if (refusal === undefined) return undefined;
      refusals++;
      return { ...refusal, headers: { ...refusal.headers, date: new Date(now()).toUTCString() } };
    },
    (_asked, given) => {
      given.headers.date = new Date(now()).toUTCString();
    },
  );
  return { ...proxy, refusals: () => refusals };
}

function refuseByS3({ headers, url }: Asked, now: number): Refusal | undefined {
  const refuse = (code: string, more = '') => ({
    status: 403,
    headers: { 'content-type': 'application/xml' },
    body: `<?xml version="1.0"?><Error><Code>${code}</Code><Message/>${more}</Error>`,
  });
  const signed = url.searchParams.get('X-Amz-Date');
  if (signed !== null) {
    const from = parse(signed);
    const until = from + Number(url.searchParams.get('X-Amz-Expires')) * 1000;
    return from - ALLOWED_MS > now || until < now ? refuse('AccessDenied') : undefined;
  }
  const at = parse(String(headers['x-amz-date'] ?? ''));
  if (Math.abs(at - now) <= ALLOWED_MS) return undefined;
  const time = (ms: number) => new Date(ms).toISOString();
  return refuse(
    'RequestTimeTooSkewed',
    `<RequestTime>${time(at)}</RequestTime><ServerTime>${time(now)}</ServerTime><MaxAllowedSkewMilliseconds>${ALLOWED_MS}</MaxAllowedSkewMilliseconds>`,
  );
}

function refuseByAzure({ headers }: Asked, now: number): Refusal | undefined {
  const date = String(headers['x-ms-date'] ?? '');
  if (Math.abs(Date.parse(date) - now) <= ALLOWED_MS) return undefined;
  return {
    status: 403,
    headers: { 'content-type': 'application/xml', 'x-ms-error-code': 'AuthenticationFailed' },
    body: `<?xml version="1.0"?><Error><Code>AuthenticationFailed</Code><Message/><AuthenticationErrorDetail>Request date header too old: '${date}'</AuthenticationErrorDetail></Error>`,
  };
}

/** `20260101T000000Z`, as signatures have it. */
const parse = (text: string) =>
  Date.parse(text.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z'));
