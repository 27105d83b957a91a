import { randomUUID } from 'node:crypto';
import {
  createRegisteredModel,
  createWebhook,
  listWebhookDeliveries,
  type Request,
  type WebhookDelivery,
} from '@bitacora/protocol';
import { WEBHOOK_DEFAULTS, type WebhookSettings } from '@bitacora/server';
import { type Receiver, type TestApp, testApp } from '@bitacora/testkit';
import { expect, vi } from 'vitest';
import { Outbound } from '../outbound/outbound.ts';
import { type Resolve, systemResolve } from '../outbound/resolve.ts';
import { WebhookSecrets } from './secrets.ts';
import { DeliveryWorker } from './worker.ts';

export const LOCAL: WebhookSettings = {
  ...WEBHOOK_DEFAULTS,
  allowPrivateIps: true,
  allowedSchemes: ['http', 'https'],
};

/** A server that queues and leaves the sending to others. */
export const queueing = (webhooks: Partial<WebhookSettings> = {}) =>
  testApp({ webhooks: { ...LOCAL, ...webhooks, maxWorkers: 0 } });

export const sending = () => testApp({ webhooks: LOCAL });

export const EVENT = { entity: 'REGISTERED_MODEL', action: 'CREATED' } as const;

export const subscribe = async (
  app: TestApp,
  hook: Pick<Receiver, 'url'>,
  request: Partial<Request<typeof createWebhook>> = {},
) =>
  (await app.call(createWebhook, { name: 'hook', url: hook.url, events: [EVENT], ...request })).webhook
    .webhook_id;

export const happen = async (app: TestApp, count = 1) => {
  for (let index = 0; index < count; index++)
    await app.call(createRegisteredModel, { name: `model ${randomUUID()}` });
};

export const logOf = async (app: TestApp, webhook_id: string): Promise<readonly WebhookDelivery[]> =>
  (await app.call(listWebhookDeliveries, { webhook_id, max_results: 1000 })).deliveries ?? [];

export const only = async (app: TestApp, webhook_id: string): Promise<WebhookDelivery> => {
  const deliveries = await logOf(app, webhook_id);
  expect(deliveries).toHaveLength(1);
  return deliveries[0]!;
};

/** Resolves when all of a webhook's deliveries have ended. */
export const ended = (app: TestApp, webhook_id: string, count: number) =>
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
export function workerOn({ store }: Pick<TestApp, 'store'>, { settings, resolve, grace_ms }: Own = {}) {
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
