import { DatabaseSync } from 'node:sqlite';
import { parentPort, workerData } from 'node:worker_threads';

// PASSIVE takes what it can without waiting for anyone, so neither writers nor readers ever wait for it.
const database = new DatabaseSync(workerData as string, { timeout: 1000 });
database.exec('PRAGMA synchronous = FULL');
const checkpoint = database.prepare('PRAGMA wal_checkpoint(PASSIVE)');
parentPort?.on('message', () => parentPort?.postMessage({ ...checkpoint.get() }));
