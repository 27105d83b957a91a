import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readSftpSettings } from './settings.ts';

function homeWith(files: Readonly<Record<string, string>>) {
  const home = mkdtempSync(join(tmpdir(), 'bitacora-home-'));
  mkdirSync(join(home, '.ssh'));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(home, '.ssh', name), text);
  return { home, [Symbol.dispose]: () => rmSync(home, { recursive: true }) };
}

describe('an SFTP location', () => {
  test('names user, password, host and port', () => {
    using own = homeWith({});
    expect(readSftpSettings('ada:s3:cr@t@files.example.com:2222', { HOME: own.home })).toMatchObject({
      user: 'ada',
      password: 's3:cr@t',
      host: 'files.example.com',
      port: 2222,
    });
  });

  test('without user, host or port is the own user at this machine on port 22', () => {
    using own = homeWith({});
    const expected = { user: userInfo().username, password: undefined, host: 'localhost', port: 22 };
    expect(readSftpSettings('', { HOME: own.home })).toMatchObject(expected);
    expect(readSftpSettings('[::1]:2200', { HOME: own.home })).toMatchObject({ host: '::1', port: 2200 });
  });

  test('takes host, user, port and key from the ssh configuration, which yields to what it names itself', () => {
    using own = homeWith({
      config: [
        'Host store',
        '  HostName files.example.com',
        '  User grace',
        '  Port 2022',
        '  IdentityFile ~/.ssh/special',
        'Host *',
        '  User nobody',
      ].join('\n'),
      special: 'the special key',
      id_ed25519: 'the usual key',
    });
    const environment = { HOME: own.home };
    expect(readSftpSettings('store', environment)).toMatchObject({
      host: 'files.example.com',
      user: 'grace',
      port: 2022,
      keys: ['the special key'],
    });
    expect(readSftpSettings('ada@store:22', environment)).toMatchObject({
      host: 'files.example.com',
      user: 'ada',
      port: 22,
    });
    expect(readSftpSettings('other', environment)).toMatchObject({ user: 'nobody', keys: ['the usual key'] });
  });

  test('runs no command that the ssh configuration asks for', () => {
    using own = homeWith({ config: 'Match exec "exit 0"\n  User by-command\nHost *\n  User plain' });
    expect(readSftpSettings('any', { HOME: own.home }).user).toBe('plain');
  });

  test.each(['host:port', 'host:0', 'host:70000', 'a:b:c'])(
    'is refused as %s, without repeating it',
    (authority) => {
      using own = homeWith({});
      const read = () => readSftpSettings(`ada:secret@${authority}`, { HOME: own.home });
      expect(read).toThrow(expect.objectContaining({ kind: 'invalid_uri' }));
      expect(read).not.toThrow(/secret/);
    },
  );

  test('reads known hosts from the file that BITACORA_SFTP_KNOWN_HOSTS names, and no other', () => {
    using own = homeWith({ known_hosts: 'usual ssh-ed25519 QUFB', other: 'special ssh-ed25519 QUFB' });
    const { knownHosts } = readSftpSettings('h', {
      HOME: own.home,
      BITACORA_SFTP_KNOWN_HOSTS: join(own.home, '.ssh/other'),
    });
    expect(knownHosts.typesOf('special', 22)).toEqual(['ssh-ed25519']);
    expect(knownHosts.typesOf('usual', 22)).toEqual([]);
  });
});
