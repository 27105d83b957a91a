import type { DatabaseSync } from 'node:sqlite';

type Row = Record<string, unknown>;

/**
 * Everything about a database's schema that a program can notice, one fact a line, in an order that does not depend on
 * how the schema came about: two databases are alike when their texts are. Our own tables and indexes are left out.
 */
export function describeSchema(db: DatabaseSync): string {
  const all = (text: string, ...values: string[]) => db.prepare(text).all(...values) as Row[];
  const objects = all(
    "SELECT type, name, sql FROM sqlite_master WHERE type IN ('table', 'trigger', 'view') AND name NOT LIKE 'bitacora_%' ORDER BY type, name",
  );
  const lines = objects.flatMap(({ type, name, sql }) =>
    type === 'table'
      ? ['', `table ${name}`, ...describeTable(all, String(name), String(sql)).map((line) => `  ${line}`)]
      : ['', `${type} ${name}`, `  ${normalise(String(sql))}`],
  );
  const rows = ['alembic_version', 'workspaces'].map(
    (table) => `rows of ${table}: ${JSON.stringify(all(`SELECT * FROM ${table}`))}`,
  );
  const settings = ['encoding', 'page_size', 'auto_vacuum', 'user_version', 'application_id'].map(
    (name) => `${name}: ${Object.values(all(`PRAGMA ${name}`)[0] ?? {})}`,
  );
  return `${[...settings, ...rows, ...lines].join('\n')}\n`;
}

function describeTable(
  all: (text: string, ...values: string[]) => Row[],
  table: string,
  ddl: string,
): string[] {
  const columns = all('SELECT * FROM pragma_table_xinfo(?) ORDER BY cid', table).map(
    ({ name, type, notnull, dflt_value, pk, hidden }) =>
      [
        `${name} ${type}`,
        notnull ? 'NOT NULL' : '',
        dflt_value === null ? '' : `DEFAULT ${dflt_value}`,
        pk ? `key ${pk}` : '',
        hidden ? `hidden ${hidden}` : '',
      ]
        .filter(Boolean)
        .join(' '),
  );
  // Names of constraints, conditions of checks and the text of generated columns are found nowhere but in the DDL.
  const constraints = definitions(ddl).filter((text) =>
    /^(CONSTRAINT|PRIMARY|FOREIGN|UNIQUE|CHECK)\b|GENERATED/.test(text),
  );
  const references = all('SELECT * FROM pragma_foreign_key_list(?) ORDER BY id, seq', table).map(
    ({ seq, from, table: other, to, on_update, on_delete, match }) =>
      `references ${seq} ${from} to ${other}.${to} update ${on_update} delete ${on_delete} match ${match}`,
  );
  const indexes = all("SELECT * FROM pragma_index_list(?) WHERE name NOT LIKE 'bitacora_%'", table).map(
    ({ name, unique, origin, partial }) => {
      const keys = all('SELECT * FROM pragma_index_xinfo(?) WHERE key ORDER BY seqno', String(name)).map(
        (key) => `${key.name}${key.desc ? ' DESC' : ''} ${key.coll}`,
      );
      return `index ${name} (${keys.join(', ')}) unique ${unique} origin ${origin} partial ${partial}`;
    },
  );
  // MLflow itself writes constraints in an order that differs from one run to the next.
  return [...columns, ...constraints.sort(), ...references.sort(), ...indexes.sort()];
}

/** White space, quotes around names and the way a rebuilt table says its name carry no meaning. */
const normalise = (ddl: string) =>
  ddl
    .replace(/"(\w+)"/g, '$1')
    .replace(/\s+/g, ' ')
    .replace(/ ?([(),]) ?/g, '$1')
    .trim();

/** What stands between the outermost brackets, cut at the commas that are in no inner ones. */
function definitions(ddl: string): string[] {
  const body = normalise(ddl).replace(/^[^(]*\(|\)[^)]*$/g, '');
  let depth = 0;
  let start = 0;
  const parts: string[] = [];
  for (let at = 0; at <= body.length; at++) {
    const character = body[at];
    if (character === '(') depth++;
    if (character === ')') depth--;
    if (at === body.length || (character === ',' && depth === 0)) {
      parts.push(body.slice(start, at));
      start = at + 1;
    }
  }
  return parts;
}
