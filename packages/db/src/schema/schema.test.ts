import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { promisify } from 'node:util';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { createSchema } from './create-schema.ts';
import { describeSchema } from './describe-schema.ts';
import { ensureOwn, INDEXES, missingIndexes } from './indexes.ts';
import { openDatabaseFile } from './open.ts';
import { pythonOf } from './python.ts';
import { FRESH, REVISIONS, type Revision, readRevision, tablesOf } from './revisions.ts';

const folder = mkdtempSync(join(tmpdir(), 'bitacora-schema-'));
afterAll(() => rmSync(folder, { recursive: true }));

function described(path: string): string {
  const db = new DatabaseSync(path, { readOnly: true });
  try {
    return describeSchema(db);
  } finally {
    db.close();
  }
}

function fresh(revision: Revision = FRESH): DatabaseSync {
  const db = new DatabaseSync(':memory:');
  createSchema(db, revision);
  return db;
}

const sectionsOf = (revision: Revision) => describeSchema(fresh(revision)).split('\n\n');

describe('the schema', () => {
  // The files are what MLflow makes: the tests below compare with MLflow itself. `vitest -u` writes them anew. Of a
  // revision on top of another there are only the tables that it adds or changes.
  test.each(REVISIONS)('at $revision is what MLflow $mlflow makes', async (revision) => {
    const before = new Set(revision.onTopOf ? sectionsOf(revision.onTopOf) : []);
    const facts = sectionsOf(revision).filter((section) => !before.has(section));
    await expect(facts.join('\n\n')).toMatchFileSnapshot(`./${revision.revision}.facts.txt`);
  });

  test.each(REVISIONS)('of MLflow $mlflow says its revision and knows its tables', (revision) => {
    const db = fresh(revision);
    expect(readRevision(db)).toBe(revision.revision);
    const tables = db.prepare("SELECT name FROM sqlite_master WHERE type = 'table'").all();
    expect(tables.map(({ name }) => name).sort()).toEqual(tablesOf(revision).sort());
  });

  test('is made in a transaction that is already open', () => {
    const db = new DatabaseSync(':memory:');
    db.exec('BEGIN');
    createSchema(db);
    db.exec('ROLLBACK');
    expect(readRevision(db)).toBeUndefined();
  });

  test('is made whole or not at all', () => {
    const db = new DatabaseSync(':memory:');
    db.exec('CREATE TABLE workspaces (name)');
    expect(() => createSchema(db)).toThrow('workspaces already exists');
    expect(db.prepare('SELECT name FROM sqlite_master').all()).toHaveLength(1);
    expect(db.isTransaction).toBe(false);
  });

  test('keeps the names of secrets from changing', () => {
    const db = fresh();
    db.exec(
      "INSERT INTO secrets (secret_id, secret_name, encrypted_value, wrapped_dek, kek_version, masked_value, created_at, last_updated_at) VALUES ('s-1', 'key', x'00', x'00', 1, '{}', 1, 1)",
    );
    expect(() => db.exec("UPDATE secrets SET secret_name = 'other'")).toThrow('immutable');
    db.exec('UPDATE secrets SET masked_value = \'{"a":1}\'');
  });
});

describe('our own indexes', () => {
  test('are added where they are missing and left where they are', () => {
    const db = fresh();
    expect(missingIndexes(db)).toEqual(INDEXES);
    ensureOwn(db);
    expect(missingIndexes(db)).toEqual([]);
    db.exec('DROP INDEX bitacora_runs_by_start');
    expect(missingIndexes(db).map(({ name }) => name)).toEqual(['bitacora_runs_by_start']);
    ensureOwn(db);
    expect(missingIndexes(db)).toEqual([]);
  });

  // See database-schema.md, section 6: Alembic's rebuild of a table loses anything else, MLflow might collide with it.
  test('have our prefix, plain ascending columns and no uniqueness', () => {
    const db = fresh();
    ensureOwn(db);
    const made = db
      .prepare("SELECT name, sql FROM sqlite_master WHERE type = 'index' AND name LIKE 'bitacora%'")
      .all();
    expect(made).toHaveLength(INDEXES.length);
    for (const { sql } of made)
      expect(sql).toMatch(/^CREATE INDEX bitacora_\w+ ON \w+ \(\w+(, \w+)*\)( WHERE .*)?$/);
  });
});

const maySkip = process.env.CI !== 'true';

describe.each(REVISIONS)('MLflow $mlflow in Python', { timeout: 240_000 }, (revision) => {
  const python = pythonOf(revision);
  beforeEach(({ skip }) => {
    if (python === undefined && maySkip) skip(`no interpreter is named that has MLflow ${revision.mlflow}`);
  });

  async function run(script: string, ...args: string[]): Promise<unknown> {
    if (python === undefined) throw new Error(`no interpreter is named that has MLflow ${revision.mlflow}`);
    const { stdout } = await promisify(execFile)(python, ['-c', script, ...args], {
      env: { ...process.env, MLFLOW_DISABLE_TELEMETRY: 'true', PYTHONWARNINGS: 'ignore' },
    });
    return JSON.parse(stdout.trim().split('\n').at(-1) ?? 'null');
  }

  const file = (name: string) => join(folder, `${name}-${revision.mlflow}.db`);
  const schema = revision.mlflow;

  test('makes the schema that we make', async () => {
    const theirs = file('theirs');
    const ours = file('ours');
    await run(
      `import sys
from mlflow.store.db.utils import _initialize_tables, create_sqlalchemy_engine
_initialize_tables(create_sqlalchemy_engine(sys.argv[1]))
print(1)`,
      `sqlite:///${theirs}`,
    );
    openDatabaseFile(ours, { schema });
    expect(described(ours)).toBe(described(theirs));
    expect(openDatabaseFile(theirs)).toEqual({ created: false, revision: revision.revision });
    expect(described(ours)).toBe(described(theirs));
  });

  test('opens a database that we made, and logs to it', async () => {
    const path = file('shared');
    openDatabaseFile(path, { schema });
    const before = described(path);
    const run_id = await run(
      `import json, sys
from mlflow import MlflowClient
from mlflow.entities import Metric, Param, RunTag
client = MlflowClient(sys.argv[1], registry_uri=sys.argv[1])
assert client.get_experiment("0").name == "Default"
run_id = client.create_run("0", run_name="python").info.run_id
client.log_batch(run_id, [Metric("m", float("nan"), 1, 1), Metric("m", 0.5, 2, 2)], [Param("p", "v")], [RunTag("t", "u")])
client.set_terminated(run_id)
model = client.create_logged_model("0", name="net", source_run_id=run_id)
client.create_registered_model("registered", tags={"a": "b"})
client.create_model_version("registered", "s3://bucket/model", run_id)
client.set_registered_model_alias("registered", "champion", "1")
client.rename_registered_model("registered", "renamed")
assert client.search_runs(["0"], "metrics.m < 1 and params.p = 'v' and tags.t = 'u'")[0].info.run_id == run_id
assert client.get_model_version_by_alias("renamed", "champion").version == 1
print(json.dumps(run_id))`,
      `sqlite:///${path}`,
    );
    expect(described(path)).toBe(before);
    expect(openDatabaseFile(path)).toEqual({ created: false, revision: revision.revision });
    const db = new DatabaseSync(path, { readOnly: true });
    expect(db.prepare('SELECT run_uuid, name, status FROM runs').all()).toEqual([
      { run_uuid: run_id, name: 'python', status: 'FINISHED' },
    ]);
    expect(db.prepare('SELECT value, is_nan FROM metrics ORDER BY step').all()).toEqual([
      { value: 0, is_nan: 1 },
      { value: 0.5, is_nan: 0 },
    ]);
    db.close();
  });
});
