import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  createClient,
  createRegisteredModel,
  createWebhook,
  listWebhookDeliveries,
  type WebhookDelivery,
} from '@bitacora/protocol';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { startServer } from '../../../scripts/test-server.ts';

const folder = mkdtempSync(join(tmpdir(), 'bitacora-tls-'));
const file = (name: string) => join(folder, name);
const openssl = (...args: string[]) => execFileSync('openssl', args, { cwd: folder, stdio: 'ignore' });

const received: string[] = [];
const receiver = { url: '', close: () => undefined as unknown };

beforeAll(async () => {
  const fresh = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  openssl(
    ...['req', '-x509', ...fresh, '-days', '2', '-subj', '/CN=An authority of our own'],
    ...['-keyout', 'ca.key', '-out', 'ca.pem'],
  );
  openssl('req', ...fresh, '-subj', '/CN=localhost', '-keyout', 'server.key', '-out', 'server.csr');
  writeFileSync(file('names'), 'subjectAltName=DNS:localhost');
  openssl(
    ...['x509', '-req', '-in', 'server.csr', '-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial'],
    ...['-days', '2', '-extfile', 'names', '-out', 'server.pem'],
  );
  const tls = { key: readFileSync(file('server.key')), cert: readFileSync(file('server.pem')) };
  const server = createServer(tls, (request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (text: string) => {
      body += text;
    });
    request.on('end', () => {
      received.push(body);
      response.end('thanks');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  receiver.url = `https://localhost:${typeof address === 'object' ? address?.port : ''}/hook`;
  receiver.close = () => {
    server.closeAllConnections();
    server.close();
  };
}, 120_000);
afterAll(() => {
  receiver.close();
  rmSync(folder, { recursive: true });
});

/** What the log says of the first delivery, once it has been attempted. */
async function deliver(env: Readonly<Record<string, string>>): Promise<WebhookDelivery> {
  const options = ['--webhook-allow-private-ips', 'true'];
  const server = await startServer(undefined, options, { ...process.env, ...env });
  try {
    const { call } = createClient({ baseUrl: server.uri });
    const { webhook } = await call(createWebhook, {
      name: 'hook',
      url: receiver.url,
      events: [{ entity: 'REGISTERED_MODEL', action: 'CREATED' }],
    });
    await call(createRegisteredModel, { name: 'net' });
    return await vi.waitUntil(
      async () => {
        const { deliveries } = await call(listWebhookDeliveries, { webhook_id: webhook.webhook_id });
        return deliveries?.find(({ attempts }) => Number(attempts) > 0);
      },
      { timeout: 110_000, interval: 50 },
    );
  } finally {
    await server.stop();
  }
}

describe('a webhook whose receiver has a certificate of an authority of its own', {
  timeout: 120_000,
}, () => {
  test('is delivered to by a server that was given the authority', async () => {
    expect(await deliver({ NODE_EXTRA_CA_CERTS: file('ca.pem') })).toMatchObject({
      status: 'SUCCEEDED',
      response_status: 200,
      response_excerpt: 'thanks',
    });
    expect(received.map((body) => JSON.parse(body).data.name)).toEqual(['net']);
  });

  test('is sent nothing by others, and the log says what to do', async () => {
    const before = received.length;
    const delivery = await deliver({});
    expect(delivery).not.toHaveProperty('response_status');
    expect(delivery.error_message).toMatch(
      /^The receiver's certificate is not trusted: .*NODE_EXTRA_CA_CERTS=/,
    );
    expect(received).toHaveLength(before);
  });
});
