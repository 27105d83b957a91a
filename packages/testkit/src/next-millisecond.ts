import { setTimeout as sleep } from 'node:timers/promises';

/** Waits for what is made next to be younger than all there is: what is made within one millisecond has no order by time. */
export async function nextMillisecond(): Promise<void> {
  const now = Date.now();
  while (Date.now() <= now) await sleep(1);
}
