/**
 * Exponential moving average, corrected for its start (as Adam does), so that the first points are not drawn towards
 * zero. Gaps stay gaps.
 *
 * @param weight from 0 (none) to below 1.
 */
export function smooth(values: readonly (number | null)[], weight: number): (number | null)[] {
  if (weight <= 0) return [...values];
  let average = 0;
  let seen = 0;
  return values.map((value) => {
    if (value === null) return null;
    average = average * weight + value * (1 - weight);
    seen++;
    return average / (1 - weight ** seen);
  });
}
