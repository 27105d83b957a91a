import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer as createProxy } from 'node:http';
import { createServer } from 'node:https';
import { type AddressInfo, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { text } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { writeServiceAccount } from './service-account.ts';

/** So far may the beginning of what a service account signs be from Google's own time. */
const NEAR_SECONDS = 300;

/**
 * What Google's library asks for tokens, with a clock that is so far ahead of this machine's: it compares the times in
 * what a service account has signed with it. The library knows one address for it, so it is led here by way of a proxy,
 * which `environment` names.
 */
export async function startGoogleTokens(ahead_ms: number) {
  const folder = mkdtempSync(join(tmpdir(), 'bitacora-tokens-'));
  const [key, cert, credentials] = ['tls.key', 'tls.crt', 'key.json'].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ];
  await promisify(execFile)('openssl', [
    ...['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=oauth2.googleapis.com'],
    ...['-keyout', key, '-out', cert],
  ]);
  let asked = 0;
  const server = createServer(
    { key: readFileSync(key), cert: readFileSync(cert) },
    async (request, answer) => {
      asked++;
      const assertion = new URLSearchParams(await text(request)).get('assertion') ?? '';
      const claims = Buffer.from(assertion.split('.')[1] ?? '', 'base64url').toString();
      const { iat, exp } = JSON.parse(claims) as { readonly iat: number; readonly exp: number };
      const now = (Date.now() + ahead_ms) / 1000;
      const isTaken = Math.abs(iat - now) < NEAR_SECONDS && exp > now;
      answer.writeHead(isTaken ? 200 : 400, { 'content-type': 'application/json' });
      answer.end(
        JSON.stringify(
          isTaken
            ? { access_token: 'token', expires_in: 3600, token_type: 'Bearer' }
            : {
                error: 'invalid_grant',
                error_description:
                  'Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe. Check your iat and exp values in the JWT claim.',
              },
        ),
      );
    },
  );
  const proxy = createProxy().on('connect', (_request, socket: Duplex) => {
    const tunnel = connect((server.address() as AddressInfo).port, '127.0.0.1');
    for (const end of [socket, tunnel]) end.on('error', () => undefined);
    socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
    socket.pipe(tunnel).pipe(socket);
  });
  for (const each of [server, proxy])
    await new Promise<void>((resolve) => each.listen(0, '127.0.0.1', resolve));
  writeServiceAccount(credentials);
  return {
    credentials,
    asked: () => asked,
    environment: {
      HTTPS_PROXY: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`,
      // Nobody vouches for its certificate.
      NODE_TLS_REJECT_UNAUTHORIZED: '0',
    },
    stop() {
      for (const each of [server, proxy]) {
        each.closeAllConnections();
        each.close();
      }
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
