import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/**
 * What may pass before its remains are collected. A collection takes 0.3 ms; with more in between, memory is no longer in
 * the processor's caches when it is used again, and V8 begins to look through the whole heap as well: with 16 MB the
 * server worked half as long again for each byte, with a folder and with S3.
 */
const MOST_PASSED_BYTES = 4 * 1024 * 1024;

let passed_bytes = 0;
let collect: (() => void) | undefined;

/**
 * Counts bytes that have come from a socket or file in memory of their own. V8 sees the small objects that stand for them
 * rather than how much they hold: left alone it lets 60 to 130 MB of them pile up, and then looks through the whole heap,
 * 10 ms each time. They are young, so a look at what is young is enough.
 */
export function countPassed(bytes: number): void {
  passed_bytes += bytes;
  if (passed_bytes < MOST_PASSED_BYTES) return;
  passed_bytes = 0;
  collect ??= youngCollector();
  collect();
}

/** What a store's library leaves behind of each name that a listing had: the text, its tree and what was made of it. */
const LEFT_OF_NAME_BYTES = 8192;

/**
 * Counts the names of a page of a listing that has been handed on. V8 would keep what is left of some pages among what is
 * old, where it seldom looks: 20,000 names in S3 took 53 MB in place of 19.
 */
export const countListed = (names: number): void => countPassed(names * LEFT_OF_NAME_BYTES);

/** V8 shows it only to contexts that are made while this flag is set; the flag is not left so for others. */
function youngCollector(): () => void {
  setFlagsFromString('--expose-gc');
  const gc = runInNewContext('gc') as (options: { readonly type: 'minor' }) => void;
  setFlagsFromString('--no-expose-gc');
  return () => gc({ type: 'minor' });
}
