import type { Random } from '../deps.ts';
import type { Answer } from '../outbound/outbound.ts';
import type { Outcome } from './delivery-queries.ts';

/** What came of an attempt. A failure that is final would only be met again. */
export type Attempt =
  | { readonly kind: 'answered'; readonly answer: Answer }
  | { readonly kind: 'failed'; readonly message: string; readonly final: boolean };

/** As MLflow's client of webhooks has them. */
const RETRIED: readonly number[] = [429, 500, 502, 503, 504];
/** These too when they say when, and MLflow's client waits as they ask. */
const RETRIED_WHEN_ASKED: readonly number[] = [413, 429, 503];

/** Waits are 1, 2, 4 … seconds and up to a second of jitter, and never over a minute; urllib3's figures in MLflow. */
const FIRST_WAIT_MS = 1_000;
const JITTER_MS = 1_000;
const LONGEST_WAIT_MS = 60_000;
/** A receiver may ask for six hours at most; also urllib3's figure. */
const LONGEST_ASKED_WAIT_MS = 6 * 3_600_000;

const EXCERPT_CHARACTERS = 1_000;

export interface RetryRules {
  readonly maxRetries: number;
  readonly random: Random;
  readonly nowMs: number;
}

/** Whether a delivery has arrived, is tried again, or is given up. `attempts` were made before this one. */
export function judge(attempt: Attempt, attempts: number, rules: RetryRules): Outcome {
  const { maxRetries, nowMs } = rules;
  const count = attempts + 1;
  const facts = { attempts: count, last_attempt_timestamp: nowMs, ...describe(attempt) };
  if (attempt.kind === 'answered' && attempt.answer.status < 300)
    return { ...facts, status: 'SUCCEEDED', next_attempt_timestamp: null };
  const wait = waitBeforeNext(attempt, count, rules);
  if (wait === undefined || count > maxRetries)
    return { ...facts, status: 'FAILED', next_attempt_timestamp: null };
  return { ...facts, status: 'PENDING', next_attempt_timestamp: nowMs + wait };
}

/** For what waited for a webhook that is not there any more. */
export const goneBefore = (attempts: number): Outcome => ({
  status: 'FAILED',
  attempts,
  last_attempt_timestamp: null,
  next_attempt_timestamp: null,
  response_status: null,
  response_excerpt: null,
  error_message: 'The webhook was deleted or disabled before this was sent.',
});

/** In milliseconds; undefined where another attempt makes no sense. */
function waitBeforeNext(attempt: Attempt, count: number, { random, nowMs }: RetryRules): number | undefined {
  const backoff = Math.min(FIRST_WAIT_MS * 2 ** (count - 1) + random.integer(JITTER_MS), LONGEST_WAIT_MS);
  if (attempt.kind === 'failed') return attempt.final ? undefined : backoff;
  const { status, retryAfter } = attempt.answer;
  const asked = RETRIED_WHEN_ASKED.includes(status) ? parseRetryAfter(retryAfter, nowMs) : undefined;
  return asked ?? (RETRIED.includes(status) ? backoff : undefined);
}

/** Seconds, or a date. */
function parseRetryAfter(text: string | undefined, nowMs: number): number | undefined {
  if (text === undefined) return undefined;
  const wait = /^\s*\d{1,10}\s*$/.test(text) ? Number(text) * 1000 : Date.parse(text) - nowMs;
  return Number.isNaN(wait) ? undefined : Math.min(Math.max(wait, 0), LONGEST_ASKED_WAIT_MS);
}

function describe(attempt: Attempt) {
  if (attempt.kind === 'failed')
    return { response_status: null, response_excerpt: null, error_message: excerpt(attempt.message) };
  const { status, text } = attempt.answer;
  return { response_status: status, response_excerpt: excerpt(text), error_message: explain(status) };
}

function explain(status: number): string | null {
  if (status < 300) return null;
  if (status < 400)
    return `The receiver answered ${status}. Redirects are not followed: set the URL where it really listens.`;
  return `The receiver answered ${status}.`;
}

/** What any database keeps: no NUL, which PostgreSQL refuses, and no half of a character. */
const excerpt = (text: string) => text.slice(0, EXCERPT_CHARACTERS).replaceAll('\0', '').toWellFormed();
