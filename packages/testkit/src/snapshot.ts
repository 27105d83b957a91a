import { byDialect, type Db, raw, sql } from '@bitacora/db';
import { stringifyJson } from '@bitacora/protocol';

const TABLES = byDialect({
  sqlite: raw("SELECT name AS name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"),
  postgresql: raw("SELECT table_name AS name FROM information_schema.tables WHERE table_schema = 'public'"),
  mysql: raw('SELECT table_name AS name FROM information_schema.tables WHERE table_schema = database()'),
});

/** Every row of every table as a line of text, in order: what a call must not have changed is compared by it. */
export async function snapshot(db: Db): Promise<readonly string[]> {
  const tables = await db.all(sql<{ name: string }>`${TABLES}`);
  const lines: string[] = [];
  for (const { name } of tables) {
    const rows = await db.all(sql<Record<string, unknown>>`SELECT * FROM ${raw(name)}`);
    lines.push(...rows.map((row) => `${name} ${stringifyJson(row)}`));
  }
  return lines.sort();
}
