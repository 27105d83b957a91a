import { byDialect, isIn, join, NAME_PREFIX, raw, type Sql, sql } from '@bitacora/db';
import { type Int64, invalidParameter, preview } from '@bitacora/protocol';
import type { TraceClause } from '@bitacora/search';
import { compareWith } from '../../search/comparison.ts';
import { TRACE_METADATA, TRACE_TAG } from '../keys.ts';
import { isPromotedUsage, usageCondition } from '../promoted-usage.ts';
import { assessmentCondition, issueCondition } from './assessments.ts';
import { spanCondition } from './spans.ts';

type Of<Entity> = Extract<TraceClause, { readonly entity: Entity }>;

/** Where each attribute of the trace `t` stands that is a column. */
const COLUMN: Readonly<Record<string, string>> = {
  request_id: 't.request_id',
  client_request_id: 't.client_request_id',
  name: 't.trace_name',
  status: 't.status',
  timestamp_ms: 't.timestamp_ms',
  execution_time_ms: 't.execution_time_ms',
  end_time_ms: '(t.timestamp_ms + COALESCE(t.execution_time_ms, 0))',
  experiment_id: 't.experiment_id',
};

export function columnOf(attribute: string): string {
  const column = COLUMN[attribute];
  if (column === undefined) throw new Error(`no column for the trace attribute ${attribute}`);
  return column;
}

/**
 * The conditions of a filter on the trace `t`. Clauses about spans become one condition: they must hold on the same
 * span.
 *
 * @param experiment_ids where the traces of a session are looked for whose assessments count for all of it.
 * @throws MlflowError INVALID_PARAMETER_VALUE for values that the grammar alone cannot judge.
 */
export function toConditions(clauses: readonly TraceClause[], experiment_ids: readonly Int64[]): Sql[] {
  const ofSpans = clauses.filter(isAboutSpans);
  const others = clauses.filter((clause) => !isAboutSpans(clause));
  return [
    ...others.map((clause) => toCondition(clause, experiment_ids)),
    ...(ofSpans.length === 0 ? [] : [onOneSpan(ofSpans)]),
  ];
}

const isAboutSpans = ({ entity, key }: TraceClause) =>
  entity === 'span' || (entity === 'attribute' && key === 'text');

const onOneSpan = (clauses: readonly TraceClause[]): Sql =>
  sql`EXISTS (SELECT 1 FROM spans s WHERE s.trace_id = t.request_id AND ${join(
    clauses.map((clause) =>
      spanCondition({ ...clause, key: clause.entity === 'span' ? clause.key : 'content' } as Of<'span'>),
    ),
    ' AND ',
  )})`;

function toCondition(clause: TraceClause, experiment_ids: readonly Int64[]): Sql {
  switch (clause.entity) {
    case 'attribute':
      return attributeCondition(clause);
    case 'tag':
      return clause.key === TRACE_TAG.name
        ? columnCondition('t.trace_name', clause)
        : keyedCondition('trace_tags', clause);
    case 'metadata':
      return metadataCondition(clause);
    case 'feedback':
    case 'expectation':
      return assessmentCondition(clause, experiment_ids);
    case 'issue':
      return issueCondition(clause);
    case 'span':
      throw new Error('clauses about spans are joined');
  }
}

function attributeCondition(clause: Of<'attribute'>): Sql {
  switch (clause.key) {
    case 'run_id':
      return runCondition(clause);
    case 'prompt':
      return promptCondition(String(clause.value));
    default:
      return columnCondition(columnOf(clause.key), clause);
  }
}

/**
 * SQLite would rather take an index for a comparison and sort what it finds than walk the order, and without
 * statistics cannot know which is less. A plus before the column keeps it from that; where an index for a comparison
 * pays is for `candidatesOf` to find out. Equal states and names stand in their index in the order of time.
 */
const inOrder = (column: string, comparator: string): Sql =>
  column === 't.timestamp_ms' || (comparator === '=' && ORDERED_WHERE_EQUAL.has(column))
    ? raw(column)
    : byDialect({ sqlite: raw(`+${column}`), postgresql: raw(column), mysql: raw(column) });

const ORDERED_WHERE_EQUAL = new Set(['t.status', 't.trace_name']);

function columnCondition(column: string, clause: Of<'attribute' | 'tag' | 'metadata'>): Sql {
  const left = inOrder(column, clause.comparator);
  if (clause.value === undefined) return sql`${left} ${raw(clause.comparator)}`;
  const compared = compareWith(left, clause);
  if (column !== 't.trace_name' || clause.comparator !== '=') return compared;
  // There the index holds the beginnings of names, and is used where a statement asks for them.
  const prefix = raw(String(NAME_PREFIX));
  return byDialect({
    sqlite: compared,
    postgresql: sql`(left(t.trace_name, ${prefix}) = left(${String(clause.value)}, ${prefix}) AND ${compared})`,
    mysql: compared,
  });
}

function metadataCondition(clause: Of<'metadata'>): Sql {
  if (clause.key === TRACE_METADATA.session) return columnCondition('t.session_id', clause);
  if (isPromotedUsage(clause.key)) return usageCondition(clause.key, clause);
  if (clause.key === TRACE_METADATA.sourceRun) return runCondition(clause);
  return keyedCondition('trace_request_metadata', clause);
}

/** Comparing asks for the key to be there: `!=` matches only traces that have it. */
function keyedCondition(
  table: 'trace_tags' | 'trace_request_metadata',
  clause: Of<'tag'> | Of<'metadata'>,
): Sql {
  const entry = sql`SELECT 1 FROM ${raw(table)} c WHERE c.request_id = t.request_id AND c.key = ${clause.key}`;
  if (clause.value === undefined)
    return sql`${raw(clause.comparator === 'IS NULL' ? 'NOT' : '')} EXISTS (${entry})`;
  return sql`EXISTS (${entry} AND ${compareWith(raw('c.value'), clause)})`;
}

/** A trace belongs to the run it was made in, which its metadata names, and to runs it was linked to afterwards. */
function runCondition(clause: Of<'attribute'> | Of<'metadata'>): Sql {
  const metadata = sql`SELECT 1 FROM trace_request_metadata c
    WHERE c.request_id = t.request_id AND c.key = ${TRACE_METADATA.sourceRun}`;
  const links = sql`SELECT 1 FROM entity_associations l
    WHERE l.source_type = 'trace' AND l.source_id = t.request_id AND l.destination_type = 'run'`;
  switch (clause.comparator) {
    case 'IS NULL':
      return sql`NOT EXISTS (${metadata}) AND NOT EXISTS (${links})`;
    case 'IS NOT NULL':
      return sql`(EXISTS (${metadata}) OR EXISTS (${links}))`;
    case '=':
    case 'IN': {
      const run_ids = [clause.value].flat().map(String);
      return sql`(EXISTS (${metadata} AND ${isIn('c.value', run_ids)}) OR EXISTS (${links} AND ${isIn('l.destination_id', run_ids)}))`;
    }
    default:
      return sql`EXISTS (${metadata} AND ${compareWith(raw('c.value'), { ...clause, value: clause.value as string })})`;
  }
}

/** @throws MlflowError INVALID_PARAMETER_VALUE */
export function checkPrompt(prompt: string): string {
  if (!/^[^/]+\/[^/]+$/.test(prompt)) {
    throw invalidParameter(
      `Invalid value '${preview(prompt)}' for 'prompt' in the filter: name one version of a prompt, such as prompt = 'greeting/2'.`,
    );
  }
  return prompt;
}

const promptCondition = (prompt: string): Sql =>
  sql`EXISTS (SELECT 1 FROM entity_associations l WHERE l.source_type = 'trace' AND l.source_id = t.request_id
    AND l.destination_type = 'prompt_version' AND l.destination_id = ${checkPrompt(prompt)})`;
