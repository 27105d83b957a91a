import {
  createLoggedModel,
  createModelVersion,
  deleteModelVersion,
  type Request,
  searchModelVersions,
  setModelVersionTag,
  setRegisteredModelAlias,
  updateModelVersion,
} from '@bitacora/protocol';
import { buildPrompt, buildRegisteredModel, type TestApp, testApp } from '@bitacora/testkit';
import { describe, expect, test } from 'vitest';

const INVALID = { errorCode: 'INVALID_PARAMETER_VALUE', status: 400 };

const found = async (app: TestApp, request: Request<typeof searchModelVersions> = {}) =>
  ((await app.call(searchModelVersions, request)).model_versions ?? []).map(
    ({ name, version }) => `${name}/${version}`,
  );

/** Two models and a prompt; `b/2` is deleted. */
async function fill(app: TestApp) {
  const tag = (value: string) => ({ tags: [{ key: 'k', value }] });
  await buildRegisteredModel(app, {
    name: 'a',
    versions: [
      { source: 's3://x/1', run_id: 'r1', ...tag('one') },
      { source: 's3://x/2', ...tag('Two') },
    ],
  });
  await buildRegisteredModel(app, {
    name: 'b',
    versions: [{ run_id: 'r1' }, { run_id: 'r2', ...tag('one') }, { run_id: 'r3', ...tag('three') }],
  });
  await app.call(deleteModelVersion, { name: 'b', version: '2' });
  await buildPrompt(app, { name: 'p', texts: ['first', 'second'] });
}

describe('searchModelVersions', () => {
  test('answers what was updated last first, then by name, then the newest', async () => {
    await using app = await testApp();
    await fill(app);
    // Times are set, so that they neither tie nor differ by chance.
    for (const [name, version, time] of [
      ['a', 1, 100],
      ['a', 2, 300],
      ['b', 1, 300],
      ['b', 3, 300],
    ] as const)
      await app.store.write((tx) =>
        tx.run({
          compile: () => ({
            text: 'UPDATE model_versions SET last_updated_time = ? WHERE name = ? AND version = ?',
            values: [time, name, version],
          }),
        }),
      );
    expect(await found(app)).toEqual(['a/2', 'b/3', 'b/1', 'a/1']);
    expect(await found(app, { order_by: ['last_updated_timestamp'] })).toEqual(['a/1', 'a/2', 'b/3', 'b/1']);
    await app.call(updateModelVersion, { name: 'a', version: '1', description: 'new' });
    expect((await found(app))[0]).toBe('a/1');
  });

  test('finds by names, runs, sources, numbers and tags, with the comparators and the case of MLflow', async () => {
    await using app = await testApp();
    await fill(app);
    for (const [filter, expected] of [
      ["name = 'a'", ['a/2', 'a/1']],
      ["attribute.name != 'a'", ['b/3', 'b/1']],
      ["name LIKE 'A'", []],
      ["name ILIKE 'A'", ['a/2', 'a/1']],
      ["name IN ('a', 'c')", ['a/2', 'a/1']],
      ["name NOT IN ('a', 'c')", ['b/3', 'b/1']],
      ["run_id = 'r1'", ['a/1', 'b/1']],
      ["run_id IN ('r1', 'r2', 'r3') AND name = 'b'", ['b/3', 'b/1']],
      ["source_path = 's3://x/2'", ['a/2']],
      ["source_path LIKE 's3://x/_'", ['a/2', 'a/1']],
      ['version_number >= 2', ['a/2', 'b/3']],
      ["version_number = '1'", ['a/1', 'b/1']],
      ['version_number < 99999999999', ['a/2', 'a/1', 'b/3', 'b/1']],
      ['version_number > -5 AND version_number != 1', ['a/2', 'b/3']],
      ["tags.k = 'one'", ['a/1']],
      ["tag.k != 'one'", ['a/2', 'b/3']],
      ["tags.`k` ILIKE 't%'", ['a/2', 'b/3']],
      ["tags.k LIKE '%o%' AND tags.k != 'one'", ['a/2']],
      ["tags.k = 'one' AND tags.k = 'Two'", []],
      ["name = 'a' and version_number = 1 AND", ['a/1']],
    ] as const)
      expect(await found(app, { filter, order_by: ['name'] }), filter).toEqual(expected);
  });

  test('refuses other filters', async () => {
    await using app = await testApp();
    for (const filter of [
      "run_id LIKE 'r1' OR name = 'a'",
      'version_number = 1.5',
      "version_number = 'x'",
      "version_number LIKE '1'",
      'version_number IN (1)',
      "source_path IN ('a')",
      'creation_timestamp > 5',
      "current_stage = 'None'",
      "attributes.name = 'a'",
      "params.x = 'a'",
      "name > 'a'",
      'name IS NULL',
      'tags.k IS NULL',
      "tags.k IN ('one')",
      'name = a',
      '  ',
      `name = '${'x'.repeat(60_000)}'`,
      Array.from({ length: 300 }, () => "name = 'a'").join(' AND '),
    ])
      await expect(found(app, { filter }), filter.slice(0, 50)).rejects.toMatchObject(INVALID);
  });

  test('orders by each column it has, once', async () => {
    await using app = await testApp();
    await fill(app);
    expect(await found(app, { order_by: ['name DESC', 'version_number ASC'] })).toEqual([
      'b/1',
      'b/3',
      'a/1',
      'a/2',
    ]);
    expect(await found(app, { order_by: ['version_number DESC'] })).toEqual(['b/3', 'a/2', 'a/1', 'b/1']);
    expect(await found(app, { order_by: ['attribute.name', 'version_number'] })).toEqual([
      'a/1',
      'a/2',
      'b/1',
      'b/3',
    ]);
    expect(await found(app, { order_by: ['creation_timestamp'] })).toHaveLength(4);
    for (const order_by of [
      ['name', 'name DESC'],
      ['run_id'],
      ['tags.k'],
      ['version'],
      ['current_stage'],
      [''],
      ['name sideways'],
      Array.from({ length: 30 }, () => 'name'),
    ])
      await expect(found(app, { order_by }), String(order_by)).rejects.toMatchObject(INVALID);
  });

  test('leaves aliases out, as MLflow does, and tags in', async () => {
    await using app = await testApp();
    const name = await buildRegisteredModel(app, { versions: [{}] });
    await app.call(setModelVersionTag, { name, version: '1', key: 'k', value: 'v' });
    await app.call(setRegisteredModelAlias, { name, version: '1', alias: 'best' });
    const [version] = (await app.call(searchModelVersions, {})).model_versions ?? [];
    expect(version).toMatchObject({ tags: [{ key: 'k', value: 'v' }] });
    expect(version).not.toHaveProperty('aliases');
  });

  test('gives tokens while there is more, and none with the last page', async () => {
    await using app = await testApp();
    const name = await buildRegisteredModel(app, { versions: Array.from({ length: 5 }, () => ({})) });
    for (const max_results of [1, 2, 4, 5, 6, 200_000]) {
      const pages: number[] = [];
      let page_token: string | undefined;
      const seen: string[] = [];
      do {
        const page = await app.call(searchModelVersions, {
          filter: `name = '${name}'`,
          max_results,
          ...(page_token === undefined ? {} : { page_token }),
        });
        pages.push(page.model_versions?.length ?? 0);
        seen.push(...(page.model_versions ?? []).map(({ version }) => version));
        page_token = page.next_page_token;
      } while (page_token !== undefined);
      expect(seen).toEqual(['5', '4', '3', '2', '1']);
      expect(pages).toHaveLength(Math.ceil(5 / max_results));
    }
    expect(await app.call(searchModelVersions, { filter: "name = 'nobody'" })).toEqual({});
    for (const max_results of [0, -1, 200_001])
      await expect(app.call(searchModelVersions, { max_results })).rejects.toMatchObject(INVALID);
    for (const page_token of ['garbage!', 'e30=', 'eyJvZmZzZXQiOiAwfQ==', 'eyJvZmZzZXQiOiAtMX0=', 'W10='])
      await expect(app.call(searchModelVersions, { page_token })).rejects.toMatchObject(INVALID);
    const beyond = Buffer.from('{"offset": 5000}').toString('base64');
    expect(await app.call(searchModelVersions, { page_token: beyond })).toEqual({});
  });

  test('answers more versions than fit in one piece whole and in order', async () => {
    await using app = await testApp();
    const name = await buildRegisteredModel(app, { versions: [{}] });
    await app.store.write((tx) =>
      tx.insert(
        {
          into: 'model_versions',
          columns: [
            'workspace',
            'name',
            'version',
            'creation_time',
            'last_updated_time',
            'current_stage',
            'source',
            'status',
          ],
        },
        Array.from({ length: 1300 }, (_, index) => [
          'default',
          name,
          index + 2,
          1,
          1,
          'None',
          's3://b/x',
          'READY',
        ]),
      ),
    );
    const versions = (await app.call(searchModelVersions, { order_by: ['version_number'] })).model_versions;
    expect(versions?.map(({ version }) => Number(version))).toEqual(
      Array.from({ length: 1301 }, (_, index) => index + 1),
    );
  });

  test('finds the versions of a run that a logged model has handed on', async () => {
    await using app = await testApp();
    const { model } = await app.call(createLoggedModel, {
      experiment_id: '0',
      name: 'net',
      source_run_id: 'ab'.repeat(16),
    });
    const name = await buildRegisteredModel(app);
    const { model_id } = model.info;
    await app.call(createModelVersion, { name, source: `models:/${model_id}`, model_id });
    expect(await found(app, { filter: `run_id = '${'ab'.repeat(16)}'` })).toEqual([`${name}/1`]);
  });
});
