import type { ClientBase } from 'pg';

/** The types of the columns of each table, as the database itself has them, asked once. */
export class ColumnTypes {
  readonly #tables = new Map<string, ReadonlyMap<string, string>>();

  /**
   * @param client whoever asks asks on its own connection: with all of the pool's in use by transactions that ask, none
   * would ever get another.
   */
  async of(table: string, client: ClientBase): Promise<ReadonlyMap<string, string>> {
    const known = this.#tables.get(table);
    if (known) return known;
    const types = await read(table, client);
    this.#tables.set(table, types);
    return types;
  }
}

/** Without their lengths: a cast to a length would cut a value in silence, where an insert must refuse it. */
async function read(table: string, client: ClientBase): Promise<ReadonlyMap<string, string>> {
  const { rows } = await client.query<{ name: string; type: string }>(
    `SELECT attname AS name, format_type(atttypid, NULL) AS type FROM pg_attribute
       WHERE attrelid = to_regclass($1) AND attnum > 0 AND NOT attisdropped`,
    [table],
  );
  return new Map(rows.map(({ name, type }) => [name, type]));
}
