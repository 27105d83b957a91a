import { hidePassword } from '@bitacora/artifacts';
import {
  compareSnapshots,
  openSnapshot,
  readLatest,
  type SchemaChange,
  type Snapshot,
  type TableFiles,
} from '@bitacora/delta';
import {
  type compareDeltaInputs,
  type DeltaColumn,
  type DeltaColumnStatistics,
  type DeltaSchemaChange,
  type DeltaSnapshot,
  invalidParameter,
  MlflowError,
  preview,
  type Response,
} from '@bitacora/protocol';
import type { ReadDeps } from '../deps.ts';
import { isGone, openPinned, openTableOf } from './pinned.ts';
import type { DeltaInputView } from './queries.ts';
import { columnOf, statisticsOf, tableIdOf } from './record.ts';
import { toSnapshot } from './view.ts';

type Difference = Response<typeof compareDeltaInputs>;

const MOST_CHANGES = 1000;
const MOST_COLUMNS = 1000;

/** One side of a comparison: the table as it was, or what was recorded where that is gone. */
type Side = { readonly snapshot: Snapshot } | { readonly record: DeltaSnapshot };

/** @param other undefined for the table as it is now */
export async function compareInputs(
  deps: Pick<ReadDeps, 'settings' | 'stores'>,
  row: DeltaInputView,
  other: DeltaInputView | undefined,
  signal: AbortSignal,
): Promise<Difference> {
  if (other !== undefined && other.location_id !== row.location_id)
    throw invalidParameter(
      `'${preview(hidePassword(row.source))}' and '${preview(hidePassword(other.source))}' are two tables. Compare what was read of one.`,
    );
  // The log of either may be gone, with the table or before it; records tell apart all but files then.
  const files = await openTableOf(deps, row, signal).catch((error: unknown) => {
    if (other === undefined || !(error instanceof MlflowError)) throw error;
    return undefined;
  });
  const open = async (of: DeltaInputView): Promise<Side> => {
    try {
      if (files) return { snapshot: await openPinned(files, of, signal) };
    } catch (error) {
      if (!isGone(error) || of.snapshot_id === null) throw error;
    }
    const record = toSnapshot(of);
    if (record === undefined)
      throw new MlflowError(
        'INVALID_STATE',
        `Nothing has been recorded of '${preview(hidePassword(of.source))}' yet.`,
      );
    return { record };
  };
  const before = await open(row);
  const after =
    other !== undefined
      ? await open(other)
      : await openCurrent(files ?? (await openTableOf(deps, row, signal)), before, signal);
  return 'snapshot' in before && 'snapshot' in after
    ? byLog(before.snapshot, after.snapshot)
    : byRecord(recordSide(before), recordSide(after));
}

/** Most often nothing has changed, and the log need not be read twice. */
async function openCurrent(files: TableFiles, before: Side, signal: AbortSignal): Promise<Side> {
  const { version } = await readLatest(files);
  if ('snapshot' in before && before.snapshot.version === version) return before;
  return { snapshot: await openSnapshot(files, { version }, signal) };
}

async function byLog(before: Snapshot, after: Snapshot): Promise<Difference> {
  const {
    schema,
    statistics: _,
    rows_added,
    rows_removed,
    ...counts
  } = await compareSnapshots(before, after);
  const changes = schema.map(toWireChange);
  return {
    ...counts,
    is_from_record: false,
    before: versionOf(recordSide({ snapshot: before })),
    after: versionOf(recordSide({ snapshot: after })),
    schema: changes.slice(0, MOST_CHANGES),
    schema_change_count: changes.length,
    ...(rows_added !== undefined && { rows_added }),
    ...(rows_removed !== undefined && { rows_removed }),
    columns: sideBySide(statisticsOf(before, MOST_COLUMNS), statisticsOf(after, MOST_COLUMNS)),
  };
}

type Recorded = Omit<DeltaSnapshot, 'snapshot_id'>;

function byRecord(before: Recorded, after: Recorded): Difference {
  const schema = columnChanges(before.columns, after.columns);
  return {
    is_same_table: before.table_id === after.table_id,
    is_from_record: true,
    before: versionOf(before),
    after: versionOf(after),
    schema: schema.slice(0, MOST_CHANGES),
    schema_change_count: schema.length,
    rows_are_exact: false,
    columns: sideBySide(before.statistics, after.statistics),
  };
}

function recordSide(side: Side): Recorded {
  if ('record' in side) return side.record;
  const { snapshot } = side;
  return {
    table_id: tableIdOf(snapshot),
    version: snapshot.version,
    ...(snapshot.timestamp_ms !== undefined && { timestamp: snapshot.timestamp_ms }),
    columns: snapshot.schema.fields.map(columnOf),
    column_count: snapshot.schema.fields.length,
    partition_columns: snapshot.partition_columns,
    file_count: snapshot.files.length,
    size_bytes: snapshot.total_bytes,
    ...(snapshot.row_count !== undefined && { row_count: snapshot.row_count }),
    file_list_digest: snapshot.file_list_digest,
    statistics: statisticsOf(snapshot, MOST_COLUMNS),
  };
}

const versionOf = ({
  version,
  timestamp,
  row_count,
  file_count,
  size_bytes,
}: Recorded): Difference['before'] => ({
  version,
  ...(timestamp !== undefined && { timestamp }),
  ...(row_count !== undefined && { row_count }),
  file_count,
  size_bytes,
});

function toWireChange(change: SchemaChange): DeltaSchemaChange {
  const { column } = change;
  switch (change.change) {
    case 'added':
      return { change: 'added', column, to: change.type };
    case 'removed':
      return { change: 'removed', column, from: change.type };
    case 'nullable':
      return { change: 'nullable', column, from: String(!change.to), to: String(change.to) };
    default:
      return { change: change.change, column, from: change.from, to: change.to };
  }
}

/** Of the columns of a table, known by their names alone. */
function columnChanges(before: readonly DeltaColumn[], after: readonly DeltaColumn[]): DeltaSchemaChange[] {
  const old = new Map(before.map((column) => [column.name, column]));
  const changes: DeltaSchemaChange[] = [];
  for (const { name, type, nullable } of after) {
    const from = old.get(name);
    old.delete(name);
    const column = [name];
    if (from === undefined) {
      changes.push({ change: 'added', column, to: type });
      continue;
    }
    if (from.nullable !== nullable)
      changes.push({ change: 'nullable', column, from: String(from.nullable), to: String(nullable) });
    if (from.type !== type) changes.push({ change: 'type', column, from: from.type, to: type });
  }
  for (const { name, type } of old.values()) changes.push({ change: 'removed', column: [name], from: type });
  return changes;
}

function sideBySide(
  before: readonly DeltaColumnStatistics[],
  after: readonly DeltaColumnStatistics[],
): Difference['columns'] {
  const key = ({ column }: DeltaColumnStatistics) => JSON.stringify(column);
  const old = new Map(before.map((statistics) => [key(statistics), statistics]));
  const both: Difference['columns'][number][] = after.map((statistics) => {
    const from = old.get(key(statistics));
    old.delete(key(statistics));
    return { column: statistics.column, ...(from && { before: from }), after: statistics };
  });
  for (const statistics of old.values()) both.push({ column: statistics.column, before: statistics });
  return both.slice(0, MOST_COLUMNS);
}
