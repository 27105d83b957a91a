import { empty, join, raw, type Sql, sql } from '@bitacora/db';
import {
  ISSUE_ORDERS,
  ISSUE_SEVERITIES,
  ISSUE_STATUSES,
  invalidParameter,
  preview,
} from '@bitacora/protocol';
import { direction } from '../search/comparison.ts';

/** A value that a search is ordered by, least significant last. */
export interface Order {
  readonly key: Sql;
  readonly ascending: boolean;
  /** Whether a value, read from a token, may stand for the key. */
  readonly takes: (value: unknown) => boolean;
}

const rank = (column: string, words: readonly string[], otherwise: number) =>
  `CASE ${column} ${words.map((word, place) => `WHEN '${word}' THEN ${place}`).join(' ')} ELSE ${otherwise} END`;

/** Those without a severity come before all others. */
const SEVERITY_RANK = rank('i.severity', ISSUE_SEVERITIES, -1);

const isText = (value: unknown) => typeof value === 'string';
const isRank = (value: unknown) =>
  typeof value === 'number' && Number.isInteger(value) && Math.abs(value) < 10;
const isTime = (value: unknown) =>
  typeof value === 'bigint' ? BigInt.asIntN(64, value) === value : Number.isSafeInteger(value);

const KEYS: Readonly<Record<(typeof ISSUE_ORDERS)[number], readonly [text: string, Order['takes']]>> = {
  name: ['lower(i.name)', isText],
  status: [rank('i.status', ISSUE_STATUSES, ISSUE_STATUSES.length), isRank],
  severity: [SEVERITY_RANK, isRank],
  created_timestamp: ['i.created_timestamp', isTime],
  last_updated_timestamp: ['i.last_updated_timestamp', isTime],
  last_seen_timestamp: ['COALESCE(i.last_seen_timestamp, i.created_timestamp)', isTime],
};

const isKey = (word: string): word is keyof typeof KEYS => Object.hasOwn(KEYS, word);

/**
 * @returns what the search is ordered by, ending in what no two issues share; empty where nothing is asked for.
 * @throws MlflowError INVALID_PARAMETER_VALUE
 */
export function readOrder(order_by: readonly string[]): readonly Order[] {
  const orders = new Map<string, Order>();
  for (const text of order_by) {
    const [word = '', way = 'ASC', ...more] = text.trim().split(/\s+/);
    if (!isKey(word) || !/^(?:ASC|DESC)$/i.test(way) || more.length > 0)
      throw invalidParameter(
        `Invalid value '${preview(text)}' for parameter 'order_by': it must be one of ${ISSUE_ORDERS.join(', ')}, and may end in ASC or DESC.`,
      );
    const [key, takes] = KEYS[word];
    // Whatever is said again of the same field changes nothing.
    if (!orders.has(word)) orders.set(word, { key: raw(key), ascending: way.toUpperCase() === 'ASC', takes });
  }
  if (orders.size === 0) return [];
  return [...orders.values(), { key: raw('i.issue_id'), ascending: false, takes: isText }];
}

export const toOrderBy = (order: readonly Order[]): Sql =>
  join(
    order.map(({ key, ascending }) => sql`${key} ${direction(ascending)}`),
    ', ',
  );

/** What comes after the issue that has these keys. */
export const afterKeys = (order: readonly Order[], values: readonly (string | number | bigint)[]): Sql => {
  const alternatives = order.map(({ key, ascending }, index) => {
    const same = order.slice(0, index).map((earlier, at) => sql`${earlier.key} = ${values[at]!} AND `);
    return sql`(${same.length === 0 ? empty : join(same, '')}${key} ${raw(ascending ? '>' : '<')} ${values[index]!})`;
  });
  return sql`(${join(alternatives, ' OR ')})`;
};

/** The worst first; where traces are counted, then those that more of them have. */
export const byWorst = (counted: boolean): Sql =>
  raw(
    `${SEVERITY_RANK} DESC, ${counted ? 'trace_count DESC, ' : ''}i.created_timestamp DESC, i.issue_id DESC`,
  );
