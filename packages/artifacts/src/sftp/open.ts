import ssh2, { type AnyAuthMethod, type ServerHostKeyAlgorithm } from 'ssh2';
import { ArtifactError } from '../error.ts';
import { SftpChannel } from './channel.ts';
import { GatheringSocket } from './gathering-socket.ts';
import { fingerprint } from './known-hosts.ts';
import type { SftpSettings } from './settings.ts';

/** How long connecting may take, logging in included. */
const CONNECT_MS = 20_000;

/** A connection that nobody uses is asked for a sign of life so often; three in a row may stay out. */
const KEEPALIVE_MS = 15_000;

/** @throws ArtifactError denied, unavailable */
export function openChannel(settings: SftpSettings): Promise<SftpChannel> {
  const { host, port, user, knownHosts } = settings;
  const server = `${host}:${port}`;
  const client = new ssh2.Client();
  let refusal: ArtifactError | undefined;
  return new Promise((resolve, reject) => {
    client
      .on('ready', () => {
        // Requests are small and waited for.
        client.setNoDelay(true);
        // The library bounds the login and not this, which a connection that falls silent would keep for a minute.
        const silence = setTimeout(() => {
          client.destroy();
          reject(unavailable(server, 'it gave no answer'));
        }, settings.answer_ms).unref();
        client.sftp((error, sftp) => {
          clearTimeout(silence);
          if (error) {
            client.destroy();
            return reject(
              new ArtifactError(
                'denied',
                `The artifact store sftp://${server} let the user '${user}' in but offers no SFTP. Enable its sftp subsystem.`,
                { cause: error },
              ),
            );
          }
          resolve(new SftpChannel(client, sftp, server, settings.answer_ms));
        });
      })
      .on('error', (error) => {
        client.destroy();
        reject(refusal ?? explain(error, settings));
      })
      .on('close', () => reject(refusal ?? unavailable(server, 'it closed the connection')))
      .connect({
        sock: new GatheringSocket().connect(port, host),
        username: user,
        readyTimeout: Math.min(CONNECT_MS, settings.answer_ms),
        keepaliveInterval: KEEPALIVE_MS,
        algorithms: { serverHostKey: orderFor(knownHosts.typesOf(host, port)) },
        authHandler: [...loginsOf(settings)],
        hostVerifier: (key: Buffer) => {
          refusal = judge(settings, key);
          return refusal === undefined;
        },
      });
  });
}

/** Those of the known keys first, as `ssh` does: a server has several, and shows the first that both speak. */
function orderFor(types: readonly string[]) {
  const first = HOST_KEYS.filter((name) => types.includes(name.startsWith('rsa-') ? 'ssh-rsa' : name));
  return { remove: first, prepend: first, append: [] };
}

const HOST_KEYS: readonly ServerHostKeyAlgorithm[] = [
  'ssh-ed25519',
  'ecdsa-sha2-nistp256',
  'ecdsa-sha2-nistp384',
  'ecdsa-sha2-nistp521',
  'rsa-sha2-512',
  'rsa-sha2-256',
];

/** What is tried, in this order. A password that is given is the only way, as with MLflow's own client. */
function* loginsOf({ user: username, password, keys, agent }: SftpSettings): Generator<AnyAuthMethod> {
  if (password !== undefined) {
    yield { type: 'password', username, password };
    yield {
      type: 'keyboard-interactive',
      username,
      prompt: (_name, _instructions, _language, prompts, finish) => finish(prompts.map(() => password)),
    };
    return;
  }
  for (const key of keys) {
    // One that is locked by a passphrase is the agent's to use.
    if (!(ssh2.utils.parseKey(key) instanceof Error)) yield { type: 'publickey', username, key };
  }
  if (agent !== undefined) yield { type: 'agent', username, agent };
}

function judge({ host, port, knownHosts }: SftpSettings, key: Buffer): ArtifactError | undefined {
  const verdict = knownHosts.judge(host, port, key);
  if (verdict === 'known') return undefined;
  const server = `The artifact store sftp://${host}:${port}`;
  const mark = fingerprint(key);
  switch (verdict) {
    case 'unknown':
      return new ArtifactError(
        'denied',
        `${server} is not known. If its key is ${mark}, add what 'ssh-keyscan -p ${port} ${host}' prints to ~/.ssh/known_hosts of the user that runs this server, or to the file that BITACORA_SFTP_KNOWN_HOSTS names.`,
      );
    case 'changed':
      return new ArtifactError(
        'denied',
        `${server} shows another key (${mark}) than is known of it: somebody may stand between. If it was changed on purpose, replace the known one: 'ssh-keygen -R ${port === 22 ? host : `[${host}]:${port}`}', then ssh-keyscan.`,
      );
    case 'revoked':
      return new ArtifactError('denied', `${server} shows a key (${mark}) that is marked as revoked.`);
  }
}

function explain(error: Error & { level?: string }, settings: SftpSettings): ArtifactError {
  const server = `${settings.host}:${settings.port}`;
  if (error.level === 'client-authentication') {
    const tried =
      settings.password !== undefined
        ? 'the password in the location'
        : `${settings.keys.length} key file(s) of its ssh configuration and ${settings.agent ? 'the agent in SSH_AUTH_SOCK' : 'no agent (SSH_AUTH_SOCK is not set)'}`;
    return new ArtifactError(
      'denied',
      `The artifact store sftp://${server} does not let the user '${settings.user}' in. This server tried ${tried}.`,
      { cause: error },
    );
  }
  return unavailable(
    server,
    error.level === 'client-timeout' ? 'it gave no answer' : 'connecting failed',
    error,
  );
}

const unavailable = (server: string, reason: string, cause?: Error) =>
  new ArtifactError(
    'unavailable',
    `The artifact store sftp://${server} cannot be reached: ${reason}. Check its address, or try again later.`,
    { cause },
  );
