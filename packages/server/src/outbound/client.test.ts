import { createServer } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo, Server } from 'node:net';
import { Agent, request } from 'undici';
import { expect, test, vi } from 'vitest';
import { guardedConnector } from './client.ts';
import { limitResolve, type Resolve } from './resolve.ts';

// Self-signed, for hooks.example, valid for a hundred years, and used by this test alone.
const KEY = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgh3wfYLBN1yCHW0/O
s9YiaGjOqAvFpVFdcJnL31juTpmhRANCAARVga4cnukS5aCyYWy7tOyIrfOl5YEL
r/tL5jFLXWn/whzAweSt/2SrpicUK/6o5DVcTXni+K8HU3Am1cUTLg8d
-----END PRIVATE KEY-----`;
const CERTIFICATE = `-----BEGIN CERTIFICATE-----
MIIBoTCCAUegAwIBAgIUHmMVGq6f3W9x8vUgWilE6VXL5dEwCgYIKoZIzj0EAwIw
GDEWMBQGA1UEAwwNaG9va3MuZXhhbXBsZTAgFw0yNjExMjYyMDIzNDdaGA8yMTI2
MTEwMjIwMjM0N1owGDEWMBQGA1UEAwwNaG9va3MuZXhhbXBsZTBZMBMGByqGSM49
AgEGCCqGSM49AwEHA0IABFWBrhye6RLloLJhbLu07Iit86XlgQuv+0vmMUtdaf/C
HMDB5K3/ZKumJxQr/qjkNVxNeeL4rwdTcCbVxRMuDx2jbTBrMB0GA1UdDgQWBBR7
WMDmE0HZ04lpOtU9SsL1bzex3TAfBgNVHSMEGDAWgBR7WMDmE0HZ04lpOtU9SsL1
bzex3TAPBgNVHRMBAf8EBTADAQH/MBgGA1UdEQQRMA+CDWhvb2tzLmV4YW1wbGUw
CgYIKoZIzj0EAwIDSAAwRQIhANSUkHxse1PoXKBwNGihxjRnxYt3So/8wdJ4rUxJ
4RBFAiBlQQME7TLBLUnZM2A4tbyYS02W4NOSh6H2Z1GOhbVguA==
-----END CERTIFICATE-----`;

async function listening(server: Server) {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    port,
    [Symbol.asyncDispose]: async () => {
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

const agentOf = (resolve: Resolve, isAllowed: (address: string) => boolean) => {
  const agent = new Agent({ connect: guardedConnector({ resolve, isAllowed }, 5_000) });
  return Object.assign(agent, { [Symbol.asyncDispose]: () => agent.destroy() });
};

const here: Resolve = async () => [{ address: '127.0.0.1', family: 4 }];

test('a name is connected to at the address that was judged, and asked for by its name', async () => {
  const hosts: (string | undefined)[] = [];
  await using server = await listening(
    createServer((request, response) => {
      hosts.push(request.headers.host);
      response.end();
    }),
  );
  const judged: string[] = [];
  await using dispatcher = agentOf(here, (address) => judged.push(address) > 0);
  const { statusCode } = await request(`http://hooks.example:${server.port}/`, { dispatcher });
  expect(statusCode).toBe(200);
  expect(judged).toEqual(['127.0.0.1']);
  expect(hosts).toEqual([`hooks.example:${server.port}`]);
});

test('over TLS too, where the certificate is checked', async () => {
  const names: unknown[] = [];
  const tls = createTlsServer(
    {
      key: KEY,
      cert: CERTIFICATE,
      SNICallback: (name, done) => {
        names.push(name);
        done(null);
      },
    },
    (_, response) => response.end(),
  );
  await using server = await listening(tls);
  await using dispatcher = agentOf(here, () => true);
  await expect(request(`https://hooks.example:${server.port}/`, { dispatcher })).rejects.toMatchObject({
    code: 'DEPTH_ZERO_SELF_SIGNED_CERT',
  });
  expect(names).toEqual(['hooks.example']);
});

test.each(['http', 'https'])('an address that is refused is never connected to (%s)', async (scheme) => {
  let connections = 0;
  const plain = createServer();
  plain.on('connection', () => connections++);
  await using server = await listening(plain);
  await using dispatcher = agentOf(here, () => false);
  for (const host of ['hooks.example', '127.0.0.1']) {
    await expect(request(`${scheme}://${host}:${server.port}/`, { dispatcher })).rejects.toMatchObject({
      name: 'AddressRefused',
    });
  }
  expect(connections).toBe(0);
});

test('two names are looked up at a time, and who has waited too long is passed over', async () => {
  vi.useFakeTimers();
  const asked: string[] = [];
  const answers: (() => void)[] = [];
  const resolve = limitResolve((hostname) => {
    asked.push(hostname);
    return new Promise((done) => answers.push(() => done([{ address: '8.8.8.8', family: 4 }])));
  });
  const late = Promise.allSettled(['hanging1', 'hanging2', 'given-up'].map((name) => resolve(name)));
  await vi.advanceTimersByTimeAsync(10_000);
  for (const outcome of await late)
    expect(outcome).toMatchObject({
      status: 'rejected',
      reason: { message: expect.stringContaining('no name server answered') },
    });
  expect(asked).toEqual(['hanging1', 'hanging2']);
  const next = resolve('quick');
  for (const answer of answers.splice(0)) answer();
  await vi.advanceTimersByTimeAsync(0);
  expect(asked).toEqual(['hanging1', 'hanging2', 'quick']);
  for (const answer of answers) answer();
  expect(await next).toEqual([{ address: '8.8.8.8', family: 4 }]);
  vi.useRealTimers();
});
