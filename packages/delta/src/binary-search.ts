/** The first index for which a claim holds that, once true, stays true; `length` when it never does. */
export function firstAtLeast(length: number, claim: (index: number) => boolean): number {
  let low = 0;
  let high = length;
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (claim(middle)) high = middle;
    else low = middle + 1;
  }
  return low;
}
