import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import type { Prepared } from '../../../scripts/test-installs.ts';
import type { StorePeer } from '../peers.ts';

/** A folder of this machine. */
export async function startLocal(): Promise<Prepared<StorePeer>> {
  const folder = mkdtempSync(join(tmpdir(), 'bitacora-store-'));
  return {
    value: {
      name: 'local',
      environment: {},
      hasFolders: true,
      async root(name) {
        mkdirSync(join(folder, name));
        return join(folder, name);
      },
      async raw(root) {
        return readdirSync(root, { recursive: true, withFileTypes: true })
          .filter((entry) => !entry.isDirectory())
          .map((entry) => relative(root, join(entry.parentPath, entry.name)))
          .map((path) => (path.includes('.bitacora-partial-') ? `${path} (unfinished)` : path))
          .sort();
      },
      async stop() {
        rmSync(folder, { recursive: true, force: true });
      },
    },
  };
}
