/**
 * Exponential moving average without the pull towards its first value: divided by the weight that has been given out
 * so far. Gaps stay gaps and count for nothing.
 *
 * @param weight how much of the past stays, from 0 (nothing) to below 1.
 */
export function smoothed(values: readonly (number | null)[], weight: number): (number | null)[] {
  let sum = 0;
  let given = 0;
  return values.map((value) => {
    if (value === null) return null;
    sum = sum * weight + value * (1 - weight);
    given = given * weight + (1 - weight);
    return sum / given;
  });
}
