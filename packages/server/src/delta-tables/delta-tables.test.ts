import { mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  checkDeltaFiles,
  compareDeltaInputs,
  createExperiment,
  getDeltaInput,
  logInputs,
  previewDeltaRows,
  refreshDeltaInput,
} from '@bitacora/protocol';
import { buildRun, type TestApp, testApp } from '@bitacora/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  committedMs,
  inputsOf,
  logTable,
  readingApp,
  removeTable,
  settled,
  writeTable,
} from './delta-tables.fixture.ts';

const CLASSIC = 'spark/checkpoint-classic';

let app: TestApp;
beforeAll(async () => {
  app = await readingApp();
});
afterAll(() => app[Symbol.asyncDispose]());

describe('a run that has read a Delta table', () => {
  test('keeps the snapshot of the version that was named', async () => {
    const path = await writeTable(app, CLASSIC);
    const run_id = await logTable(app, { path, delta_table_version: 4 });
    const input = await settled(app, run_id);
    expect(input).toMatchObject({
      run_id,
      dataset_name: 'orders',
      dataset_digest: 'abc',
      table: path,
      named_version: 4,
      version: 4,
      status: 'RECORDED',
      is_replaced: false,
      versions_behind: 3,
      latest: { latest_version: 7, latest_timestamp: committedMs(7) },
      snapshot: {
        table_id: '63a19138-cd1b-4646-961d-fdad0caf1724',
        version: 4,
        timestamp: committedMs(4),
        partition_columns: ['part'],
        file_count: 8,
        row_count: 16,
        file_list_digest: expect.stringMatching(/^[0-9a-f]{64}$/),
      },
    });
    expect(input.snapshot?.columns.map(({ name, type }) => `${name} ${type}`)).toEqual([
      'id long',
      'text string',
      'part integer',
    ]);
    expect(input.snapshot?.statistics[0]).toMatchObject({ column: ['id'], type: 'long', null_count: 0 });
    const { delta_input_id } = input;
    expect(await app.call(getDeltaInput, { run_id, delta_input_id })).toEqual({ delta_input: input });
  });

  test('is pinned to what was current when a path alone was logged', async () => {
    const path = await writeTable(app, CLASSIC, { version: 5 });
    const run_id = await logTable(app, { path });
    const input = await settled(app, run_id);
    expect(input).toMatchObject({ status: 'RECORDED', version: 5, versions_behind: 0 });
    expect(input.named_version).toBeUndefined();
  });

  test('may have read version 0, which Python does not name', async () => {
    const path = await writeTable(app, CLASSIC, { version: 0 });
    const run_id = await logTable(app, { path });
    expect(await settled(app, run_id)).toMatchObject({
      version: 0,
      snapshot: { row_count: 0, file_count: 0 },
    });
    expect(await settled(app, await logTable(app, { path, delta_table_version: 0 }))).toMatchObject({
      named_version: 0,
      version: 0,
    });
  });

  test('has it once, however often it is logged', async () => {
    const path = await writeTable(app, CLASSIC);
    const run_id = await logTable(app, { path, delta_table_version: 4 });
    await settled(app, run_id);
    const dataset = {
      name: 'orders',
      digest: 'abc',
      source_type: 'delta_table',
      source: '{"path": "/other"}',
    };
    await app.call(logInputs, { run_id, datasets: [{ dataset, tags: [] }] });
    expect(await inputsOf(app, run_id)).toMatchObject([{ version: 4, status: 'RECORDED' }]);
  });

  test('shares the snapshot with others that have read the same', async () => {
    const path = await writeTable(app, CLASSIC);
    const runs = await Promise.all(
      [path, `${path}/`, `file://${path}`].map((each) =>
        logTable(app, { path: each, delta_table_version: 4 }),
      ),
    );
    const inputs = await Promise.all(runs.map((run_id) => settled(app, run_id)));
    expect(new Set(inputs.map(({ snapshot }) => snapshot?.snapshot_id)).size).toBe(1);
    expect(new Set(inputs.map(({ delta_input_id }) => delta_input_id)).size).toBe(3);
  });

  test('says what is wrong with a source that is none', async () => {
    for (const source of [{}, { path: '' }, { path: '/x', delta_table_version: -1 }]) {
      const input = await settled(app, await logTable(app, source));
      expect(input).toMatchObject({ status: 'UNAVAILABLE', error_message: expect.stringContaining('Log ') });
    }
    const run_id = await buildRun(app);
    const dataset = { name: 'd', digest: 'd', source_type: 'delta_table', source: '[not json' };
    await app.call(logInputs, { run_id, datasets: [{ dataset, tags: [] }] });
    expect(await settled(app, run_id)).toMatchObject({ status: 'UNAVAILABLE' });
  });

  test('says that there is no table, and no such version', async () => {
    const path = await writeTable(app, CLASSIC);
    const folder = join(app.folder, 'tables', 'empty');
    await mkdir(folder);
    expect(await settled(app, await logTable(app, { path: folder }))).toMatchObject({
      status: 'UNAVAILABLE',
      error_message: expect.stringContaining('no Delta table'),
    });
    expect(await settled(app, await logTable(app, { path: `${folder}/gone` }))).toMatchObject({
      status: 'UNAVAILABLE',
      error_message: expect.stringContaining('no folder'),
    });
    expect(await settled(app, await logTable(app, { path, delta_table_version: 99 }))).toMatchObject({
      status: 'UNAVAILABLE',
      named_version: 99,
      error_message: expect.stringContaining('does not exist'),
    });
    await writeFile(join(path, '_delta_log', `${'7'.padStart(20, '0')}.json`), 'not json');
    expect(await settled(app, await logTable(app, { path, delta_table_version: 7 }))).toMatchObject({
      status: 'UNAVAILABLE',
      error_message: expect.stringContaining('corrupt'),
    });
  });
});

describe('a table that has moved on', () => {
  test('is seen when somebody asks, and found missing when it is gone', async () => {
    const path = await writeTable(app, CLASSIC, { version: 4, as: 'moving' });
    const run_id = await logTable(app, { path });
    const { delta_input_id } = await settled(app, run_id);
    await writeTable(app, CLASSIC, { as: 'moving' });
    expect((await app.call(refreshDeltaInput, { run_id, delta_input_id })).delta_input).toMatchObject({
      version: 4,
      versions_behind: 3,
      latest: { latest_version: 7 },
    });
    await removeTable(path);
    const { delta_input } = await app.call(refreshDeltaInput, { run_id, delta_input_id });
    expect(delta_input).toMatchObject({
      status: 'RECORDED',
      snapshot: { row_count: 16 },
      latest: { latest_version: 7, error_message: expect.stringContaining('no folder') },
    });
  });

  test('is recorded after all once it can be read', async () => {
    const path = join(app.folder, 'tables', 'late');
    const run_id = await logTable(app, { path, delta_table_version: 2 });
    const { delta_input_id, status } = await settled(app, run_id);
    expect(status).toBe('UNAVAILABLE');
    await writeTable(app, CLASSIC, { as: 'late' });
    const { delta_input } = await app.call(refreshDeltaInput, { run_id, delta_input_id });
    expect(delta_input).toMatchObject({ status: 'RECORDED', snapshot: { row_count: 8 } });
    expect(delta_input.error_message).toBeUndefined();
  });

  test('that was made anew is another table', async () => {
    const path = await writeTable(app, CLASSIC, { version: 4, as: 'orders' });
    const run_id = await logTable(app, { path });
    const { delta_input_id } = await settled(app, run_id);
    await removeTable(path);
    await writeTable(app, 'delta-rs/operations', { as: 'orders' });
    const { delta_input } = await app.call(refreshDeltaInput, { run_id, delta_input_id });
    expect(delta_input).toMatchObject({ is_replaced: true, latest: { latest_version: 9 } });
    expect(delta_input.versions_behind).toBeUndefined();
    await expect(app.call(previewDeltaRows, { run_id, delta_input_id })).rejects.toMatchObject({
      errorCode: 'RESOURCE_DOES_NOT_EXIST',
      message: expect.stringContaining('another table'),
    });
    expect(await app.call(checkDeltaFiles, { run_id, delta_input_id })).toMatchObject({
      is_available: false,
      warning: expect.stringContaining('another table'),
    });
    expect(await app.call(compareDeltaInputs, { experiment_id: '0', delta_input_id })).toMatchObject({
      is_same_table: false,
      is_from_record: true,
      before: { version: 4, row_count: 16 },
      after: { version: 9 },
    });
  });
});

describe('a table that took the place of another', () => {
  test.each([
    ['has not come to its version yet', 7, 1],
    ['has gone beyond it', 4, 9],
  ])('%s, is said to be another', async (_what, version, newest) => {
    const path = await writeTable(app, CLASSIC, { as: `replaced at ${version}` });
    const run_id = await logTable(app, { path, delta_table_version: version });
    const { delta_input_id, snapshot } = await settled(app, run_id);
    await removeTable(path);
    await writeTable(app, 'delta-rs/operations', { as: `replaced at ${version}`, version: newest });
    await app.call(refreshDeltaInput, { run_id, delta_input_id });
    const otherTable = expect.stringMatching(
      new RegExp(
        `^(?:The rows can no longer be read\\. )?Version ${version} of '.*' is not what was read: another table .* not '${snapshot?.table_id}'\\.`,
      ),
    );
    await expect(app.call(previewDeltaRows, { run_id, delta_input_id })).rejects.toMatchObject({
      errorCode: 'RESOURCE_DOES_NOT_EXIST',
      message: otherTable,
    });
    expect(await app.call(checkDeltaFiles, { run_id, delta_input_id })).toMatchObject({
      is_available: false,
      warning: otherTable,
    });
    expect(await app.call(compareDeltaInputs, { experiment_id: '0', delta_input_id })).toMatchObject({
      is_same_table: false,
      is_from_record: true,
      before: { version },
      after: { version: newest },
    });
  });

  test('is not thought to be another where only its log is shorter than that of a copy was', async () => {
    const path = await writeTable(app, CLASSIC, { as: 'rolled back' });
    const run_id = await logTable(app, { path, delta_table_version: 7 });
    const { delta_input_id } = await settled(app, run_id);
    await removeTable(path);
    await writeTable(app, CLASSIC, { as: 'rolled back', version: 3 });
    expect(await app.call(checkDeltaFiles, { run_id, delta_input_id })).toMatchObject({
      is_available: false,
      warning: expect.stringContaining('Version 7 does not exist; the newest is 3.'),
    });
  });
});

describe('the rows of a snapshot', () => {
  test('come page by page as of the version', async () => {
    const path = await writeTable(app, CLASSIC);
    const run_id = await logTable(app, { path, delta_table_version: 4 });
    const { delta_input_id } = await settled(app, run_id);
    const first = await app.call(previewDeltaRows, { run_id, delta_input_id, max_results: 10 });
    expect(first).toMatchObject({ version: 4, first_row: 0, is_cut: false, unread_columns: [] });
    expect(first.columns.map(({ name }) => name)).toEqual(['id', 'text', 'part']);
    const second = await app.call(previewDeltaRows, {
      run_id,
      delta_input_id,
      max_results: 10,
      page_token: first.next_page_token,
    });
    expect(second.first_row).toBe(10);
    expect(second.next_page_token).toBeUndefined();
    const ids = [...first.rows, ...second.rows].map((row) => (row as readonly unknown[])[0]);
    expect(ids).toHaveLength(16);
    expect(new Set(ids).size).toBe(16);
    const columns = ['part', 'id'];
    const some = await app.call(previewDeltaRows, { run_id, delta_input_id, columns, max_results: 1 });
    expect(some.columns.map(({ name }) => name)).toEqual(columns);
    for (const wrong of [{ columns: ['none'] }, { page_token: 'x' }])
      await expect(app.call(previewDeltaRows, { run_id, delta_input_id, ...wrong })).rejects.toMatchObject({
        errorCode: 'INVALID_PARAMETER_VALUE',
      });
  });

  test('of every type can be sent, and columns that cannot be read are left out', async () => {
    const path = await writeTable(app, 'spark/types');
    const run_id = await logTable(app, { path });
    const { delta_input_id } = await settled(app, run_id);
    const { rows, columns } = await app.call(previewDeltaRows, { run_id, delta_input_id });
    expect(rows).toHaveLength(7);
    expect(rows.every((row) => (row as readonly unknown[]).length === columns.length)).toBe(true);
    const variant = await writeTable(app, 'spark/variant');
    const other = await logTable(app, { path: variant });
    const page = await app.call(previewDeltaRows, {
      run_id: other,
      delta_input_id: (await settled(app, other)).delta_input_id,
    });
    expect(page.unread_columns.length).toBeGreaterThan(0);
    expect(page.rows.length).toBeGreaterThan(0);
  });

  test('are known to be gone after a VACUUM', async () => {
    const path = await writeTable(app, CLASSIC);
    const run_id = await logTable(app, { path, delta_table_version: 4 });
    const { delta_input_id } = await settled(app, run_id);
    expect(await app.call(checkDeltaFiles, { run_id, delta_input_id })).toEqual({
      is_available: true,
      file_count: 8,
      missing_count: 0,
      missing_paths: [],
      unchecked_count: 0,
    });
    await rm(join(path, 'part=0'), { recursive: true });
    const gone = await app.call(checkDeltaFiles, { run_id, delta_input_id });
    expect(gone).toMatchObject({
      is_available: false,
      file_count: 8,
      warning: expect.stringContaining('VACUUM'),
    });
    expect(gone.missing_count).toBe(gone.missing_paths.length);
    expect(gone.missing_paths[0]).toMatch(/^part=0\//);
    await expect(app.call(previewDeltaRows, { run_id, delta_input_id })).rejects.toMatchObject({
      errorCode: 'RESOURCE_DOES_NOT_EXIST',
      message: expect.stringContaining('VACUUM'),
    });
  });
});

describe('the difference', () => {
  test('to the current version, and to what another run has read', async () => {
    const { experiment_id } = await app.call(createExperiment, { name: `e ${crypto.randomUUID()}` });
    const path = await writeTable(app, CLASSIC);
    const [one, four] = await Promise.all(
      [1, 4].map(async (version) =>
        settled(app, await logTable(app, { path, delta_table_version: version }, { experiment_id })),
      ),
    );
    const request = { experiment_id, delta_input_id: one!.delta_input_id };
    expect(
      await app.call(compareDeltaInputs, { ...request, other_delta_input_id: four!.delta_input_id }),
    ).toMatchObject({
      is_same_table: true,
      is_from_record: false,
      before: { version: 1, row_count: 4, file_count: 2 },
      after: { version: 4, row_count: 16, file_count: 8 },
      schema: [],
      files_added_count: 6,
      files_removed_count: 0,
      rows_added: 12,
      rows_removed: 0,
      rows_are_exact: true,
      columns: [{ column: ['id'], before: {}, after: {} }, {}, {}],
    });
    const now = await app.call(compareDeltaInputs, request);
    expect(now.after).toMatchObject({ version: 7, row_count: 15 });
    // By what was recorded, when the log is cleaned up: first as Spark does it, which leaves a checkpoint before the gap.
    for (const version of [0, 1, 2, 3, 4])
      await rm(join(path, '_delta_log', `${version}.json`.padStart(25, '0')));
    const later = { experiment_id, delta_input_id: four!.delta_input_id };
    expect(await app.call(compareDeltaInputs, later)).toMatchObject({
      is_from_record: true,
      before: { version: 4, row_count: 16 },
      after: { version: 7, row_count: 15 },
    });
    await removeTable(path);
    expect(
      await app.call(compareDeltaInputs, { ...request, other_delta_input_id: four!.delta_input_id }),
    ).toMatchObject({ is_from_record: true, before: { row_count: 4 }, after: { row_count: 16 } });
  });

  test('of schemas says which columns changed', async () => {
    const path = await writeTable(app, 'spark/schema-evolution');
    const { delta_input_id } = await settled(app, await logTable(app, { path, delta_table_version: 1 }));
    const changed = await app.call(compareDeltaInputs, { experiment_id: '0', delta_input_id });
    expect(changed.schema.length).toBe(changed.schema_change_count);
    expect(changed.schema.map(({ change }) => change)).toContain('added');
  });

  test('is refused between two tables, and across experiments', async () => {
    const path = await writeTable(app, CLASSIC);
    const other = await writeTable(app, 'delta-rs/operations');
    const { delta_input_id } = await settled(app, await logTable(app, { path }));
    const { delta_input_id: foreign } = await settled(app, await logTable(app, { path: other }));
    await expect(
      app.call(compareDeltaInputs, { experiment_id: '0', delta_input_id, other_delta_input_id: foreign }),
    ).rejects.toMatchObject({
      errorCode: 'INVALID_PARAMETER_VALUE',
      message: expect.stringContaining('two tables'),
    });
    const { experiment_id } = await app.call(createExperiment, { name: 'other' });
    await expect(app.call(compareDeltaInputs, { experiment_id, delta_input_id })).rejects.toMatchObject({
      errorCode: 'RESOURCE_DOES_NOT_EXIST',
    });
  });
});

describe('what may be read', () => {
  const unavailable = async (app: TestApp, path: string) => {
    const input = await settled(app, await logTable(app, { path, delta_table_version: 3 }));
    expect(input).toMatchObject({ status: 'UNAVAILABLE', version: 3, table: path });
    return input.error_message;
  };

  test('of this machine lies below a place that the operator named', async () => {
    const path = await writeTable(app, CLASSIC);
    const outside = join(app.folder, 'outside');
    await mkdir(outside);
    await symlink(outside, join(app.folder, 'tables', 'link'));
    for (const refused of [
      outside,
      join(app.folder, 'tables', '..', 'outside'),
      join(app.folder, 'tables', 'link'),
      `file://${outside}`,
      `file:${outside}`,
      `${app.folder}/tables-2`,
      '/etc',
    ])
      expect(await unavailable(app, refused)).toMatch(/may not read the folder .*--delta-table-locations/);
    expect(await unavailable(app, 'tables/orders')).toContain('absolute path');
    expect((await settled(app, await logTable(app, { path }))).status).toBe('RECORDED');
  });

  test('elsewhere is a bucket, or a host that the operator named', async () => {
    for (const refused of [
      'sftp://host/t',
      'http://127.0.0.1:1/t',
      'https://ana:secret@host/t',
      'abfss://c@host.net/t',
    ]) {
      const message = await unavailable(app, refused);
      expect(message).toMatch(/may not connect to the host .*--delta-table-locations/);
      expect(message).not.toContain('secret');
    }
    expect(await unavailable(app, 'dbfs:/t')).toContain('Databricks');
    expect(await unavailable(app, 'hdfs://host/t')).toContain('cannot open');
    expect(await unavailable(app, 's3:///t')).toContain('names no bucket');
    const named = await settled(
      app,
      await logTable(app, { delta_table_name: 'main.s.t', delta_table_version: 2 }),
    );
    expect(named).toMatchObject({ table: 'main.s.t', version: 2, status: 'UNAVAILABLE' });
    expect(named.error_message).toContain('catalog');
  });

  test('is told without the password that its path holds', async () => {
    expect(await unavailable(app, 's3://AKIAX:secret@bucket/t')).toContain("'s3://AKIAX:***@bucket'");
    await using reading = await testApp({ deltaTableLocations: ['sftp://127.0.0.1:9/t'] });
    const run_id = await logTable(reading, { path: 'sftp://ana:secret@127.0.0.1:9/t' });
    const [input] = await inputsOf(reading, run_id);
    const rows = reading.call(previewDeltaRows, { run_id, delta_input_id: String(input?.delta_input_id) });
    await expect(rows).rejects.toThrow("'sftp://ana:***@127.0.0.1:9/t'");
  });

  test('with workspaces on is only what the operator named', async () => {
    await using app = await readingApp({ workspacesEnabled: true });
    const path = await writeTable(app, CLASSIC);
    expect(await unavailable(app, 's3://bucket/t')).toContain('With workspaces on');
    expect((await settled(app, await logTable(app, { path }))).status).toBe('RECORDED');
  });
});

test('what is not there is not found', async () => {
  const run_id = await buildRun(app);
  const unknown = { run_id, delta_input_id: 'f'.repeat(32) };
  expect(await inputsOf(app, run_id)).toEqual([]);
  for (const find of [
    () => app.call(getDeltaInput, unknown),
    () => app.call(refreshDeltaInput, unknown),
    () => app.call(checkDeltaFiles, unknown),
    () => app.call(previewDeltaRows, unknown),
  ])
    await expect(find()).rejects.toMatchObject({ errorCode: 'RESOURCE_DOES_NOT_EXIST' });
});
