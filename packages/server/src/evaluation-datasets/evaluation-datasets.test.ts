import { sql } from '@bitacora/db';
import {
  addDatasetToExperiments,
  createDataset,
  deleteDataset,
  deleteDatasetRecords,
  deleteDatasetTag,
  getDataset,
  getDatasetExperimentIds,
  getDatasetRecords,
  type Request,
  removeDatasetFromExperiments,
  searchEvaluationDatasets,
  setDatasetTags,
  upsertDatasetRecords,
} from '@bitacora/protocol';
import { buildExperiment, type TestApp, testApp } from '@bitacora/testkit';
import { describe, expect, test } from 'vitest';

const build = async (app: TestApp, request: Partial<Request<typeof createDataset>> = {}) =>
  (await app.call(createDataset, { name: 'questions', ...request })).dataset;

const put = (app: TestApp, dataset_id: string, records: unknown) =>
  app.call(upsertDatasetRecords, {
    dataset_id,
    records: typeof records === 'string' ? records : JSON.stringify(records),
  });

async function read(app: TestApp, dataset_id: string) {
  const { records } = await app.call(getDatasetRecords, { dataset_id });
  return JSON.parse(records) as Record<string, unknown>[];
}

const place = ({ inputs }: Record<string, unknown>) => (inputs as { q: number }).q;

describe('an evaluation data set', () => {
  test('is created, read and deleted for good; names may repeat', async () => {
    await using app = await testApp();
    const experiment_id = await buildExperiment(app);
    const made = await build(app, {
      experiment_ids: [experiment_id, experiment_id],
      tags: '{"team": "ä", "n": 1.0, "yes": true, "mlflow.user": "ana"}',
    });
    expect(made.dataset_id).toMatch(/^d-[0-9a-f]{32}$/);
    expect(made).toMatchObject({
      name: 'questions',
      experiment_ids: [experiment_id],
      created_by: 'ana',
      last_updated_by: 'ana',
      digest: expect.stringMatching(/^[0-9a-f]{8}$/),
    });
    expect(JSON.parse(made.tags!)).toEqual({ team: 'ä', n: '1.0', yes: 'True', 'mlflow.user': 'ana' });
    expect(made.tags).toContain('\\u00e4');
    const unnamed = await build(app, { tags: '{"mlflow.user": ""}' });
    expect(unnamed.created_by).toBe('');
    const twin = await build(app);
    expect(twin.dataset_id).not.toBe(made.dataset_id);
    const { experiment_ids: _, ...stored } = made;
    expect((await app.call(getDataset, { dataset_id: made.dataset_id })).dataset).toEqual(stored);

    await put(app, made.dataset_id, [{ inputs: { q: 1 } }]);
    for (let twice = 0; twice < 2; twice++)
      expect(await app.call(deleteDataset, { dataset_id: made.dataset_id })).toEqual({});
    await expect(app.call(getDataset, { dataset_id: made.dataset_id })).rejects.toMatchObject({
      errorCode: 'RESOURCE_DOES_NOT_EXIST',
    });
    for (const table of ['evaluation_dataset_records', 'entity_associations'])
      expect(await count(app, table), table).toBe(0);
  });

  test('belongs to experiments that exist', async () => {
    await using app = await testApp();
    const experiment_id = await buildExperiment(app);
    const { dataset_id } = await build(app);
    expect(await app.call(getDatasetExperimentIds, { dataset_id })).toEqual({});
    const added = await app.call(addDatasetToExperiments, {
      dataset_id,
      experiment_ids: ['0', experiment_id, '0'],
    });
    expect(added.dataset).toMatchObject({ dataset_id });
    expect(added.dataset).not.toHaveProperty('experiment_ids');
    const ids = async () => (await app.call(getDatasetExperimentIds, { dataset_id })).experiment_ids;
    expect(await ids()).toEqual(['0', experiment_id]);
    await expect(
      app.call(addDatasetToExperiments, { dataset_id, experiment_ids: ['4242'] }),
    ).rejects.toMatchObject({ errorCode: 'RESOURCE_DOES_NOT_EXIST' });
    await app.call(removeDatasetFromExperiments, { dataset_id, experiment_ids: ['0', '4242'] });
    expect(await ids()).toEqual([experiment_id]);
    await expect(
      app.call(removeDatasetFromExperiments, { dataset_id: 'd-x', experiment_ids: [] }),
    ).rejects.toMatchObject({ status: 404 });
    expect(await app.call(getDatasetExperimentIds, { dataset_id: 'd-x' })).toEqual({});
  });

  test('has tags that are set, replaced and removed; null changes nothing', async () => {
    await using app = await testApp();
    const { dataset_id } = await build(app, { tags: '{"a": "1", "b": "2"}' });
    await app.call(setDatasetTags, { dataset_id, tags: '{"a": 5, "b": null, "c": "x"}' });
    for (let twice = 0; twice < 2; twice++) await app.call(deleteDatasetTag, { dataset_id, key: 'c' });
    const { dataset } = await app.call(getDataset, { dataset_id });
    expect(JSON.parse(dataset.tags!)).toEqual({ a: '5', b: '2' });
    await expect(app.call(setDatasetTags, { dataset_id: 'd-x', tags: '{}' })).rejects.toMatchObject({
      status: 404,
    });
    expect(await app.call(deleteDatasetTag, { dataset_id: 'd-x', key: 'c' })).toEqual({});
  });

  test.each(['', 'null', '{}'])('is made without tags by %j', async (tags) => {
    await using app = await testApp();
    const made = await build(app, { tags });
    expect(made.tags).toBe('{}');
    for (const nothing of ['', 'null'])
      await expect(
        app.call(setDatasetTags, { dataset_id: made.dataset_id!, tags: nothing }),
      ).rejects.toMatchObject({ status: 400 });
  });

  test.each([
    '{',
    '[]',
    '"text"',
    '{"a": {}}',
    '{"a": [1]}',
    `{"${'k'.repeat(256)}": "v"}`,
    `{"k": "${'v'.repeat(5001)}"}`,
  ])('takes no tags such as %.40s', async (tags) => {
    await using app = await testApp();
    await expect(build(app, { tags })).rejects.toMatchObject({ status: 400 });
    await expect(build(app, { tags: { a: 'b' } as never })).rejects.toMatchObject({ status: 400 });
    expect(await app.call(searchEvaluationDatasets, {})).toEqual({});
  });
});

describe('the search of evaluation data sets', () => {
  test('filters, orders and pages', async () => {
    await using app = await testApp();
    const experiment_id = await buildExperiment(app);
    for (const name of ['beta', 'Alpha', 'gamma'])
      await build(app, {
        name,
        tags: `{"kind": "${name}"}`,
        experiment_ids: name === 'gamma' ? [experiment_id] : ['0'],
      });
    const names = async (request: object) =>
      (await app.call(searchEvaluationDatasets, { order_by: ['name'], ...request })).datasets?.map(
        ({ name }) => name,
      ) ?? [];
    expect(await names({})).toEqual(['Alpha', 'beta', 'gamma']);
    expect(await names({ order_by: ['name DESC'] })).toEqual(['gamma', 'beta', 'Alpha']);
    expect(await names({ filter_string: "name LIKE '%a%' AND tags.kind != 'beta'" })).toEqual([
      'Alpha',
      'gamma',
    ]);
    expect(await names({ filter_string: "tags.`kind` LIKE 'bet%'" })).toEqual(['beta']);
    expect(await names({ filter_string: "name IN ('beta', 'nobody')" })).toEqual(['beta']);
    expect(await names({ filter_string: 'created_time > 5' })).toHaveLength(3);
    expect(await names({ experiment_ids: [experiment_id] })).toEqual(['gamma']);
    expect(await names({ experiment_ids: ['0', experiment_id] })).toHaveLength(3);
    const first = await app.call(searchEvaluationDatasets, { max_results: 2, order_by: ['name'] });
    expect(first.datasets).toHaveLength(2);
    expect(await names({ max_results: 2, page_token: first.next_page_token })).toEqual(['gamma']);
    const byQuery = await app.inject({ url: '/api/3.0/mlflow/datasets/search?max_results=1&order_by=name' });
    expect(byQuery.json().datasets).toMatchObject([{ name: 'Alpha' }]);
  });

  test.each([
    { filter_string: "tag.kind = 'x'" },
    { filter_string: "attribute.name = 'x'" },
    { filter_string: 'name = 5' },
    { filter_string: "digest = 'x'" },
    { order_by: ['tags.kind'] },
    { order_by: ['created_by'] },
    { max_results: 0 },
    { max_results: 50_001 },
    { page_token: 'garbage' },
  ])('refuses %j', async (request) => {
    await using app = await testApp();
    await expect(app.call(searchEvaluationDatasets, request)).rejects.toMatchObject({
      errorCode: 'INVALID_PARAMETER_VALUE',
    });
  });
});

describe('records', () => {
  test('with equal inputs are one record, whatever the order of keys; 1 and 1.0 differ', async () => {
    await using app = await testApp();
    const { dataset_id } = await build(app);
    const first = await put(
      app,
      dataset_id,
      '[{"inputs": {"b": 1, "a": "\u00fc"}}, {"inputs": {"a": "\\u00fc", "b": 1}, "expectations": {"e": 1}}, {"inputs": {"a": "\u00fc", "b": 1.0}}]',
    );
    expect(first).toEqual({ inserted_count: 2, updated_count: 1 });
    expect(await put(app, dataset_id, '[{"inputs": {"b": 1.00, "a": "ü"}}]')).toEqual({
      inserted_count: 0,
      updated_count: 1,
    });
    const rows = await app.store.db.all(
      sql<{ input_hash: string }>`SELECT input_hash FROM evaluation_dataset_records ORDER BY input_hash`,
    );
    // From Python: hashlib.sha256(json.dumps({"b": 1, "a": "ü"}, sort_keys=True).encode()).hexdigest(), and with 1.0.
    expect(rows.map(({ input_hash }) => input_hash.slice(0, 16))).toEqual(HASHES);
  });

  test('tell expectations without fields from none', async () => {
    await using app = await testApp();
    const { dataset_id } = await build(app);
    await put(app, dataset_id, [
      { inputs: { q: 'a' }, expectations: {} },
      { inputs: { q: 'b' }, expectations: null },
      { inputs: { q: 'c' } },
    ]);
    // To what is there they add nothing.
    await put(app, dataset_id, [{ inputs: { q: 'c' }, expectations: {} }]);
    const expectations = new Map(
      (await read(app, dataset_id)).map((record) => [place(record), record.expectations]),
    );
    expect(expectations).toEqual(
      new Map([
        ['a', {}],
        ['b', undefined],
        ['c', undefined],
      ]),
    );
  });

  test('keep what was sent, and merge what comes later', async () => {
    await using app = await testApp();
    const { dataset_id } = await build(app, { tags: '{"mlflow.user": "ana"}' });
    await put(app, dataset_id, [
      {
        inputs: { q: 'why', z: null },
        expectations: { a: 1 },
        tags: { 'mlflow.user': 'bob', t: '1' },
        source: { source_type: 'trace', source_data: { trace_id: 'tr-1' } },
      },
    ]);
    const [fresh] = await read(app, dataset_id);
    expect(fresh).toEqual({
      dataset_record_id: expect.stringMatching(/^dr-[0-9a-f]{32}$/),
      dataset_id,
      inputs: { q: 'why', z: null },
      outputs: {},
      expectations: { a: 1 },
      tags: { 'mlflow.user': 'bob', t: '1' },
      source: { source_type: 'TRACE', source_data: { trace_id: 'tr-1' } },
      source_id: 'tr-1',
      source_type: 'TRACE',
      created_time: expect.any(Number),
      last_update_time: expect.any(Number),
      created_by: 'bob',
      last_updated_by: 'bob',
    });
    await put(app, dataset_id, [
      { inputs: { z: null, q: 'why' }, outputs: [1, 'x'], expectations: { a: 2, b: 3 }, tags: { t: '2' } },
    ]);
    const [merged] = await read(app, dataset_id);
    expect(merged).toMatchObject({
      dataset_record_id: fresh!.dataset_record_id,
      outputs: [1, 'x'],
      expectations: { a: 2, b: 3 },
      tags: { 'mlflow.user': 'bob', t: '2' },
      source_id: 'tr-1',
      last_updated_by: 'bob',
    });
    await put(app, dataset_id, [{ inputs: { q: 'why', z: null }, outputs: null }]);
    expect(await read(app, dataset_id)).not.toHaveProperty('[0].outputs');
    const { dataset } = await app.call(getDataset, { dataset_id });
    expect(JSON.parse(dataset.schema!)).toEqual({
      inputs: { q: 'string', z: 'null' },
      outputs: 'array',
      expectations: { a: 'integer', b: 'integer' },
      version: '1.0',
    });
    expect(dataset.profile).toBe('{"num_records": 1}');
    // Nobody was named by the last change.
    expect(dataset).not.toHaveProperty('last_updated_by');
  });

  test('have the id of their source as text, whatever it was sent as, but for lists and objects', async () => {
    await using app = await testApp();
    const { dataset_id } = await build(app);
    const ids = ['-5', '1.0', '1e16', 'true', 'false', '""', 'null', '"tr-1"'];
    const record = (id: string, index: number) =>
      `{"inputs": {"q": ${index}}, "source": {"source_type": "TRACE", "source_data": {"trace_id": ${id}}}}`;
    await put(app, dataset_id, `[${ids.map(record).join()}]`);
    const found = (await read(app, dataset_id)).sort((a, b) => place(a) - place(b));
    const expected = ['-5', '1.0', '1e+16', '1', '0', '', undefined, 'tr-1'];
    expect(found.map(({ source_id }) => source_id)).toEqual(expected);
    for (const id of ['[]', '{"a": 1}'])
      await expect(put(app, dataset_id, `[${record(id, 99)}]`)).rejects.toMatchObject({
        errorCode: 'INVALID_PARAMETER_VALUE',
        message: expect.stringContaining('records[0].source.source_data.trace_id'),
      });
    expect(await read(app, dataset_id)).toHaveLength(ids.length);
  });

  test('come in pages, in the order they came, and large numbers come back exact', async () => {
    await using app = await testApp();
    const { dataset_id } = await build(app);
    await put(
      app,
      dataset_id,
      `[${Array.from({ length: 25 }, (_, i) => `{"inputs": {"i": ${i}}}`).join(',')}]`,
    );
    const seen = new Set<number>();
    let page_token: string | undefined;
    let pages = 0;
    do {
      const page = await app.call(getDatasetRecords, { dataset_id, max_results: 10, page_token });
      for (const { inputs } of JSON.parse(page.records)) seen.add(inputs.i);
      page_token = page.next_page_token;
      pages++;
    } while (page_token);
    expect([seen.size, pages]).toEqual([25, 3]);
    expect(await app.call(getDatasetRecords, { dataset_id: 'd-x' })).toEqual({ records: '[]' });
    for (const token of ['x', 'MTo=', Buffer.from("1:a' OR 1=1").toString('base64')])
      await expect(app.call(getDatasetRecords, { dataset_id, page_token: token })).rejects.toMatchObject({
        status: 400,
      });
    const exact = await build(app);
    await put(app, exact.dataset_id, '[{"inputs": {"n": 12345678901234567890, "f": 1e16}}]');
    expect((await app.call(getDatasetRecords, { dataset_id: exact.dataset_id })).records).toContain(
      '"inputs": {"n": 12345678901234567890, "f": 1e+16}',
    );
  });

  test('are deleted by id, and the last one leaves no profile', async () => {
    await using app = await testApp();
    const { dataset_id } = await build(app);
    await put(app, dataset_id, [{ inputs: { a: 1 } }, { inputs: { a: 2 } }]);
    const [one, two] = (await read(app, dataset_id)).map(({ dataset_record_id }) =>
      String(dataset_record_id),
    );
    const remove = (ids: string[], of = dataset_id) =>
      app.call(deleteDatasetRecords, { dataset_id: of, dataset_record_ids: ids });
    expect(await remove([one!, 'dr-x'])).toEqual({ deleted_count: 1 });
    expect(await remove([one!])).toEqual({ deleted_count: 0 });
    expect(await remove([two!], 'd-x')).toEqual({ deleted_count: 0 });
    expect((await app.call(getDataset, { dataset_id })).dataset.profile).toBe('{"num_records": 1}');
    await remove([two!]);
    expect((await app.call(getDataset, { dataset_id })).dataset.profile).toBe('null');
  });

  test.each([
    'no JSON',
    '{}',
    '[5]',
    '[{"inputs": 5}]',
    '[{"inputs": {}, "expectations": []}]',
    '[{"inputs": {}, "tags": "x"}]',
    '[{"inputs": {}, "tags": {"mlflow.user": 5}}]',
    '[{"inputs": {}, "source": "x"}]',
    '[{"inputs": {}, "source": {"source_type": "ROBOT"}}]',
    `[{"inputs": {}, "source": {"source_type": "TRACE", "source_data": {"trace_id": "${'x'.repeat(37)}"}}}]`,
    `[{"inputs": ${'{"a":'.repeat(5000)}1${'}'.repeat(5000)}}]`,
    '[{"inputs": {"a": "\\ud800"}}]',
    '[{"inputs": {"a": 01}}]',
  ])('such as %.60s are refused, and nothing is stored', async (records) => {
    await using app = await testApp();
    const { dataset_id } = await build(app);
    await expect(
      put(
        app,
        dataset_id,
        `[{"inputs": {"fine": 1}}, ${records.startsWith('[') ? records.slice(1) : records}`,
      ),
    ).rejects.toMatchObject({ errorCode: 'INVALID_PARAMETER_VALUE' });
    await expect(put(app, dataset_id, records)).rejects.toMatchObject({ status: 400 });
    expect(await read(app, dataset_id)).toEqual([]);
  });

  test('with names that JavaScript has a use for are ordinary data', async () => {
    await using app = await testApp();
    const { dataset_id } = await build(app);
    const text = '{"__proto__": {"x": 1}, "constructor": 2, "toString": null, "2": 1, "1": 2}';
    await put(app, dataset_id, `[{"inputs": ${text}}]`);
    expect((await app.call(getDatasetRecords, { dataset_id })).records).toContain(`"inputs": ${text}`);
  });

  test('may be none', async () => {
    await using app = await testApp();
    const { dataset_id } = await build(app);
    expect(await put(app, dataset_id, [])).toEqual({ inserted_count: 0, updated_count: 0 });
    expect(await app.call(deleteDatasetRecords, { dataset_id, dataset_record_ids: [] })).toEqual({
      deleted_count: 0,
    });
    for (const endpoint of [addDatasetToExperiments, removeDatasetFromExperiments])
      expect((await app.call(endpoint, { dataset_id, experiment_ids: [] })).dataset).toMatchObject({
        dataset_id,
      });
    expect((await app.call(getDataset, { dataset_id })).dataset).not.toHaveProperty('schema');
  });

  test('of an unknown data set are refused', async () => {
    await using app = await testApp();
    await expect(put(app, 'd-x', [{ inputs: {} }])).rejects.toMatchObject({
      errorCode: 'RESOURCE_DOES_NOT_EXIST',
    });
  });

  test('in a body of some megabytes are taken whole', async () => {
    await using app = await testApp();
    const { dataset_id } = await build(app);
    const records = Array.from({ length: 3000 }, (_, i) => ({ inputs: { i, text: 'x'.repeat(1000) } }));
    expect(await put(app, dataset_id, records)).toEqual({ inserted_count: 3000, updated_count: 0 });
    expect(await put(app, dataset_id, records.slice(0, 700))).toEqual({
      inserted_count: 0,
      updated_count: 700,
    });
  });
});

const HASHES = ['53c3385538241b05', 'ad8fbfe93e9dabd6'];

async function count(app: TestApp, table: 'evaluation_dataset_records' | 'entity_associations' | string) {
  const query =
    table === 'entity_associations'
      ? sql<{ n: number }>`SELECT count(*) AS n FROM entity_associations`
      : sql<{ n: number }>`SELECT count(*) AS n FROM evaluation_dataset_records`;
  return Number((await app.store.db.get(query))?.n);
}
