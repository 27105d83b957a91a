import { readFileSync } from 'node:fs';
import type { PoolConfig } from 'pg';
import type { UriOptions } from '../uri.ts';

export interface Ssl {
  readonly ssl: Exclude<PoolConfig['ssl'], undefined>;
  /** A server that cannot encrypt is spoken to without. */
  readonly isPreferred: boolean;
}

/**
 * The modes of libpq, `prefer` being what is not said. Up to `require` the connection is encrypted without asking whose
 * certificate it is, unless a root certificate is named; `verify-ca` asks who issued it, `verify-full` also for whom.
 */
export function sslOf(options: UriOptions, host: string | undefined): Ssl {
  const mode = options.sslmode ?? 'prefer';
  // Nothing is encrypted on a socket of this machine.
  if (mode === 'disable' || host?.startsWith('/')) return { ssl: false, isPreferred: false };
  const file = (name: string) => {
    const path = options[name];
    return path === undefined ? undefined : readFileSync(path, 'utf8');
  };
  const [ca, cert, key] = ['sslrootcert', 'sslcert', 'sslkey'].map((name) =>
    name === 'sslrootcert' && options[name] === 'system' ? undefined : file(name),
  );
  const isPreferred = mode === 'prefer' || mode === 'allow';
  return {
    ssl: {
      rejectUnauthorized: mode.startsWith('verify-') || (mode === 'require' && ca !== undefined),
      ...(mode !== 'verify-full' && { checkServerIdentity: () => undefined }),
      ...(ca !== undefined && { ca }),
      ...(cert !== undefined && { cert }),
      ...(key !== undefined && { key }),
      ...(options.sslpassword !== undefined && { passphrase: options.sslpassword }),
    },
    isPreferred,
  };
}
