import { existsSync, readFileSync } from 'node:fs';
import { homedir, userInfo } from 'node:os';
import SshConfig from 'ssh-config';
import type { Environment } from '../artifact-stores.ts';
import { ArtifactError } from '../error.ts';
import { silenceAllowed } from '../stalls.ts';
import { KnownHosts } from './known-hosts.ts';

/** How a server is reached, and as whom. */
export interface SftpSettings {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string | undefined;
  /** Private keys as text. */
  readonly keys: readonly string[];
  /** The socket of an ssh-agent. */
  readonly agent: string | undefined;
  readonly knownHosts: KnownHosts;
  readonly answer_ms: number;
}

/** What `ssh` tries where its configuration names no key. */
const DEFAULT_KEYS = ['~/.ssh/id_ed25519', '~/.ssh/id_ecdsa', '~/.ssh/id_rsa'];

const KNOWN_HOSTS = ['~/.ssh/known_hosts', '/etc/ssh/ssh_known_hosts'];

/**
 * As MLflow reads them: what the URI names goes before what the user's ssh configuration says of that host, but for
 * `HostName`. Without a host it is this machine. User and password stand in the URI as they are, not percent-encoded.
 *
 * @throws ArtifactError invalid_uri
 */
export function readSftpSettings(authority: string, environment: Environment): SftpSettings {
  const match = /^(?:(.*)@)?(\[[^\]]+\]|[^:@]*)(?::(\d{1,5}))?$/.exec(authority);
  if (!match) throw invalidLocation('write it as sftp://user@host:port/path');
  const [, login, bracketed = '', port] = match;
  const named = bracketed.replace(/^\[|\]$/g, '') || 'localhost';
  const colon = login?.indexOf(':') ?? -1;
  const home = environment.HOME ?? homedir();
  const place = (path: string) => path.replace(/^~(?=\/|$)/, home);
  const config = readConfig(place('~/.ssh/config'), named);
  const host = one(config.hostname)?.replaceAll('%h', named) ?? named;
  const portNumber = Number(port ?? one(config.port) ?? 22);
  if (portNumber < 1 || portNumber > 65_535) throw invalidLocation('its port must be from 1 to 65535');
  const identities = many(config.identityfile).map((path) =>
    path.replaceAll('%d', home).replaceAll('%h', host),
  );
  const own = environment.BITACORA_SFTP_KNOWN_HOSTS;
  return {
    host,
    port: portNumber,
    user: (colon < 0 ? login : login?.slice(0, colon)) || (one(config.user) ?? userInfo().username),
    password: colon < 0 ? undefined : login?.slice(colon + 1),
    keys: read((identities.length > 0 ? identities : DEFAULT_KEYS).map(place)),
    agent: environment.SSH_AUTH_SOCK || undefined,
    knownHosts: new KnownHosts(read(own ? [own] : KNOWN_HOSTS.map(place))),
    answer_ms: silenceAllowed(environment),
  };
}

function readConfig(path: string, host: string): Readonly<Record<string, string | string[]>> {
  if (!existsSync(path)) return {};
  try {
    // `Match exec` would run commands.
    return SshConfig.parse(readFileSync(path, 'utf8')).compute(host, { ignoreCase: true, matchExec: false });
  } catch (error) {
    throw new ArtifactError(
      'denied',
      'The ssh configuration of the user that runs this server (~/.ssh/config) cannot be read. Check its syntax and permissions.',
      { cause: error },
    );
  }
}

const many = (value: string | string[] | undefined): readonly string[] =>
  value === undefined ? [] : typeof value === 'string' ? [value] : value;

const one = (value: string | string[] | undefined): string | undefined => many(value)[0];

const read = (paths: readonly string[]): string[] =>
  paths.flatMap((path) => {
    try {
      return [readFileSync(path, 'utf8')];
    } catch {
      return []; // Absent, or not for this user: then others are tried, and the refusal says what was.
    }
  });

/** Without the location: it may hold a password. */
const invalidLocation = (reason: string) =>
  new ArtifactError('invalid_uri', `Invalid SFTP location: ${reason}.`);
