import { columnStatistics, type Snapshot, type StructField, typeText } from '@bitacora/delta';
import { type DeltaColumn, type DeltaColumnStatistics, stringifyJson } from '@bitacora/protocol';
import { WireValues } from './values.ts';

/** What is kept of a snapshot. */
export interface SnapshotRecord {
  readonly table_id: string;
  readonly version: number;
  readonly commit_timestamp: number | null;
  readonly file_count: number;
  readonly size_bytes: number;
  readonly row_count: number | null;
  readonly file_list_digest: string;
  /** JSON of a `RecordedSchema`. */
  readonly table_schema: string;
  /** JSON of a list of `DeltaColumnStatistics`. */
  readonly column_statistics: string;
}

export interface RecordedSchema {
  readonly columns: readonly DeltaColumn[];
  readonly column_count: number;
  readonly partition_columns: readonly string[];
}

/** Columns that are kept, of schema and statistics each. */
const MOST_COLUMNS = 2000;
/** Of each of the two texts, in characters: a hundred of them may be on a page. */
const MOST_CHARACTERS = 500_000;
/** Of a type or a comment; a struct of many fields is one type. */
const MOST_TYPE_CHARACTERS = 10_000;
/** Bounds of texts are for people to look at. */
const MOST_BOUND_CHARACTERS = 200;

export function recordOf(snapshot: Snapshot): SnapshotRecord {
  return {
    table_id: tableIdOf(snapshot),
    version: snapshot.version,
    commit_timestamp: snapshot.timestamp_ms ?? null,
    file_count: snapshot.files.length,
    size_bytes: snapshot.total_bytes,
    row_count: snapshot.row_count ?? null,
    file_list_digest: snapshot.file_list_digest,
    table_schema: schemaText(snapshot),
    column_statistics: listText(statisticsOf(snapshot)),
  };
}

/** As it is kept: a UUID, unless a writer breaks the protocol. */
export const tableIdOf = ({ table_id }: Pick<Snapshot, 'table_id'>): string =>
  table_id
    .slice(0, 200)
    .toWellFormed()
    .replace(/\p{Cc}/gu, '?');

export const columnOf = ({ name, type, nullable, comment }: StructField): DeltaColumn => ({
  name,
  type: cut(typeText(type), MOST_TYPE_CHARACTERS),
  nullable,
  ...(comment !== undefined && { comment: cut(comment, MOST_TYPE_CHARACTERS) }),
});

export function statisticsOf(snapshot: Snapshot, most = MOST_COLUMNS): DeltaColumnStatistics[] {
  const values = new WireValues();
  const bound = (name: 'min' | 'max', value: Parameters<WireValues['of']>[0] | undefined) => {
    if (value === undefined || value === null) return {};
    const wire = values.of(value);
    return { [name]: typeof wire === 'string' ? cut(wire, MOST_BOUND_CHARACTERS) : wire };
  };
  return columnStatistics(snapshot)
    .slice(0, most)
    .map(({ column, type, min, max, null_count, is_exact }) => ({
      column: column.map((name) => name.toWellFormed()),
      type: cut(typeText(type), MOST_TYPE_CHARACTERS),
      ...bound('min', min),
      ...bound('max', max),
      ...(null_count !== undefined && { null_count }),
      is_exact,
    }));
}

function schemaText({ schema, partition_columns }: Snapshot): string {
  const rest: Omit<RecordedSchema, 'columns'> = {
    column_count: schema.fields.length,
    partition_columns: partition_columns.slice(0, MOST_COLUMNS),
  };
  const columns = listText(schema.fields.slice(0, MOST_COLUMNS).map(columnOf));
  return `{"columns": ${columns}, ${JSON.stringify(rest).slice(1)}`;
}

/** A list as JSON, as many of its items as there is room for. */
function listText(items: readonly unknown[]): string {
  const texts: string[] = [];
  let length = 0;
  for (const item of items) {
    const text = stringifyJson(item);
    length += text.length + 2;
    if (length > MOST_CHARACTERS) break;
    texts.push(text);
  }
  return `[${texts.join(', ')}]`;
}

const cut = (text: string, most: number): string =>
  (text.length > most ? `${text.slice(0, most)}…` : text).toWellFormed();
