import type { Connect } from '../artifact-stores.ts';
import { openChannel } from './open.ts';
import { SftpPool } from './pool.ts';
import { SftpArtifactRepository } from './repository.ts';
import { readSftpSettings } from './settings.ts';

/** Folders of an SFTP server, for `sftp://user:password@host:port/path`; the path begins at the server's root. */
export const connectSftp: Connect = async (authority, environment) => {
  const settings = readSftpSettings(authority, environment);
  const pool = new SftpPool(() => openChannel(settings));
  return {
    at: (root) => new SftpArtifactRepository(pool, `${settings.host}:${settings.port}`, root),
    close: () => pool.close(),
  };
};
