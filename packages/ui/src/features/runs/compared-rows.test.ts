import { expect, test } from 'vitest';
import { comparedRows } from './compared-rows.ts';
import { buildRun } from './run-builder.ts';

const runs = [
  buildRun('a', { params: { lr: '1', seed: '7' }, metrics: { loss: 1 } }),
  buildRun('b', { params: { lr: '2', seed: '7' }, metrics: { loss: 1, extra: 2 } }),
];
const keys = (isDiffOnly: boolean) => comparedRows(runs, isDiffOnly).map(({ key }) => key);

test('only what differs is compared, a value that one run lacks included', () => {
  expect(keys(true)).toEqual(['run', 'status', 'extra', 'lr']);
});

test('everything is compared when asked for', () =>
  expect(keys(false)).toEqual(['run', 'status', 'extra', 'loss', 'lr', 'seed']));
