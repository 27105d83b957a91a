import type { Dialect, SqlValue } from './sql.ts';

/** How rows go into a table. Names of tables and columns are written in our own source. */
export interface Insert {
  readonly into: string;
  readonly columns: readonly string[];
  /** What happens to a row whose key exists; unset, the statement fails. */
  readonly onConflict?: 'ignore' | Replace;
  /** Rows whose key exists are rare: where it is dear to look for each, it is done when there turns out to be one. */
  readonly isMostlyNew?: true;
  /**
   * Columns that often have the same value in all rows: where it is dear to take rows apart, that travels once. Few, as each
   * choice among them makes a statement of its own, and never all: the others say how many rows there are.
   */
  readonly oftenSame?: readonly string[];
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

type Row = readonly SqlValue[];
type Rows = readonly Row[];

/**
 * Of rows that share a key the one that counts, as a statement for many rows cannot touch one twice: the greatest where
 * the greatest is kept, else the last. In the order of the keys: transactions that take the same rows in the same order
 * wait for each other and never deadlock.
 */
export function distinctRows({ columns, onConflict }: Insert, rows: Rows): Rows {
  if (onConflict === undefined || onConflict === 'ignore' || rows.length < 2) return rows;
  const at = (names: readonly string[]) => names.map((name) => columns.indexOf(name));
  const key = at(onConflict.key);
  const rank = at(onConflict.whenGreater ?? []);
  const kept = new Map<string, Row>();
  for (const row of rows) {
    const id = JSON.stringify(key.map((index) => String(row[index])));
    const earlier = kept.get(id);
    const order = earlier === undefined ? 1 : compareBy(rank, row, earlier);
    if (order > 0 || (order === 0 && rank.length === 0)) kept.set(id, row);
  }
  return [...kept].sort(([left], [right]) => (left < right ? -1 : 1)).map(([, row]) => row);
}

function compareBy(rank: readonly number[], left: Row, right: Row): number {
  for (const index of rank) {
    const order = compareValues(left[index] ?? null, right[index] ?? null);
    if (order !== 0) return order;
  }
  return 0;
}

/** Numbers before and after each other as the engine orders them. */
function compareValues(left: SqlValue, right: SqlValue): number {
  if (left === right || left === null || right === null) return 0;
  return left > right ? 1 : left < right ? -1 : 0;
}
