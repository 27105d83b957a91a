import { DatabaseSync } from 'node:sqlite';
import { parentPort, workerData } from 'node:worker_threads';
import { untilEnd } from '../threads.ts';

// PASSIVE takes what it can without waiting for anyone, so neither writers nor readers ever wait for it.
const database = new DatabaseSync(workerData as string, { timeout: 1000 });
database.exec('PRAGMA synchronous = FULL');
const checkpoint = database.prepare('PRAGMA wal_checkpoint(PASSIVE)');
untilEnd(
  () => parentPort?.postMessage({ ...checkpoint.get() }),
  () => database.close(),
);
