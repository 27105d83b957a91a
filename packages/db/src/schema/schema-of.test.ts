import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { openSqliteReader } from '../sqlite/store.ts';
import { openDatabaseFile } from './open.ts';
import { schemaOf } from './schema-of.ts';

const folder = mkdtempSync(join(tmpdir(), 'bitacora-schema-of-'));
afterAll(() => rmSync(folder, { recursive: true }));

test.each([
  ['3.17', false],
  ['3.18', true],
])('of MLflow %s, a database knows whether it has what a newer schema brought', async (schema, hasSkills) => {
  const path = join(folder, `${schema}.db`);
  openDatabaseFile(path, { schema });
  const db = openSqliteReader(path);
  const found = await schemaOf(db);
  expect(found.mlflow).toBe(schema);
  expect(found.tables.has('runs')).toBe(true);
  expect(found.tables.has('skills')).toBe(hasSkills);
  expect(await schemaOf(db)).toBe(found);
  db.close();
});
