import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import type { PoolOptions } from 'mysql2/promise';
import type { ServerAddress } from '../uri.ts';

/** Files of MySQL's TLS, as MLFLOW_MYSQL_SSL_CA, _CERT and _KEY name them. */
export interface MysqlTls {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
}

const TRUE = new Set(['true', '1', 'yes', 'on']);

/**
 * TLS is asked for by MLflow's variables or by the options of the common Python drivers. With a certificate of an
 * authority, the server's must come from it; for whom it is issued is asked by `ssl_mode=VERIFY_IDENTITY`,
 * `ssl_verify_identity=true` and, as with PyMySQL, by `ssl_ca` in the URI unless `ssl_check_hostname=false`.
 */
export function sslOf({ host = '', options }: ServerAddress, tls: MysqlTls): PoolOptions['ssl'] | undefined {
  const mode = options.ssl_mode?.toUpperCase();
  const isOn = (name: string) => TRUE.has(String(options[name]).toLowerCase());
  const files = (['ca', 'cert', 'key'] as const).flatMap((name) => {
    const path = options[`ssl_${name}`] ?? tls[name];
    return path === undefined ? [] : [[name, readFileSync(path, 'utf8')] as const];
  });
  const isAsked =
    files.length > 0 ||
    mode !== undefined ||
    ['ssl', 'ssl_verify_cert', 'ssl_verify_identity', 'ssl_check_hostname'].some(isOn);
  if (!isAsked || mode === 'DISABLED' || isOn('ssl_disabled')) return undefined;
  const verifyIdentity =
    mode === 'VERIFY_IDENTITY' ||
    isOn('ssl_verify_identity') ||
    isOn('ssl_check_hostname') ||
    (options.ssl_ca !== undefined &&
      options.ssl_check_hostname === undefined &&
      options.ssl_verify_identity === undefined &&
      mode === undefined);
  // For an address the driver would ask whether the certificate is for localhost.
  if (verifyIdentity && isIP(host)) {
    throw new Error(
      `whether the certificate is for ${host} cannot be asked: name the server as its certificate does, or set ssl_check_hostname=false`,
    );
  }
  return {
    ...Object.fromEntries(files),
    ...(options.ssl_key_password !== undefined && { passphrase: options.ssl_key_password }),
    rejectUnauthorized:
      verifyIdentity ||
      isOn('ssl_verify_cert') ||
      mode === 'VERIFY_CA' ||
      files.some(([name]) => name === 'ca'),
    verifyIdentity,
  };
}
