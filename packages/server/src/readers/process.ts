import type { ReaderSetup, Task } from './messages.ts';
import { openTasks } from './reader.ts';

/** A reader that is a process of its own: the first message says what it is started with, all others are tasks. */
let opened: ReturnType<typeof openTasks> | undefined;

process.on('message', async (message: ReaderSetup | Task) => {
  if (opened === undefined) opened = openTasks(message as ReaderSetup);
  else process.send?.(await (await opened).perform(message as Task));
});
// The server has gone.
process.on('disconnect', () => process.exit());
