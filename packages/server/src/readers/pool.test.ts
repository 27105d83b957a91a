import { once } from 'node:events';
import { describe, expect, test, vi } from 'vitest';
import type { Outcome, Task } from './messages.ts';
import { ReaderPool } from './pool.ts';
import { OutOfMemory, type ReaderEvents } from './start.ts';

const task: Task = { kind: 'cancel', stream: 1 };

/** Readers that do what the test says, and what became of them. */
function readers() {
  const started: { readonly events: ReaderEvents; readonly sent: Task[]; isEnded: boolean }[] = [];
  const start = (events: ReaderEvents) => {
    const reader = { events, sent: [] as Task[], isEnded: false };
    started.push(reader);
    return {
      send: (sent: Task) => void reader.sent.push(sent),
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

describe('a long answer', () => {
  /** So large that the next one is not asked for before it is taken. */
  const piece = (stream: number): Outcome => ({ kind: 'piece', bytes: new Uint8Array(2 ** 20), stream });

  /** One that has begun, and the reader that makes it. */
  async function begun() {
    const { started, start } = readers();
    const pool = new ReaderPool(start, 1);
    const running = pool.run(task);
    const [reader] = started;
    reader!.events.outcome(piece(7));
    const result = await running;
    if (result.kind !== 'stream') throw new Error(`not ${result.kind}`);
    return { pool, reader: reader!, body: result.body };
  }

  test('is given up in its reader also when nobody has begun to take it', async () => {
    const { reader, body } = await begun();
    body.destroy();
    await vi.waitUntil(() => reader.sent.length > 1);
    expect(reader.sent.at(-1)).toEqual({ kind: 'cancel', stream: 7 });
  });

  test('breaks off where its reader has died while nothing was asked of it', async () => {
    const { reader, body } = await begun();
    await once(body, 'readable');
    expect(reader.sent).toEqual([task]);
    reader.events.died(new Error('code 1'));
    await expect(body.toArray()).rejects.toThrow('code 1');
  });

  test('that is given up while its reader dies is nobody’s matter', async () => {
    const unhandled = vi.fn();
    process.on('unhandledRejection', unhandled);
    try {
      const { pool, reader, body } = await begun();
      await once(body, 'readable');
      // Busy with another task, so that the end of this one waits.
      const other = pool.run(task);
      body.destroy();
      await once(body, 'close');
      await new Promise(setImmediate);
      reader.events.died(new Error('code 1'));
      await expect(other).rejects.toThrow('code 1');
      await new Promise(setImmediate);
      expect(unhandled).not.toHaveBeenCalled();
    } finally {
      process.off('unhandledRejection', unhandled);
    }
  });
});
