import { parseFilter } from '@bitacora/search';
import { describe, expect, test } from 'vitest';
import { roughTokens, suggest } from './completion.ts';

const known = {
  metrics: ['loss', 'val acc'],
  params: ['lr'],
  tags: [],
  valuesOf: (_kind: 'params' | 'tags', key: string) => (key === 'lr' ? ['0.1', "it's"] : []),
};
const at = (text: string) => {
  const { from, options } = suggest('runs', text, text.length, known);
  return { from, texts: options.map((option) => option.text) };
};

describe('suggestions', () => {
  test('begin with names, keys of more than a word in backticks', () => {
    expect(at('').texts).toEqual(
      expect.arrayContaining([
        'metrics.loss',
        'metrics.`val acc`',
        'params.lr',
        'attributes.status',
        'datasets.name',
        'datasets.table_id',
        'datasets.versions_behind',
      ]),
    );
  });

  test('replace the word that is being written', () => {
    expect(at('metrics.lo')).toMatchObject({ from: 0, texts: expect.arrayContaining(['metrics.loss']) });
    expect(at('metrics.loss < 1 AND met').from).toBe(21);
  });

  test('offer the comparators that the name takes', () => {
    expect(at('metrics.loss ').texts).toEqual(['<', '<=', '>', '>=', '=', '!=']);
    expect(at('attributes.run_id ').texts).toContain('IN');
    expect(at('params.lr ').texts).toContain('IS NULL');
    expect(at('start_time ').texts).toContain('>=');
    expect(at('datasets.name ').texts).toContain('NOT IN');
    expect(at('dataset.versions_behind ').texts).toEqual(['<', '<=', '>', '>=', '=', '!=']);
  });

  test('offer values that were seen and can be quoted', () => {
    expect(at('params.lr = ').texts).toEqual(["'0.1'"]);
    expect(at("attributes.status = 'F").texts).toContain("'FAILED'");
    expect(at("attributes.status = 'F").from).toBe(20);
  });

  test('go on with AND after a whole clause', () => {
    for (const text of ['metrics.loss < 1 ', "params.lr = 'x' ", 'tags.a IS NOT NULL ', "run_id IN ('a') "])
      expect(at(text).texts).toEqual(['AND']);
  });

  test('lead to a filter that the language takes', () => {
    const first = (text: string) => `${text}${at(text).texts[0]} `;
    expect(parseFilter('runs', `${first(first(''))}1`)).toHaveLength(1);
    expect(parseFilter('runs', first('params.lr = '))).toHaveLength(1);
  });
});

test('every character of a filter belongs to a token or is a space', () => {
  const text = "metrics.`a b` >= 1e-3 and tags.x ILIKE 'open";
  expect(roughTokens(text).map(({ text: piece }) => piece)).toEqual([
    'metrics.`a b`',
    '>=',
    '1e-3',
    'and',
    'tags.x',
    'ILIKE',
    "'open",
  ]);
});
