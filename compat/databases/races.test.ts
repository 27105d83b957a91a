import { afterAll, beforeAll, expect, test } from 'vitest';
import { startServer, type TestServer } from '../../scripts/test-server.ts';
import { type Answered, call, createRun } from './load.ts';
import { newName, onEachServer } from './servers.ts';

const SERVERS = 3;

await onEachServer((database) => {
  let servers: TestServer[];
  let name: string;
  beforeAll(async () => {
    name = newName();
    const uri = await database.createDatabase(name);
    // All of them find an empty database.
    servers = await Promise.all(Array.from({ length: SERVERS }, () => startServer(uri)));
  });
  afterAll(async () => {
    await Promise.all(servers.map((server) => server.stop()));
    await database.stop();
  });

  /** The same call, several times at once on each server. */
  const race = (path: string, fields: object, times = 4): Promise<Answered[]> =>
    Promise.all(
      servers.flatMap(({ uri }) => Array.from({ length: times }, () => call(uri, 'POST', path, fields))),
    );
  const outcomes = (answers: readonly Answered[]) => {
    const codes = answers.map(({ status, body }) => (status === 200 ? 'done' : String(body.error_code)));
    return Object.fromEntries(
      [...new Set(codes)].map((code) => [code, codes.filter((each) => each === code).length]),
    );
  };

  test('servers that start together on an empty database make one schema with one default experiment', async () => {
    expect(await database.execute('SELECT version_num FROM alembic_version', name)).toEqual([
      { version_num: 'dc11669786a5' },
    ]);
    const experiments = await database.execute('SELECT experiment_id, name FROM experiments', name);
    expect(experiments).toEqual([{ experiment_id: 0, name: 'Default' }]);
  });

  test.each([
    ['experiment', 'experiments/create'],
    ['registered model', 'registered-models/create'],
  ])('of many that create one %s at once exactly one wins', async (what, path) => {
    expect(outcomes(await race(path, { name: `one ${what}` }))).toEqual({
      done: 1,
      RESOURCE_ALREADY_EXISTS: SERVERS * 4 - 1,
    });
  });

  test('versions that are created at once have a number each, without a gap', async () => {
    await call(servers[0]!.uri, 'POST', 'registered-models/create', { name: 'versions' });
    const answers = await race('model-versions/create', { name: 'versions', source: 's3://bucket/model' });
    expect(outcomes(answers)).toEqual({ done: SERVERS * 4 });
    const numbers = answers.map(({ body }) => Number((body.model_version as { version: string }).version));
    expect(numbers.toSorted((a, b) => a - b)).toEqual(numbers.map((_, index) => index + 1));
  });

  test('of params that are set at once to different values one stays, and all who set another are told', async () => {
    const run_id = await createRun(servers[0]!.uri);
    const answers = await Promise.all(
      servers.flatMap(({ uri }, server) =>
        [1, 2, 3].map((n) =>
          call(uri, 'POST', 'runs/log-parameter', { run_id, key: 'p', value: `${server}-${n}` }),
        ),
      ),
    );
    expect(outcomes(answers)).toEqual({ done: 1, INVALID_PARAMETER_VALUE: SERVERS * 3 - 1 });
  });

  test('batches that touch the same metrics in opposite orders are all kept', async () => {
    const run_id = await createRun(servers[0]!.uri);
    const keys = Array.from({ length: 30 }, (_, i) => `m${i}`);
    const answers = await Promise.all(
      Array.from({ length: 24 }, (_, step) =>
        call(servers[step % SERVERS]!.uri, 'POST', 'runs/log-batch', {
          run_id,
          metrics: (step % 2 ? keys : keys.toReversed()).map((key) => ({
            key,
            value: step,
            timestamp: step,
            step,
          })),
        }),
      ),
    );
    expect(outcomes(answers)).toEqual({ done: 24 });
    const { run } = (await call(servers[0]!.uri, 'GET', 'runs/get', { run_id })).body as {
      run: { data: { metrics: { value: number }[] } };
    };
    expect(run.data.metrics.map(({ value }) => value)).toEqual(keys.map(() => 23));
  });
});
