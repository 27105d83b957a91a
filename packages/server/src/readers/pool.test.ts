import { expect, test, vi } from 'vitest';
import type { Task } from './messages.ts';
import { ReaderPool } from './pool.ts';
import { OutOfMemory, type ReaderEvents } from './start.ts';

const task: Task = { kind: 'cancel', stream: 1 };

/** Readers that do what the test says, and what became of them. */
function readers() {
  const started: { readonly events: ReaderEvents; isEnded: boolean }[] = [];
  const start = (events: ReaderEvents) => {
    const reader = { events, isEnded: false };
    started.push(reader);
    return {
      send: () => undefined,
      end: async () => {
        reader.isEnded = true;
      },
    };
  };
  return { started, start };
}

test('a task that takes too long is refused as its file’s fault, and the next one has another reader', async () => {
  const { started, start } = readers();
  const pool = new ReaderPool(start, 1, { most_ms: 20, idle_ms: 60_000 });
  await expect(pool.run(task)).rejects.toMatchObject({ errorCode: 'INVALID_PARAMETER_VALUE' });
  expect(started).toMatchObject([{ isEnded: true }]);
  const next = pool.run(task);
  started[1]!.events.outcome({ kind: 'answer', bytes: Uint8Array.of(1) });
  expect(await next).toEqual({ kind: 'answer', bytes: Uint8Array.of(1) });
  await pool.close();
  expect(started[1]!.isEnded).toBe(true);
});

test('a reader that ran out of memory refuses its task; one that died otherwise is a defect', async () => {
  const { started, start } = readers();
  const pool = new ReaderPool(start, 1, { most_ms: 60_000, idle_ms: 60_000 });
  const first = pool.run(task);
  started[0]!.events.died(new OutOfMemory('SIGABRT'));
  await expect(first).rejects.toMatchObject({ errorCode: 'INVALID_PARAMETER_VALUE' });
  const second = pool.run(task);
  started[1]!.events.died(new Error('code 1'));
  await expect(second).rejects.toThrow('code 1');
  await pool.close();
});

test('a reader with nothing to do is ended', async () => {
  const { started, start } = readers();
  const pool = new ReaderPool(start, 2, { most_ms: 60_000, idle_ms: 20 });
  const done = pool.run(task);
  started[0]!.events.outcome({ kind: 'answer', bytes: new Uint8Array() });
  await done;
  await vi.waitUntil(() => started[0]!.isEnded, { timeout: 60_000 });
  await pool.close();
});
