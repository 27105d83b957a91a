import { invalidParameter, preview } from '@bitacora/protocol';

/** An offset no honest client reaches: a forged one must not make the database count without end. */
const LARGEST_OFFSET = 100_000_000;

/** Page tokens are MLflow's: base64 of `{"offset": N}`. Clients take them as they are. */
export const toPageToken = (offset: number) => Buffer.from(`{"offset": ${offset}}`).toString('base64');

/**
 * @returns the offset, 0 without a token.
 * @throws MlflowError INVALID_PARAMETER_VALUE
 */
export function fromPageToken(token: string | undefined): number {
  if (token === undefined || token === '') return 0;
  const match = /^\s*\{\s*"offset"\s*:\s*([1-9]\d{0,8})\s*\}\s*$/.exec(
    Buffer.from(token.slice(0, 100), 'base64').toString(),
  );
  const offset = Number(match?.[1]);
  if (!match || offset > LARGEST_OFFSET) {
    throw invalidParameter(
      `Invalid page token '${preview(token)}'. Pass the next_page_token of the previous answer unchanged, or leave it out for the first page.`,
    );
  }
  return offset;
}

/** One page of `rows` that were fetched with one row more than `limit`, and the token of the next. */
export function page<T>(rows: readonly T[], limit: number, offset: number) {
  const more = rows.length > limit;
  return {
    rows: more ? rows.slice(0, limit) : rows,
    ...(more ? { next_page_token: toPageToken(offset + limit) } : {}),
  };
}
