/** Works on up to `most` items at once, and gives the results in the items' order; the first failure in that order ends it. */
export async function* inOrder<Item, Result>(
  items: readonly Item[],
  most: number,
  work: (item: Item) => Promise<Result>,
): AsyncGenerator<Result, void, undefined> {
  const running: Promise<Result>[] = [];
  for (let next = 0; next < items.length || running.length > 0; ) {
    while (running.length < most && next < items.length) {
      const result = work(items[next++]!);
      // A later one may fail before its turn comes, or it may never come: that is not to bring the process down.
      result.catch(() => {});
      running.push(result);
    }
    yield await running.shift()!;
  }
}
