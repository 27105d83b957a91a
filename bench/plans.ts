import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { type Compiled, type Db, openReader, parseBackendStoreUri, type Sql } from '@bitacora/db';
import pg from 'pg';
import { numbered } from '../packages/db/src/postgresql/numbered.ts';
import { search } from '../packages/server/src/runs/search.ts';
import { EVERY_EXPERIMENT } from '../packages/server/src/workspaces/scope.ts';
import type { Target } from './targets.ts';

export interface RunQuery {
  readonly filter?: string;
  readonly order_by?: readonly string[];
  readonly max_results: number;
}

export interface Plan {
  /** The statement on one line, with its bound values in place. */
  readonly statement: string;
  readonly plan: string;
}

/** The statements that the server's own search runs for a query, and how the engine carries out each. */
export async function plansOf(target: Target, experiment: string, query: RunQuery): Promise<Plan[]> {
  const explain = target.engine === 'sqlite' ? explainSqlite : explainPostgresql;
  const statements = await record(target, experiment, query);
  const plans: Plan[] = [];
  for (const statement of statements)
    plans.push({ statement: readable(statement), plan: await explain(target, statement) });
  return plans;
}

async function record(target: Target, experiment: string, query: RunQuery): Promise<Compiled[]> {
  const store = parseBackendStoreUri(target.databaseUri);
  const reader = await openReader({ store, pool: { size: 1, overflow: 0, recycle_s: 0 }, mysqlTls: {} });
  const statements: Compiled[] = [];
  const note = <Row>(statement: Sql<Row>) => {
    const { text, values } = statement.compile(reader.dialect);
    statements.push({ text: target.engine === 'postgresql' ? numbered(text) : text, values });
    return statement;
  };
  const db: Db = {
    dialect: reader.dialect,
    all: (statement) => reader.all(note(statement)),
    get: (statement) => reader.get(note(statement)),
  };
  await search(
    { db, scope: EVERY_EXPERIMENT },
    {
      experiment_ids: [experiment],
      run_view_type: 'ACTIVE_ONLY',
      order_by: [...(query.order_by ?? [])],
      max_results: query.max_results,
      ...(query.filter !== undefined && { filter: query.filter }),
    },
  );
  return statements;
}

function explainSqlite(target: Target, { text, values }: Compiled): string {
  const db = new DatabaseSync(join(target.folder, 'mlflow.db'), { readOnly: true });
  const depth = new Map<unknown, number>([[0, 0]]);
  const lines = db
    .prepare(`EXPLAIN QUERY PLAN ${text}`)
    .all(...(values as (string | number)[]))
    .map(({ id, parent, detail }) => {
      depth.set(id, (depth.get(parent) ?? 0) + 1);
      return `${'  '.repeat(depth.get(parent) ?? 0)}${detail}`;
    });
  db.close();
  return lines.join('\n');
}

/** Carried out, so that it says how many rows each step went through. */
async function explainPostgresql(target: Target, { text, values }: Compiled): Promise<string> {
  const client = new pg.Client({ connectionString: target.databaseUri });
  await client.connect();
  const { rows } = await client
    .query(`EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF, SUMMARY OFF, BUFFERS OFF) ${text}`, [...values])
    .finally(() => client.end());
  return cut(rows.map((row: Record<string, unknown>) => row['QUERY PLAN']).join('\n'));
}

/** Of ids of runs, which are many and say nothing, the first. */
const cut = (text: string) => text.replace(/([0-9a-f]{6})[0-9a-f]{26}([",]+[0-9a-f]{32})*/g, '$1…');

function readable({ text, values }: Compiled): string {
  let index = 0;
  const shown = text.replace(/\?|\$\d+/g, () => {
    const value = values[index++];
    if (typeof value === 'number') return String(value);
    return `'${cut(typeof value === 'string' ? value : JSON.stringify(value))}'`;
  });
  return shown.replace(/\s+/g, ' ').trim();
}
