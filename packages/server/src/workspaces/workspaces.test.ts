import {
  createExperiment,
  createRegisteredModel,
  createWorkspace,
  deleteExperiment,
  deleteWorkspace,
  getExperiment,
  getExperimentByName,
  getRun,
  getServerInfo,
  getWorkspace,
  linkTracesToRun,
  listWorkspaces,
  logBatch,
  logOutputs,
  searchExperiments,
  updateWorkspace,
} from '@bitacora/protocol';
import { WEBHOOK_DEFAULTS } from '@bitacora/server';
import { buildExperiment, buildRun, buildWorld, snapshot, type TestApp, testApp } from '@bitacora/testkit';
import { describe, expect, test } from 'vitest';

const withWorkspaces = () => testApp({ workspacesEnabled: true });
const names = async (app: TestApp) =>
  (await app.call(listWorkspaces, {})).workspaces?.map(({ name }) => name);
const header = (name: string) => ({ 'x-mlflow-workspace': name });

describe('a workspace', () => {
  test('is created with 201, listed by name, and got', async () => {
    await using app = await withWorkspaces();
    const answer = await app.inject({
      method: 'POST',
      url: '/api/3.0/mlflow/workspaces',
      payload: { name: 'team-b', description: 'B' },
    });
    expect([answer.statusCode, answer.json()]).toEqual([
      201,
      { workspace: { name: 'team-b', description: 'B' } },
    ]);
    const config = { location: 's3://bucket/traces', retention: '30d' };
    await app.call(createWorkspace, {
      name: 'team-a',
      default_artifact_root: 's3://bucket/a',
      trace_archival_config: config,
    });
    expect(await names(app)).toEqual(['default', 'team-a', 'team-b']);
    expect(await app.call(getWorkspace, { workspace_name: 'team-a' })).toEqual({
      workspace: { name: 'team-a', default_artifact_root: 's3://bucket/a', trace_archival_config: config },
    });
  });

  test.each([
    'A',
    'a',
    'a_b',
    '-ab',
    'ab-',
    'a.b',
    'a'.repeat(64),
    'workspaces',
    'api',
    'ajax-api',
    'static-files',
    'default',
  ])('is not created with the name %j', async (name) => {
    await using app = await withWorkspaces();
    await expect(app.call(createWorkspace, { name })).rejects.toMatchObject({
      errorCode: 'INVALID_PARAMETER_VALUE',
      message: expect.stringContaining(name),
    });
    expect(await names(app)).toEqual(['default']);
  });

  test('has a name that no other has', async () => {
    await using app = await withWorkspaces();
    await app.call(createWorkspace, { name: 'team-a' });
    await expect(app.call(createWorkspace, { name: 'team-a' })).rejects.toMatchObject({
      errorCode: 'RESOURCE_ALREADY_EXISTS',
    });
  });

  test('is changed field by field; empty text takes a setting back', async () => {
    await using app = await withWorkspaces();
    await app.call(createWorkspace, {
      name: 'team-a',
      description: 'A',
      default_artifact_root: '/srv/a',
      trace_archival_config: { location: 's3://b/x', retention: '12h' },
    });
    const change = (fields: object) => app.call(updateWorkspace, { workspace_name: 'team-a', ...fields });
    expect(await change({ trace_archival_config: { retention: '' } })).toEqual({
      workspace: {
        name: 'team-a',
        description: 'A',
        default_artifact_root: '/srv/a',
        trace_archival_config: { location: 's3://b/x' },
      },
    });
    expect(
      await change({ description: '', default_artifact_root: ' ', trace_archival_config: { location: '' } }),
    ).toEqual({
      workspace: { name: 'team-a', description: '' },
    });
    for (const nothing of [{}, { trace_archival_config: {} }]) {
      await expect(change(nothing)).rejects.toMatchObject({ errorCode: 'INVALID_PARAMETER_VALUE' });
    }
    await expect(
      app.call(updateWorkspace, { workspace_name: 'nobody', description: 'x' }),
    ).rejects.toMatchObject({ errorCode: 'RESOURCE_DOES_NOT_EXIST' });
    await app.call(updateWorkspace, { workspace_name: 'default', description: 'ours' });
  });

  test.each([
    [{ default_artifact_root: 'relative/path' }, 'default_artifact_root'],
    [{ default_artifact_root: 'http://host/path' }, 'http'],
    [{ default_artifact_root: 's3://bucket/../x' }, '..'],
    [{ trace_archival_config: { location: '/srv/x' } }, 'trace_archival_config.location'],
    [{ trace_archival_config: { location: 'mlflow-artifacts:/x' } }, 'trace_archival_config.location'],
    [{ trace_archival_config: { retention: '30x' } }, 'trace_archival_config.retention'],
    [{ trace_archival_config: { retention: '0d' } }, 'trace_archival_config.retention'],
    [{ trace_archival_config: { retention: `${'9'.repeat(32)}d` } }, 'trace_archival_config.retention'],
    [{ description: 'x'.repeat(20_000) }, 'description'],
  ])('refuses %j', async (fields, words) => {
    await using app = await withWorkspaces();
    await app.call(createWorkspace, { name: 'team-a' });
    for (const call of [
      () => app.call(createWorkspace, { name: 'team-b', ...fields }),
      () => app.call(updateWorkspace, { workspace_name: 'team-a', ...fields }),
    ]) {
      await expect(call()).rejects.toMatchObject({
        errorCode: 'INVALID_PARAMETER_VALUE',
        message: expect.stringContaining(words),
      });
    }
    expect(await app.call(getWorkspace, { workspace_name: 'team-a' })).toEqual({
      workspace: { name: 'team-a' },
    });
  });
});

describe('deleting a workspace', () => {
  const remove = (app: TestApp, mode?: string) =>
    app.call(deleteWorkspace, { workspace_name: 'team-a', mode });

  test('answers 204 without a body', async () => {
    await using app = await withWorkspaces();
    await app.call(createWorkspace, { name: 'team-a' });
    const answer = await app.inject({ method: 'DELETE', url: '/api/3.0/mlflow/workspaces/team-a' });
    expect([answer.statusCode, answer.payload]).toEqual([204, '']);
    expect(await names(app)).toEqual(['default']);
    await expect(remove(app)).rejects.toMatchObject({ errorCode: 'RESOURCE_DOES_NOT_EXIST' });
  });

  test('is refused while it holds anything, the trash included', async () => {
    await using app = await withWorkspaces();
    await app.call(createWorkspace, { name: 'team-a' });
    const team = app.inWorkspace('team-a');
    const experiment_id = await buildExperiment(team);
    await team.call(deleteExperiment, { experiment_id });
    await expect(remove(app)).rejects.toMatchObject({
      errorCode: 'INVALID_STATE',
      message: expect.stringContaining("'experiments' holds 1"),
    });
    await expect(remove(app, 'RESTRICT')).rejects.toMatchObject({ errorCode: 'INVALID_STATE' });
    expect(await names(app)).toEqual(['default', 'team-a']);
  });

  test('moves all to the default workspace when told to, files within reach', async () => {
    await using app = await withWorkspaces();
    await app.call(createWorkspace, { name: 'team-a' });
    const team = app.inWorkspace('team-a');
    const experiment_id = await buildExperiment(team, { name: 'moved' });
    const run_id = await buildRun(team, { experiment_id });
    await team.call(createRegisteredModel, { name: 'model', tags: [{ key: 'k', value: 'v' }] });
    const { run } = await team.call(getRun, { run_id });
    const file = `${run.info.artifact_uri?.replace('mlflow-artifacts:', '')}/a.txt`;
    const url = `/api/2.0/mlflow-artifacts/artifacts${file}`;
    await app.inject({
      method: 'PUT',
      url,
      payload: 'kept',
      headers: { ...header('team-a'), 'content-type': 'text/plain' },
    });
    await remove(app, 'SET_DEFAULT');
    expect((await app.call(getExperiment, { experiment_id })).experiment.workspace).toBe('default');
    expect((await app.call(getRun, { run_id })).run.info.run_id).toBe(run_id);
    expect((await app.inject({ url })).payload).toBe('kept');
    expect((await app.inject({ url: `/get-artifact?run_id=${run_id}&path=a.txt` })).payload).toBe('kept');
  });

  test('moves nothing when a name is taken there', async () => {
    await using app = await withWorkspaces();
    await app.call(createWorkspace, { name: 'team-a' });
    const team = app.inWorkspace('team-a');
    await buildExperiment(app, { name: 'both' });
    const experiment_id = await buildExperiment(team, { name: 'both' });
    await buildExperiment(team, { name: 'alone' });
    await expect(remove(app, 'SET_DEFAULT')).rejects.toMatchObject({
      errorCode: 'INVALID_STATE',
      message: expect.stringContaining("experiments: 'both'"),
    });
    expect((await team.call(getExperiment, { experiment_id })).experiment.workspace).toBe('team-a');
    await expect(app.call(getExperimentByName, { experiment_name: 'alone' })).rejects.toMatchObject({
      errorCode: 'RESOURCE_DOES_NOT_EXIST',
    });
  });

  test('takes the mode from the query alone and knows no other word', async () => {
    await using app = await withWorkspaces();
    await app.call(createWorkspace, { name: 'team-a' });
    await buildExperiment(app.inWorkspace('team-a'));
    const url = '/api/3.0/mlflow/workspaces/team-a';
    const inBody = await app.inject({ method: 'DELETE', url, payload: { mode: 'CASCADE' } });
    expect(inBody.json().error_code).toBe('INVALID_STATE');
    for (const mode of ['cascade', '', 'DROP']) {
      const answer = await app.inject({ method: 'DELETE', url: `${url}?mode=${mode}` });
      expect([answer.statusCode, answer.json().error_code]).toEqual([400, 'INVALID_PARAMETER_VALUE']);
    }
    const twice = await app.inject({ method: 'DELETE', url: `${url}?mode=CASCADE&mode=RESTRICT` });
    expect(twice.statusCode).toBe(400);
    expect(await names(app)).toEqual(['default', 'team-a']);
  });

  test.each(['3.17', '3.18'])(
    'with all that is in it leaves every table of MLflow %s as it was before',
    async (schema) => {
      await using app = await testApp({
        workspacesEnabled: true,
        schema,
        webhooks: { ...WEBHOOK_DEFAULTS, allowPrivateIps: true, allowedSchemes: ['http'] },
      });
      await app.call(createWorkspace, { name: 'team-b' });
      await buildWorld(app, 'team-b');
      const before = await snapshot(app.store.db);
      await app.call(createWorkspace, { name: 'team-a' });
      const world = await buildWorld(app, 'team-a');
      const team = app.inWorkspace('team-a');
      // More than go in one piece.
      for (let index = 0; index < 25; index++) await buildRun(team, { experiment_id: world.experiment_id });
      await team.call(linkTracesToRun, { run_id: world.run_id, trace_ids: [world.trace_id] });
      await team.call(logOutputs, { run_id: world.run_id, models: [{ model_id: world.model_id, step: 1 }] });
      expect(await snapshot(app.store.db)).not.toEqual(before);
      await remove(app, 'CASCADE');
      expect(await snapshot(app.store.db)).toEqual(before);
    },
  );

  test('never takes the default one', async () => {
    await using app = await withWorkspaces();
    await expect(
      app.call(deleteWorkspace, { workspace_name: 'default', mode: 'CASCADE' }),
    ).rejects.toMatchObject({
      errorCode: 'INVALID_PARAMETER_VALUE',
    });
    expect((await app.call(getExperiment, { experiment_id: '0' })).experiment.name).toBe('Default');
  });
});

describe('the header', () => {
  test('says whose names are meant: each workspace has its own', async () => {
    await using app = await withWorkspaces();
    await app.call(createWorkspace, { name: 'team-a' });
    const team = app.inWorkspace('team-a');
    const ours = await buildExperiment(app, { name: 'same' });
    const theirs = await buildExperiment(team, { name: 'same' });
    expect(ours).not.toBe(theirs);
    expect((await team.call(getExperimentByName, { experiment_name: 'same' })).experiment).toMatchObject({
      experiment_id: theirs,
      workspace: 'team-a',
      artifact_location: `mlflow-artifacts:/workspaces/team-a/${theirs}`,
    });
    expect((await app.call(getExperimentByName, { experiment_name: 'same' })).experiment).toMatchObject({
      experiment_id: ours,
      artifact_location: `mlflow-artifacts:/workspaces/default/${ours}`,
    });
    const { experiments } = await team.call(searchExperiments, { max_results: 100 });
    expect(experiments?.map(({ experiment_id }) => experiment_id)).toEqual([theirs]);
  });

  test.each([
    ['nobody', 404, 'RESOURCE_DOES_NOT_EXIST'],
    ['BAD', 400, 'INVALID_PARAMETER_VALUE'],
    ['api', 400, 'INVALID_PARAMETER_VALUE'],
    ["x' OR 'a'='a", 400, 'INVALID_PARAMETER_VALUE'],
  ])('%j is refused on every route but server-info', async (name, status, code) => {
    await using app = await withWorkspaces();
    for (const url of [
      '/health',
      '/version',
      '/',
      '/nowhere',
      '/api/2.0/mlflow/experiments/get?experiment_id=0',
      '/api/2.0/mlflow-artifacts/artifacts/a.txt',
      '/api/3.0/mlflow/workspaces',
    ]) {
      const answer = await app.inject({ url, headers: header(name) });
      expect([url, answer.statusCode, answer.json().error_code]).toEqual([url, status, code]);
    }
    const info = await app.inject({ url: '/api/3.0/mlflow/server-info', headers: header(name) });
    expect([info.statusCode, info.json().workspaces_enabled]).toEqual([200, true]);
  });

  test('with blanks around it is the name within, and only blanks is the default workspace', async () => {
    await using app = await withWorkspaces();
    await app.call(createWorkspace, { name: 'team-a' });
    const experiment_id = await buildExperiment(app.inWorkspace('team-a'));
    const url = `/api/2.0/mlflow/experiments/get?experiment_id=${experiment_id}`;
    expect((await app.inject({ url, headers: header(' team-a ') })).statusCode).toBe(200);
    expect((await app.inject({ url, headers: header('  ') })).statusCode).toBe(404);
    expect((await app.inject({ url, headers: header('default') })).statusCode).toBe(404);
  });

  test('of two workspaces names none', async () => {
    await using app = await withWorkspaces();
    await app.call(createWorkspace, { name: 'team-a' });
    const answer = await app.inject({ url: '/health', headers: header('team-a, default') });
    expect(answer.statusCode).toBe(400);
  });
});

describe('with workspaces on', () => {
  test('nobody chooses where an experiment keeps its artifacts', async () => {
    await using app = await withWorkspaces();
    await expect(
      app.call(createExperiment, { name: 'e', artifact_location: 'mlflow-artifacts:/workspaces/other' }),
    ).rejects.toMatchObject({ errorCode: 'INVALID_PARAMETER_VALUE' });
    await app.call(createExperiment, { name: 'e', artifact_location: '' });
  });

  test('experiments go below the root of their workspace, and move with no later change of it', async () => {
    await using app = await withWorkspaces();
    await app.call(createWorkspace, { name: 'team-a', default_artifact_root: 's3://bucket/a?v=1' });
    const team = app.inWorkspace('team-a');
    const locationOf = async (experiment_id: string) =>
      (await team.call(getExperiment, { experiment_id })).experiment.artifact_location;
    const first = await buildExperiment(team);
    expect(await locationOf(first)).toBe(`s3://bucket/a/${first}?v=1`);
    await app.call(updateWorkspace, { workspace_name: 'team-a', default_artifact_root: '' });
    const second = await buildExperiment(team);
    expect(await locationOf(second)).toBe(`mlflow-artifacts:/workspaces/team-a/${second}`);
    expect(await locationOf(first)).toBe(`s3://bucket/a/${first}?v=1`);
  });

  test.each(['mlflow-artifacts:/workspaces', 's3://bucket/workspaces/', '/srv/workspaces/team-a'])(
    'the artifact root %s is refused at the start',
    async (artifactRoot) => {
      await expect(testApp({ workspacesEnabled: true, artifactRoot })).rejects.toThrow(artifactRoot);
    },
  );
});

describe('with workspaces off', () => {
  test('a request that names one is refused with MLflow’s code, blanks and server-info excepted', async () => {
    await using app = await testApp();
    for (const name of ['team-a', 'default']) {
      const answer = await app.inject({ url: '/health', headers: header(name) });
      expect([answer.statusCode, answer.json().error_code]).toEqual([500, 'FEATURE_DISABLED']);
    }
    expect((await app.inject({ url: '/health', headers: header(' ') })).statusCode).toBe(200);
    const info = await app.inject({ url: '/api/3.0/mlflow/server-info', headers: header('team-a') });
    expect([info.statusCode, info.json().workspaces_enabled]).toEqual([200, false]);
    expect((await app.call(getServerInfo, {})).workspaces_enabled).toBe(false);
  });

  test('the calls about workspaces say so in the way that clients understand', async () => {
    await using app = await testApp();
    for (const call of [
      () => app.call(listWorkspaces, {}),
      () => app.call(createWorkspace, { name: 'team-a' }),
      () => app.call(getWorkspace, { workspace_name: 'default' }),
      () => app.call(updateWorkspace, { workspace_name: 'default', description: 'x' }),
      () => app.call(deleteWorkspace, { workspace_name: 'team-a' }),
    ]) {
      await expect(call()).rejects.toMatchObject({
        errorCode: 'ENDPOINT_NOT_FOUND',
        message: expect.stringContaining('--enable-workspaces'),
      });
    }
  });

  test('paths of the store mean what they say', async () => {
    await using app = await testApp();
    const url = '/api/2.0/mlflow-artifacts/artifacts/workspaces/team-a/a.txt';
    await app.inject({ method: 'PUT', url, payload: 'x', headers: { 'content-type': 'text/plain' } });
    expect((await app.inject({ url })).payload).toBe('x');
  });
});

test('a batch logged in a workspace is read there alone', async () => {
  await using app = await withWorkspaces();
  await app.call(createWorkspace, { name: 'team-a' });
  const team = app.inWorkspace('team-a');
  const run_id = await buildRun(team, { experiment_id: await buildExperiment(team) });
  await team.call(logBatch, { run_id, metrics: [{ key: 'loss', value: 1, timestamp: 1, step: 0 }] });
  expect((await team.call(getRun, { run_id })).run.data.metrics).toHaveLength(1);
  await expect(app.call(getRun, { run_id })).rejects.toMatchObject({ errorCode: 'RESOURCE_DOES_NOT_EXIST' });
});
