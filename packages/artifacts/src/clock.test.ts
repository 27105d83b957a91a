import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { StoreClock } from './clock.ts';

const START_MS = Date.parse('2026-03-02T12:00:00Z');
const MINUTE_MS = 60_000;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date', 'performance'], now: START_MS });
});
afterEach(() => {
  vi.useRealTimers();
});

/** A store whose clock is so far ahead, counting how often it is asked. */
function storeAhead(ahead_ms: number) {
  let asked = 0;
  const clock = new StoreClock(async () => {
    asked++;
    return new Date(Date.now() + ahead_ms).toUTCString();
  });
  return { clock, asked: () => asked };
}

test("a store's time is asked for once, whoever wants it, and again after five minutes", async () => {
  const { clock, asked } = storeAhead(10 * MINUTE_MS);
  expect(await Promise.all([clock.now(), clock.now()])).toEqual(Array(2).fill(START_MS + 10 * MINUTE_MS));
  vi.advanceTimersByTime(4 * MINUTE_MS);
  expect(await clock.now()).toBe(START_MS + 14 * MINUTE_MS);
  expect(asked()).toBe(1);
  vi.advanceTimersByTime(MINUTE_MS);
  expect(await clock.now()).toBe(START_MS + 15 * MINUTE_MS);
  expect(asked()).toBe(2);
});

test("it is asked for again at once when this server's clock has been set", async () => {
  let store_ms = START_MS + 10 * MINUTE_MS;
  let asked = 0;
  const clock = new StoreClock(async () => {
    asked++;
    return new Date(store_ms).toUTCString();
  });
  await clock.now();
  // Somebody sets it right; the time that passes is the same by either clock.
  vi.advanceTimersByTime(1000);
  store_ms += 1000;
  vi.setSystemTime(store_ms);
  expect(await clock.now()).toBe(store_ms);
  expect(asked).toBe(2);
});

test('clocks that are seconds apart count as one, and a store that does not say is not waited for again', async () => {
  expect(await storeAhead(4000).clock.now()).toBe(START_MS);
  for (const ask of [
    async () => undefined,
    async () => 'no date',
    () => Promise.reject(new Error('cannot be reached')),
  ]) {
    const asking = vi.fn(ask);
    const clock = new StoreClock(asking);
    expect([await clock.now(), await clock.now()]).toEqual([START_MS, START_MS]);
    expect(asking).toHaveBeenCalledOnce();
  }
});
