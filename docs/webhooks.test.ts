import { execFileSync, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRegisteredModel, createWebhook, WEBHOOK_EVENTS } from '@bitacora/protocol';
import { WEBHOOK_DEFAULTS } from '@bitacora/server';
import { testApp } from '@bitacora/testkit';
import { expect, test, vi } from 'vitest';
import { freePort } from '../scripts/free-port.ts';

const ROOT = join(import.meta.dirname, '..');
const page = readFileSync(join(ROOT, 'docs/webhooks.md'), 'utf8');

test('the receiver in Node.js takes what is sent once, and nothing that is forged', async () => {
  const [, source = ''] = /```js\n(.*?)```/s.exec(page) ?? [];
  const folder = await mkdtemp(join(tmpdir(), 'bitacora-docs-'));
  await writeFile(join(folder, 'receiver.mjs'), source);
  const port = await freePort();
  const env = { ...process.env, WEBHOOK_SECRET: 'geheim', PORT: String(port) };
  const child = spawn(process.execPath, [join(folder, 'receiver.mjs')], { env });
  try {
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => {
      output += String(chunk);
    });
    const url = `http://127.0.0.1:${port}/`;
    const headers = {
      'x-mlflow-delivery-id': 'forged',
      'x-mlflow-timestamp': String(Math.floor(Date.now() / 1000)),
      'x-mlflow-signature': `v1,${'A'.repeat(43)}=`,
    };
    await vi.waitUntil(() => fetch(url).catch(() => undefined), { timeout: 20_000 });
    expect((await fetch(url, { method: 'POST', body: '{}', headers })).status).toBe(401);
    expect((await fetch(url, { method: 'POST', body: '{}' })).status).toBe(401);

    await using app = await testApp({
      webhooks: { ...WEBHOOK_DEFAULTS, allowPrivateIps: true, allowedSchemes: ['http'] },
    });
    const events = [{ entity: 'REGISTERED_MODEL', action: 'CREATED' }] as const;
    await app.call(createWebhook, { name: 'docs', url, events, secret: 'geheim' });
    await app.call(createWebhook, { name: 'forger', url, events, secret: 'guessed' });
    await app.call(createRegisteredModel, { name: 'churn' });
    await vi.waitUntil(() => output.includes('\n'), { timeout: 20_000 });
    await app.call(createRegisteredModel, { name: 'the end' });
    await vi.waitUntil(() => output.includes('the end'), { timeout: 20_000 });
    expect(output.trim().split('\n')).toEqual([
      'registered_model created {"name":"churn","tags":{},"description":""}',
      'registered_model created {"name":"the end","tags":{},"description":""}',
    ]);
  } finally {
    child.kill();
    await rm(folder, { recursive: true });
  }
});

test('the page names every event, and no other', () => {
  const table = /## Events\n(.*?)\n## /s.exec(page)?.[1] ?? '';
  const named = [...table.matchAll(/`([a-z_]+\.[a-z]+)`/g)].map(([, name]) => name!);
  const known = WEBHOOK_EVENTS.map(({ entity, action }) => `${entity}.${action}`.toLowerCase());
  expect(named.toSorted()).toEqual(known.toSorted());
});

test('the page names every setting, and no other', () => {
  const help = execFileSync(process.execPath, [join(ROOT, 'packages/cli/src/bin.mjs'), 'server', '--help'], {
    encoding: 'utf8',
  });
  for (const pattern of [/MLFLOW_WEBHOOK_[A-Z_]+/g, /--webhook-[a-z-]+/g]) {
    const of = (text: string) => [...new Set(text.match(pattern))].toSorted();
    expect(of(page)).toEqual(of(help));
  }
});
