import { describe } from 'vitest';
import {
  type DatabaseServer,
  type ServerOptions,
  startMariadb,
  startPostgresql,
} from '../../scripts/test-databases.ts';
import type { Prepared } from '../../scripts/test-installs.ts';

/** What stands for a peer that is not there is a failure where nothing may be skipped. */
export function valueIfThere<T>(prepared: Prepared<T>): T | undefined {
  if ('value' in prepared) return prepared.value;
  if (process.env.CI === 'true') throw new Error(prepared.missing);
  console.warn(`Skipped: ${prepared.missing}`);
  return undefined;
}

const ENGINES = { PostgreSQL: startPostgresql, MariaDB: startMariadb } as const;

/** The same tests on each engine that can be had, each on a server of its own. */
export async function onEachServer(
  tests: (server: DatabaseServer) => void,
  settings: Partial<Record<keyof typeof ENGINES, ServerOptions>> = {},
): Promise<void> {
  for (const name of ['PostgreSQL', 'MariaDB'] as const) {
    const server = valueIfThere(await ENGINES[name](settings[name]));
    describe.skipIf(!server)(name, () => {
      if (server) tests(server);
    });
  }
}

let databases = 0;
export const newName = () => `database_${process.pid}_${++databases}`;
