import { Readable } from 'node:stream';
import { setImmediate as turn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { blocksOf, eachOf } from './transfer.ts';

test('begins what it is given in order, and no more at a time than it may', async () => {
  const begun: number[] = [];
  let underWay = 0;
  let most = 0;
  await eachOf(
    Array.from({ length: 20 }, (_, index) => index),
    3,
    async (item) => {
      begun.push(item);
      most = Math.max(most, ++underWay);
      for (let turns = item % 4; turns >= 0; turns--) await turn();
      underWay--;
    },
  );
  expect(begun).toEqual(Array.from({ length: 20 }, (_, index) => index));
  expect({ most, underWay }).toEqual({ most: 3, underWay: 0 });
});

test('ends with the first failure, once those under way have ended and the items are given back', async () => {
  const ended: number[] = [];
  let isGivenBack = false;
  async function* items() {
    try {
      for (let item = 0; ; item++) yield item;
    } finally {
      isGivenBack = true;
    }
  }
  const work = eachOf(items(), 3, async (item) => {
    for (let turns = 0; turns < (item === 1 ? 2 : 6); turns++) await turn();
    ended.push(item);
    if (item === 1) throw new Error('the first');
    if (item === 2) throw new Error('a later one');
  });
  await expect(work).rejects.toThrow('the first');
  expect(ended).toEqual([1, 0, 2]);
  expect(isGivenBack).toBe(true);
});

test('ends with the failure of where the items come from, once those under way have ended', async () => {
  const ended: number[] = [];
  async function* items() {
    yield 1;
    throw new Error('no more');
  }
  const work = eachOf(items(), 2, async (item) => {
    await turn();
    ended.push(item);
  });
  await expect(work).rejects.toThrow('no more');
  expect(ended).toEqual([1]);
});

test('fails with what throws at once, too', async () => {
  const work = eachOf([1], 5, () => {
    throw new Error('at once');
  });
  await expect(work).rejects.toThrow('at once');
});

test('fails with the last item as with any other', async () => {
  await expect(eachOf([1], 5, () => Promise.reject(new Error('it')))).rejects.toThrow('it');
});

const cut = async (sizes: readonly number[]) => {
  const content = Readable.from(sizes.map((size) => Buffer.alloc(size, 'x')));
  return (await Array.fromAsync(blocksOf(content, 4))).map(({ bytes, isLast }) => [bytes.length, isLast]);
};

test('tells the last block by itself, be it full or not', async () => {
  expect(await cut([])).toEqual([]);
  expect(await cut([3])).toEqual([[3, true]]);
  expect(await cut([4])).toEqual([[4, true]]);
  expect(await cut([1, 3, 1])).toEqual([
    [4, false],
    [1, true],
  ]);
  expect(await cut([9, 3])).toEqual([
    [4, false],
    [4, false],
    [4, true],
  ]);
});
