/**
 * Logs a table as the input of a new run and prints the run's id: `node dataset.ts URI FOLDER [VERSION]`. Without a
 * version the current one is pinned.
 */
import { LocalTableFiles, openSnapshot, toDataset } from '../../packages/delta/src/index.ts';
import { createClient, createRun, logInputs } from '../../packages/protocol/src/index.ts';

const [baseUrl = '', path = '', version] = process.argv.slice(2);
const client = createClient({ baseUrl });
const { run } = await client.call(createRun, { experiment_id: '0' });
const { run_id } = run.info;
const snapshot = await openSnapshot(
  new LocalTableFiles(path),
  version === undefined ? {} : { version: Number(version) },
);
await client.call(logInputs, {
  run_id,
  datasets: [
    { dataset: toDataset(snapshot, { path }), tags: [{ key: 'mlflow.data.context', value: 'training' }] },
  ],
});
process.stdout.write(run_id);
