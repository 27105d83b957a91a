import {
  type Db,
  type DeltaInputRow,
  type DeltaSnapshotRow,
  FOR_ADDING,
  FOR_UPDATE,
  isIn,
  raw,
  type Sql,
  sql,
  type Tx,
} from '@bitacora/db';

/**
 * Tables and snapshots: rows that many inputs share, and that go with the last of them. Who makes an input refer to one
 * holds it until that is committed; who deletes it takes it for itself, and only then looks whether an input refers to
 * it, in a statement of its own. Tables are taken before snapshots, and both before inputs.
 */
export const SHARED = ['bitacora_delta_snapshots', 'bitacora_delta_tables'] as const;
type SharedTable = (typeof SHARED)[number];

const KEYS = { bitacora_delta_tables: 'location_id', bitacora_delta_snapshots: 'snapshot_id' } as const;

/** @returns whether the row is there; then it stays until the transaction ends. */
const hold = async (tx: Tx, table: SharedTable, id: string): Promise<boolean> =>
  (await tx.get(
    sql`SELECT 1 AS known FROM ${raw(table)} WHERE ${raw(KEYS[table])} = ${id} ${FOR_ADDING}`,
  )) !== undefined;

const take = (tx: Tx, table: SharedTable, ids: readonly string[]) =>
  tx.all(sql`SELECT 1 AS taken FROM ${raw(table)} WHERE ${isIn(KEYS[table], ids)}
    ORDER BY ${raw(KEYS[table])} ${FOR_UPDATE}`);

/** Most runs read what others have read before. What is made may be gone again before it is held. */
async function ensure(tx: Tx, table: SharedTable, id: string, make: () => Promise<unknown>): Promise<void> {
  while (!(await hold(tx, table, id))) await make();
}

export const ensureTable = (tx: Tx, location_id: string, location: string): Promise<void> =>
  ensure(tx, 'bitacora_delta_tables', location_id, () =>
    tx.insert({ into: 'bitacora_delta_tables', columns: ['location_id', 'location'], onConflict: 'ignore' }, [
      [location_id, location],
    ]),
  );

/** One statement each: their texts may be long. */
export async function ensureSnapshots(tx: Tx, rows: readonly DeltaSnapshotRow[]): Promise<void> {
  const byId = new Map(rows.map((row) => [row.snapshot_id, row]));
  for (const [id, row] of [...byId].sort(([a], [b]) => (a < b ? -1 : 1)))
    await ensure(tx, 'bitacora_delta_snapshots', id, () => insertSnapshot(tx, row));
}

const insertSnapshot = (tx: Tx, row: DeltaSnapshotRow) =>
  tx.insert(
    {
      into: 'bitacora_delta_snapshots',
      columns: [
        ...['snapshot_id', 'location_id', 'table_id', 'version', 'commit_timestamp', 'file_count'],
        ...['size_bytes', 'row_count', 'file_list_digest', 'table_schema', 'column_statistics'],
      ],
      onConflict: 'ignore',
    },
    [
      [
        ...[row.snapshot_id, row.location_id, row.table_id, row.version, row.commit_timestamp],
        ...[row.file_count, row.size_bytes, row.row_count, row.file_list_digest, row.table_schema],
        row.column_statistics,
      ],
    ],
  );

/** Of those, what no input refers to. */
async function deleteUnused(tx: Tx, table: SharedTable, ids: readonly string[]): Promise<void> {
  await tx.run(sql`DELETE FROM ${raw(table)} WHERE ${isIn(KEYS[table], ids)} AND ${unused(table)}`);
}

const unused = (table: SharedTable): Sql => sql`NOT EXISTS (
  SELECT 1 FROM bitacora_delta_inputs di WHERE di.${raw(KEYS[table])} = ${raw(table)}.${raw(KEYS[table])})`;

/** What runs have read, and what nobody else has. */
export async function deleteInputsOf(tx: Tx, run_ids: readonly string[]): Promise<void> {
  const rows = await tx.all(sql<Pick<DeltaInputRow, 'location_id' | 'snapshot_id'>>`
    SELECT DISTINCT location_id, snapshot_id FROM bitacora_delta_inputs WHERE ${isIn('run_id', run_ids)}`);
  if (rows.length === 0) return;
  const locations = [...new Set(rows.map(({ location_id }) => location_id))];
  const snapshots = rows.flatMap(({ snapshot_id }) => snapshot_id ?? []);
  await take(tx, 'bitacora_delta_tables', locations);
  await take(tx, 'bitacora_delta_snapshots', snapshots);
  await tx.run(sql`DELETE FROM bitacora_delta_inputs WHERE ${isIn('run_id', run_ids)}`);
  await deleteUnused(tx, 'bitacora_delta_snapshots', snapshots);
  await deleteUnused(tx, 'bitacora_delta_tables', locations);
}

/** Runs whose inputs are looked for at a time, and rows that are deleted together. */
const AT_ONCE = 500;

/** Some inputs whose run is gone: a Python server that shares the database purges rows of its own tables alone. */
export const listRunsGone = async (db: Db): Promise<string[]> =>
  (
    await db.all(sql<{ run_id: string }>`
      SELECT DISTINCT di.run_id FROM bitacora_delta_inputs di
      WHERE NOT EXISTS (SELECT 1 FROM runs r WHERE r.run_uuid = di.run_id) LIMIT ${AT_ONCE}`)
  ).map(({ run_id }) => run_id);

/** Some rows that no input refers to. */
export const listUnused = async (db: Db, table: SharedTable): Promise<string[]> =>
  (
    await db.all(sql<{ id: string }>`
      SELECT ${raw(KEYS[table])} AS id FROM ${raw(table)} WHERE ${unused(table)} LIMIT ${AT_ONCE}`)
  ).map(({ id }) => id);

/** Those of them that no input refers to. */
export async function dropUnused(tx: Tx, table: SharedTable, ids: readonly string[]): Promise<void> {
  await take(tx, table, ids);
  await deleteUnused(tx, table, ids);
}
