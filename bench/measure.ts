import { readdirSync, readFileSync } from 'node:fs';

/** Of an even number of values, the mean of the middle two. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}

export function percentile(values: readonly number[], part: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? Number.NaN;
}

/** A number with about three digits that count. */
export const show = (value: number): string =>
  value >= 1000
    ? Math.round(value).toLocaleString('en')
    : value >= 100
      ? value.toFixed(0)
      : value >= 10
        ? value.toFixed(1)
        : value.toFixed(2);

export interface Load {
  readonly per_s: number;
  readonly p50_ms: number;
  readonly p99_ms: number;
}

/**
 * So long a server is asked the same before anything is measured, in milliseconds: one that has just started has
 * compiled nothing yet, and people ask one that has run for a while.
 */
const WARM_MS = 1000;

/** Closed loop on a warm server: so many callers, each sending its next request when the last is answered. */
export async function load(
  callers: number,
  seconds: number,
  call: (caller: number, count: number) => Promise<unknown>,
): Promise<Load> {
  let count = 0;
  const until = (end: number, answered: (ms: number) => void) =>
    Promise.all(
      Array.from({ length: callers }, async (_, caller) => {
        while (performance.now() < end) {
          const begun = performance.now();
          await call(caller, count++);
          answered(performance.now() - begun);
        }
      }),
    );
  await until(performance.now() + WARM_MS, () => undefined);
  const latencies: number[] = [];
  const start = performance.now();
  await until(start + seconds * 1000, (ms) => latencies.push(ms));
  return {
    per_s: latencies.length / ((performance.now() - start) / 1000),
    p50_ms: median(latencies),
    p99_ms: percentile(latencies, 0.99),
  };
}

/** Median time of a call in milliseconds, on a warm server. */
export async function timedWhenWarm(call: () => Promise<unknown>): Promise<number> {
  const warm = performance.now() + WARM_MS;
  for (let calls = 0; calls < 5 || performance.now() < warm; calls++) await call();
  return timed(15, call);
}

/** Median time of `times` calls in milliseconds, after one that does not count. */
export async function timed(times: number, call: () => Promise<unknown>): Promise<number> {
  await call();
  const values: number[] = [];
  for (let index = 0; index < times; index++) {
    const begun = performance.now();
    await call();
    values.push(performance.now() - begun);
  }
  return median(values);
}

/** Memory of a process and its children in MB; shared pages are counted once (PSS). Linux only. */
export function memoryMb(pid: number): number {
  const children = new Map<number, number[]>();
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const parent = Number(
      readOr(`/proc/${name}/stat`)
        .replace(/^.*\) /s, '')
        .split(' ')[1],
    );
    children.set(parent, [...(children.get(parent) ?? []), Number(name)]);
  }
  let kilobytes = 0;
  for (const queue = [pid]; queue.length > 0; ) {
    const next = queue.pop()!;
    queue.push(...(children.get(next) ?? []));
    kilobytes += Number(/^Pss:\s+(\d+)/m.exec(readOr(`/proc/${next}/smaps_rollup`))?.[1] ?? 0);
  }
  return kilobytes / 1024;
}

/** A process may end between being listed and being read. */
function readOr(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

/** The most memory, in MB, that a process takes while something is done, looked at ten times a second. */
export async function watchMemory(pid: number, work: () => Promise<unknown>): Promise<number> {
  let most = memoryMb(pid);
  const watch = setInterval(() => {
    most = Math.max(most, memoryMb(pid));
  }, 100);
  await work().finally(() => clearInterval(watch));
  return most;
}
