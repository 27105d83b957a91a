import type { Pool } from 'pg';

/** The types of the columns of each table, as the database itself has them, asked once. */
export class ColumnTypes {
  readonly #pool: Pool;
  readonly #tables = new Map<string, Promise<ReadonlyMap<string, string>>>();

  constructor(pool: Pool) {
    this.#pool = pool;
  }

  of(table: string): Promise<ReadonlyMap<string, string>> {
    let types = this.#tables.get(table);
    if (types === undefined) {
      types = this.#read(table);
      types.catch(() => this.#tables.delete(table));
      this.#tables.set(table, types);
    }
    return types;
  }

  /** Without their lengths: a cast to a length would cut a value in silence, where an insert must refuse it. */
  async #read(table: string): Promise<ReadonlyMap<string, string>> {
    const { rows } = await this.#pool.query<{ name: string; type: string }>(
      `SELECT attname AS name, format_type(atttypid, NULL) AS type FROM pg_attribute
       WHERE attrelid = to_regclass($1) AND attnum > 0 AND NOT attisdropped`,
      [table],
    );
    return new Map(rows.map(({ name, type }) => [name, type]));
  }
}
