import { afterAll, beforeAll, expect, test } from 'vitest';
import { startServer, type TestServer } from '../../scripts/test-server.ts';
import { call, createRun, Load } from './load.ts';
import { newName, onEachServer } from './servers.ts';

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

await onEachServer((database) => {
  let server: TestServer;
  let name: string;
  beforeAll(async () => {
    name = newName();
    server = await startServer(await database.createDatabase(name));
  });
  afterAll(async () => {
    await server.stop();
    await database.stop();
  });

  test('a crash of the database in mid-load loses nothing that was acknowledged', async () => {
    const load = new Load(server, await createRun(server.uri), 8);
    for (let round = 0; round < 3; round++) {
      await load.more(60);
      await database.crash();
      await database.start();
    }
    await load.more(60);
    await load.end();
    await load.check();
  });

  test('connections that an administrator ends are replaced, and nothing acknowledged is lost', async () => {
    const load = new Load(server, await createRun(server.uri), 8);
    for (let round = 0; round < 10; round++) {
      await load.more(20);
      if (database.kind === 'postgresql')
        await database.execute(
          `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '${name}'`,
        );
      else
        for (const { id } of await database.execute(
          `SELECT id FROM information_schema.processlist WHERE db = '${name}'`,
        ))
          await database.execute(`KILL ${id}`).catch(() => undefined);
    }
    await load.more(20);
    await load.end();
    await load.check();
  });

  test('while the database is away every call is told when to come again, and the server lives', async () => {
    const run_id = await createRun(server.uri);
    await database.crash();
    const calls = await Promise.all([
      call(server.uri, 'GET', 'runs/get', { run_id }),
      call(server.uri, 'POST', 'runs/create', { experiment_id: '0' }),
      call(server.uri, 'POST', 'runs/log-metric', { run_id, key: 'm', value: 1, timestamp: 1 }),
      call(server.uri, 'POST', 'runs/search', { experiment_ids: ['0'] }),
      call(server.uri, 'GET', 'metrics/get-history', { run_id, metric_key: 'm' }),
      call(server.uri, 'POST', 'experiments/create', { name: 'while away' }),
      call(server.uri, 'GET', 'experiments/search', { max_results: '5' }),
    ]);
    for (const { status, body, retryAfter } of calls) {
      expect({ status, code: body.error_code }).toEqual({ status: 503, code: 'TEMPORARILY_UNAVAILABLE' });
      expect(Number(retryAfter)).toBeGreaterThan(0);
    }
    expect((await fetch(`${server.uri}/health`)).status).toBe(200);
    expect(server.exitCode).toBeUndefined();
    await database.start();
    expect((await call(server.uri, 'GET', 'runs/get', { run_id })).status).toBe(200);
    expect((await call(server.uri, 'POST', 'runs/search', { experiment_ids: ['0'] })).status).toBe(200);
  });

  test('what is asked during a short restart is answered after it, creating included', async () => {
    await database.crash();
    const asked = [
      call(server.uri, 'POST', 'experiments/create', { name: 'during a restart' }),
      call(server.uri, 'POST', 'runs/create', { experiment_id: '0' }),
      call(server.uri, 'POST', 'runs/search', { experiment_ids: ['0'] }),
    ];
    await sleep(300);
    await database.start();
    // How long a start takes is not ours to say: where it took too long, the caller was told to come again.
    for (const { status } of await Promise.all(asked)) expect([200, 503]).toContain(status);
    expect((await call(server.uri, 'POST', 'runs/create', { experiment_id: '0' })).status).toBe(200);
  });

  test('a batch whose answer was lost may be sent again and again', async () => {
    const run_id = await createRun(server.uri);
    const batch = {
      run_id,
      metrics: [
        { key: 'm', value: 1, timestamp: 1, step: 1 },
        { key: 'm', value: 2, timestamp: 2, step: 2 },
        { key: 'n', value: 'NaN', timestamp: 1, step: 1 },
      ],
      params: [{ key: 'p', value: 'v' }],
      tags: [{ key: 't', value: 'v' }],
    };
    const answers = await Promise.all(
      Array.from({ length: 12 }, () => call(server.uri, 'POST', 'runs/log-batch', batch)),
    );
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    const { body } = await call(server.uri, 'GET', 'metrics/get-history', { run_id, metric_key: 'm' });
    expect(body.metrics).toHaveLength(2);
    const { data } = (await call(server.uri, 'GET', 'runs/get', { run_id })).body.run as {
      data: { params: unknown[]; metrics: { key: string; value: unknown }[] };
    };
    expect(data.params).toEqual([{ key: 'p', value: 'v' }]);
    expect(data.metrics.map(({ key, value }) => [key, value]).sort()).toEqual([
      ['m', 2],
      ['n', 'NaN'],
    ]);
  });
});
