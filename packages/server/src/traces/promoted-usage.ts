import {
  COST_COLUMNS,
  join,
  PythonFloat,
  raw,
  readObject,
  type Sql,
  sql,
  TOKEN_COLUMNS,
  toCost,
  toPythonJson,
  toTokenCount,
} from '@bitacora/db';
import { invalidParameter } from '@bitacora/protocol';
import { TRACE_METADATA } from './keys.ts';

const COLUMNS: Readonly<Record<string, readonly string[]>> = {
  [TRACE_METADATA.tokenUsage]: TOKEN_COLUMNS,
  [TRACE_METADATA.cost]: COST_COLUMNS,
};

/** Whether the metadata is JSON that several columns of `trace_info` stand for. */
export const isPromotedUsage = (key: string): boolean => Object.hasOwn(COLUMNS, key);

interface Comparison {
  readonly comparator: string;
  readonly value?: string | readonly string[] | undefined;
}

/**
 * A comparison of that JSON with the columns of the trace `t`. It equals a text only where it would be written exactly
 * so.
 *
 * @throws MlflowError INVALID_PARAMETER_VALUE for a comparator that makes no sense on several columns.
 */
export function usageCondition(key: string, { comparator, value }: Comparison): Sql {
  const columns = COLUMNS[key] ?? [];
  const present = sql`(${join(
    columns.map((column) => raw(`t.${column} IS NOT NULL`)),
    ' OR ',
  )})`;
  switch (comparator) {
    case 'IS NULL':
      return sql`NOT ${present}`;
    case 'IS NOT NULL':
      return present;
    case '=':
      return equals(key, columns, String(value));
    case '!=':
      return sql`(${present} AND NOT ${equals(key, columns, String(value))})`;
    default:
      throw invalidParameter(
        `Invalid comparator '${comparator}' for metadata '${key}': use =, !=, IS NULL or IS NOT NULL.`,
      );
  }
}

function equals(key: string, columns: readonly string[], text: string): Sql {
  const given = readObject(text);
  const isCost = key === TRACE_METADATA.cost;
  const known = columns.flatMap((column) => {
    const number = isCost ? toCost(given[column]) : toTokenCount(given[column]);
    return number === null ? [] : [[column, number] as const];
  });
  const written = known.map(
    ([column, number]) => [column, isCost ? new PythonFloat(Number(number)) : number] as const,
  );
  if (known.length === 0 || toPythonJson(Object.fromEntries(written)) !== text) return raw('(1 = 0)');
  const values = new Map(known);
  return sql`(${join(
    columns.map((column) => {
      const number = values.get(column);
      return number === undefined
        ? raw(`t.${column} IS NULL`)
        : sql`t.${raw(column)} IS NOT NULL AND t.${raw(column)} = ${number}`;
    }),
    ' AND ',
  )})`;
}
