import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { SearchSyntaxError } from './error.ts';
import { parseFilter } from './filter.ts';
import { parseOrderBy } from './order-by.ts';

const parse = (text: string) => parseFilter('runs', text).map(({ from: _, to: __, ...clause }) => clause);

describe('a filter of runs', () => {
  test.each([
    ['metrics.loss < 0.5', { entity: 'metric', key: 'loss', comparator: '<', value: 0.5 }],
    ['metric.loss>=-1e-3', { entity: 'metric', key: 'loss', comparator: '>=', value: -0.001 }],
    ["params.model = 'cnn'", { entity: 'param', key: 'model', comparator: '=', value: 'cnn' }],
    ['parameters.`a b` != "x"', { entity: 'param', key: 'a b', comparator: '!=', value: 'x' }],
    ['tags."a.b" like \'x%\'', { entity: 'tag', key: 'a.b', comparator: 'LIKE', value: 'x%' }],
    [
      "tags.mlflow.runName ILIKE 'A'",
      { entity: 'tag', key: 'mlflow.runName', comparator: 'ILIKE', value: 'A' },
    ],
    ["tag.k = 'it''s'", { entity: 'tag', key: 'k', comparator: '=', value: "it''s" }],
    ['tags.k is not null', { entity: 'tag', key: 'k', comparator: 'IS NOT NULL' }],
    [
      "run_id NOT IN ('a', 'b',)",
      { entity: 'attribute', key: 'run_id', comparator: 'NOT IN', value: ['a', 'b'] },
    ],
    ["attr.status = 'FAILED'", { entity: 'attribute', key: 'status', comparator: '=', value: 'FAILED' }],
    ["Run Name = 'x'", { entity: 'attribute', key: 'run_name', comparator: '=', value: 'x' }],
    [
      'created > 9007199254740993',
      { entity: 'attribute', key: 'start_time', comparator: '>', value: 9007199254740993n },
    ],
    [
      "datasets.context IN ('train')",
      { entity: 'dataset', key: 'context', comparator: 'IN', value: ['train'] },
    ],
    ['metrics.val/acc > 1', { entity: 'metric', key: 'val/acc', comparator: '>', value: 1 }],
  ])('reads %s', (text, clause) => {
    expect(parse(text)).toEqual([clause]);
  });

  test('joins clauses by AND in any case, and forgives one at the end', () => {
    expect(parse("metrics.a > 1 and params.b = 'c' AND tags.d IS NULL and")).toHaveLength(3);
  });

  test.each([
    ['metrics.loss > 0.1 OR metrics.loss < 0', 'OR is not supported', 19],
    ['params.model = cnn', 'quoted string', 15],
    ["metrics.loss = 'a'", 'without quotes', 15],
    ['(metrics.a > 1)', 'Parentheses', 0],
    ['metrics.a > 1;', 'semicolon', 13],
    ['bogus.x = 1', 'Invalid entity type', 0],
    ["colour = 'red'", 'Invalid attribute key', 0],
    ["params.a > 'x'", 'Invalid comparator', 9],
    ["tags.a = 'open", 'never closed', 9],
    ['metrics.a > 1e999', 'too large', 12],
    ['   ', 'blank', 0],
    ['metrics.a', 'Expected a comparator', 9],
    ["status IN ('a')", 'Invalid comparator', 7],
    ['metrics.a IS NULL', 'not supported', 10],
    ['run_id IN ()', 'not empty', 11],
  ])('refuses %j and says where', (text, words, position) => {
    const error = refusal(() => parseFilter('runs', text));
    expect(error.message).toContain(words);
    expect(error.position).toBe(position);
  });

  test('is none when absent or empty', () => {
    expect(parseFilter('runs', undefined)).toEqual([]);
    expect(parseFilter('runs', '')).toEqual([]);
  });

  test('has caps that keep one request from holding the server', () => {
    expect(refusal(() => parseFilter('runs', 'x'.repeat(60_000))).message).toContain('at most');
    expect(
      refusal(() => parseFilter('runs', Array(300).fill('metrics.a > 1').join(' AND '))).message,
    ).toContain('200 clauses');
    for (const hostile of [
      '('.repeat(50_000),
      "'".repeat(49_999),
      '`'.repeat(49_999),
      'a.'.repeat(25_000),
      '\\"'.repeat(20_000),
    ]) {
      refusal(() => parseFilter('runs', hostile));
    }
  });
});

test.each(['runs', 'experiments', 'logged models'] as const)(
  'parsing %s throws a syntax error or nothing, whatever the text',
  (target) => {
    const piece = fc.constantFrom(
      'metrics.',
      'params.a',
      'tags.`x`',
      '=',
      '!=',
      'LIKE',
      "'v'",
      '"v"',
      '`',
      "'",
      '(',
      ')',
      ',',
      ' AND ',
      ' IN ',
      ' NOT ',
      'IS NULL',
      '1e5',
      '-',
      '.',
      '\\',
      '\ud800',
      'run name',
      '名',
      '__proto__.a',
      'constructor',
    );
    const text = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.array(piece, { maxLength: 12 }).map((pieces) => pieces.join(' ')),
      fc.array(piece).map((pieces) => pieces.join('')),
    );
    fc.assert(
      fc.property(text, (filter) => {
        onlySyntaxErrors(() => parseFilter(target, filter));
        onlySyntaxErrors(() => parseOrderBy(target, [filter]));
      }),
      { numRuns: 5000 },
    );
  },
);

describe('an order of runs', () => {
  test.each([
    ['metrics.loss', { entity: 'metric', key: 'loss', ascending: true }],
    ['metrics.`a b` desc', { entity: 'metric', key: 'a b', ascending: false }],
    ['attributes.start_time ASC', { entity: 'attribute', key: 'start_time', ascending: true }],
    ['metrics.val/acc DESC', { entity: 'metric', key: 'val/acc', ascending: false }],
  ])('reads %s', (text, term) => {
    expect(parseOrderBy('runs', [text])).toEqual([term]);
  });

  test.each(['bogus', 'metrics.a SIDEWAYS', '', 'dataset.name', 'lifecycle_stage'])('refuses %j', (text) => {
    refusal(() => parseOrderBy('runs', [text]));
  });

  test('refuses a field named twice, which experiments only ignore', () => {
    refusal(() => parseOrderBy('runs', ['start_time', 'start_time DESC']));
    expect(parseOrderBy('experiments', ['name', 'name DESC'])).toEqual([
      { entity: 'attribute', key: 'name', ascending: true },
    ]);
  });
});

function refusal(work: () => unknown): SearchSyntaxError {
  try {
    work();
  } catch (error) {
    expect(error).toBeInstanceOf(SearchSyntaxError);
    return error as SearchSyntaxError;
  }
  throw new Error('nothing was refused');
}

function onlySyntaxErrors(work: () => unknown): void {
  try {
    work();
  } catch (error) {
    expect(error).toBeInstanceOf(SearchSyntaxError);
  }
}
