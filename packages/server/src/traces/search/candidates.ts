import {
  byDialect,
  INDEXED_METADATA_KEYS,
  INDEXED_TAG_KEYS,
  isIn,
  raw,
  type Sql,
  sql,
  VALUE_PREFIX,
} from '@bitacora/db';
import type { Int64 } from '@bitacora/protocol';
import type { TraceClause } from '@bitacora/search';
import { compareWith } from '../../search/comparison.ts';
import { TRACE_METADATA, TRACE_TAG } from '../keys.ts';
import { isPromotedUsage } from '../promoted-usage.ts';

/** Attributes whose index begins with the experiment. */
const COLUMNS: Readonly<Record<string, string>> = {
  name: 'trace_name',
  status: 'status',
  execution_time_ms: 'execution_time_ms',
};

type Comparison = Parameters<typeof compareWith>[1];

/** Whether what meets the comparison stands together in an index: `!=` leaves both ends, a pattern may begin anyhow. */
const isRange = ({ comparator, value }: TraceClause): boolean =>
  value !== undefined &&
  (['=', 'IN', '<', '<=', '>', '>='].includes(comparator) ||
    (comparator === 'LIKE' && /^[^%_]/.test(String(value))));

export type KeyedTable = 'trace_tags' | 'trace_request_metadata';

const OWN = (key: string) => key < 'mlflow.' || key >= 'mlflow/';

/** Whether an index has the values of a key that stands in no column: `INDEXED_TAG_KEYS` and `INDEXED_METADATA_KEYS`. */
export const hasIndexedValues = (table: KeyedTable, key: string): boolean =>
  OWN(key) ||
  (table === 'trace_request_metadata' && (key === TRACE_METADATA.sourceRun || key === TRACE_METADATA.user));

/**
 * The ids of all traces that can meet a clause, read from an index alone, as `request_id`; undefined where no index
 * knows them. There may be some among them that do not meet it.
 */
export function candidatesOf(clause: TraceClause, experiment_ids: readonly Int64[]): Sql | undefined {
  const { entity, key, comparator } = clause;
  const values = comparator === '=' || comparator === 'IN' ? [clause.value].flat().map(String) : undefined;
  switch (entity) {
    case 'attribute': {
      const column = COLUMNS[key];
      if (key === 'status' && comparator === '!=') return otherStates(String(clause.value), experiment_ids);
      if (column !== undefined && isRange(clause))
        return sql`SELECT request_id FROM trace_info
          WHERE ${isIn('experiment_id', experiment_ids)} AND ${compareWith(raw(column), clause as Comparison)}`;
      if (!values) return undefined;
      if (key === 'request_id')
        return sql`SELECT request_id FROM trace_info WHERE ${isIn('request_id', values)}`;
      if (key === 'client_request_id')
        return sql`SELECT request_id FROM trace_info WHERE ${isIn('client_request_id', values)}`;
      if (key === 'run_id') return ofRuns(values);
      if (key === 'prompt') return linkedTo('prompt_version', values);
      return undefined;
    }
    case 'tag':
      return values && key !== TRACE_TAG.name && hasIndexedValues('trace_tags', key)
        ? valuesIn('trace_tags', INDEXED_TAG_KEYS, key, values)
        : undefined;
    case 'metadata':
      if (!values) return undefined;
      if (key === TRACE_METADATA.session)
        return sql`SELECT request_id FROM trace_info
          WHERE ${isIn('experiment_id', experiment_ids)} AND ${isIn('session_id', values)}`;
      if (key === TRACE_METADATA.sourceRun) return ofRuns(values);
      return hasIndexedValues('trace_request_metadata', key) && !isPromotedUsage(key)
        ? valuesIn('trace_request_metadata', INDEXED_METADATA_KEYS, key, values)
        : undefined;
    case 'issue':
      return sql`SELECT trace_id AS request_id FROM assessments
        WHERE ${isIn('experiment_id', experiment_ids)} AND name = ${clause.value} AND assessment_type = 'issue'`;
    default:
      return undefined;
  }
}

/** Few traces are not OK: both ends of the index. */
const otherStates = (status: string, experiment_ids: readonly Int64[]): Sql => {
  const side = (comparator: '<' | '>') => sql`SELECT request_id FROM trace_info
    WHERE ${isIn('experiment_id', experiment_ids)} AND status ${raw(comparator)} ${status}`;
  return sql`${side('<')} UNION ALL ${side('>')}`;
};

const ofRuns = (run_ids: readonly string[]) =>
  sql`${valuesIn('trace_request_metadata', INDEXED_METADATA_KEYS, TRACE_METADATA.sourceRun, run_ids)}
    UNION ${linkedTo('run', run_ids)}`;

const linkedTo = (type: 'run' | 'prompt_version', ids: readonly string[]) =>
  sql`SELECT source_id AS request_id FROM entity_associations
    WHERE destination_type = ${type} AND ${isIn('destination_id', ids)} AND source_type = 'trace'`;

const valuesIn = (table: KeyedTable, keys: string, key: string, values: readonly string[]): Sql => {
  const found = sql`SELECT request_id FROM ${raw(table)} WHERE key = ${key}`;
  const prefixes = values.map((value) => [...value].slice(0, VALUE_PREFIX).join(''));
  return byDialect({
    sqlite: sql`${found} AND (${raw(keys)}) AND ${isOneOf(raw('value'), values)}`,
    postgresql: sql`${found} AND (${raw(keys)}) AND ${isOneOf(raw(`left(value, ${VALUE_PREFIX})`), prefixes)}
      AND ${isOneOf(raw('value'), values)}`,
    mysql: sql`${found} AND ${isOneOf(raw('value'), values)}`,
  });
};

/** One value is compared as it is: planners know best what to do with that. */
const isOneOf = (left: Sql, values: readonly string[]): Sql =>
  values.length === 1 ? sql`${left} = ${values[0]!}` : isIn(left, values);
