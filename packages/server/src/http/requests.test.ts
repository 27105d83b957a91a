import { once } from 'node:events';
import { type AddressInfo, connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import fastify from 'fastify';
import { describe, expect, test } from 'vitest';
import { acceptJsonBodies, limitBodyTime } from './requests.ts';

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
