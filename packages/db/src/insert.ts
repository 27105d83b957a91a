import type { Dialect } from './sql.ts';

/** How rows go into a table. Names of tables and columns are written in our own source. */
export interface Insert {
  readonly into: string;
  readonly columns: readonly string[];
  /** What happens to a row whose key exists; unset, the statement fails. */
  readonly onConflict?: 'ignore' | Replace;
}

/** The row that exists takes over values of the new one. */
export interface Replace {
  /** The columns of the key. */
  readonly key: readonly string[];
  /** The columns that are taken over. */
  readonly set: readonly string[];
  /** Only where the new row's values of these, compared in order, are greater. */
  readonly whenGreater?: readonly string[];
}

/** `INSERT INTO … (…) VALUES`, what stands for the rows, and what follows them. */
export function insertText({ into, columns, onConflict }: Insert, rows: string, dialect: Dialect): string {
  return `INSERT INTO ${into} (${columns.join(', ')}) ${rows}${conflictText(into, columns, onConflict, dialect)}`;
}

function conflictText(
  into: string,
  columns: readonly string[],
  onConflict: Insert['onConflict'],
  dialect: Dialect,
): string {
  if (onConflict === undefined) return '';
  if (dialect === 'mysql') return ` ON DUPLICATE KEY UPDATE ${mysqlAssignments(columns, onConflict)}`;
  if (onConflict === 'ignore') return ' ON CONFLICT DO NOTHING';
  const { key, set, whenGreater } = onConflict;
  const assignments = set.map((column) => `${column} = excluded.${column}`).join(', ');
  const condition = whenGreater
    ? ` WHERE (${whenGreater.map((column) => `excluded.${column}`).join(', ')}) > (${whenGreater.map((column) => `${into}.${column}`).join(', ')})`
    : '';
  return ` ON CONFLICT (${key.join(', ')}) DO UPDATE SET ${assignments}${condition}`;
}

/** `INSERT IGNORE` would also swallow every other error, so a row that is to be ignored is set to what it is. */
function mysqlAssignments(columns: readonly string[], onConflict: 'ignore' | Replace): string {
  if (onConflict === 'ignore') return `${columns[0]} = ${columns[0]}`;
  const { set, whenGreater } = onConflict;
  if (!whenGreater) return set.map((column) => `${column} = VALUES(${column})`).join(', ');
  const isGreater = `(${whenGreater.map((column) => `VALUES(${column})`).join(', ')}) > (${whenGreater.join(', ')})`;
  // MySQL assigns from left to right and compares with what it has just assigned. With the least significant columns
  // first, a comparison that held still holds wherever a value is yet to change.
  const ordered = [
    ...set.filter((column) => !whenGreater.includes(column)),
    ...whenGreater.filter((column) => set.includes(column)).toReversed(),
  ];
  return ordered.map((column) => `${column} = IF(${isGreater}, VALUES(${column}), ${column})`).join(', ');
}

/**
 * Of rows that share a key the one that counts, as a statement for many rows cannot touch one twice: the greatest where
 * the greatest is kept, else the last.
 */
export function distinctRows<Value>(
  { columns, onConflict }: Insert,
  rows: readonly (readonly Value[])[],
  compare: (left: Value, right: Value) => number,
): readonly (readonly Value[])[] {
  if (onConflict === undefined || onConflict === 'ignore' || rows.length < 2) return rows;
  const at = (names: readonly string[]) => names.map((name) => columns.indexOf(name));
  const key = at(onConflict.key);
  const rank = at(onConflict.whenGreater ?? []);
  const kept = new Map<string, readonly Value[]>();
  for (const row of rows) {
    const id = JSON.stringify(key.map((index) => String(row[index])));
    const earlier = kept.get(id);
    const order = earlier === undefined ? 1 : compareBy(rank, row, earlier, compare);
    if (order > 0 || (order === 0 && rank.length === 0)) kept.set(id, row);
  }
  return [...kept.values()];
}

function compareBy<Value>(
  rank: readonly number[],
  left: readonly Value[],
  right: readonly Value[],
  compare: (left: Value, right: Value) => number,
): number {
  for (const index of rank) {
    const order = compare(left[index] as Value, right[index] as Value);
    if (order !== 0) return order;
  }
  return 0;
}
