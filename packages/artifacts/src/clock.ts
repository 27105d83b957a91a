/** Stores take requests that are dated up to 15 minutes off; what is answered late is no proof. */
const NEAR_MS = 4 * 60_000;

/**
 * How the clock of this server differs from a store's, as a sentence goes on that begins with the store.
 *
 * @param date of the store's answer, as in its header; absent or near, there is nothing to say.
 */
export function clockApart(date: string | null | undefined): string | undefined {
  const ahead_ms = Date.now() - Date.parse(date ?? '');
  if (Number.isNaN(ahead_ms) || Math.abs(ahead_ms) < NEAR_MS) return undefined;
  const minutes = Math.round(Math.abs(ahead_ms) / 60_000);
  return `does not take the time of this server, whose clock is ${minutes} minutes ${ahead_ms > 0 ? 'ahead of' : 'behind'} the store's. Set the clock of this server`;
}
