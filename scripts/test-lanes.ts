/** Runs works in order, so many at a time; their results in order. The first that throws ends all. */
export async function inLanes<T>(lanes: number, works: readonly (() => Promise<T>)[]): Promise<T[]> {
  const results: T[] = [];
  let next = 0;
  const lane = async () => {
    for (let at = next++; at < works.length; at = next++) results[at] = await works[at]!();
  };
  await Promise.all(Array.from({ length: lanes }, lane));
  return results;
}
