import { DatabaseSync } from 'node:sqlite';
import { parentPort, workerData } from 'node:worker_threads';
import { untilEnd } from '../threads.ts';
import { addIndex, missingIndexes } from './indexes.ts';

// Told to go on, it makes one index that the file lacks and says how many are left.
const database = new DatabaseSync(workerData as string, { timeout: 20_000 });
database.exec('PRAGMA synchronous = FULL; PRAGMA cache_size = -64000');
const addNext = () => {
  const [next, ...others] = missingIndexes(database);
  if (next) addIndex(database, next);
  parentPort?.postMessage(others.length);
};
untilEnd(addNext, () => database.close());
