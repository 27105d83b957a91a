import { expect, test } from 'vitest';
import { startMariadb } from '../../scripts/test-databases.ts';
import { startServer } from '../../scripts/test-server.ts';
import { call } from './load.ts';
import { newName, valueIfThere } from './servers.ts';

/** Settings of the whole server, so it is one that nobody shares. */
const mariadb = valueIfThere(await startMariadb({ settings: ['sql-mode=NO_BACKSLASH_ESCAPES,ANSI_QUOTES'] }));

test.skipIf(!mariadb)('text is text whatever modes a MariaDB has', async ({ skip, onTestFinished }) => {
  const database = mariadb ?? skip();
  onTestFinished(() => database.stop());
  const server = await startServer(await database.createDatabase(newName()));
  onTestFinished(() => server.stop());
  const name = '\\\'); DROP TABLE experiments; -- "é模\u0001';
  const created = await call(server.uri, 'POST', 'experiments/create', { name });
  expect(created.status).toBe(200);
  const found = await call(server.uri, 'GET', 'experiments/get-by-name', { experiment_name: name });
  expect(found.body).toMatchObject({ experiment: { name, experiment_id: created.body.experiment_id } });
});
