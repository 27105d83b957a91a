import { sql } from '@bitacora/db';
import { createWorkspace, deleteWorkspace, getWorkspace, type Request } from '@bitacora/protocol';
import { type TestApp, testApp } from '@bitacora/testkit';
import { describe, expect, test } from 'vitest';

/** Skills have no calls here yet; MLflow 3.18 writes them as this does. */
const addSkill = (app: TestApp, workspace: string, name: string, source_type = 'git') =>
  app.store.write(async (tx) => {
    const key = [workspace, 'acme', name];
    await tx.insert(
      {
        into: 'skills',
        columns: ['workspace', 'organization', 'name', 'created_at', 'last_updated_at'],
      },
      [[...key, 1, 1]],
    );
    await tx.insert(
      {
        into: 'skill_versions',
        columns: [
          ...['workspace', 'organization', 'name', 'version', 'source_type', 'status'],
          ...['created_at', 'last_updated_at'],
        ],
      },
      [[...key, 1, source_type, 'active', 1, 1]],
    );
    await tx.insert(
      { into: 'skill_aliases', columns: ['workspace', 'organization', 'name', 'alias', 'version'] },
      [[...key, 'best', 1]],
    );
  });

const skills = async (app: TestApp) =>
  (
    await app.store.db.all(sql<{ workspace: string; name: string; alias: string }>`
      SELECT v.workspace, v.name, a.alias FROM skill_versions v JOIN skill_aliases a
        ON a.workspace = v.workspace AND a.organization = v.organization AND a.name = v.name
      ORDER BY v.workspace, v.name`)
  ).map(({ workspace, name, alias }) => `${workspace}/${name}@${alias}`);

async function open() {
  const app = await testApp({ workspacesEnabled: true, schema: '3.18' });
  await app.call(createWorkspace, { name: 'team-a' });
  return app;
}

const remove = (app: TestApp, mode: Request<typeof deleteWorkspace>['mode']) =>
  app.call(deleteWorkspace, { workspace_name: 'team-a', mode });

describe('a workspace with skills', () => {
  test('is not deleted while they are there', async () => {
    await using app = await open();
    await addSkill(app, 'team-a', 'ask');
    await expect(remove(app, 'RESTRICT')).rejects.toMatchObject({
      errorCode: 'INVALID_STATE',
      message: expect.stringContaining("'skills' holds 1"),
    });
    expect(await skills(app)).toEqual(['team-a/ask@best']);
  });

  test('moves them to the default one with their versions and aliases', async () => {
    await using app = await open();
    await addSkill(app, 'team-a', 'ask');
    await addSkill(app, 'default', 'other');
    await remove(app, 'SET_DEFAULT');
    expect(await skills(app)).toEqual(['default/ask@best', 'default/other@best']);
  });

  test('moves nothing when one is there already, or has its files in the workspace', async () => {
    await using app = await open();
    await addSkill(app, 'team-a', 'ask');
    await addSkill(app, 'default', 'ask');
    await expect(remove(app, 'SET_DEFAULT')).rejects.toMatchObject({
      errorCode: 'INVALID_STATE',
      message: expect.stringContaining("skills: 'acme/ask'"),
    });
    await addSkill(app, 'team-a', 'kept', 'mlflow');
    await expect(remove(app, 'SET_DEFAULT')).rejects.toMatchObject({
      errorCode: 'INVALID_STATE',
      message: expect.stringContaining("version 1 of the skill 'kept'"),
    });
    expect(await skills(app)).toEqual(['default/ask@best', 'team-a/ask@best', 'team-a/kept@best']);
    await app.call(getWorkspace, { workspace_name: 'team-a' });
  });

  test('takes them along when all of it goes', async () => {
    await using app = await open();
    await addSkill(app, 'team-a', 'ask', 'mlflow');
    await addSkill(app, 'default', 'ask');
    await remove(app, 'CASCADE');
    expect(await skills(app)).toEqual(['default/ask@best']);
  });
});
