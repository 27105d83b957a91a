import type { SchemaConnection } from './server-database.ts';

type Query = SchemaConnection['query'];

/**
 * Everything about the tables on a server that a program can notice, one fact a line, in an order that does not depend
 * on how they came about: two databases are alike when their texts are. Our own tables and indexes are left out.
 */
export async function describeServerSchema(
  engine: SchemaConnection['engine'],
  query: Query,
): Promise<string> {
  const lines = engine === 'postgresql' ? await describePostgresql(query) : await describeMysql(query);
  for (const table of ['alembic_version', 'workspaces'])
    lines.push(`rows of ${table}: ${JSON.stringify(await query(`SELECT * FROM ${table}`))}`);
  return `${lines.sort().join('\n')}\n`;
}

const POSTGRESQL = [
  `SELECT c.relname || '.' || a.attname || ' #' || row_number() OVER (PARTITION BY c.oid ORDER BY a.attnum) || ' '
      || format_type(a.atttypid, a.atttypmod) || CASE WHEN a.attnotnull THEN ' NOT NULL' ELSE '' END
      || coalesce(' DEFAULT ' || pg_get_expr(d.adbin, d.adrelid), '') || ' identity ' || a.attidentity::text AS fact
    FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
    WHERE c.relkind = 'r' AND c.relnamespace = current_schema()::regnamespace AND a.attnum > 0 AND NOT a.attisdropped`,
  `SELECT conrelid::regclass || ' ' || conname || ' ' || pg_get_constraintdef(oid) AS fact
    FROM pg_constraint WHERE connamespace = current_schema()::regnamespace`,
  `SELECT indexdef AS fact FROM pg_indexes WHERE schemaname = current_schema()`,
  `SELECT pg_get_triggerdef(oid) AS fact FROM pg_trigger WHERE NOT tgisinternal`,
  `SELECT pg_get_functiondef(oid) AS fact FROM pg_proc WHERE pronamespace = current_schema()::regnamespace`,
  `SELECT 'sequence ' || sequencename || ' ' || data_type AS fact FROM pg_sequences WHERE schemaname = current_schema()`,
];

async function describePostgresql(query: Query): Promise<string[]> {
  const facts: string[] = [];
  for (const text of POSTGRESQL) for (const { fact } of await query(text)) facts.push(String(fact));
  return facts.filter((fact) => !fact.includes('bitacora_'));
}

async function describeMysql(query: Query): Promise<string[]> {
  const facts: string[] = [];
  for (const { name } of await query(
    "SELECT table_name AS name FROM information_schema.tables WHERE table_schema = DATABASE() AND table_name NOT LIKE 'bitacora\\_%'",
  )) {
    const [row] = await query(`SHOW CREATE TABLE \`${name}\``);
    const lines = String(row?.['Create Table']).split('\n').slice(1);
    const foreignKeys = new Set(
      lines.map((text) => / FOREIGN KEY (\(.*?\)) /.exec(text)?.[1]?.replaceAll(' ', '')),
    );
    facts.push(
      ...lines
        .map((text) => text.replace(/,$/, '').replace(/ AUTO_INCREMENT=\d+/, ''))
        .filter((text) => !text.includes('bitacora_'))
        // InnoDB makes an index for each foreign key, and takes it away again when another one serves.
        .filter((text) => !foreignKeys.has(/^ {2}KEY `\w+` (\(.*\))$/.exec(text)?.[1]))
        // Keys come in the order in which they were made; columns are told by their place.
        .map((text, place) => `${name}${/^ {2}`/.test(text) ? ` #${place}` : ''} ${text.trim()}`),
    );
  }
  for (const trigger of await query('SHOW TRIGGERS'))
    facts.push(
      `trigger ${trigger.Trigger} ${trigger.Timing} ${trigger.Event} ${trigger.Table} ${trigger.Statement}`,
    );
  return facts;
}
