import { setImmediate as nextTurn } from 'node:timers/promises';
import { type Db, type Insert, isIn, lookup, type SpanRow, type SqlValue, sql, type Tx } from '@bitacora/db';
import type { Int64 } from '@bitacora/protocol';

export type StoredSpan = Pick<
  SpanRow,
  'trace_id' | 'span_id' | 'parent_span_id' | 'start_time_unix_nano' | 'content'
>;

/** Spans that were moved to an archive have left an empty row behind. */
export const listSpanRows = (db: Db, trace_ids: readonly string[]) =>
  db.all(
    lookup(sql<StoredSpan>`
    SELECT trace_id, span_id, parent_span_id, start_time_unix_nano, content FROM spans
    WHERE ${isIn('trace_id', trace_ids)} AND content <> ''`),
  );

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

/**
 * A trace that was made a moment ago, in the same transaction, has no spans: there is nothing to look for. PostgreSQL
 * spends a tenth of the insert on looking, and its foreign keys are always held, so that none can be left of an older one.
 */
const NEW_SPANS: Insert = { into: SPANS.into, columns: SPANS.columns };

export type SpanColumns = Omit<SpanRow, 'trace_id' | 'experiment_id'>;

export interface SpansOfTrace {
  /** Its spans are asked for when their turn has come. */
  readonly trace: { readonly trace_id: string; readonly spans: readonly SpanColumns[] };
  readonly experiment_id: Int64;
  /** The transaction has made the trace itself. */
  readonly isNew: boolean;
}

/** About as much as one statement should carry: far below MySQL's `max_allowed_packet`, and some milliseconds of work. */
const ROWS_AT_ONCE = 500;
const CHARACTERS_AT_ONCE = 2 * 1024 * 1024;

/**
 * A span that is sent again replaces what was there. Many are written some at a time, and between two portions others
 * get their turn: on SQLite this runs on the thread that answers everyone.
 */
export async function upsertSpans(tx: Tx, traces: readonly SpansOfTrace[]): Promise<void> {
  let rows: SqlValue[][] = [];
  let characters = 0;
  let written = 0;
  const areNew = traces.every(({ isNew }) => isNew);
  const insert = areNew && tx.dialect === 'postgresql' ? NEW_SPANS : SPANS;
  for (const { trace, experiment_id } of traces) {
    for (const row of trace.spans) {
      rows.push([
        trace.trace_id,
        experiment_id,
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
      ]);
      characters += row.content.length;
      if (rows.length < ROWS_AT_ONCE && characters < CHARACTERS_AT_ONCE) continue;
      if (written > 0) await nextTurn();
      written += await tx.insert(insert, rows);
      rows = [];
      characters = 0;
    }
  }
  if (rows.length > 0) await tx.insert(insert, rows);
}

export interface StoredNode {
  readonly trace_id: string;
  readonly span_id: string;
  readonly parent_span_id: string | null;
  /** Null where the span says nothing of tokens or cost. */
  readonly content: string | null;
}

/** The tree of each trace, with the text of those spans alone that bear a sum. */
export const listNodes = (db: Db, trace_ids: readonly string[]) =>
  db.all(sql<StoredNode>`
    SELECT trace_id, span_id, parent_span_id,
      CASE WHEN content LIKE '%"mlflow.chat.tokenUsage": %' OR content LIKE '%"mlflow.llm.cost": %' THEN content END AS content
    FROM spans WHERE ${isIn('trace_id', trace_ids)}`);
