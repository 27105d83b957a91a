import { raw, type Sql, sql } from '@bitacora/db';
import { invalidParameter } from '@bitacora/protocol';
import type { OrderTerm } from '@bitacora/search';
import { direction } from '../../search/comparison.ts';
import { TRACE_METADATA, TRACE_TAG } from '../keys.ts';
import { isPromotedUsage } from '../promoted-usage.ts';
import { columnOf } from './conditions.ts';

/** Newest first, then by id, which no two traces share: without an end that is unique, pages would overlap. */
const NEWEST: readonly Sql[] = [raw('t.timestamp_ms DESC'), raw('t.request_id')];

/** Columns that are never NULL. */
const ALWAYS = new Set(['t.request_id', 't.timestamp_ms', 't.status', 't.experiment_id']);

/** Columns that an index has between the experiment and the time. */
const INDEXED = new Set(['t.execution_time_ms', 't.trace_name', 't.status']);

export interface Ordering {
  readonly joins: Sql;
  readonly orderBy: readonly Sql[];
}

/** The column of a term, unless it stands in a table of its own. */
function termColumn({ entity, key }: OrderTerm): string | undefined {
  if (entity === 'attribute') return key === 'run_id' ? undefined : columnOf(key);
  if (entity === 'tag') return key === TRACE_TAG.name ? 't.trace_name' : undefined;
  return key === TRACE_METADATA.session ? 't.session_id' : undefined;
}

/**
 * Every term as ORDER BY; what is missing comes last in both directions.
 *
 * @throws MlflowError INVALID_PARAMETER_VALUE for metadata that several columns stand for.
 */
export function toOrdering(terms: readonly OrderTerm[]): Ordering {
  let joins = sql``;
  const orderBy: Sql[] = [];
  terms.forEach((term, index) => {
    const column = termColumn(term);
    if (column !== undefined) {
      if (!ALWAYS.has(column)) orderBy.push(sql`${raw(column)} IS NULL`);
      orderBy.push(sql`${raw(column)} ${direction(term.ascending)}`);
      return;
    }
    const key = term.entity === 'attribute' ? TRACE_METADATA.sourceRun : term.key;
    if (term.entity !== 'tag' && isPromotedUsage(key))
      throw invalidParameter(
        `Traces cannot be ordered by the metadata '${key}': it stands for several numbers. Order by another field.`,
      );
    const alias = raw(`o${index}`);
    const table = raw(term.entity === 'tag' ? 'trace_tags' : 'trace_request_metadata');
    joins = sql`${joins} LEFT JOIN ${table} ${alias} ON ${alias}.request_id = t.request_id AND ${alias}.key = ${key}`;
    orderBy.push(sql`${alias}.value IS NULL`, sql`${alias}.value ${direction(term.ascending)}`);
  });
  const named = new Set(terms.map(termColumn));
  const rest = NEWEST.filter((_, index) => !named.has(index === 0 ? 't.timestamp_ms' : 't.request_id'));
  return { joins, orderBy: [...orderBy, ...rest] };
}

/** A part of an order that an index has, and the condition that makes it a range of that index. */
export interface Stretch {
  readonly conditions: readonly Sql[];
  readonly orderBy: readonly Sql[];
}

/** Stretches of an experiment's traces whose concatenation is the wanted order; undefined where no index has it. */
export function indexedStretches(terms: readonly OrderTerm[]): readonly Stretch[] | undefined {
  const [first, ...others] = terms;
  if (first === undefined) return [{ conditions: [], orderBy: NEWEST }];
  const column = others.length === 0 ? termColumn(first) : undefined;
  if (column === undefined) return undefined;
  const ordered = sql`${raw(column)} ${direction(first.ascending)}`;
  if (column === 't.timestamp_ms') return [{ conditions: [], orderBy: [ordered, NEWEST[1]!] }];
  if (!INDEXED.has(column)) return undefined;
  const present = { conditions: [sql`${raw(column)} IS NOT NULL`], orderBy: [ordered, ...NEWEST] };
  return ALWAYS.has(column)
    ? [{ conditions: [], orderBy: [ordered, ...NEWEST] }]
    : [present, { conditions: [sql`${raw(column)} IS NULL`], orderBy: NEWEST }];
}
