import { parentPort, workerData } from 'node:worker_threads';
import { untilEnd } from '@bitacora/db';
import type { ReaderSetup, Task } from './messages.ts';
import { buffersOf, openTasks } from './reader.ts';

/** A reader that is a thread of the server. */
const { perform, close } = await openTasks(workerData as ReaderSetup);

untilEnd<Task>(async (task) => {
  const outcome = await perform(task);
  parentPort?.postMessage(outcome, buffersOf(outcome));
}, close);
