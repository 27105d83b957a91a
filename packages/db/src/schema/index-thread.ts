import { DatabaseSync } from 'node:sqlite';
import { parentPort, workerData } from 'node:worker_threads';
import { addIndex, missingIndexes } from './indexes.ts';

// Told to go on, it makes one index that the file lacks and says how many are left.
const database = new DatabaseSync(workerData as string, { timeout: 20_000 });
database.exec('PRAGMA synchronous = FULL; PRAGMA cache_size = -64000');
parentPort?.on('message', () => {
  const [next, ...others] = missingIndexes(database);
  if (next) addIndex(database, next);
  if (others.length === 0) database.close();
  parentPort?.postMessage(others.length);
});
