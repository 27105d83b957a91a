import {
  getWebhookDelivery,
  listWebhookDeliveries,
  redeliverWebhook,
  type WebhookDelivery,
} from '@bitacora/protocol';
import { receiver } from '@bitacora/testkit';
import { describe, expect, test } from 'vitest';
import { ended, happen, logOf, only, queueing, sending, subscribe, workerOn } from './deliveries.fixture.ts';

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
    await hook.arrived(1);
    const { delivery_id } = await only(app, webhook_id);
    await app.call(redeliverWebhook, { webhook_id, delivery_id });
    await happen(app);
    await hook.arrived(2);
    hook.answer = (response) => response.end();
    release();
    const ids = hook.received.map(({ headers }) => headers['x-mlflow-delivery-id']);
    expect(new Set(ids).size).toBe(2);
  });
});
