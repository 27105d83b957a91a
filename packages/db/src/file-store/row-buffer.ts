import type { Insert } from '../insert.ts';
import type { SqlValue } from '../sql.ts';
import type { SqliteConnection } from '../sqlite/connection.ts';

/** As many as one statement takes at most. */
const ROWS_AT_ONCE = 100;

/**
 * Rows on their way into the index. Many to a statement go in at half the cost: a run has some tags, params and points,
 * and a folder very many runs.
 */
export class RowBuffer {
  readonly #index: SqliteConnection;
  readonly #waiting = new Map<Insert, SqlValue[][]>();

  constructor(index: SqliteConnection) {
    this.#index = index;
  }

  /** @param insert one and the same value for all rows of a table. */
  add(insert: Insert, row: SqlValue[]): void {
    const waiting = this.#waiting.get(insert);
    if (waiting === undefined) this.#waiting.set(insert, [row]);
    else if (waiting.push(row) === ROWS_AT_ONCE) this.#put(insert, waiting);
  }

  flush(): void {
    for (const [insert, rows] of this.#waiting) if (rows.length > 0) this.#put(insert, rows);
  }

  #put(insert: Insert, rows: SqlValue[][]): void {
    this.#index.insertRows(insert, rows);
    rows.length = 0;
  }
}
