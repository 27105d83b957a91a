import { type Db, type Insert, list, type SpanRow, sql, type Tx } from '@bitacora/db';

export type StoredSpan = Pick<
  SpanRow,
  'trace_id' | 'span_id' | 'parent_span_id' | 'start_time_unix_nano' | 'content'
>;

/** Spans that were moved to an archive have left an empty row behind. */
export const listSpanRows = (db: Db, trace_ids: readonly string[]) =>
  db.all(sql<StoredSpan>`
    SELECT trace_id, span_id, parent_span_id, start_time_unix_nano, content FROM spans
    WHERE trace_id IN ${list(trace_ids)} AND content <> ''`);

const NAMES = [
  'trace_id',
  'experiment_id',
  'span_id',
  'parent_span_id',
  'name',
  'type',
  'status',
  'start_time_unix_nano',
  'end_time_unix_nano',
  'content',
  'input_cost',
  'output_cost',
  'total_cost',
  'model_name',
  'model_provider',
] as const satisfies readonly (keyof SpanRow)[];

const SPANS: Insert = {
  into: 'spans',
  columns: NAMES,
  onConflict: {
    key: ['trace_id', 'span_id'],
    set: NAMES.filter((name) => name !== 'trace_id' && name !== 'span_id'),
  },
};

/** A span that is sent again replaces what was there. */
export const upsertSpanRows = (tx: Tx, rows: readonly SpanRow[]) =>
  tx.insert(
    SPANS,
    rows.map((row) => [
      row.trace_id,
      row.experiment_id,
      row.span_id,
      row.parent_span_id,
      row.name,
      row.type,
      row.status,
      row.start_time_unix_nano,
      row.end_time_unix_nano,
      row.content,
      row.input_cost,
      row.output_cost,
      row.total_cost,
      row.model_name,
      row.model_provider,
    ]),
  );
