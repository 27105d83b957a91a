import { createHmac, randomUUID } from 'node:crypto';
import { createServer } from 'node:net';
import { openStore, sql } from '@bitacora/db';
import {
  createRegisteredModel,
  createWebhook,
  deleteWebhook,
  getWebhookDelivery,
  listWebhookDeliveries,
  type Request,
  redeliverWebhook,
  updateWebhook,
  type WebhookDelivery,
} from '@bitacora/protocol';
import { createApp, WEBHOOK_DEFAULTS, type WebhookSettings } from '@bitacora/server';
import { type Receiver, receiver, type TestApp, testApp } from '@bitacora/testkit';
import { describe, expect, test, vi } from 'vitest';
import { Outbound } from '../outbound/outbound.ts';
import { type Resolve, systemResolve } from '../outbound/resolve.ts';
import { WebhookSecrets } from './secrets.ts';
import { DeliveryWorker } from './worker.ts';

const LOCAL: WebhookSettings = {
  ...WEBHOOK_DEFAULTS,
  allowPrivateIps: true,
  allowedSchemes: ['http', 'https'],
};

/** A server that queues and leaves the sending to others. */
const queueing = (webhooks: Partial<WebhookSettings> = {}) =>
  testApp({ webhooks: { ...LOCAL, ...webhooks, maxWorkers: 0 } });

const sending = () => testApp({ webhooks: LOCAL });

const EVENT = { entity: 'REGISTERED_MODEL', action: 'CREATED' } as const;

const subscribe = async (
  app: TestApp,
  hook: Pick<Receiver, 'url'>,
  request: Partial<Request<typeof createWebhook>> = {},
) =>
  (await app.call(createWebhook, { name: 'hook', url: hook.url, events: [EVENT], ...request })).webhook
    .webhook_id;

const happen = async (app: TestApp, count = 1) => {
  for (let index = 0; index < count; index++)
    await app.call(createRegisteredModel, { name: `model ${randomUUID()}` });
};

const logOf = async (app: TestApp, webhook_id: string): Promise<readonly WebhookDelivery[]> =>
  (await app.call(listWebhookDeliveries, { webhook_id, max_results: 1000 })).deliveries ?? [];

const only = async (app: TestApp, webhook_id: string): Promise<WebhookDelivery> => {
  const deliveries = await logOf(app, webhook_id);
  expect(deliveries).toHaveLength(1);
  return deliveries[0]!;
};

/** Resolves when all of a webhook's deliveries have ended. */
const ended = (app: TestApp, webhook_id: string, count: number) =>
  vi.waitUntil(
    async () => {
      const deliveries = await logOf(app, webhook_id);
      return deliveries.length === count && deliveries.every(({ status }) => status !== 'PENDING');
    },
    { timeout: 20_000, interval: 20 },
  );

interface Own {
  readonly settings?: Partial<WebhookSettings>;
  readonly resolve?: Resolve;
  readonly grace_ms?: number;
}

/** A worker on the app's database whose time the test moves. */
function workerOn({ store }: Pick<TestApp, 'store'>, { settings, resolve, grace_ms }: Own = {}) {
  const all = { ...LOCAL, ...settings };
  // Ahead of the app's own time, so that what that queues is due.
  const time = { nowMs: Date.now() + 3_600_000 };
  const clock = { nowMs: () => time.nowMs };
  const outbound = new Outbound(all, resolve ?? systemResolve);
  const worker = new DeliveryWorker({
    store,
    clock,
    random: { hexId: () => randomUUID().replaceAll('-', ''), integer: () => 0 },
    outbound,
    secrets: new WebhookSecrets(store, clock, all.encryptionKey),
    settings: all,
    ...(grace_ms === undefined ? {} : { grace_ms }),
    log: { warn: () => undefined, error: (details: unknown) => expect.fail(JSON.stringify(details)) },
  });
  return {
    worker,
    time,
    async [Symbol.asyncDispose]() {
      await worker.close();
      await outbound.close();
    },
  };
}

describe('an event', () => {
  test('arrives once at each webhook that asks for it', async () => {
    await using hook = await receiver();
    await using other = await receiver();
    await using app = await sending();
    const asking = [await subscribe(app, hook), await subscribe(app, hook)];
    await subscribe(app, other, { status: 'DISABLED' });
    await subscribe(app, other, { events: [{ entity: 'PROMPT', action: 'CREATED' }] });
    const gone = await subscribe(app, other);
    await app.call(deleteWebhook, { webhook_id: gone });
    await app.call(createRegisteredModel, {
      name: 'churn',
      description: 'größer',
      tags: [{ key: 'team', value: '"a"' }],
    });
    for (const webhook_id of asking) await ended(app, webhook_id, 1);
    expect(hook.received).toHaveLength(2);
    expect(other.received).toEqual([]);
    const [{ headers, body }] = hook.received as [(typeof hook.received)[0]];
    expect(headers).toMatchObject({ 'content-type': 'application/json' });
    expect(headers).not.toHaveProperty('x-mlflow-signature');
    expect(body).toMatch(/^[ -~]+$/);
    expect(JSON.parse(body)).toEqual({
      entity: 'registered_model',
      action: 'created',
      timestamp: expect.stringMatching(/\+00:00$/),
      data: { name: 'churn', tags: { team: '"a"' }, description: 'größer' },
    });
  });

  test('is signed with the secret over id, time and the exact body', async () => {
    await using hook = await receiver();
    await using app = await sending();
    const secret = 'whsec_geheim-ä';
    const webhook_id = await subscribe(app, hook, { secret });
    await happen(app);
    await ended(app, webhook_id, 1);
    const [{ headers, body }] = hook.received as [(typeof hook.received)[0]];
    const id = headers['x-mlflow-delivery-id'];
    const timestamp = headers['x-mlflow-timestamp'];
    expect(id).toBe((await only(app, webhook_id)).delivery_id);
    expect(Math.abs(Date.now() / 1000 - Number(timestamp))).toBeLessThan(60);
    const digest = createHmac('sha256', Buffer.from(secret)).update(`${id}.${timestamp}.${body}`);
    expect(headers['x-mlflow-signature']).toBe(`v1,${digest.digest('base64')}`);
  });

  test('of a call that fails is not sent', async () => {
    await using hook = await receiver();
    await using app = await queueing();
    const webhook_id = await subscribe(app, hook);
    await app.call(createRegisteredModel, { name: 'taken' });
    await expect(app.call(createRegisteredModel, { name: 'taken' })).rejects.toThrow();
    expect(await logOf(app, webhook_id)).toHaveLength(1);
  });

  test('never fails the call, nor holds it up, when its receiver hangs', async () => {
    await using hook = await receiver();
    hook.answer = () => undefined;
    await using app = await sending();
    await subscribe(app, hook);
    await happen(app, 3);
    await vi.waitUntil(() => hook.received.length === 3);
  });

  test('that is too long to be sent stands in the log and fails nothing', async () => {
    await using hook = await receiver();
    await using app = await queueing();
    const webhook_id = await subscribe(app, hook);
    const tags = Array.from({ length: 900 }, (_, index) => ({ key: `k${index}`, value: 'x'.repeat(4999) }));
    await app.call(createRegisteredModel, { name: 'huge', tags });
    const delivery = await only(app, webhook_id);
    expect(delivery).toMatchObject({ status: 'FAILED', attempts: 0 });
    expect(delivery.error_message).toContain('at most 4194304 are sent');
    await expect(
      app.call(redeliverWebhook, { webhook_id, delivery_id: delivery.delivery_id }),
    ).rejects.toMatchObject({ errorCode: 'INVALID_STATE' });
  });
});

describe('a delivery that fails', () => {
  test('is made again with the same id and body and a signature of its own time, until it arrives', async () => {
    await using hook = await receiver();
    await using app = await queueing();
    const webhook_id = await subscribe(app, hook, { secret: 'geheim' });
    await happen(app);
    await using own = workerOn(app);
    hook.answer = (response) => response.writeHead(503).end('busy');
    await own.worker.sendDue();
    const first = await only(app, webhook_id);
    expect(first).toMatchObject({
      status: 'PENDING',
      attempts: 1,
      response_status: 503,
      response_excerpt: 'busy',
      next_attempt_timestamp: own.time.nowMs + 1000,
    });
    own.time.nowMs += 999;
    await own.worker.sendDue();
    expect(hook.received).toHaveLength(1);
    own.time.nowMs += 3_600_000;
    hook.answer = (response) => response.end('thanks');
    await own.worker.sendDue();
    expect(await only(app, webhook_id)).toEqual({
      delivery_id: first.delivery_id,
      webhook_id,
      event: EVENT,
      status: 'SUCCEEDED',
      attempts: 2,
      creation_timestamp: first.creation_timestamp,
      last_attempt_timestamp: own.time.nowMs,
      response_status: 200,
      response_excerpt: 'thanks',
    });
    const [one, two] = hook.received as [(typeof hook.received)[0], (typeof hook.received)[0]];
    expect(two.body).toBe(one.body);
    expect(two.headers['x-mlflow-delivery-id']).toBe(one.headers['x-mlflow-delivery-id']);
    expect(Number(two.headers['x-mlflow-timestamp'])).toBe(Math.floor(own.time.nowMs / 1000));
    expect(two.headers['x-mlflow-signature']).not.toBe(one.headers['x-mlflow-signature']);
  });

  test('is given up after the retries, and not before', async () => {
    await using hook = await receiver();
    hook.answer = (response) => response.writeHead(500).end();
    await using app = await queueing();
    const webhook_id = await subscribe(app, hook);
    await happen(app);
    await using own = workerOn(app, { settings: { maxRetries: 2 } });
    for (const wait of [0, 1000, 2000, 4000, 60_000]) {
      own.time.nowMs += wait;
      await own.worker.sendDue();
    }
    expect(hook.received).toHaveLength(3);
    expect(await only(app, webhook_id)).toMatchObject({ status: 'FAILED', attempts: 3 });
  });

  test('waits as long as the receiver asks', async () => {
    await using hook = await receiver();
    hook.answer = (response) => response.writeHead(429, { 'retry-after': '120' }).end();
    await using app = await queueing();
    const webhook_id = await subscribe(app, hook);
    await happen(app);
    await using own = workerOn(app);
    await own.worker.sendDue();
    expect((await only(app, webhook_id)).next_attempt_timestamp).toBe(own.time.nowMs + 120_000);
  });

  test('is made again when nobody listens, when the answer is late, and when the connection breaks', async () => {
    await using app = await queueing();
    await using hook = await receiver();
    await using own = workerOn(app, { settings: { timeout_ms: 300 } });
    const closed = await receiver();
    await closed[Symbol.asyncDispose]();
    const reset = createServer((socket) => socket.destroy()).listen(0, '127.0.0.1');
    await new Promise((resolve) => reset.once('listening', resolve));
    const address = reset.address() as { readonly port: number };
    hook.answer = () => undefined;
    const ids = [];
    for (const url of [closed.url, hook.url, `http://127.0.0.1:${address.port}/`])
      ids.push(await subscribe(app, { url }));
    await happen(app);
    await own.worker.sendDue();
    const [nobody, late, broken] = await Promise.all(ids.map((id) => only(app, id)));
    expect(nobody).toMatchObject({
      status: 'PENDING',
      error_message: expect.stringContaining('ECONNREFUSED'),
    });
    expect(late).toMatchObject({ status: 'PENDING', error_message: 'The receiver did not answer in time.' });
    expect(broken).toMatchObject({
      status: 'PENDING',
      error_message: expect.stringMatching(/closed|ECONNRESET/),
    });
    reset.close();
  });

  test('is given up when its webhook was deleted or disabled meanwhile', async () => {
    await using hook = await receiver();
    await using app = await queueing();
    const webhook_id = await subscribe(app, hook);
    await happen(app);
    await app.call(updateWebhook, { webhook_id, status: 'DISABLED' });
    await using own = workerOn(app);
    await own.worker.sendDue();
    expect(hook.received).toEqual([]);
    const delivery = await only(app, webhook_id);
    expect(delivery).toMatchObject({ status: 'FAILED', attempts: 0 });
    expect(delivery.error_message).toContain('disabled');
    const named = { webhook_id, delivery_id: delivery.delivery_id };
    await expect(app.call(redeliverWebhook, named)).rejects.toMatchObject({ errorCode: 'INVALID_STATE' });
    await app.call(updateWebhook, { webhook_id, status: 'ACTIVE' });
    await app.call(redeliverWebhook, named);
    await own.worker.sendDue();
    expect(await only(app, webhook_id)).toMatchObject({ status: 'SUCCEEDED', attempts: 1 });
  });

  test('goes to where its webhook points by then', async () => {
    await using hook = await receiver();
    await using app = await queueing();
    const webhook_id = await subscribe(app, { url: 'http://127.0.0.1:9/' });
    await happen(app);
    await app.call(updateWebhook, { webhook_id, url: hook.url });
    await using own = workerOn(app);
    await own.worker.sendDue();
    expect(hook.received).toHaveLength(1);
  });
});

describe('addresses', () => {
  const PUBLIC_ONLY = { allowPrivateIps: false };
  const answering = (...answers: readonly string[]): Resolve => {
    let count = 0;
    return async () => [{ address: answers[Math.min(count++, answers.length - 1)]!, family: 4 }];
  };

  test('a name that turned to this machine after it was checked is not connected to', async () => {
    await using hook = await receiver();
    const resolve = answering('8.8.8.8', '127.0.0.1');
    await using app = await testApp({ webhooks: { ...LOCAL, ...PUBLIC_ONLY } }, { resolve });
    const webhook_id = await subscribe(app, { url: `http://rebinding.example:${hook.port}/hook` });
    await happen(app);
    await ended(app, webhook_id, 1);
    expect(hook.received).toEqual([]);
    expect(await only(app, webhook_id)).toMatchObject({
      status: 'FAILED',
      attempts: 1,
      error_message: 'rebinding.example resolves to 127.0.0.1, which is not a public address.',
    });
  });

  test.each(['https', 'http'])(
    'one bad address among several is enough to refuse a host (%s)',
    async (scheme) => {
      await using hook = await receiver();
      await using app = await queueing();
      const webhook_id = await subscribe(app, { url: `${scheme}://mixed.example:${hook.port}/` });
      await happen(app);
      const resolve: Resolve = async () => [
        { address: '::ffff:127.0.0.1', family: 6 },
        { address: '8.8.8.8', family: 4 },
      ];
      await using own = workerOn(app, { settings: PUBLIC_ONLY, resolve });
      await own.worker.sendDue();
      expect(hook.received).toEqual([]);
      expect(await only(app, webhook_id)).toMatchObject({ status: 'FAILED', attempts: 1 });
    },
  );

  test('a literal address, for which no name is looked up, is judged too', async () => {
    await using hook = await receiver();
    await using app = await queueing();
    const ids = [];
    for (const host of ['127.0.0.1', '127.1', '[::ffff:127.0.0.1]'])
      ids.push(await subscribe(app, { url: `http://${host}:${hook.port}/` }));
    await happen(app);
    await using own = workerOn(app, { settings: PUBLIC_ONLY });
    await own.worker.sendDue();
    expect(hook.received).toEqual([]);
    for (const id of ids) expect((await only(app, id)).error_message).toContain('is not a public address');
  });

  test('a scheme that is not allowed any more is not sent to', async () => {
    await using hook = await receiver();
    await using app = await queueing();
    const webhook_id = await subscribe(app, hook);
    await happen(app);
    await using own = workerOn(app, { settings: { allowedSchemes: ['https'] } });
    await own.worker.sendDue();
    expect(hook.received).toEqual([]);
    expect(await only(app, webhook_id)).toMatchObject({ status: 'FAILED' });
  });

  test('a redirect to a private address leads nowhere', async () => {
    await using target = await receiver();
    await using hook = await receiver();
    hook.answer = (response) => response.writeHead(307, { location: target.url }).end();
    await using app = await queueing();
    const webhook_id = await subscribe(app, hook);
    await happen(app);
    await using own = workerOn(app);
    await own.worker.sendDue();
    expect(target.received).toEqual([]);
    expect(await only(app, webhook_id)).toMatchObject({
      status: 'FAILED',
      response_status: 307,
      error_message: expect.stringContaining('Redirects are not followed'),
    });
  });
});

describe('the queue', () => {
  test('is emptied by two servers together, each event once', async () => {
    await using hook = await receiver();
    await using app = await queueing();
    const webhook_id = await subscribe(app, hook);
    await happen(app, 60);
    const { store } = await openStore(app.config.backend);
    {
      await using one = workerOn(app);
      await using two = workerOn({ store });
      await Promise.all([one.worker.sendDue(), two.worker.sendDue()]);
      await Promise.all([one.worker.sendDue(), two.worker.sendDue()]);
    }
    await store.close();
    expect(hook.received).toHaveLength(60);
    expect(new Set(hook.received.map(({ headers }) => headers['x-mlflow-delivery-id'])).size).toBe(60);
    const statuses = (await logOf(app, webhook_id)).map(({ status }) => status);
    expect(new Set(statuses)).toEqual(new Set(['SUCCEEDED']));
  });

  test('is taken up again by a server that starts', async () => {
    await using hook = await receiver();
    await using app = await queueing();
    const webhook_id = await subscribe(app, hook);
    await happen(app, 3);
    const { store } = await openStore(app.config.backend);
    const next = await createApp({ config: { ...app.config, webhooks: LOCAL }, store });
    await next.ready();
    await ended(app, webhook_id, 3);
    await next.close();
    await store.close();
    expect(hook.received).toHaveLength(3);
  });

  test('keeps what a server had claimed when it died, for the next once the claim has run out', async () => {
    await using hook = await receiver();
    await using app = await queueing();
    const webhook_id = await subscribe(app, hook);
    await happen(app);
    await using own = workerOn(app, { settings: { timeout_ms: 5_000 } });
    const claimed_until = own.time.nowMs + 15_000;
    await app.store.write((tx) =>
      tx.run(sql`
        UPDATE bitacora_webhook_deliveries SET claimed_by = 'the dead', claimed_until = ${claimed_until}
        WHERE webhook_id = ${webhook_id}`),
    );
    await own.worker.sendDue();
    expect(hook.received).toEqual([]);
    own.time.nowMs = claimed_until + 1;
    await own.worker.sendDue();
    expect(await only(app, webhook_id)).toMatchObject({ status: 'SUCCEEDED', attempts: 1 });
  });

  test('does not take the outcome of a claim that has passed to another', async () => {
    await using hook = await receiver();
    await using app = await queueing();
    const webhook_id = await subscribe(app, hook);
    await happen(app);
    await using slow = workerOn(app);
    hook.answer = (response) => {
      // By the time of the answer another server has it.
      void app.store
        .write((tx) => tx.run(sql`UPDATE bitacora_webhook_deliveries SET claimed_by = 'another'`))
        .then(() => response.end('late'));
    };
    await slow.worker.sendDue();
    expect(await only(app, webhook_id)).toMatchObject({ status: 'PENDING', attempts: 0 });
  });

  test('lets a receiver that hangs hold half of the workers, and serves the others meanwhile', async () => {
    await using hanging = await receiver();
    await using hook = await receiver();
    const held: (() => void)[] = [];
    hanging.answer = (response) => held.push(() => response.end());
    await using app = await queueing();
    const slow = await subscribe(app, hanging);
    await happen(app, 8);
    const quick = await subscribe(app, hook);
    await happen(app, 8);
    await using own = workerOn(app, { settings: { maxWorkers: 4 } });
    own.worker.wake();
    await ended(app, quick, 8);
    expect(hook.received).toHaveLength(8);
    expect(hanging.received).toHaveLength(2);
    hanging.answer = (response) => response.end();
    for (const end of held) end();
    await own.worker.sendDue();
    await ended(app, slow, 16);
  });

  test('never has more under way than there are workers', async () => {
    await using hook = await receiver();
    let now = 0;
    let most = 0;
    hook.answer = (response) => {
      most = Math.max(most, ++now);
      setTimeout(() => {
        now--;
        response.end();
      }, 10);
    };
    await using app = await queueing();
    await subscribe(app, hook);
    await subscribe(app, hook);
    await happen(app, 10);
    await using own = workerOn(app, { settings: { maxWorkers: 3 } });
    await own.worker.sendDue();
    expect(hook.received).toHaveLength(20);
    expect(most).toBe(3);
  });

  test('gives back what a closing server could not end, without counting it', async () => {
    await using hook = await receiver();
    hook.answer = () => undefined;
    await using app = await queueing();
    const webhook_id = await subscribe(app, hook);
    await happen(app);
    {
      await using own = workerOn(app, { grace_ms: 100 });
      own.worker.wake();
      await vi.waitUntil(() => hook.received.length === 1);
    }
    const row = await app.store.db.get(
      sql<{ claimed_by: string | null }>`SELECT claimed_by FROM bitacora_webhook_deliveries`,
    );
    expect(row).toEqual({ claimed_by: null });
    expect(await only(app, webhook_id)).toMatchObject({ status: 'PENDING', attempts: 0 });
    hook.answer = (response) => response.end();
    await using next = workerOn(app);
    await next.worker.sendDue();
    expect(await only(app, webhook_id)).toMatchObject({ status: 'SUCCEEDED', attempts: 1 });
  });

  test('lets a closing server end what it has begun', async () => {
    await using hook = await receiver();
    let release = () => undefined as unknown;
    hook.answer = (response) => {
      release = () => response.end();
    };
    await using app = await queueing();
    const webhook_id = await subscribe(app, hook);
    await happen(app);
    const own = workerOn(app);
    own.worker.wake();
    await vi.waitUntil(() => hook.received.length === 1);
    const closed = own[Symbol.asyncDispose]();
    release();
    await closed;
    expect(await only(app, webhook_id)).toMatchObject({ status: 'SUCCEEDED' });
  });
});

describe('the log', () => {
  test('is newest first, page by page, and has the body of each delivery', async () => {
    await using hook = await receiver();
    await using app = await queueing();
    const webhook_id = await subscribe(app, hook);
    await happen(app, 5);
    const seen: WebhookDelivery[] = [];
    let page_token: string | undefined;
    do {
      const page = await app.call(listWebhookDeliveries, { webhook_id, max_results: 2, page_token });
      expect(page.deliveries!.length).toBeLessThanOrEqual(2);
      seen.push(...page.deliveries!);
      page_token = page.next_page_token;
    } while (page_token !== undefined);
    expect(new Set(seen.map(({ delivery_id }) => delivery_id)).size).toBe(5);
    const times = seen.map(({ creation_timestamp }) => Number(creation_timestamp));
    expect(times).toEqual(times.toSorted((left, right) => right - left));
    const { delivery_id } = seen[0]!;
    const { delivery, body } = await app.call(getWebhookDelivery, { webhook_id, delivery_id });
    expect(delivery).toEqual(seen[0]);
    expect(delivery.next_attempt_timestamp).toBe(delivery.creation_timestamp);
    expect(JSON.parse(body)).toMatchObject({ entity: 'registered_model', action: 'created' });
    for (const wrong of [{ max_results: 1001 }, { max_results: 0 }, { page_token: 'forged' }])
      await expect(app.call(listWebhookDeliveries, { webhook_id, ...wrong })).rejects.toMatchObject({
        errorCode: 'INVALID_PARAMETER_VALUE',
      });
  });

  test('has a delivery under its own webhook alone', async () => {
    await using hook = await receiver();
    await using app = await queueing();
    const webhook_id = await subscribe(app, hook);
    const other = await subscribe(app, hook, { events: [{ entity: 'PROMPT', action: 'CREATED' }] });
    await happen(app);
    const { delivery_id } = await only(app, webhook_id);
    const elsewhere = { webhook_id: other, delivery_id };
    await expect(app.call(getWebhookDelivery, elsewhere)).rejects.toMatchObject({ status: 404 });
    await expect(app.call(redeliverWebhook, elsewhere)).rejects.toMatchObject({ status: 404 });
    expect(await logOf(app, other)).toEqual([]);
  });

  test('goes back 30 days', async () => {
    await using hook = await receiver();
    await using app = await queueing();
    const webhook_id = await subscribe(app, hook);
    await happen(app, 3);
    await using own = workerOn(app);
    await own.worker.sendDue();
    await happen(app);
    own.time.nowMs += 29 * 24 * 3_600_000;
    await own.worker.prune();
    expect(await logOf(app, webhook_id)).toHaveLength(4);
    own.time.nowMs += 2 * 24 * 3_600_000;
    await own.worker.prune();
    expect(await logOf(app, webhook_id)).toEqual([]);
  });
});

describe('redeliverWebhook', () => {
  test('sends what has ended again, under its id, with retries of its own', async () => {
    await using hook = await receiver();
    await using app = await sending();
    const webhook_id = await subscribe(app, hook);
    hook.answer = (response) => response.writeHead(404).end();
    await happen(app);
    await ended(app, webhook_id, 1);
    const { delivery_id } = await only(app, webhook_id);
    hook.answer = (response) => response.end('welcome');
    const { delivery } = await app.call(redeliverWebhook, { webhook_id, delivery_id });
    expect(delivery).toMatchObject({ delivery_id, status: 'PENDING', attempts: 0 });
    await ended(app, webhook_id, 1);
    expect(await only(app, webhook_id)).toMatchObject({
      status: 'SUCCEEDED',
      attempts: 1,
      response_excerpt: 'welcome',
    });
    const ids = hook.received.map(({ headers }) => headers['x-mlflow-delivery-id']);
    expect(ids).toEqual([delivery_id, delivery_id]);
  });

  test('brings forward what waits, and keeps the count of attempts', async () => {
    await using hook = await receiver();
    hook.answer = (response) => response.writeHead(429, { 'retry-after': '3600' }).end();
    await using app = await queueing();
    const webhook_id = await subscribe(app, hook);
    await happen(app);
    await using own = workerOn(app);
    await own.worker.sendDue();
    const { delivery_id } = await only(app, webhook_id);
    await app.call(redeliverWebhook, { webhook_id, delivery_id });
    hook.answer = (response) => response.end();
    await own.worker.sendDue();
    expect(await only(app, webhook_id)).toMatchObject({ status: 'SUCCEEDED', attempts: 2 });
  });

  test('does not send twice what is being sent', async () => {
    await using hook = await receiver();
    let release = () => undefined as unknown;
    hook.answer = (response) => {
      release = () => response.end();
    };
    await using app = await sending();
    const webhook_id = await subscribe(app, hook);
    await happen(app);
    await vi.waitUntil(() => hook.received.length === 1);
    const { delivery_id } = await only(app, webhook_id);
    await app.call(redeliverWebhook, { webhook_id, delivery_id });
    await happen(app);
    await vi.waitUntil(() => hook.received.length === 2);
    hook.answer = (response) => response.end();
    release();
    const ids = hook.received.map(({ headers }) => headers['x-mlflow-delivery-id']);
    expect(new Set(ids).size).toBe(2);
  });
});
