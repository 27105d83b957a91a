import type { ClientBase } from 'pg';

type Types = ReadonlyMap<string, string>;

/** The types of the columns of all tables, as the database itself has them, asked once. */
export class ColumnTypes {
  #tables: ReadonlyMap<string, Types> | undefined;

  get isLoaded(): boolean {
    return this.#tables !== undefined;
  }

  /**
   * @param client whoever asks asks on its own connection: with all of the pool's in use by transactions that ask, none
   * would ever get another.
   */
  async load(client: ClientBase): Promise<void> {
    this.#tables = await read(client);
  }

  /** At once, so that statements are sent in the order in which they are asked for. */
  of(table: string): Types {
    const types = this.#tables?.get(table);
    if (types === undefined) throw new Error(`the database has no table ${table}`);
    return types;
  }
}

/** Without their lengths: a cast to a length would cut a value in silence, where an insert must refuse it. */
async function read(client: ClientBase): Promise<ReadonlyMap<string, Types>> {
  const { rows } = await client.query<{ table: string; name: string; type: string }>(
    `SELECT c.relname AS table, a.attname AS name, format_type(a.atttypid, NULL) AS type
       FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_attribute a ON a.attrelid = c.oid
       WHERE c.relkind IN ('r', 'p') AND pg_table_is_visible(c.oid) AND n.nspname <> 'pg_catalog'
         AND a.attnum > 0 AND NOT a.attisdropped`,
  );
  const byTable = Map.groupBy(rows, ({ table }) => table);
  return new Map(
    [...byTable].map(([table, columns]) => [table, new Map(columns.map(({ name, type }) => [name, type]))]),
  );
}
