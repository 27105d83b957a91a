import { expect, test } from 'vitest';
import { LongWrites } from './long-writes.ts';

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

test('long writes go one at a time in their order, and one that fails lets the next go on', async () => {
  const writes = new LongWrites();
  const events: string[] = [];
  const write = (name: string) =>
    writes.run(async () => {
      events.push(`${name} begins`);
      await sleep(20);
      events.push(`${name} ends`);
      if (name === 'first') throw new Error('refused');
    });
  const outcomes = await Promise.allSettled([write('first'), write('second'), write('third')]);
  expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'fulfilled', 'fulfilled']);
  expect(events).toEqual(['first', 'second', 'third'].flatMap((name) => [`${name} begins`, `${name} ends`]));
});

test('after a long write others have as much time as it took', async () => {
  const writes = new LongWrites();
  const took: number[] = [];
  let ended = 0;
  await Promise.all(
    [0, 1].map(() =>
      writes.run(async () => {
        if (ended > 0) took.push(performance.now() - ended);
        await sleep(50);
        ended = performance.now();
      }),
    ),
  );
  // Timers may fire up to a millisecond early.
  expect(took[0]).toBeGreaterThan(48);
});

test('those that would wait behind too many others are refused, and the rest go on', async () => {
  const writes = new LongWrites();
  const { promise, resolve } = Promise.withResolvers<void>();
  const first = writes.run(() => promise);
  await sleep(0);
  const waiting = Array.from({ length: 16 }, () => writes.run(async () => undefined));
  await expect(writes.run(async () => undefined)).rejects.toMatchObject({
    errorCode: 'TEMPORARILY_UNAVAILABLE',
    message: expect.stringContaining('fewer spans'),
  });
  resolve();
  await Promise.all([first, ...waiting]);
});
