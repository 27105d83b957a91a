import {
  type Dialect,
  INDEXED_METADATA_KEYS,
  INDEXED_TAG_KEYS,
  JOIN_IN_ORDER,
  raw,
  type Sql,
  sql,
} from '@bitacora/db';
import { invalidParameter } from '@bitacora/protocol';
import type { OrderTerm } from '@bitacora/search';
import { direction } from '../../search/comparison.ts';
import { TRACE_METADATA, TRACE_TAG } from '../keys.ts';
import { isPromotedUsage } from '../promoted-usage.ts';
import { hasIndexedValues, type KeyedTable } from './candidates.ts';
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
 * Where the values of a term stand that has no column.
 *
 * @throws MlflowError INVALID_PARAMETER_VALUE for metadata that several columns stand for.
 */
function keyedTerm({ entity, key }: OrderTerm): { readonly table: KeyedTable; readonly key: string } {
  if (entity === 'tag') return { table: 'trace_tags', key };
  if (entity === 'attribute') return { table: 'trace_request_metadata', key: TRACE_METADATA.sourceRun };
  if (isPromotedUsage(key))
    throw invalidParameter(
      `Traces cannot be ordered by the metadata '${key}': it stands for several numbers. Order by another field.`,
    );
  return { table: 'trace_request_metadata', key };
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
    const { table, key } = keyedTerm(term);
    const alias = raw(`o${index}`);
    joins = sql`${joins} LEFT JOIN ${raw(table)} ${alias} ON ${alias}.request_id = t.request_id AND ${alias}.key = ${key}`;
    orderBy.push(sql`${alias}.value IS NULL`, sql`${alias}.value ${direction(term.ascending)}`);
  });
  const named = new Set(terms.map(termColumn));
  const rest = NEWEST.filter((_, index) => !named.has(index === 0 ? 't.timestamp_ms' : 't.request_id'));
  return { joins, orderBy: [...orderBy, ...rest] };
}

/** A part of an order that an index has, and the condition that makes it a range of that index. */
export interface Stretch {
  /** FROM where the traces `t` are, in that order. */
  readonly from: Sql;
  readonly conditions: readonly Sql[];
  readonly orderBy: readonly Sql[];
}

const TRACES = sql`FROM trace_info t`;

/** Stretches of an experiment's traces whose concatenation is the wanted order; undefined where no index has it. */
export function indexedStretches(
  terms: readonly OrderTerm[],
  dialect: Dialect,
): readonly Stretch[] | undefined {
  const [first, ...others] = terms;
  if (first === undefined) return [{ from: TRACES, conditions: [], orderBy: NEWEST }];
  if (others.length > 0) return undefined;
  const column = termColumn(first);
  if (column === undefined) return dialect === 'sqlite' ? stretchesOfValues(first) : undefined;
  const ordered = sql`${raw(column)} ${direction(first.ascending)}`;
  if (column === 't.timestamp_ms') return [{ from: TRACES, conditions: [], orderBy: [ordered, NEWEST[1]!] }];
  if (!INDEXED.has(column)) return undefined;
  return ALWAYS.has(column)
    ? [{ from: TRACES, conditions: [], orderBy: [ordered, ...NEWEST] }]
    : [
        {
          from: TRACES,
          conditions: [sql`${raw(column)} IS NOT NULL`],
          orderBy: [ordered, ...NEWEST],
        },
        { from: TRACES, conditions: [sql`${raw(column)} IS NULL`], orderBy: NEWEST },
      ];
}

/**
 * The order of the values of a tag or of metadata, then the traces that have none. Only on SQLite do the indexes hold
 * whole values. Traces that share a value are sorted by their time: at worst, where all have the same, that is as much
 * work as sorting them without the index.
 */
function stretchesOfValues(term: OrderTerm): readonly Stretch[] | undefined {
  const { table, key } = keyedTerm(term);
  if (!hasIndexedValues(table, key)) return undefined;
  const keys = raw(table === 'trace_tags' ? INDEXED_TAG_KEYS : INDEXED_METADATA_KEYS);
  return [
    {
      from: sql`FROM ${raw(table)} ${JOIN_IN_ORDER} trace_info t ON t.request_id = ${raw(table)}.request_id`,
      conditions: [sql`key = ${key}`, sql`(${keys})`, sql`value IS NOT NULL`],
      orderBy: [sql`value ${direction(term.ascending)}`, ...NEWEST],
    },
    {
      from: TRACES,
      conditions: [
        sql`NOT EXISTS (SELECT 1 FROM ${raw(table)} c
          WHERE c.request_id = t.request_id AND c.key = ${key} AND c.value IS NOT NULL)`,
      ],
      orderBy: NEWEST,
    },
  ];
}
