import { startPostgresql } from '../scripts/test-databases.ts';
import type { ServerDatabase } from './targets.ts';

/** As PostgreSQL comes, and durable: what it acknowledges survives loss of power. */
const SETTINGS = ['fsync=on'];

/** Go's driver knows the scheme by its older name alone; SQLAlchemy 2.1 would take another driver than MLflow's. */
const SCHEMES: Readonly<Record<string, string>> = {
  fasttrackml: 'postgres:',
  mlflow: 'postgresql+psycopg2:',
};

/** One PostgreSQL server for all targets; each gets an empty database. */
export async function startDatabases() {
  const prepared = await startPostgresql({ settings: SETTINGS });
  if ('missing' in prepared) throw new Error(prepared.missing);
  const server = prepared.value;
  let count = 0;
  return {
    version: String((await server.execute('SHOW server_version'))[0]?.server_version),
    async create(product: string): Promise<ServerDatabase & { drop(): Promise<void> }> {
      const name = `bench_${product}_${count++}`;
      const uri = await server.createDatabase(name);
      return {
        uri: uri.replace('postgresql:', SCHEMES[product] ?? 'postgresql:'),
        execute: (statement) => server.execute(statement, name),
        drop: async () => void (await server.execute(`DROP DATABASE ${name} WITH (FORCE)`)),
      };
    },
    stop: () => server.stop(),
  };
}

export type Databases = Awaited<ReturnType<typeof startDatabases>>;
