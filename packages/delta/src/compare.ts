import { type ColumnStatistics, columnStatistics } from './column-statistics.ts';
import { inOrder } from './concurrency.ts';
import type { DataFile } from './data-file.ts';
import { readDeletionVector } from './deletion-vector.ts';
import { DeltaError } from './error.ts';
import { countShared } from './roaring.ts';
import { type DeltaType, type StructField, type StructType, typeText } from './schema.ts';
import type { Snapshot } from './snapshot.ts';

const VECTORS_AT_ONCE = 4;
/** Rows of a vector that are looked up one by one; some seconds' work. */
const MOST_SHARED = 20_000_000;

export type SchemaChange =
  | { readonly change: 'added' | 'removed'; readonly column: readonly string[]; readonly type: string }
  | {
      readonly change: 'renamed';
      readonly column: readonly string[];
      readonly from: string;
      readonly to: string;
    }
  | {
      readonly change: 'type';
      readonly column: readonly string[];
      readonly from: string;
      readonly to: string;
    }
  | { readonly change: 'nullable'; readonly column: readonly string[]; readonly to: boolean };

export interface SnapshotDifference {
  /** False when the table at this place was replaced by another between the two. */
  readonly is_same_table: boolean;
  readonly schema: readonly SchemaChange[];
  readonly files_added_count: number;
  readonly files_removed_count: number;
  /** Files in both that have another deletion vector now. */
  readonly files_changed_count: number;
  readonly bytes_added: number;
  readonly bytes_removed: number;
  /** Undefined where files lack a count of rows. */
  readonly rows_added: number | undefined;
  readonly rows_removed: number | undefined;
  /**
   * Whether those are the very numbers. Where files were written anew (by an update, a merge, a compaction), rows that
   * stayed as they were count in both, so that both are upper bounds. Their difference is right all the same.
   */
  readonly rows_are_exact: boolean;
  /** Of the earlier and the later snapshot. */
  readonly statistics: {
    readonly before: readonly ColumnStatistics[];
    readonly after: readonly ColumnStatistics[];
  };
}

/**
 * What changed from one snapshot of a table to another, from what their logs say. No data file is read; deletion vectors
 * are, of files that have one in both.
 *
 * @throws DeltaError corrupt, unsupported, outside
 */
export async function compareSnapshots(before: Snapshot, after: Snapshot): Promise<SnapshotDifference> {
  const old = new Map(before.files.map((file) => [file.path, file]));
  const added: DataFile[] = [];
  const changed: Change[] = [];
  for (const file of after.files) {
    const from = old.get(file.path);
    old.delete(file.path);
    if (from === undefined) added.push(file);
    else if (from.key !== file.key) changed.push({ from, to: file });
  }
  const removed = [...old.values()];
  let rowsAdded = rowsOf(added);
  let rowsRemoved = rowsOf(removed);
  // Rows of files that were written anew count in both; so does a row that an update deleted here and wrote there.
  let isExact = added.length === 0 || (removed.length === 0 && changed.length === 0);
  for await (const rows of inOrder(changed, VECTORS_AT_ONCE, (change) =>
    changedRows(before, after, change),
  )) {
    rowsAdded = rowsAdded === undefined ? undefined : rowsAdded + rows.restored;
    rowsRemoved = rowsRemoved === undefined ? undefined : rowsRemoved + rows.deleted;
    isExact &&= rows.isExact;
  }
  return {
    is_same_table: before.table_id === after.table_id,
    schema: schemaChanges(before.schema, after.schema),
    files_added_count: added.length,
    files_removed_count: removed.length,
    files_changed_count: changed.length,
    bytes_added: bytesOf(added),
    bytes_removed: bytesOf(removed),
    rows_added: rowsAdded,
    rows_removed: rowsRemoved,
    rows_are_exact: isExact && rowsAdded !== undefined && rowsRemoved !== undefined,
    statistics: { before: columnStatistics(before), after: columnStatistics(after) },
  };
}

/** A file with another deletion vector than before. */
interface Change {
  readonly from: DataFile;
  readonly to: DataFile;
}

/** Deletes make a vector grow, a restore makes it shrink, and several of both may lie between two snapshots. */
async function changedRows(before: Snapshot, after: Snapshot, { from, to }: Change) {
  const [old, now] = [from.deletion_vector, to.deletion_vector];
  const bounds = { restored: old?.cardinality ?? 0, deleted: now?.cardinality ?? 0 };
  if (old === undefined || now === undefined) return { ...bounds, isExact: true };
  if (Math.min(old.cardinality, now.cardinality) > MOST_SHARED) return { ...bounds, isExact: false };
  try {
    const shared = countShared(
      await readDeletionVector(before.source, old, from.path),
      await readDeletionVector(after.source, now, to.path),
    );
    return { restored: bounds.restored - shared, deleted: bounds.deleted - shared, isExact: true };
  } catch (error) {
    // After a VACUUM the older one may be gone.
    if (error instanceof DeltaError && error.kind === 'file_missing') return { ...bounds, isExact: false };
    throw error;
  }
}

function rowsOf(files: readonly DataFile[]): number | undefined {
  let sum = 0;
  for (const { row_count } of files) {
    if (row_count === undefined) return undefined;
    sum += row_count;
  }
  return sum;
}

const bytesOf = (files: readonly DataFile[]) => files.reduce((sum, { size_bytes }) => sum + size_bytes, 0);

/** Under column mapping a field is known by its number, else by its name. */
function schemaChanges(before: StructType, after: StructType, path: readonly string[] = []): SchemaChange[] {
  const changes: SchemaChange[] = [];
  const left = new Set(before.fields);
  for (const field of after.fields) {
    const from = before.fields.find((one) => isSameField(one, field));
    if (from === undefined) {
      changes.push({ change: 'added', column: [...path, field.name], type: typeText(field.type) });
      continue;
    }
    left.delete(from);
    changes.push(...fieldChanges(from, field, [...path, field.name]));
  }
  for (const field of left)
    changes.push({ change: 'removed', column: [...path, field.name], type: typeText(field.type) });
  return changes;
}

const isSameField = (a: StructField, b: StructField) =>
  a.id !== undefined && b.id !== undefined ? a.id === b.id : a.name === b.name;

function fieldChanges(from: StructField, to: StructField, column: readonly string[]): SchemaChange[] {
  const changes: SchemaChange[] = [];
  if (from.name !== to.name) changes.push({ change: 'renamed', column, from: from.name, to: to.name });
  if (from.nullable !== to.nullable) changes.push({ change: 'nullable', column, to: to.nullable });
  changes.push(...typeChanges(from.type, to.type, column));
  return changes;
}

function typeChanges(from: DeltaType, to: DeltaType, column: readonly string[]): SchemaChange[] {
  if (from.type === 'struct' && to.type === 'struct') return schemaChanges(from, to, column);
  if (from.type === 'array' && to.type === 'array')
    return typeChanges(from.element, to.element, [...column, 'element']);
  if (from.type === 'map' && to.type === 'map') {
    return [
      ...typeChanges(from.key, to.key, [...column, 'key']),
      ...typeChanges(from.value, to.value, [...column, 'value']),
    ];
  }
  const [old, now] = [typeText(from), typeText(to)];
  return old === now ? [] : [{ change: 'type', column, from: old, to: now }];
}
