import { receiver, testApp } from '@bitacora/testkit';
import { describe, expect, test } from 'vitest';
import type { Resolve } from '../outbound/resolve.ts';
import { ended, happen, LOCAL, only, queueing, subscribe, workerOn } from './deliveries.fixture.ts';

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
