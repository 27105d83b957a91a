import { setTimeout as sleep } from 'node:timers/promises';
import { openStore, sql } from '@bitacora/db';
import { createApp } from '@bitacora/server';
import { receiver } from '@bitacora/testkit';
import { describe, expect, test } from 'vitest';
import { ended, happen, LOCAL, logOf, only, queueing, subscribe, workerOn } from './deliveries.fixture.ts';

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
    const three = Promise.withResolvers<void>();
    let now = 0;
    let most = 0;
    hook.answer = async (response) => {
      most = Math.max(most, ++now);
      if (now === 3) three.resolve();
      await three.promise;
      // Time for a fourth to come.
      await sleep(10);
      now--;
      response.end();
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
      await hook.arrived(1);
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
    await hook.arrived(1);
    const closed = own[Symbol.asyncDispose]();
    release();
    await closed;
    expect(await only(app, webhook_id)).toMatchObject({ status: 'SUCCEEDED' });
  });
});
