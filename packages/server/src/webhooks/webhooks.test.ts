import { sql } from '@bitacora/db';
import {
  createWebhook,
  deleteWebhook,
  getWebhook,
  getWebhookDelivery,
  listWebhookDeliveries,
  listWebhooks,
  type Request,
  redeliverWebhook,
  testWebhook,
  updateWebhook,
  WEBHOOK_EVENTS,
} from '@bitacora/protocol';
import { WEBHOOK_DEFAULTS } from '@bitacora/server';
import { nextMillisecond, receiver, type TestApp, testApp } from '@bitacora/testkit';
import { describe, expect, test } from 'vitest';

const MODEL_CREATED = { entity: 'REGISTERED_MODEL', action: 'CREATED' } as const;
const ALIAS_DELETED = { entity: 'MODEL_VERSION_ALIAS', action: 'DELETED' } as const;

/** Receivers of tests are on this machine. */
const LOCAL = { webhooks: { ...WEBHOOK_DEFAULTS, allowPrivateIps: true, allowedSchemes: ['http', 'https'] } };

const create = async (app: TestApp, request: Partial<Request<typeof createWebhook>> = {}) =>
  (
    await app.call(createWebhook, {
      name: 'hook',
      url: 'http://127.0.0.1:9/hook',
      events: [MODEL_CREATED],
      ...request,
    })
  ).webhook;

const refusal = (work: Promise<unknown>) =>
  work.then(
    () => expect.fail('it was not refused'),
    (error: { readonly errorCode: string; readonly message: string }) =>
      `${error.errorCode}: ${error.message}`,
  );

const storedSecret = async (app: TestApp, webhook_id: string) =>
  (
    await app.store.db.get(
      sql<{ secret: string | null }>`SELECT secret FROM webhooks WHERE webhook_id = ${webhook_id}`,
    )
  )?.secret;

describe('createWebhook', () => {
  test('answers the webhook, active and with its events in order', async () => {
    await using app = await testApp(LOCAL);
    const webhook = await create(app, {
      description: 'tells the pager',
      events: [ALIAS_DELETED, MODEL_CREATED, ALIAS_DELETED],
    });
    expect(webhook).toEqual({
      webhook_id: expect.stringMatching(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/),
      name: 'hook',
      description: 'tells the pager',
      url: 'http://127.0.0.1:9/hook',
      events: [ALIAS_DELETED, MODEL_CREATED],
      status: 'ACTIVE',
      creation_timestamp: expect.any(Number),
      last_updated_timestamp: webhook.creation_timestamp,
    });
    expect(await app.call(getWebhook, { webhook_id: webhook.webhook_id })).toEqual({ webhook });
  });

  test('never returns the secret, and stores it encrypted', async () => {
    await using app = await testApp(LOCAL);
    const secret = 'an-unmistakable-secret';
    const { webhook_id } = await create(app, { secret });
    const paths = ['', `/${webhook_id}`];
    for (const path of paths) {
      const { body } = await app.inject({ url: `/api/2.0/mlflow/webhooks${path}` });
      expect(body).toContain(webhook_id);
      expect(body).not.toContain('secret');
    }
    expect(await storedSecret(app, webhook_id)).toMatch(/^gAAAAA[\w-]+=*$/);
  });

  test('takes names of letters, digits, dots, underscores and hyphens, and no others', async () => {
    await using app = await testApp(LOCAL);
    for (const name of ['a', '0', 'A.b_c-9', 'x'.repeat(63)])
      expect((await create(app, { name })).name).toBe(name);
    for (const name of ['.a', 'a.', '-', 'a b', 'ä', 'a/b', 'x'.repeat(64), 'a\n'])
      expect(await refusal(create(app, { name }))).toContain('INVALID_PARAMETER_VALUE: Invalid webhook name');
    expect((await app.call(listWebhooks, {})).webhooks).toHaveLength(4);
  });

  test('takes every event there is, and no other pair', async () => {
    await using app = await testApp(LOCAL);
    const events = WEBHOOK_EVENTS.map(({ entity, action }) => ({ entity, action }));
    expect(events).toHaveLength(15);
    expect((await create(app, { events })).events).toHaveLength(15);
    for (const [entity, action] of [
      ['REGISTERED_MODEL', 'UPDATED'],
      ['REGISTERED_MODEL', 'DELETED'],
      ['PROMPT_TAG', 'CREATED'],
      ['BUDGET_POLICY', 'SET'],
    ] as const) {
      const message = await refusal(create(app, { events: [MODEL_CREATED, { entity, action }] }));
      expect(message).toContain(`'events[1]': ${entity} has no action ${action}`);
    }
  });

  test.each([
    [{ events: [] }, 'events'],
    [{ events: [{ entity: 'PLANET', action: 'CREATED' }] }, 'events[0].entity'],
    [{ events: 'REGISTERED_MODEL.CREATED' }, 'events'],
    [{ name: '' }, 'name'],
    [{ url: '' }, 'url'],
    [{ url: `https://example.com/${'x'.repeat(500)}` }, 'url'],
    [{ description: 'x'.repeat(1001) }, 'description'],
    [{ secret: 'x'.repeat(688) }, 'secret'],
    [{ secret: 'ä'.repeat(344) }, 'secret'],
    [{ secret: { $gt: '' } }, 'secret'],
  ])('refuses %j, naming the field', async (fields, name) => {
    await using app = await testApp(LOCAL);
    const { statusCode, body } = await app.inject({
      method: 'POST',
      url: '/api/2.0/mlflow/webhooks',
      headers: { 'content-type': 'application/json' },
      payload: { name: 'hook', url: 'http://127.0.0.1/', events: [MODEL_CREATED], ...fields },
    });
    expect([statusCode, JSON.parse(body).error_code]).toEqual([400, 'INVALID_PARAMETER_VALUE']);
    expect(body).toContain(`'${name}'`);
    expect((await app.call(listWebhooks, {})).webhooks).toEqual([]);
  });

  test('takes the longest secret that fits the column', async () => {
    await using app = await testApp(LOCAL);
    const { webhook_id } = await create(app, { secret: 'x'.repeat(687) });
    expect((await storedSecret(app, webhook_id))?.length).toBeLessThanOrEqual(1000);
  });
});

describe('the URL of a webhook', () => {
  const addresses =
    (...list: readonly string[]) =>
    async () =>
      list.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));

  test.each([
    ['ftp://example.com/', "scheme 'ftp'"],
    ['http://example.com/', 'MLFLOW_WEBHOOK_ALLOWED_SCHEMES'],
    ['javascript:alert(1)', 'scheme'],
    ['file:///etc/passwd', 'scheme'],
    ['https://', 'no URL'],
    ['example.com', 'no URL'],
    ['https://exa mple.com/', 'spaces'],
    ['https://example.com\\@127.0.0.1/', 'backslashes'],
    ['https://example.com/\u0000', 'control characters'],
    ['https://127.0.0.1/', '127.0.0.1 is not a public address'],
    ['https://127.1/', '127.0.0.1 is not'],
    ['https://2130706433/', '127.0.0.1 is not'],
    ['https://0x7f.0.0.1/', '127.0.0.1 is not'],
    ['https://0177.0.0.1/', '127.0.0.1 is not'],
    ['https://[::1]/', '::1 is not'],
    ['https://[::ffff:127.0.0.1]/', 'is not a public address'],
    ['https://[64:ff9b::a00:1]/', 'is not a public address'],
    ['https://169.254.169.254/latest/meta-data', '169.254.169.254 is not'],
    ['https://user:pass@10.0.0.1/', '10.0.0.1 is not'],
  ])('%s is refused', async (url, words) => {
    await using app = await testApp({}, { resolve: addresses('8.8.8.8') });
    const message = await refusal(create(app, { url }));
    expect(message).toContain('INVALID_PARAMETER_VALUE');
    expect(message).toContain(words);
    expect(message).toContain("'url'");
  });

  test('is refused when any address of its host is not public', async () => {
    await using app = await testApp({}, { resolve: addresses('8.8.8.8', '::ffff:10.0.0.1') });
    expect(await refusal(create(app, { url: 'https://mixed.example/' }))).toContain(
      'mixed.example resolves to ::ffff:10.0.0.1, which is not a public address',
    );
  });

  test('is refused when its host cannot be resolved', async () => {
    await using app = await testApp(
      {},
      { resolve: async () => Promise.reject(new Error('getaddrinfo ENOTFOUND nowhere.example')) },
    );
    expect(await refusal(create(app, { url: 'https://nowhere.example/' }))).toContain('ENOTFOUND');
  });

  test('is taken when all of its host is public, and kept as it was written', async () => {
    await using app = await testApp({}, { resolve: addresses('8.8.8.8', '2606:4700:4700::1111') });
    const url = 'https://user:pass@Hooks.EXAMPLE:8443/a b'.replace(' ', '%20');
    expect((await create(app, { url })).url).toBe(url);
  });

  test('is checked on update too', async () => {
    await using app = await testApp({}, { resolve: addresses('8.8.8.8') });
    const { webhook_id } = await create(app, { url: 'https://example.com/' });
    expect(await refusal(app.call(updateWebhook, { webhook_id, url: 'https://127.0.0.1/' }))).toContain(
      'not a public address',
    );
    expect((await app.call(getWebhook, { webhook_id })).webhook.url).toBe('https://example.com/');
  });
});

describe('updateWebhook', () => {
  test('changes what is given, and replaces events as a whole', async () => {
    await using app = await testApp(LOCAL);
    const { webhook_id, ...before } = await create(app, { description: 'old', secret: 'kept' });
    const secret = await storedSecret(app, webhook_id);
    const { webhook } = await app.call(updateWebhook, {
      webhook_id,
      name: 'renamed',
      status: 'DISABLED',
      events: [ALIAS_DELETED],
    });
    expect(webhook).toEqual({
      ...before,
      webhook_id,
      name: 'renamed',
      status: 'DISABLED',
      events: [ALIAS_DELETED],
      last_updated_timestamp: expect.any(Number),
    });
    expect(webhook.last_updated_timestamp).toBeGreaterThanOrEqual(Number(before.last_updated_timestamp));
    expect(await storedSecret(app, webhook_id)).toBe(secret);
  });

  test('takes an empty name or URL for none, and clears an empty description and secret', async () => {
    await using app = await testApp(LOCAL);
    const { webhook_id } = await create(app, { description: 'old', secret: 'old' });
    const { webhook } = await app.call(updateWebhook, {
      webhook_id,
      name: '',
      url: '',
      description: '',
      secret: '',
      events: [],
    });
    expect(webhook).toMatchObject({
      name: 'hook',
      url: 'http://127.0.0.1:9/hook',
      events: [MODEL_CREATED],
    });
    expect(webhook).not.toHaveProperty('description');
    expect(await storedSecret(app, webhook_id)).toBeNull();
  });

  test('changes nothing when one of the fields is refused', async () => {
    await using app = await testApp(LOCAL);
    const webhook = await create(app);
    const { webhook_id } = webhook;
    await refusal(app.call(updateWebhook, { webhook_id, name: 'fine', description: 'x'.repeat(1001) }));
    await refusal(app.call(updateWebhook, { webhook_id, name: '-' }));
    expect((await app.call(getWebhook, { webhook_id })).webhook).toEqual(webhook);
  });
});

test('webhooks are listed newest first, page by page', async () => {
  await using app = await testApp(LOCAL);
  const created: string[] = [];
  for (let count = 0; count < 5; count++) {
    created.unshift((await create(app, { name: `hook${count}` })).webhook_id);
    await nextMillisecond();
  }
  const seen: string[] = [];
  let page_token: string | undefined;
  do {
    const page = await app.call(listWebhooks, { max_results: 2, page_token });
    expect(page.webhooks!.length).toBeLessThanOrEqual(2);
    seen.push(...page.webhooks!.map(({ webhook_id }) => webhook_id));
    page_token = page.next_page_token;
  } while (page_token !== undefined);
  expect(seen).toEqual(created);
  expect((await app.call(listWebhooks, { max_results: 0 })).webhooks).toHaveLength(5);
  await expect(app.call(listWebhooks, { max_results: 1001 })).rejects.toMatchObject({
    errorCode: 'INVALID_PARAMETER_VALUE',
  });
});

test('a deleted webhook is gone from every call, and its row stays', async () => {
  await using app = await testApp(LOCAL);
  const { webhook_id } = await create(app);
  await app.call(deleteWebhook, { webhook_id });
  expect((await app.call(listWebhooks, {})).webhooks).toEqual([]);
  await expectGone(app, webhook_id);
  const row = await app.store.db.get(
    sql<{
      deleted: number;
    }>`SELECT deleted_timestamp AS deleted FROM webhooks WHERE webhook_id = ${webhook_id}`,
  );
  expect(Number(row?.deleted)).toBeGreaterThan(0);
});

test('a webhook of another workspace is not there', async () => {
  await using app = await testApp(LOCAL);
  const { webhook_id } = await create(app);
  await app.store.write((tx) =>
    tx.run(sql`UPDATE webhooks SET workspace = 'elsewhere' WHERE webhook_id = ${webhook_id}`),
  );
  expect((await app.call(listWebhooks, {})).webhooks).toEqual([]);
  await expectGone(app, webhook_id);
});

async function expectGone(app: TestApp, webhook_id: string) {
  const gone = { errorCode: 'RESOURCE_DOES_NOT_EXIST', status: 404 };
  await expect(app.call(getWebhook, { webhook_id })).rejects.toMatchObject(gone);
  await expect(app.call(updateWebhook, { webhook_id, name: '-' })).rejects.toMatchObject(gone);
  await expect(app.call(deleteWebhook, { webhook_id })).rejects.toMatchObject(gone);
  await expect(app.call(testWebhook, { webhook_id })).rejects.toMatchObject(gone);
  await expect(app.call(listWebhookDeliveries, { webhook_id })).rejects.toMatchObject(gone);
  const delivery = { webhook_id, delivery_id: 'any' };
  await expect(app.call(getWebhookDelivery, delivery)).rejects.toMatchObject(gone);
  await expect(app.call(redeliverWebhook, delivery)).rejects.toMatchObject(gone);
}

describe('testWebhook', () => {
  test('sends the example of each event, whatever the status and events of the webhook', async () => {
    await using hook = await receiver();
    await using app = await testApp(LOCAL);
    const { webhook_id } = await create(app, { url: hook.url, status: 'DISABLED' });
    for (const event of WEBHOOK_EVENTS) {
      expect((await app.call(testWebhook, { webhook_id, event })).result).toEqual({
        success: true,
        response_status: 200,
        response_body: 'ok',
      });
      const { entity, action, data } = JSON.parse(hook.received.at(-1)!.body);
      expect([entity, action]).toEqual([event.entity.toLowerCase(), event.action.toLowerCase()]);
      expect(Object.keys(data).length).toBeGreaterThan(1);
    }
    await app.call(testWebhook, { webhook_id });
    expect(JSON.parse(hook.received.at(-1)!.body)).toEqual({
      entity: 'registered_model',
      action: 'created',
      timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}\+00:00$/),
      data: {
        name: 'example_model',
        tags: { example_key: 'example_value' },
        description: 'An example registered model',
      },
    });
  });

  test('tells of a refusal by the receiver', async () => {
    await using hook = await receiver();
    hook.answer = (response) => response.writeHead(503, { 'retry-after': '1' }).end('not now');
    await using app = await testApp(LOCAL);
    const { webhook_id } = await create(app, { url: hook.url });
    expect((await app.call(testWebhook, { webhook_id })).result).toEqual({
      success: false,
      response_status: 503,
      response_body: 'not now',
    });
    expect(hook.received).toHaveLength(1);
  });

  test('tells that nobody listens', async () => {
    await using app = await testApp(LOCAL);
    const { webhook_id } = await create(app, { url: 'http://127.0.0.1:9/' });
    const { result } = await app.call(testWebhook, { webhook_id });
    expect(result).toEqual({ success: false, error_message: expect.stringContaining('ECONNREFUSED') });
  });

  test('waits no longer than the timeout, and keeps what came of an endless answer', async () => {
    await using hook = await receiver();
    await using app = await testApp({ webhooks: { ...LOCAL.webhooks, timeout_ms: 1000 } });
    const { webhook_id } = await create(app, { url: hook.url });
    hook.answer = () => undefined;
    expect((await app.call(testWebhook, { webhook_id })).result).toEqual({
      success: false,
      error_message: 'The receiver did not answer in time.',
    });
    hook.answer = (response) => response.writeHead(200).write('a beginning');
    expect((await app.call(testWebhook, { webhook_id })).result).toEqual({
      success: true,
      response_status: 200,
      response_body: 'a beginning',
    });
  });

  test('reads 64 KiB of an answer', async () => {
    await using hook = await receiver();
    hook.answer = (response) => response.end('x'.repeat(10_000_000));
    await using app = await testApp(LOCAL);
    const { webhook_id } = await create(app, { url: hook.url });
    expect((await app.call(testWebhook, { webhook_id })).result.response_body).toHaveLength(65_536);
  });

  test('follows no redirect', async () => {
    await using target = await receiver();
    await using hook = await receiver();
    hook.answer = (response) => response.writeHead(307, { location: target.url }).end();
    await using app = await testApp(LOCAL);
    const { webhook_id } = await create(app, { url: hook.url });
    expect((await app.call(testWebhook, { webhook_id })).result).toMatchObject({
      success: false,
      response_status: 307,
    });
    expect(target.received).toEqual([]);
  });

  test('sends name and password of a URL as its receiver reads them', async () => {
    await using hook = await receiver();
    await using app = await testApp(LOCAL);
    const { webhook_id } = await create(app, {
      url: `http://me:p%40ss%zz@127.0.0.1:${hook.port}/hook?q=1#there`,
    });
    await app.call(testWebhook, { webhook_id });
    const [{ path, headers }] = hook.received as [(typeof hook.received)[0]];
    expect(path).toBe('/hook?q=1');
    expect(headers.authorization).toBe(`Basic ${Buffer.from('me:p@ss%zz').toString('base64')}`);
  });
});
