import { describe, expect, test } from 'vitest';
import { type Attempt, judge } from './retries.ts';

const NOW = 1_700_000_000_000;

const answered = (status: number, retryAfter?: string): Attempt => ({
  kind: 'answered',
  answer: { status, text: 'what it says', retryAfter },
});

const rules = (jitter = 0, maxRetries = 3) => ({
  maxRetries,
  nowMs: NOW,
  random: { hexId: () => '', integer: () => jitter },
});

describe('an attempt', () => {
  test.each([200, 201, 202, 204, 299])('answered with %i has arrived', (status) => {
    expect(judge(answered(status), 0, rules())).toEqual({
      status: 'SUCCEEDED',
      attempts: 1,
      last_attempt_timestamp: NOW,
      next_attempt_timestamp: null,
      response_status: status,
      response_excerpt: 'what it says',
      error_message: null,
    });
  });

  test.each([429, 500, 502, 503, 504])('answered with %i is made again', (status) => {
    expect(judge(answered(status), 0, rules())).toMatchObject({
      status: 'PENDING',
      next_attempt_timestamp: NOW + 1000,
      error_message: `The receiver answered ${status}.`,
    });
  });

  test.each([301, 302, 307, 400, 401, 403, 404, 410, 413, 418, 501, 505])(
    'answered with %i is the last',
    (status) => {
      expect(judge(answered(status), 0, rules())).toMatchObject({
        status: 'FAILED',
        attempts: 1,
        next_attempt_timestamp: null,
        response_status: status,
      });
    },
  );

  test('that met no answer is made again, unless it would only meet the same', () => {
    const failed = { kind: 'failed', message: 'connect ECONNREFUSED' } as const;
    expect(judge({ ...failed, final: false }, 0, rules())).toMatchObject({
      status: 'PENDING',
      response_status: null,
      error_message: 'connect ECONNREFUSED',
    });
    expect(judge({ ...failed, final: true }, 0, rules())).toMatchObject({ status: 'FAILED' });
  });
});

test('retries wait 1, 2 and 4 seconds with up to a second more, then the delivery is given up', () => {
  const waits = [0, 1, 2].map((attempts) => judge(answered(500), attempts, rules(999)));
  expect(waits.map(({ next_attempt_timestamp }) => next_attempt_timestamp! - NOW)).toEqual([
    1999, 2999, 4999,
  ]);
  expect(judge(answered(500), 3, rules())).toMatchObject({ status: 'FAILED', attempts: 4 });
  expect(judge(answered(500), 0, rules(0, 0))).toMatchObject({ status: 'FAILED', attempts: 1 });
});

test('no wait is over a minute', () => {
  expect(judge(answered(500), 50, rules(999, 100)).next_attempt_timestamp).toBe(NOW + 60_000);
});

describe('Retry-After', () => {
  const waitFor = (status: number, retryAfter: string) => {
    const { next_attempt_timestamp } = judge(answered(status, retryAfter), 0, rules());
    return next_attempt_timestamp === null ? null : next_attempt_timestamp - NOW;
  };

  test('is honoured in seconds and as a date', () => {
    expect(waitFor(429, '17')).toBe(17_000);
    expect(waitFor(503, '0')).toBe(0);
    expect(waitFor(503, new Date(NOW + 90_000).toUTCString())).toBe(90_000);
    expect(waitFor(503, new Date(NOW - 90_000).toUTCString())).toBe(0);
  });

  test('makes a 413 worth another attempt', () => {
    expect(waitFor(413, '5')).toBe(5_000);
    expect(judge(answered(413, '5'), 3, rules()).status).toBe('FAILED');
  });

  test('counts for no longer than six hours, and not at all on other answers or when it says nothing', () => {
    expect(waitFor(429, '999999999')).toBe(6 * 3_600_000);
    expect(waitFor(429, '99999999999999999999')).toBe(1000);
    expect(waitFor(429, 'soon')).toBe(1000);
    expect(waitFor(500, '17')).toBe(1000);
    expect(waitFor(404, '17')).toBeNull();
  });
});

test('the excerpt is 1,000 characters that any database keeps', () => {
  const text = `a\0b${'x'.repeat(996)}😀😀`;
  const { response_excerpt } = judge(
    { kind: 'answered', answer: { status: 200, text, retryAfter: undefined } },
    0,
    rules(),
  );
  expect(response_excerpt).toBe(`ab${'x'.repeat(996)}\ufffd`);
});
