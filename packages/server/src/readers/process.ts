import { flushCompileCache } from 'node:module';
import type { ReaderSetup, Task } from './messages.ts';
import { openTasks } from './reader.ts';

// One that is ended in its work would leave nothing for the next, and each would compile anew.
flushCompileCache();

/** A reader that is a process of its own: the first message says what it is started with, all others are tasks. */
let opened: ReturnType<typeof openTasks> | undefined;

process.on('message', async (message: ReaderSetup | Task) => {
  if (opened === undefined) opened = openTasks(message as ReaderSetup);
  else process.send?.(await (await opened).perform(message as Task));
});
// The server has gone.
process.on('disconnect', () => process.exit());
