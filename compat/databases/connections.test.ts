import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { type DatabaseServer, startMariadb, startPostgresql } from '../../scripts/test-databases.ts';
import { startServer } from '../../scripts/test-server.ts';
import { createRun } from './load.ts';
import { newName, valueIfThere } from './servers.ts';

/** An authority, and what it has certified for `localhost` alone: 127.0.0.1 is somebody else. */
const folder = mkdtempSync(join(tmpdir(), 'certificates-'));
chmodSync(folder, 0o755);
const file = (name: string) => join(folder, name);
const openssl = (...args: string[]) => execFileSync('openssl', args, { cwd: folder, stdio: 'ignore' });
const key = ['-newkey', 'rsa:2048', '-nodes', '-days', '3'];
for (const authority of ['ca', 'other-ca'])
  openssl(
    'req',
    '-x509',
    ...key,
    '-subj',
    `/CN=${authority}`,
    '-keyout',
    `${authority}.key`,
    '-out',
    `${authority}.pem`,
  );
openssl('req', ...key.slice(0, 3), '-subj', '/CN=localhost', '-keyout', 'server.key', '-out', 'server.csr');
writeFileSync(file('names'), 'subjectAltName=DNS:localhost');
openssl(
  ...['x509', '-req', '-in', 'server.csr', '-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial'],
  ...['-extfile', 'names', '-days', '3', '-out', 'server.pem'],
);
// The servers run as users of their own; PostgreSQL wants its key private to root's group at most.
chmodSync(file('server.key'), 0o640);
execFileSync('chgrp', [
  process.getuid?.() === 0 ? 'postgres' : String(process.getgid?.()),
  file('server.key'),
]);

const PASSWORD = 'p@ss:w/o?r#d%41 \'ü"';
const encoded = encodeURIComponent(PASSWORD);

/** Starts the server on the database, writes and stops. @returns why it did not start, or undefined. */
async function attempt(uri: string, options: readonly string[] = []): Promise<string | undefined> {
  let server: Awaited<ReturnType<typeof startServer>>;
  try {
    server = await startServer(uri, options);
  } catch (error) {
    const message = String(error);
    expect(message).not.toContain(PASSWORD);
    expect(message).not.toContain(encoded);
    return message;
  }
  await createRun(server.uri);
  await server.stop();
  return undefined;
}

const postgresql = valueIfThere(
  await startPostgresql({
    settings: ['ssl=on', `ssl_cert_file=${file('server.pem')}`, `ssl_key_file=${file('server.key')}`],
  }),
);

describe.skipIf(!postgresql)('PostgreSQL', () => {
  const { port, folder: home } = postgresql as DatabaseServer;
  const name = newName();
  const at = (host: string, options = '') => `postgresql+psycopg2://mlflow@${host}:${port}/${name}${options}`;
  afterAll(() => postgresql?.stop());

  test('is reached by an URI with a driver, and speaks without encryption only where it is told to', async () => {
    await postgresql?.createDatabase(name);
    // Whoever is not encrypted is turned away.
    writeFileSync(
      join(home, 'data/pg_hba.conf'),
      'hostnossl all plain all trust\nhostssl all plain all reject\nhostnossl all all all reject\nhostssl all odd all scram-sha-256\nhostssl all all all trust\nlocal all all trust\n',
    );
    for (const user of ['plain', 'odd']) await administer(`CREATE ROLE ${user} LOGIN SUPERUSER`);
    await administer(`ALTER ROLE odd PASSWORD '${PASSWORD.replaceAll("'", "''")}'`);
    await administer('SELECT pg_reload_conf()');
    expect(await attempt(at('127.0.0.1'))).toBeUndefined();
    expect(await attempt(at('127.0.0.1', '?sslmode=disable'))).toContain('no encryption');
    expect(await attempt(at('127.0.0.1', '?sslmode=disable').replace('mlflow@', 'plain@'))).toBeUndefined();
    expect(await attempt(at('127.0.0.1', '?sslmode=require'))).toBeUndefined();
  });

  test('is asked for its certificate as the mode says', async () => {
    const ca = `&sslrootcert=${file('ca.pem')}`;
    const other = `&sslrootcert=${file('other-ca.pem')}`;
    expect(await attempt(at('127.0.0.1', `?sslmode=verify-ca${ca}`))).toBeUndefined();
    expect(await attempt(at('localhost', `?sslmode=verify-full${ca}`))).toBeUndefined();
    expect(await attempt(at('127.0.0.1', `?sslmode=verify-full${ca}`))).toMatch(
      /cannot be opened: .*(altnames|IP)/,
    );
    for (const mode of ['require', 'verify-ca', 'verify-full'])
      expect(await attempt(at('localhost', `?sslmode=${mode}${other}`))).toMatch(
        /cannot be opened: .*certificate/,
      );
    expect(await attempt(at('localhost', '?sslmode=verify-ca'))).toMatch(/cannot be opened: .*certificate/);
    expect(await attempt(at('localhost', '?sslmode=verify-ca&sslrootcert=/nowhere.pem'))).toContain(
      '/nowhere.pem',
    );
  });

  test('is reached through its local socket', async () => {
    expect(await attempt(`postgresql:///${name}?host=${home}&port=${port}&user=mlflow`)).toBeUndefined();
    expect(await attempt(`postgresql://mlflow@/${name}?host=${home}&port=${port}`)).toBeUndefined();
  });

  test('is given a password with whatever characters', async () => {
    expect(await attempt(at('127.0.0.1').replace('mlflow@', `odd:${encoded}@`))).toBeUndefined();
    expect(
      await attempt(
        at('127.0.0.1', '?sslmode=require&channel_binding=require').replace('mlflow@', `odd:${encoded}@`),
      ),
    ).toBeUndefined();
    expect(await attempt(at('127.0.0.1').replace('mlflow@', `odd:${encoded}x@`))).toMatch(
      /cannot be opened: password authentication failed for user "odd"/,
    );
  });

  test('is given what stands in the options, and an unknown one is named', async () => {
    expect(
      await attempt(
        at('127.0.0.1', '?options=-c%20search_path%3Dpublic&application_name=mine&connect_timeout=10'),
      ),
    ).toBeUndefined();
    expect(await attempt(at('127.0.0.1', '?sslmod=require'))).toContain(
      "has the option 'sslmod', which is not known",
    );
  });

  test('without encryption is spoken to all the same, unless encryption is asked for', async () => {
    const plain = valueIfThere(await startPostgresql());
    if (!plain) return;
    const uri = await plain.createDatabase(newName());
    expect(await attempt(uri)).toBeUndefined();
    expect(await attempt(`${uri}?sslmode=prefer`)).toBeUndefined();
    expect(await attempt(`${uri}?sslmode=require`)).toContain('does not support SSL');
    await plain.stop();
  });

  /** On its local socket, which is open to all. */
  async function administer(statement: string): Promise<void> {
    execFileSync(
      'psql',
      ['-h', home, '-p', String(port), '-U', 'mlflow', '-d', 'postgres', '-c', statement],
      {
        stdio: 'ignore',
      },
    );
  }
});

execFileSync('cp', [file('server.key'), file('mariadb.key')]);
execFileSync('chgrp', [process.getuid?.() === 0 ? 'mysql' : String(process.getgid?.()), file('mariadb.key')]);
const mariadb = valueIfThere(
  await startMariadb({
    settings: [
      `ssl-ca=${file('ca.pem')}`,
      `ssl-cert=${file('server.pem')}`,
      `ssl-key=${file('mariadb.key')}`,
    ],
  }),
);

describe.skipIf(!mariadb)('MariaDB', () => {
  const { port, folder: home } = mariadb as DatabaseServer;
  const name = newName();
  const at = (host: string, options = '', user = 'odd') =>
    `mysql+pymysql://${user}:${encoded}@${host}:${port}/${name}${options}`;
  afterAll(() => mariadb?.stop());

  test('is given a password with whatever characters, encrypted where it asks for that', async () => {
    await mariadb?.createDatabase(name);
    const password = PASSWORD.replaceAll("'", "''");
    for (const [user, requirement] of [
      ['odd', 'SSL'],
      ['plain', 'NONE'],
    ]) {
      await mariadb?.execute(`CREATE USER ${user}@'%' IDENTIFIED BY '${password}' REQUIRE ${requirement}`);
      await mariadb?.execute(`GRANT ALL ON ${name}.* TO ${user}@'%'`);
    }
    expect(await attempt(at('127.0.0.1', '', 'plain'))).toBeUndefined();
    expect(await attempt(at('127.0.0.1'))).toContain('Access denied');
    expect(await attempt(at('127.0.0.1', '?ssl_mode=REQUIRED'))).toBeUndefined();
    expect(await attempt(at('127.0.0.1', '?charset=utf8mb4&ssl=true'))).toBeUndefined();
  });

  test('is asked for its certificate by MLflow’s own options and by those of the drivers', async () => {
    expect(await attempt(at('127.0.0.1'), ['--mysql-ssl-ca', file('ca.pem')])).toBeUndefined();
    expect(await attempt(at('127.0.0.1'), ['--mysql-ssl-ca', file('other-ca.pem')])).toMatch(/certificate/);
    expect(await attempt(at('localhost', `?ssl_ca=${file('ca.pem')}`))).toBeUndefined();
    expect(await attempt(at('127.0.0.1', `?ssl_ca=${file('ca.pem')}`))).toMatch(
      /whether the certificate is for 127.0.0.1 cannot be asked/,
    );
    expect(await attempt(at('127.0.0.1', '?ssl_mode=VERIFY_IDENTITY'))).toMatch(/cannot be asked/);
    expect(
      await attempt(at('127.0.0.1', `?ssl_ca=${file('ca.pem')}&ssl_check_hostname=false`)),
    ).toBeUndefined();
    expect(
      await attempt(at('localhost', `?ssl_mode=VERIFY_IDENTITY&ssl_ca=${file('ca.pem')}`)),
    ).toBeUndefined();
    expect(await attempt(at('localhost', `?ssl_mode=VERIFY_CA&ssl_ca=${file('other-ca.pem')}`))).toMatch(
      /certificate/,
    );
  });

  test('is reached through its local socket', async () => {
    expect(
      await attempt(`mysql://plain:${encoded}@/${name}?unix_socket=${join(home, 'socket')}`),
    ).toBeUndefined();
  });

  test('is told from an option that nobody knows', async () => {
    expect(await attempt(at('127.0.0.1', '?sslmode=require'))).toContain(
      "has the option 'sslmode', which is not known",
    );
  });
});
