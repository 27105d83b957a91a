import {
  deleteModelVersion,
  deleteRegisteredModelTag,
  type Request,
  searchRegisteredModels,
  setRegisteredModelAlias,
  updateRegisteredModel,
} from '@bitacora/protocol';
import { buildRegisteredModel, type TestApp, testApp } from '@bitacora/testkit';
import { describe, expect, test } from 'vitest';

const INVALID = { errorCode: 'INVALID_PARAMETER_VALUE', status: 400 };

const found = async (app: TestApp, request: Request<typeof searchRegisteredModels> = {}) =>
  ((await app.call(searchRegisteredModels, request)).registered_models ?? []).map(({ name }) => name);

async function fill(app: TestApp) {
  for (const [name, value] of [
    ['Beta', 'Net'],
    ['alpha', 'net'],
    ['gamma_1', 'tree'],
    ['gammaX1', undefined],
  ] as const)
    await buildRegisteredModel(app, {
      name,
      ...(value === undefined ? {} : { tags: [{ key: 'kind of', value }] }),
    });
}

describe('searchRegisteredModels', () => {
  test('takes a letter of any script for the one that _ stands for', async () => {
    await using app = await testApp();
    for (const name of ['mödel', 'm日del', 'mdel', 'm\u{1f6a2}del'])
      await buildRegisteredModel(app, { name });
    expect((await found(app, { filter: "name LIKE 'm_del'" })).toSorted()).toEqual(
      ['mödel', 'm日del', 'm\u{1f6a2}del'].toSorted(),
    );
  });

  test('finds by names and tags, with the comparators and the case of MLflow', async () => {
    await using app = await testApp();
    await fill(app);
    for (const [filter, expected] of [
      ['', ['Beta', 'alpha', 'gammaX1', 'gamma_1']],
      ["name = 'alpha'", ['alpha']],
      ["name = 'ALPHA'", []],
      ["attribute.name != 'alpha'", ['Beta', 'gammaX1', 'gamma_1']],
      ["name LIKE 'gamma_1'", ['gammaX1', 'gamma_1']],
      ["name LIKE '%A%'", []],
      ["name ILIKE '%A%'", ['Beta', 'alpha', 'gammaX1', 'gamma_1']],
      ["name IN ('alpha', 'x')", ['alpha']],
      ["name NOT IN ('alpha', 'x') AND name LIKE 'g%'", ['gammaX1', 'gamma_1']],
      ["tags.`kind of` = 'net'", ['alpha']],
      ['tags."kind of" ILIKE \'NET\'', ['Beta', 'alpha']],
      ["tag.`kind of` != 'net'", ['Beta', 'gamma_1']],
      ["tags.absent != 'x'", []],
      ["tags.`kind of` LIKE 'n%' AND name != 'Beta'", ['alpha']],
    ] as const)
      expect((await found(app, { filter })).sort(), filter).toEqual([...expected].sort());
  });

  test('refuses other filters with 400, where MLflow may answer 500', async () => {
    await using app = await testApp();
    for (const filter of [
      "name = 'a' OR name = 'b'",
      "(name = 'a')",
      'name IS NULL',
      'tags.k IS NOT NULL',
      "tags.k IN ('a')",
      "description = 'a'",
      'creation_timestamp > 5',
      'last_updated_timestamp > 5',
      "attributes.name = 'a'",
      "metrics.a = 'a'",
      'name = 5',
      "name > 'a'",
    ])
      await expect(found(app, { filter }), filter).rejects.toMatchObject(INVALID);
  });

  test('orders by name or by the time of the last change', async () => {
    await using app = await testApp();
    for (const name of ['b', 'a', 'c']) await buildRegisteredModel(app, { name });
    expect(await found(app)).toEqual(['a', 'b', 'c']);
    expect(await found(app, { order_by: ['name DESC'] })).toEqual(['c', 'b', 'a']);
    await app.store.write((tx) =>
      tx.run({ compile: () => ({ text: 'UPDATE registered_models SET last_updated_time = 1', values: [] }) }),
    );
    await app.call(updateRegisteredModel, { name: 'b', description: 'x' });
    for (const key of ['timestamp', 'last_updated_timestamp'])
      expect(await found(app, { order_by: [`${key} DESC`] })).toEqual(['b', 'a', 'c']);
    expect(await found(app, { order_by: ['timestamp', 'name DESC'] })).toEqual(['c', 'a', 'b']);
    for (const order_by of [
      ['creation_timestamp'],
      ['timestamp', 'last_updated_timestamp'],
      ['name', 'name'],
      ['tags.k'],
      ['bogus'],
      [''],
    ])
      await expect(found(app, { order_by }), String(order_by)).rejects.toMatchObject(INVALID);
  });

  test('shows each model with its tags, aliases and the newest version of each stage', async () => {
    await using app = await testApp();
    const name = await buildRegisteredModel(app, {
      tags: [{ key: 'a', value: '1' }],
      versions: [{}, {}, {}],
    });
    await app.call(setRegisteredModelAlias, { name, alias: 'best', version: '1' });
    await app.call(deleteModelVersion, { name, version: '3' });
    const { registered_models } = await app.call(searchRegisteredModels, {});
    expect(registered_models).toMatchObject([
      {
        name,
        tags: [{ key: 'a', value: '1' }],
        aliases: [{ alias: 'best', version: '1' }],
        latest_versions: [{ version: '2' }],
      },
    ]);
    expect(registered_models?.[0]?.latest_versions?.[0]).not.toHaveProperty('aliases');
    await app.call(deleteRegisteredModelTag, { name, key: 'a' });
  });

  test('gives tokens while there is more, and none with the last page', async () => {
    await using app = await testApp();
    const names = Array.from({ length: 7 }, (_, index) => `m${index}`);
    for (const name of names) await buildRegisteredModel(app, { name });
    for (const max_results of [1, 3, 7, 8, 1000]) {
      const seen: string[] = [];
      let [pages, page_token]: [number, string | undefined] = [0, undefined];
      do {
        const page: Awaited<ReturnType<typeof searchPage>> = await searchPage(app, max_results, page_token);
        seen.push(...(page.registered_models ?? []).map(({ name }) => name));
        page_token = page.next_page_token;
        pages++;
      } while (page_token !== undefined);
      expect([seen, pages]).toEqual([names, Math.ceil(7 / max_results)]);
    }
    for (const max_results of [0, -1, 1001])
      await expect(app.call(searchRegisteredModels, { max_results })).rejects.toMatchObject(INVALID);
    for (const page_token of ['garbage!', 'e30=', 'eyJvZmZzZXQiOiAwfQ=='])
      await expect(app.call(searchRegisteredModels, { page_token })).rejects.toMatchObject(INVALID);
  });

  test('is a GET that takes one order as a list of one, and a POST for the R client', async () => {
    await using app = await testApp();
    for (const name of ['a', 'b']) await buildRegisteredModel(app, { name });
    const query = 'order_by=name%20DESC&max_results=1&unknown=1';
    for (const prefix of ['/api', '/ajax-api']) {
      const answer = await app.inject({ url: `${prefix}/2.0/mlflow/registered-models/search?${query}` });
      expect([answer.statusCode, answer.json().registered_models[0].name]).toEqual([200, 'b']);
    }
    const posted = await app.inject({
      method: 'POST',
      url: '/api/2.0/mlflow/registered-models/search',
      payload: { order_by: ['name DESC'], max_results: 1 },
    });
    expect(posted.json().registered_models[0].name).toBe('b');
  });
});

const searchPage = (app: TestApp, max_results: number, page_token: string | undefined) =>
  app.call(searchRegisteredModels, { max_results, ...(page_token === undefined ? {} : { page_token }) });
