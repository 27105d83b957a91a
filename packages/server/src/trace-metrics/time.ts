import { raw, type Sql, sql } from '@bitacora/db';
import type { Int64 } from '@bitacora/protocol';

const LARGEST = 2n ** 63n - 1n;
const SMALLEST = -(2n ** 63n);

interface Range {
  readonly start_ms?: Int64 | undefined;
  readonly end_ms?: Int64 | undefined;
}

/**
 * Both bounds are included, the last with all of its millisecond. A bound beyond what 64 bits of the column's unit
 * hold is no bound, or one that nothing meets.
 */
export function toTimeBounds(column: string, { start_ms, end_ms }: Range, unitsPerMs: bigint): Sql[] {
  const bounds: Sql[] = [];
  const time = raw(column);
  if (start_ms !== undefined) {
    const start = BigInt(start_ms) * unitsPerMs;
    if (start > LARGEST) bounds.push(raw('1 = 0'));
    else if (start > SMALLEST) bounds.push(sql`${time} >= ${start}`);
  }
  if (end_ms !== undefined) {
    const end = (BigInt(end_ms) + 1n) * unitsPerMs - 1n;
    if (end < SMALLEST) bounds.push(raw('1 = 0'));
    else if (end < LARGEST) bounds.push(sql`${time} <= ${end}`);
  }
  return bounds;
}
