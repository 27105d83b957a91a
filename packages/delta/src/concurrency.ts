/** Works on up to `most` items at once, and gives the results in the items' order. */
export async function* inOrder<Item, Result>(
  items: readonly Item[],
  most: number,
  work: (item: Item) => Promise<Result>,
): AsyncGenerator<Result, void, undefined> {
  const running: Promise<Result>[] = [];
  try {
    for (let next = 0; next < items.length || running.length > 0; ) {
      while (running.length < most && next < items.length) running.push(work(items[next++]!));
      yield await running[0]!;
      running.shift();
    }
  } finally {
    // Nobody waits for these any more; their failures are not to bring the process down.
    for (const promise of running) promise.catch(() => {});
  }
}
