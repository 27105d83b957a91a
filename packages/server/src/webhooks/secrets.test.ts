import { openStore, sql } from '@bitacora/db';
import {
  createRegisteredModel,
  createWebhook,
  getWebhook,
  listWebhookDeliveries,
  listWebhooks,
} from '@bitacora/protocol';
import { createApp, WEBHOOK_DEFAULTS } from '@bitacora/server';
import { receiver, type TestApp, testApp } from '@bitacora/testkit';
import { expect, test, vi } from 'vitest';
import { decryptFernet, generateFernetKey, parseFernetKey } from './fernet.ts';

const LOCAL = { ...WEBHOOK_DEFAULTS, allowPrivateIps: true, allowedSchemes: ['http'] };
const EVENT = { entity: 'REGISTERED_MODEL', action: 'CREATED' } as const;

const create = async (app: TestApp, secret: string, url = 'http://127.0.0.1:9/') =>
  (await app.call(createWebhook, { name: 'hook', url, events: [EVENT], secret })).webhook.webhook_id;

const token = async ({ store }: Pick<TestApp, 'store'>, webhook_id: string) =>
  (await store.db.get(sql<{ secret: string }>`SELECT secret FROM webhooks WHERE webhook_id = ${webhook_id}`))!
    .secret;

const settings = ({ store }: Pick<TestApp, 'store'>) =>
  store.db.all(sql<{ name: string; value: string }>`SELECT name, value FROM bitacora_settings`);

test('a secret is encrypted with the key that is set, as the Python server reads it', async () => {
  const encryptionKey = generateFernetKey();
  await using app = await testApp({ webhooks: { ...LOCAL, encryptionKey } });
  const webhook_id = await create(app, 'geheim-ä');
  expect(decryptFernet(parseFernetKey(encryptionKey)!, await token(app, webhook_id))).toBe('geheim-ä');
  expect(await settings(app)).toEqual([]);
});

test('without a key one is made and kept, so that a restart and other servers read the secrets', async () => {
  await using hook = await receiver();
  await using app = await testApp({ webhooks: { ...LOCAL, maxWorkers: 0 } });
  const webhook_id = await create(app, 'geheim', hook.url);
  await create(app, 'another');
  const kept = await settings(app);
  expect(kept).toHaveLength(1);
  expect(decryptFernet(parseFernetKey(kept[0]!.value)!, await token(app, webhook_id))).toBe('geheim');
  await app.call(createRegisteredModel, { name: 'churn' });
  const { store } = await openStore(app.config.backend);
  const next = await createApp({ config: { ...app.config, webhooks: LOCAL }, store });
  await next.ready();
  await hook.arrived(1);
  await next.close();
  await store.close();
  expect(hook.received[0]!.headers).toHaveProperty('x-mlflow-signature');
});

test('a key that is set later takes over what was stored without one', async () => {
  await using app = await testApp({ webhooks: LOCAL });
  const webhook_id = await create(app, 'geheim');
  const encryptionKey = generateFernetKey();
  const { store } = await openStore(app.config.backend);
  const next = await createApp({ config: { ...app.config, webhooks: { ...LOCAL, encryptionKey } }, store });
  await next.close();
  expect(decryptFernet(parseFernetKey(encryptionKey)!, await token({ store }, webhook_id))).toBe('geheim');
  expect(await settings({ store })).toEqual([]);
  await store.close();
});

test('a secret under another key is listed, and fails its deliveries with the reason instead of sending unsigned', async () => {
  await using hook = await receiver();
  await using app = await testApp({ webhooks: { ...LOCAL, encryptionKey: generateFernetKey() } });
  const webhook_id = await create(app, 'geheim', hook.url);
  await app.store.write((tx) =>
    tx.run(sql`UPDATE webhooks SET secret = ${`gAAAAA${'A'.repeat(94)}`} WHERE webhook_id = ${webhook_id}`),
  );
  expect((await app.call(listWebhooks, {})).webhooks).toHaveLength(1);
  expect((await app.call(getWebhook, { webhook_id })).webhook.name).toBe('hook');
  await app.call(createRegisteredModel, { name: 'churn' });
  const [delivery] = await vi.waitUntil(
    async () => {
      const { deliveries } = await app.call(listWebhookDeliveries, { webhook_id });
      return deliveries?.[0]?.status === 'FAILED' && deliveries;
    },
    { timeout: 20_000 },
  );
  expect(delivery!.error_message).toContain('MLFLOW_WEBHOOK_SECRET_ENCRYPTION_KEY');
  expect(hook.received).toEqual([]);
});
