import { createHash } from 'node:crypto';
import { invalidParameter, parseJson, preview, stringifyJson } from '@bitacora/protocol';
import { fromPageToken, toPageToken } from '../http/page-token.ts';
import type { Order } from './order.ts';

/** Where a page begins: so many issues in, or after the one that has these keys. */
export interface Position {
  readonly offset: number;
  readonly after?: readonly (string | number | bigint)[];
}

/** What the token was given for; with another query it means nothing. */
type Fingerprint = Readonly<Record<string, unknown>>;

/** More than six texts of 250 characters, escaped. */
const MOST_CHARACTERS = 20_000;

const hash = (fingerprint: Fingerprint) =>
  createHash('sha256').update(stringifyJson(fingerprint)).digest('hex');

const print = (token: unknown) => Buffer.from(stringifyJson(token)).toString('base64');

/** Of pages in an order that was asked for: what is added or taken away before them does not move them. */
export const tokenAfter = (after: readonly (string | number | bigint)[], fingerprint: Fingerprint) =>
  print({ version: 2, after, query: hash(fingerprint) });

export const tokenAtOffset = (offset: number, fingerprint: Fingerprint | undefined) =>
  fingerprint === undefined ? toPageToken(offset) : print({ offset, query: hash(fingerprint) });

/**
 * @param query `isPlain`: tokens that say nothing of their query are taken, as MLflow 3.17 gives them.
 * @throws MlflowError INVALID_PARAMETER_VALUE
 */
export function readPosition(
  token: string | undefined,
  fingerprint: Fingerprint | undefined,
  { isPlain, order }: { readonly isPlain: boolean; readonly order: readonly Order[] } = {
    isPlain: true,
    order: [],
  },
): Position {
  if (!token) return { offset: 0 };
  const given = fingerprint && read(token);
  if (given?.query === undefined || fingerprint === undefined) {
    if (isPlain) return { offset: fromPageToken(token) };
    throw unfit(token);
  }
  if (given.query !== hash(fingerprint)) throw unfit(token);
  const { offset, after } = given;
  if (order.length === 0) return { offset: fromPageToken(print({ offset })) };
  if (!Array.isArray(after) || after.length !== order.length) throw unfit(token);
  if (!order.every(({ takes }, index) => takes(after[index]))) throw unfit(token);
  return { offset: 0, after };
}

function read(token: string): Readonly<Record<string, unknown>> | undefined {
  if (token.length > MOST_CHARACTERS) throw unfit(token);
  try {
    const value = parseJson(Buffer.from(token, 'base64').toString());
    return value !== null && typeof value === 'object' && !Array.isArray(value)
      ? (value as Readonly<Record<string, unknown>>)
      : undefined;
  } catch {
    return undefined;
  }
}

const unfit = (token: string) =>
  invalidParameter(
    `Invalid page token '${preview(token)}': it was not given for this query. Leave it out for the first page.`,
  );
