import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { promisify } from 'node:util';
import mysql from 'mysql2/promise';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openStore } from '../open-store.ts';
import { POOL_DEFAULTS } from '../pool-settings.ts';
import { parseBackendStoreUri } from '../uri.ts';
import { describeServerSchema } from './describe-server-schema.ts';
import { pythonOf } from './python.ts';
import { REVISIONS } from './revisions.ts';

const uri = process.env.TEST_DATABASE_URI;
const engine = uri?.startsWith('postgresql') ? 'postgresql' : 'mysql';

/** The statements of an administrator: SQL as it is, on one of the server's databases. */
async function execute(database: string, statement: string): Promise<Record<string, unknown>[]> {
  const address = addressOf(database);
  if (engine === 'postgresql') {
    const client = new pg.Client(address);
    await client.connect();
    try {
      return (await client.query(statement)).rows;
    } finally {
      await client.end();
    }
  }
  const connection = await mysql.createConnection(address);
  try {
    const [rows] = await connection.query(statement);
    return Array.isArray(rows) ? (rows as Record<string, unknown>[]) : [];
  } finally {
    await connection.end();
  }
}

function addressOf(database: string) {
  const { hostname: host, port, username: user } = new URL(String(uri));
  return { host, port: Number(port), user, database };
}

const uriOf = (database: string) => String(uri).replace(/[^/]+$/, database);

const backendOf = (database: string) => ({
  store: parseBackendStoreUri(uriOf(database)),
  pool: POOL_DEFAULTS,
  mysqlTls: {},
});
const open = (database: string, schema?: string) => openStore(backendOf(database), { schema });

const admin = engine === 'postgresql' ? 'postgres' : 'mysql';
const maySkip = process.env.CI !== 'true';

describe.runIf(uri)('a database on a server', { timeout: 240_000 }, () => {
  const made: string[] = [];
  const newDatabase = async (options = '') => {
    const name = `schema_${randomUUID().replaceAll('-', '')}`;
    await execute(admin, `CREATE DATABASE ${name} ${options}`);
    made.push(name);
    return name;
  };
  let database = '';
  beforeAll(async () => {
    database = await newDatabase();
  });
  afterAll(async () => {
    for (const name of made) await execute(admin, `DROP DATABASE ${name}`);
  });

  test('is created once by servers that start together, and opened by the next', async () => {
    const opened = await Promise.all([1, 2, 3, 4].map(() => open(database)));
    expect(opened.filter(({ created }) => created)).toHaveLength(1);
    for (const { store } of opened) await store.close();
    const again = await open(database);
    expect(again).toMatchObject({ created: false, revision: 'dc11669786a5' });
    await again.store.close();
  });

  test('gets back an index of ours that was lost', async () => {
    const lost = 'bitacora_latest_metrics_by_value';
    await execute(
      database,
      engine === 'postgresql' ? `DROP INDEX ${lost}` : `DROP INDEX ${lost} ON latest_metrics`,
    );
    await (await open(database)).store.close();
    await expect(
      execute(
        database,
        engine === 'postgresql' ? `DROP INDEX ${lost}` : `DROP INDEX ${lost} ON latest_metrics`,
      ),
    ).resolves.toBeDefined();
  });

  test('is refused at a revision that is not known, with the remedy', async () => {
    await execute(database, "UPDATE alembic_version SET version_num = '75868b020152'");
    await expect(open(database)).rejects.toThrow(/75868b020152[\s\S]*mlflow db upgrade/);
    await execute(database, "UPDATE alembic_version SET version_num = 'ffffffffffff'");
    await expect(open(database)).rejects.toThrow(/newer MLflow/);
    expect(await execute(database, 'SELECT version_num FROM alembic_version')).toEqual([
      { version_num: 'ffffffffffff' },
    ]);
  });

  test('is refused when its creation was cut short', async () => {
    await execute(database, 'DELETE FROM alembic_version');
    await expect(open(database)).rejects.toThrow(/cut short/);
  });

  test('is refused in one line when it cannot be reached', async () => {
    await expect(open('no_such_database')).rejects.toThrow(/cannot be opened: .*no_such_database/);
  });

  if (engine === 'mysql')
    test('is refused with the remedy where it could not hold all letters', async () => {
      const latin = await newDatabase('CHARACTER SET latin1');
      await expect(open(latin)).rejects.toThrow(
        `would keep text in the character set latin1, which lacks most letters of the world. Run ALTER DATABASE \`${latin}\` CHARACTER SET utf8mb4;`,
      );
      expect(await execute(latin, 'SHOW TABLES')).toEqual([]);
    });

  describe.each(REVISIONS)('at the schema of MLflow $mlflow', (revision) => {
    const schema = revision.mlflow;
    const python = pythonOf(revision);
    const described = (name: string) => describeServerSchema(engine, (text) => execute(name, text));

    async function run(script: string, name: string): Promise<string> {
      const driver = engine === 'postgresql' ? 'postgresql+psycopg2' : 'mysql+pymysql';
      const { stdout } = await promisify(execFile)(
        String(python),
        ['-c', script, uriOf(name).replace(/^\w+/, driver)],
        { env: { ...process.env, MLFLOW_DISABLE_TELEMETRY: 'true', PYTHONWARNINGS: 'ignore' } },
      );
      return stdout.trim().split('\n').at(-1) ?? '';
    }

    test('is what MLflow makes, and each opens what the other made', async ({ skip }) => {
      if (python === undefined && maySkip) skip(`no interpreter is named that has MLflow ${schema}`);
      const [theirs, ours] = [await newDatabase(), await newDatabase()];
      await run(
        `import sys
from mlflow.store.db.utils import _initialize_tables, create_sqlalchemy_engine
_initialize_tables(create_sqlalchemy_engine(sys.argv[1]))`,
        theirs,
      );
      const made = await open(ours, schema);
      expect(made).toMatchObject({ created: true, revision: revision.revision });
      await made.store.close();
      expect(await described(ours)).toBe(await described(theirs));

      // While it is in use already, as a server does with a database that it finds.
      const used = await openStore(backendOf(theirs), { addsIndexes: false });
      expect(used.missingIndexes).toContain('bitacora_runs_by_start');
      await used.addIndexes?.().done;
      await used.store.close();
      const opened = await openStore(backendOf(theirs), { addsIndexes: false });
      expect(opened).not.toHaveProperty('missingIndexes');
      expect(opened).toMatchObject({ created: false, revision: revision.revision });
      await opened.store.close();
      expect(await described(theirs)).toBe(await described(ours));

      const name = await run(
        `import sys
from mlflow import MlflowClient
client = MlflowClient(sys.argv[1], registry_uri=sys.argv[1])
run = client.create_run("0", run_name="python")
client.log_metric(run.info.run_id, "m", 0.5)
client.create_registered_model("registered", tags={"a": "b"})
print(client.search_runs(["0"], "metrics.m < 1")[0].info.run_name)`,
        ours,
      );
      expect(name).toBe('python');
    });
  });
});
