import { createHmac } from 'node:crypto';
import { createServer } from 'node:net';
import { createRegisteredModel, deleteWebhook, redeliverWebhook, updateWebhook } from '@bitacora/protocol';
import { receiver } from '@bitacora/testkit';
import { describe, expect, test } from 'vitest';
import {
  EVENT,
  ended,
  happen,
  logOf,
  only,
  queueing,
  sending,
  subscribe,
  workerOn,
} from './deliveries.fixture.ts';

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
    await hook.arrived(3);
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
    await using own = workerOn(app, { settings: { timeout_ms: 1000 } });
    const reset = createServer((socket) => socket.destroy()).listen(0, '127.0.0.1');
    await new Promise((resolve) => reset.once('listening', resolve));
    const address = reset.address() as { readonly port: number };
    hook.answer = () => undefined;
    const ids = [];
    for (const url of ['http://127.0.0.1:9/', hook.url, `http://127.0.0.1:${address.port}/`])
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
