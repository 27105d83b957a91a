import { isDeepStrictEqual } from 'node:util';
import { afterAll, expect, onTestFinished, test } from 'vitest';
import { type DatabaseServer, startPostgresql, startReplica } from '../../scripts/test-databases.ts';
import { startServer, type TestServer } from '../../scripts/test-server.ts';
import { call, createRun } from './load.ts';
import { newName, valueIfThere } from './servers.ts';

const primary = valueIfThere(await startPostgresql());
const replica = primary && valueIfThere(await startReplica(primary));

const searched = async ({ uri }: TestServer): Promise<string[]> => {
  const { status, body } = await call(uri, 'POST', 'runs/search', { experiment_ids: ['0'] });
  expect(status).toBe(200);
  return ((body.runs ?? []) as { info: { run_id: string } }[]).map(({ info }) => info.run_id);
};

/** @param isWanted may never come true: then the test runs into its limit. */
async function until(isWanted: () => Promise<boolean>): Promise<void> {
  while (!(await isWanted())) await new Promise((resolve) => setTimeout(resolve, 50));
}

// A standby that follows by streaming, as in production.
test.skipIf(!replica)('a read replica answers long reads, may lag, and may go away', async () => {
  const [main, standby] = [primary, replica] as [DatabaseServer, DatabaseServer];
  const name = newName();
  const uri = await main.createDatabase(name);
  const replicaUri = `postgresql://${standby.address}/${name}`;
  const server = await startServer(uri, ['--read-replica-backend-store-uri', replicaUri]);
  onTestFinished(() => server.stop());

  const first = await createRun(server.uri);
  await until(async () => (await searched(server)).includes(first));

  // It lags: searches show what it has, everything else what is there.
  await standby.execute('SELECT pg_wal_replay_pause()');
  const second = await createRun(server.uri);
  // Until: where the replica was slow to answer, the primary is asked for a while.
  await until(async () => isDeepStrictEqual(await searched(server), [first]));
  expect((await call(server.uri, 'GET', 'runs/get', { run_id: second })).status).toBe(200);
  await standby.execute('SELECT pg_wal_replay_resume()');
  await until(async () => (await searched(server)).includes(second));

  // It is away: the primary answers, and at once.
  await standby.crash();
  const third = await createRun(server.uri);
  expect(await searched(server)).toContain(third);

  // A server starts without it, and says so.
  const other = await startServer(uri, ['--read-replica-backend-store-uri', replicaUri]);
  onTestFinished(() => other.stop());
  expect(other.log).toContain('The replica is left alone for now');
  expect(await searched(other)).toContain(third);
  await standby.start();
});

test.skipIf(!replica)('what is no replica of the store is refused', async () => {
  const [main, standby] = [primary, replica] as [DatabaseServer, DatabaseServer];
  const uri = await main.createDatabase(newName());
  await (await startServer(uri)).stop();
  const start = (replicaUri: string) => startServer(uri, ['--read-replica-backend-store-uri', replicaUri]);
  await expect(start(`postgresql://${standby.address}/postgres`)).rejects.toThrow(
    'is no replica of the backend store: it has none of MLflow',
  );
  await expect(start('sqlite:///other.db')).rejects.toThrow(
    'is a file: only databases on servers have replicas',
  );
  const newer = await main.createDatabase(newName());
  await (await startServer(newer, ['--schema', '3.18'])).stop();
  await expect(start(newer)).rejects.toThrow("it is at MLflow schema revision 'f4a9b2c7d1e6'");
});

afterAll(async () => {
  await replica?.stop();
  await primary?.stop();
});
