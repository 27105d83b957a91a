import type { Int64 } from '@bitacora/protocol';
import { useSyncExternalStore } from 'react';
import { absoluteText, ageText, toMillis } from './time.ts';

const TICK_MS = 15_000;
const listeners = new Set<() => void>();
let now = Date.now();
let timer: ReturnType<typeof setInterval> | undefined;

/** One clock for all ages on the page; it stands still while nothing shows one. */
function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  // It may have stood still until now.
  if (timer === undefined) now = Date.now();
  timer ??= setInterval(() => {
    now = Date.now();
    for (const each of listeners) each();
  }, TICK_MS);
  return () => {
    listeners.delete(listener);
    if (listeners.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  };
}

export const useNow = (): number => useSyncExternalStore(subscribe, () => now);

/** How long ago, with the exact time as tooltip. */
export function TimeAgo({ at }: { readonly at: Int64 | string | undefined }) {
  const current = useNow();
  const millis = toMillis(at);
  if (millis === undefined) return <span className="dim">–</span>;
  const exact = absoluteText(millis);
  const iso = Math.abs(millis) <= 8.64e15 ? new Date(millis).toISOString() : undefined;
  return (
    <time dateTime={iso} title={exact}>
      {ageText(millis, current)}
    </time>
  );
}
