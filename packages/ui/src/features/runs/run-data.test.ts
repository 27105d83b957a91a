import { describe, expect, test } from 'vitest';
import { buildRun } from './run-builder.ts';
import { keysOf, tellingKeys } from './run-data.ts';

describe('the columns that a table shows by itself', () => {
  test('are those in which the runs differ', () => {
    const runs = [
      buildRun('a', { params: { lr: '1', epochs: '30' }, metrics: { loss: 1 } }),
      buildRun('b', { params: { lr: '2', epochs: '30' }, metrics: { loss: 2 } }),
    ];
    expect(tellingKeys(runs, 'params', 5)).toEqual(['lr']);
    expect(tellingKeys(runs, 'metrics', 5)).toEqual(['loss']);
  });

  test('are all there are for a single run, system metrics last', () => {
    const runs = [
      buildRun('a', { params: { lr: '1', epochs: '30' }, metrics: { 'system/cpu': 1, loss: 1 } }),
    ];
    expect(tellingKeys(runs, 'params', 5)).toEqual(['epochs', 'lr']);
    expect(tellingKeys(runs, 'metrics', 5)).toEqual(['loss', 'system/cpu']);
  });

  test('prefer what most runs have', () => {
    const runs = [
      buildRun('a', { params: { x: '1', y: '1' } }),
      buildRun('b', { params: { x: '2', y: '2' } }),
      buildRun('c', { params: { x: '3', y: '3', rare: '1' } }),
    ];
    expect(tellingKeys(runs, 'params', 2)).toEqual(['x', 'y']);
  });
});

test('keys come in the order people count', () => {
  expect(keysOf([buildRun('a', { metrics: { m10: 1, m2: 1 } })]).metrics).toEqual(['m2', 'm10']);
});
