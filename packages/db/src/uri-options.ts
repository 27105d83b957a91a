import type { BackendStore } from './uri.ts';

/** What the common drivers of Python take in the URI. */
interface Options {
  /** They do here what they do there. */
  readonly used: readonly string[];
  /** Taken so that a URI need not be changed; this server has its own way. */
  readonly withoutEffect: readonly string[];
}

const OPTIONS: Readonly<Record<'sqlite' | 'postgresql' | 'mysql', Options>> = {
  sqlite: {
    used: [],
    withoutEffect: [
      'timeout',
      'check_same_thread',
      'isolation_level',
      'cached_statements',
      'detect_types',
      'uri',
    ],
  },
  postgresql: {
    used: [
      ...['host', 'port', 'dbname', 'user', 'password', 'options', 'application_name', 'connect_timeout'],
      ...['sslmode', 'sslrootcert', 'sslcert', 'sslkey', 'sslpassword', 'channel_binding'],
    ],
    withoutEffect: [
      ...['client_encoding', 'keepalives', 'keepalives_idle', 'keepalives_interval', 'keepalives_count'],
      ...['tcp_user_timeout', 'target_session_attrs', 'fallback_application_name', 'gssencmode', 'sslsni'],
    ],
  },
  mysql: {
    used: [
      ...[
        'unix_socket',
        'connect_timeout',
        'ssl',
        'ssl_mode',
        'ssl_ca',
        'ssl_cert',
        'ssl_key',
        'ssl_key_password',
      ],
      ...['ssl_disabled', 'ssl_verify_cert', 'ssl_verify_identity', 'ssl_check_hostname'],
    ],
    withoutEffect: [
      ...['charset', 'collation', 'use_unicode', 'binary_prefix', 'read_timeout', 'write_timeout'],
      ...['program_name', 'local_infile', 'autocommit'],
    ],
  },
};

/** The values of options that have only these. https://www.postgresql.org/docs/current/libpq-ssl.html */
const CHOICES: Readonly<Record<string, readonly string[]>> = {
  sslmode: ['disable', 'allow', 'prefer', 'require', 'verify-ca', 'verify-full'],
  channel_binding: ['disable', 'prefer', 'require'],
  ssl_mode: ['DISABLED', 'PREFERRED', 'REQUIRED', 'VERIFY_CA', 'VERIFY_IDENTITY'],
};

/** @returns what is wrong with the options, or undefined: a setting that nobody heeds may be one for safety. */
export function mistakeInOptions(store: BackendStore): string | undefined {
  if (store.kind !== 'sqlite' && store.kind !== 'postgresql' && store.kind !== 'mysql') return undefined;
  const { used, withoutEffect } = OPTIONS[store.kind];
  for (const [name, value] of Object.entries(store.options)) {
    if (!used.includes(name) && !withoutEffect.includes(name))
      return `has the option '${name}', which is not known here. Known are ${[...used, ...withoutEffect].join(', ')}.`;
    const choices = CHOICES[name];
    if (choices && !choices.some((choice) => choice.toLowerCase() === value.toLowerCase()))
      return `has '${value}' as its ${name}. Use ${choices.join(', ')}.`;
  }
  if (store.kind === 'postgresql' && /,/.test(`${store.host ?? ''}${store.options.host ?? ''}`))
    return 'names more than one host. Name the primary, or an address that leads to it.';
  return undefined;
}
