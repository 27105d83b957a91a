import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join, relative } from 'node:path';
import { promisify } from 'node:util';
import { freePort } from '../../../scripts/free-port.ts';
import type { Prepared } from '../../../scripts/test-installs.ts';
import { prepareSshd } from '../../../scripts/test-peers.ts';
import type { StorePeer } from '../peers.ts';
import { startProcess } from './process.ts';

const exec = promisify(execFile);

/** OpenSSH's server as Debian has it, with keys and a configuration of its own; users log in with a key. */
export async function startSftp(): Promise<
  Prepared<StorePeer & { readonly home: string; readonly port: number }>
> {
  const program = await prepareSshd();
  if ('missing' in program) return program;
  const folder = mkdtempSync(join(tmpdir(), 'bitacora-sftp-'));
  const home = join(folder, 'home');
  mkdirSync(join(home, '.ssh'), { recursive: true, mode: 0o700 });
  for (const name of ['host-key', 'home/.ssh/id_ed25519', 'stranger'])
    await exec('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', name, '-f', join(folder, name)]);
  // The only kind that MLflow's own client can use.
  await exec('ssh-keygen', ['-q', '-t', 'rsa', '-m', 'PEM', '-N', '', '-f', join(home, '.ssh/id_rsa')]);
  const port = await freePort();
  writeFileSync(
    join(folder, 'sshd_config'),
    [
      `Port ${port}`,
      'ListenAddress 127.0.0.1',
      `HostKey ${join(folder, 'host-key')}`,
      `AuthorizedKeysFile ${join(home, '.ssh/id_ed25519.pub')} ${join(home, '.ssh/id_rsa.pub')}`,
      `PidFile ${join(folder, 'pid')}`,
      // Folders below /tmp are for everybody, which it would refuse.
      'StrictModes no',
      'UsePAM no',
      'PasswordAuthentication no',
      'PermitRootLogin yes',
      // Beyond ten who are logging in it would turn some away, by chance.
      'MaxStartups 200',
      'Subsystem sftp internal-sftp',
    ].join('\n'),
  );
  // Only root's sshd wants this folder of the system, which its service would make.
  if (process.getuid?.() === 0) mkdirSync('/run/sshd', { recursive: true, mode: 0o755 });
  // From 9.8 on it keeps those away for a while who could not log in: all of this machine, after a test of just that.
  const patient = ['-o', 'PerSourcePenalties=no'];
  const isKnown = await exec(program.value, ['-t', '-f', join(folder, 'sshd_config'), ...patient]).then(
    () => true,
    () => false,
  );
  const sshd = await startProcess(
    program.value,
    ['-D', '-e', '-f', join(folder, 'sshd_config'), ...(isKnown ? patient : [])],
    () => isListening(port),
  );
  const key = readFileSync(join(folder, 'host-key.pub'), 'utf8').trim();
  writeFileSync(join(home, '.ssh/known_hosts'), `127.0.0.1 ${key}\n`);
  const user = userInfo().username;
  const environment = { HOME: home, SSH_AUTH_SOCK: '' };
  const at = (other: number, root: string) => `sftp://${user}@127.0.0.1:${other}${root}`;
  const pathOf = (uri: string) => uri.replace(/^sftp:\/\/[^/]*/, '');
  return {
    value: {
      name: 'sftp',
      environment,
      home,
      port,
      hasFolders: true,
      async root(name) {
        const path = join(folder, 'stores', name);
        mkdirSync(path, { recursive: true });
        return at(port, path);
      },
      async raw(root) {
        const path = pathOf(root);
        return readdirSync(path, { recursive: true, withFileTypes: true })
          .filter((entry) => !entry.isDirectory())
          .map((entry) => relative(path, join(entry.parentPath, entry.name)))
          .map((name) => (name.includes('.bitacora-partial-') ? `${name} (unfinished)` : name))
          .sort();
      },
      network: { port, through: (uri, other) => ({ uri: at(other, pathOf(uri)), environment }) },
      withWrongCredentials(root) {
        const secret = 'not-the-passw0rd';
        const stranger = join(folder, 'stranger-home');
        mkdirSync(join(stranger, '.ssh'), { recursive: true });
        writeFileSync(join(stranger, '.ssh/known_hosts'), `127.0.0.1 ${key}\n`);
        writeFileSync(join(stranger, '.ssh/id_ed25519'), readFileSync(join(folder, 'stranger')));
        return [
          {
            uri: root.replace(`${user}@`, `${user}:${secret}@`),
            environment,
            variable: 'the password in the location',
            secret,
          },
          {
            uri: root,
            environment: { HOME: stranger, SSH_AUTH_SOCK: '' },
            variable: 'SSH_AUTH_SOCK',
            secret: readFileSync(join(folder, 'stranger'), 'utf8'),
          },
        ];
      },
      async stop() {
        await sshd.stop();
        rmSync(folder, { recursive: true, force: true });
      },
    },
  };
}

const isListening = (port: number) =>
  new Promise<boolean>((resolve) => {
    const probe = connect(port, '127.0.0.1')
      .once('data', (greeting) => {
        probe.destroy();
        resolve(String(greeting).startsWith('SSH-'));
      })
      .once('error', () => resolve(false))
      .once('close', () => resolve(false));
  });
