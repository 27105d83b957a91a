import { parentPort, workerData } from 'node:worker_threads';
import type { ReaderSetup, Task } from './messages.ts';
import { buffersOf, openTasks } from './reader.ts';

/** A reader that is a thread of the server. */
const perform = await openTasks(workerData as ReaderSetup);

parentPort?.on('message', async (task: Task) => {
  const outcome = await perform(task);
  parentPort?.postMessage(outcome, buffersOf(outcome));
});
