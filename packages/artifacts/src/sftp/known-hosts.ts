import { createHash, createHmac } from 'node:crypto';

interface KnownKey {
  readonly type: string;
  readonly key: Buffer;
  readonly isRevoked: boolean;
}

/** What is known of a host's keys, from files in the form of OpenSSH's `known_hosts` (sshd(8)). */
export class KnownHosts {
  readonly #lines: readonly (readonly string[])[];

  constructor(texts: readonly string[]) {
    this.#lines = texts
      .flatMap((text) => text.split('\n'))
      .map((line) => line.trim().split(/\s+/))
      .filter(([first = '']) => first !== '' && !first.startsWith('#'));
  }

  /** As `ssh` judges: a key that is known for the host without its port also counts, when none is for both. */
  judge(host: string, port: number, key: Buffer): 'known' | 'unknown' | 'changed' | 'revoked' {
    const own = this.#keysOf(nameOf(host, port));
    const verdict = judgeBy(own, key);
    if (verdict !== 'unknown' || port === 22) return verdict;
    const anyPort = judgeBy(this.#keysOf(host), key);
    return anyPort === 'changed' ? 'unknown' : anyPort;
  }

  /** The types of key to ask the host for, so that it shows one that can be compared. */
  typesOf(host: string, port: number): readonly string[] {
    const keys = [...this.#keysOf(nameOf(host, port)), ...this.#keysOf(host)];
    return [...new Set(keys.filter(({ isRevoked }) => !isRevoked).map(({ type }) => type))];
  }

  #keysOf(name: string): KnownKey[] {
    return this.#lines.flatMap((line) => {
      const marker = line[0]?.startsWith('@') ? line[0] : undefined;
      // Certificates of hosts are not spoken here.
      if (marker !== undefined && marker !== '@revoked') return [];
      const [names = '', type = '', base64 = ''] = marker === undefined ? line : line.slice(1);
      if (!matches(names, name)) return [];
      return [{ type, key: Buffer.from(base64, 'base64'), isRevoked: marker !== undefined }];
    });
  }
}

const nameOf = (host: string, port: number) => (port === 22 ? host : `[${host}]:${port}`);

function judgeBy(known: readonly KnownKey[], key: Buffer): 'known' | 'unknown' | 'changed' | 'revoked' {
  const same = known.filter((one) => one.key.equals(key));
  if (same.some(({ isRevoked }) => isRevoked)) return 'revoked';
  if (same.length > 0) return 'known';
  return known.some(({ isRevoked }) => !isRevoked) ? 'changed' : 'unknown';
}

function matches(names: string, name: string): boolean {
  const hashed = /^\|1\|([^|]+)\|([^|]+)$/.exec(names);
  if (hashed) {
    const [, salt = '', hash = ''] = hashed;
    return createHmac('sha1', Buffer.from(salt, 'base64')).update(name).digest('base64') === hash;
  }
  const patterns = names.split(',');
  const fits = (pattern: string) => matchesPattern(pattern.toLowerCase(), name.toLowerCase());
  return (
    patterns.some((pattern) => !pattern.startsWith('!') && fits(pattern)) &&
    !patterns.some((pattern) => pattern.startsWith('!') && fits(pattern.slice(1)))
  );
}

const matchesPattern = (pattern: string, name: string): boolean =>
  new RegExp(
    `^${pattern
      .replace(/[.+^${}()|[\]\\]/g, '\\$&')
      .replace(/\*+/g, '.*')
      .replace(/\?/g, '.')}$`,
  ).test(name);

/** As `ssh-keygen -l` prints it. */
export const fingerprint = (key: Buffer): string =>
  `SHA256:${createHash('sha256').update(key).digest('base64').replace(/=+$/, '')}`;
