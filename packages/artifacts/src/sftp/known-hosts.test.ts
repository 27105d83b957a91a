import { createHmac } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { KnownHosts } from './known-hosts.ts';

const KEY = Buffer.from('a key of some host');
const OTHER = Buffer.from('another key');

const line = (names: string, key = KEY, type = 'ssh-ed25519') => `${names} ${type} ${key.toString('base64')}`;

/** As `HashKnownHosts yes` writes it. */
function hashed(name: string): string {
  const salt = Buffer.alloc(20, 7);
  const hash = createHmac('sha1', salt).update(name).digest('base64');
  return `|1|${salt.toString('base64')}|${hash}`;
}

describe('known hosts', () => {
  test.each([
    ['a name', 'files.example.com', 22],
    ['one of several names', '10.0.0.1,files.example.com', 22],
    ['a name in other letters', 'Files.Example.COM', 22],
    ['a pattern', '*.example.com', 22],
    ['a pattern with one free letter', 'file?.example.com', 22],
    ['a name with a port', '[files.example.com]:2222', 2222],
    ['a name without the port, where none is known with it', 'files.example.com', 2222],
    ['a hashed name', hashed('files.example.com'), 22],
    ['a hashed name with a port', hashed('[files.example.com]:2222'), 2222],
  ])('know a host by %s', (_, names, port) => {
    const known = new KnownHosts([`# a comment\n\n${line(names)} its comment\n`]);
    expect(known.judge('files.example.com', port, KEY)).toBe('known');
  });

  test.each([
    ['another name', line('files.example.org')],
    ['a name that a pattern would match as an expression', line('filesxexample.com')],
    ['another port', line('[files.example.com]:2222')],
    ['a pattern that is taken back', line('*.example.com,!files.example.com')],
    ['a hash of another name', line(hashed('files.example.org'))],
    ['a certificate authority', `@cert-authority ${line('files.example.com')}`],
    ['nothing', ''],
  ])('do not know a host by %s', (_, text) => {
    expect(new KnownHosts([text]).judge('files.example.com', 22, KEY)).toBe('unknown');
  });

  test('tell a changed key from an unknown host, whatever its type', () => {
    const known = new KnownHosts([line('h', OTHER, 'ssh-rsa')]);
    expect(known.judge('h', 22, KEY)).toBe('changed');
    expect(known.typesOf('h', 22)).toEqual(['ssh-rsa']);
  });

  test('a key that is known for one port says nothing against another on the next', () => {
    const known = new KnownHosts([line('h', OTHER)]);
    expect(known.judge('h', 2222, KEY)).toBe('unknown');
  });

  test('several keys of a host are all known, from several files', () => {
    const known = new KnownHosts([line('h', OTHER, 'ssh-rsa'), line('h')]);
    expect(known.judge('h', 22, KEY)).toBe('known');
    expect(known.judge('h', 22, OTHER)).toBe('known');
  });

  test('a revoked key is refused even where it is also known', () => {
    const known = new KnownHosts([`${line('h')}\n@revoked ${line('*')}`]);
    expect(known.judge('h', 22, KEY)).toBe('revoked');
    expect(new KnownHosts([`@revoked ${line('*')}`]).judge('h', 22, OTHER)).toBe('unknown');
  });
});
