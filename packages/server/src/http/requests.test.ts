import { once } from 'node:events';
import { type AddressInfo, connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import fastify from 'fastify';
import { describe, expect, test } from 'vitest';
import { acceptJsonBodies, awaitAnswers, limitBodyTime } from './requests.ts';

/** Enough for a body that is sent at once to arrive, however busy the machine is. */
const MOST_MS = 1000;

async function slowServer() {
  const app = fastify();
  acceptJsonBodies(app);
  limitBodyTime(app, MOST_MS);
  const answer = async () => {
    await sleep(MOST_MS + 200);
    return 'late';
  };
  app.route({ method: ['GET', 'POST', 'DELETE'], url: '/slow', handler: answer });
  await app.listen({ port: 0, host: '127.0.0.1' });
  const { port } = app.server.address() as AddressInfo;
  return { port, url: `http://127.0.0.1:${port}/slow`, [Symbol.asyncDispose]: () => app.close() };
}

describe.concurrent('the time that a body may take', () => {
  test.each([
    ['GET', undefined],
    ['DELETE', undefined],
    ['POST', '{}'],
  ])('is not that of the answer: %s with the body %s', async (method, body) => {
    await using server = await slowServer();
    const sent = body === undefined ? {} : { body, headers: { 'content-type': 'application/json' } };
    const answer = await fetch(server.url, { method, ...sent });
    expect([answer.status, await answer.text()]).toEqual([200, 'late']);
  });

  test('ends the connection of one that does not arrive', async () => {
    await using server = await slowServer();
    const socket = connect(server.port, '127.0.0.1');
    await once(socket, 'connect');
    socket.write(
      'POST /slow HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{',
    );
    expect(await text(socket)).toBe('');
  });
});

/** A server on whose connections nothing may be still for long. */
async function impatientServer() {
  const app = fastify({ connectionTimeout: 50 });
  acceptJsonBodies(app);
  awaitAnswers(app);
  app.get('/slow', async ({ raw }) => {
    await once(raw.socket, 'timeout');
    return 'late';
  });
  app.post('/body', async () => 'never asked');
  app.get('/large', async () => Buffer.alloc(64 * 1024 * 1024));
  await app.listen({ port: 0, host: '127.0.0.1' });
  const { port } = app.server.address() as AddressInfo;
  return { port, http: app.server, [Symbol.asyncDispose]: () => app.close() };
}

describe('a connection on which nothing moves', () => {
  test('stays while the answer is made', async () => {
    await using server = await impatientServer();
    const answer = await fetch(`http://127.0.0.1:${server.port}/slow`);
    expect(await answer.text()).toBe('late');
  });

  test('ends when a request does not arrive whole', async () => {
    await using server = await impatientServer();
    const socket = connect(server.port, '127.0.0.1');
    socket.write(
      'POST /body HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{',
    );
    expect(await text(socket)).toBe('');
  });

  test('ends when its client takes nothing of the answer', async () => {
    await using server = await impatientServer();
    const socket = connect(server.port, '127.0.0.1');
    socket.write('GET /large HTTP/1.1\r\nhost: a\r\n\r\n');
    // A client that reads nothing does not see the end either.
    socket.pause();
    const [connection] = await once(server.http, 'connection');
    await once(connection, 'close');
    socket.destroy();
  });
});
