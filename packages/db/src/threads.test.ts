import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { expect, test } from 'vitest';
import { endThread } from './threads.ts';

/** A thread that runs `code`, where `untilEnd` and `post` are at hand. */
async function start(code: string): Promise<Worker> {
  const ours = JSON.stringify(new URL('./threads.ts', import.meta.url).href);
  const source = `import { untilEnd } from ${ours};
    import { parentPort } from 'node:worker_threads';
    const post = (word) => parentPort.postMessage(word);
    ${code}
    post('ready');`;
  const thread = new Worker(new URL(`data:text/javascript,${encodeURIComponent(source)}`));
  await once(thread, 'message');
  return thread;
}

function wordsOf(thread: Worker) {
  const words: unknown[] = [];
  thread.on('message', (word) => words.push(word)).on('exit', (code) => words.push(code));
  return words;
}

test('a thread that is told to end finishes what it does, closes and goes', async () => {
  const thread = await start(`untilEnd(async (word) => {
    await new Promise((resolve) => setTimeout(resolve, 50));
    post(word);
  }, () => post('closed'));
  setInterval(() => undefined, 1000);`);
  const words = wordsOf(thread);
  thread.postMessage('one');
  thread.postMessage('two');
  await endThread(thread, 60_000);
  expect(words).toEqual(['one', 'two', 'closed', 0]);
});

test('a thread that does not answer is ended by force', async () => {
  const thread = await start('untilEnd(() => { for (;;); }, () => post("closed"));');
  const words = wordsOf(thread);
  thread.postMessage('work without end');
  await endThread(thread, 50);
  expect(words).toEqual([1]);
});

test('a thread that has gone, or fails as it closes, is one that has ended', async () => {
  const thread = await start('untilEnd(() => undefined, () => { throw new Error("cannot close"); });');
  thread.on('error', () => undefined);
  await Promise.all([endThread(thread, 60_000), endThread(thread, 60_000)]);
  await endThread(thread, 60_000);
});
