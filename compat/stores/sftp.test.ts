import { execFile, spawn } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { Server } from 'ssh2';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ArtifactStores, parseArtifactPath } from '../../packages/artifacts/src/index.ts';
import { startSftp } from './peers/sftp.ts';

const exec = promisify(execFile);
const FILE = parseArtifactPath('folder/file.txt');

let peer: Extract<Awaited<ReturnType<typeof startSftp>>, { value: unknown }>['value'];
let hostKey: string;

beforeAll(async () => {
  const started = await startSftp();
  if ('missing' in started) throw new Error(started.missing);
  peer = started.value;
  hostKey = readFileSync(join(peer.home, '.ssh/known_hosts'), 'utf8').trim().split(' ').slice(1).join(' ');
});

afterAll(() => peer?.stop());

/** Stores a file and reads it back. */
async function tryOut(uri: string, environment: Readonly<Record<string, string>>): Promise<string> {
  const stores = new ArtifactStores(environment);
  try {
    const repository = await stores.at(uri);
    await repository.write(FILE, Readable.from([Buffer.from('content')]));
    return String(await buffer((await repository.find(FILE)).open()));
  } finally {
    await stores.close();
  }
}

/** Another user's home, with such known hosts. */
function homeKnowing(name: string, knownHosts: string) {
  const home = join(peer.home, '..', name);
  mkdirSync(join(home, '.ssh'), { recursive: true });
  writeFileSync(join(home, '.ssh/known_hosts'), knownHosts);
  writeFileSync(join(home, '.ssh/id_ed25519'), readFileSync(join(peer.home, '.ssh/id_ed25519')));
  return { HOME: home, SSH_AUTH_SOCK: '' };
}

describe('the key of an SFTP server', () => {
  test('is taken when known, hashed or not', async () => {
    const root = await peer.root('known');
    const name = `[127.0.0.1]:${peer.port}`;
    const environment = homeKnowing('hashed', `${name} ${hostKey}\n`);
    await exec('ssh-keygen', ['-q', '-H', '-f', join(environment.HOME, '.ssh/known_hosts')]);
    const text = readFileSync(join(environment.HOME, '.ssh/known_hosts'), 'utf8');
    expect(text).toMatch(/^\|1\|/);
    expect(await tryOut(root, environment)).toBe('content');
  });

  test('is refused when unknown, with its fingerprint and what to do', async () => {
    const root = await peer.root('unknown');
    const refusal = tryOut(root, homeKnowing('unknown', ''));
    await expect(refusal).rejects.toMatchObject({ kind: 'denied' });
    await expect(refusal).rejects.toThrow(/SHA256:\S{43}.*ssh-keyscan.*BITACORA_SFTP_KNOWN_HOSTS/);
    expect(await peer.raw(root)).toEqual([]);
  });

  test('is refused when it has changed, before anything is sent', async () => {
    const root = await peer.root('changed');
    await exec('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', join(peer.home, '..', 'other-key')]);
    const other = readFileSync(join(peer.home, '..', 'other-key.pub'), 'utf8');
    const refusal = tryOut(root, homeKnowing('changed', `[127.0.0.1]:${peer.port} ${other}`));
    await expect(refusal).rejects.toMatchObject({ kind: 'denied' });
    await expect(refusal).rejects.toThrow(/another key.*ssh-keygen -R/);
    expect(await peer.raw(root)).toEqual([]);
  });
});

describe('logging in to an SFTP server', () => {
  test('goes by an agent', async () => {
    const root = await peer.root('agent');
    const socket = join(peer.home, '..', 'agent.sock');
    const agent = spawn('ssh-agent', ['-D', '-a', socket], { stdio: 'ignore' });
    try {
      await waitFor(socket);
      await exec('ssh-add', ['-q', join(peer.home, '.ssh/id_ed25519')], {
        env: { ...process.env, SSH_AUTH_SOCK: socket },
      });
      const environment = { ...homeKnowing('agent', `127.0.0.1 ${hostKey}`), SSH_AUTH_SOCK: socket };
      rmSync(join(environment.HOME, '.ssh/id_ed25519'));
      expect(await tryOut(root, environment)).toBe('content');
    } finally {
      agent.kill();
    }
  });

  test.each(['password', 'keyboard-interactive'] as const)(
    'goes by the password in the location (%s)',
    async (method) => {
      const root = await peer.root(`by-${method}`);
      const path = new URL(root).pathname;
      await using server = await startPasswordServer(method, 'pass@w:rd%41');
      const environment = homeKnowing(`password-${method}`, `127.0.0.1 ${hostKey}`);
      const at = (password: string) => `sftp://ada:${password}@127.0.0.1:${server.port}${path}`;
      expect(await tryOut(at('pass@w:rd%41'), environment)).toBe('content');
      expect(await peer.raw(root)).toEqual(['folder/file.txt']);
      const refusal = tryOut(at('wr@ng'), environment);
      await expect(refusal).rejects.toMatchObject({ kind: 'denied' });
      await expect(refusal).rejects.not.toThrow(/wr@ng/);
    },
  );
});

const waitFor = async (socket: string) => {
  for (;;) {
    const isThere = await new Promise((resolve) => {
      const probe = connect(socket)
        .once('connect', () => resolve(true))
        .once('error', () => resolve(false));
      probe.once('connect', () => probe.destroy());
    });
    if (isThere) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
};

/** Lets users in by password, which OpenSSH's does with those of the system only, and hands them to its sftp-server. */
async function startPasswordServer(method: 'password' | 'keyboard-interactive', password: string) {
  const key = readFileSync(join(peer.home, '..', 'host-key'));
  const server = new Server({ hostKeys: [key] }, (client) => {
    client
      .on('authentication', (context) => {
        if (context.method !== method) return context.reject([method]);
        if (context.method === 'password') {
          if (context.password === password) return context.accept();
          return context.reject([method]);
        }
        context.prompt([{ prompt: 'Password: ', echo: false }], ([answer]) => {
          if (answer === password) context.accept();
          else context.reject([method]);
        });
      })
      .on('session', (accept) => {
        accept().on('subsystem', (acceptSubsystem, reject, { name }) => {
          if (name !== 'sftp') return reject();
          const stream = acceptSubsystem();
          const program = spawn('/usr/lib/openssh/sftp-server', ['-e']);
          stream.pipe(program.stdin);
          program.stdout.pipe(stream);
          stream.on('close', () => program.kill());
        });
      })
      .on('error', () => undefined);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  return { port, [Symbol.asyncDispose]: () => new Promise<void>((resolve) => server.close(() => resolve())) };
}
