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
    ["tags.'a.b' = 'x'", { entity: 'tag', key: 'a.b', comparator: '=', value: 'x' }],
    ["metrics.'loss' < 1", { entity: 'metric', key: 'loss', comparator: '<', value: 1 }],
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

describe('a filter of traces', () => {
  const ofTraces = (text: string) =>
    parseFilter('traces', text).map(({ from: _, to: __, ...clause }) => clause);

  test.each([
    ["trace.status = 'OK'", { entity: 'attribute', key: 'status', comparator: '=', value: 'OK' }],
    [
      "status IN ('OK','ERROR')",
      { entity: 'attribute', key: 'status', comparator: 'IN', value: ['OK', 'ERROR'] },
    ],
    ["attributes.name RLIKE '^a'", { entity: 'attribute', key: 'name', comparator: 'RLIKE', value: '^a' }],
    ['timestamp > 5', { entity: 'attribute', key: 'timestamp_ms', comparator: '>', value: 5 }],
    [
      'attribute.execution_time < 1.5',
      { entity: 'attribute', key: 'execution_time_ms', comparator: '<', value: 1.5 },
    ],
    ["text LIKE '%x%'", { entity: 'attribute', key: 'text', comparator: 'LIKE', value: '%x%' }],
    ["prompt = 'a/1'", { entity: 'attribute', key: 'prompt', comparator: '=', value: 'a/1' }],
    [
      'metadata.`mlflow.trace.session` IS NOT NULL',
      { entity: 'metadata', key: 'mlflow.trace.session', comparator: 'IS NOT NULL' },
    ],
    ["request_metadata.k != 'v'", { entity: 'metadata', key: 'k', comparator: '!=', value: 'v' }],
    ["tags.name = 'v'", { entity: 'tag', key: 'name', comparator: '=', value: 'v' }],
    ["span.type = 'LLM'", { entity: 'span', key: 'type', comparator: '=', value: 'LLM' }],
    [
      "span.attributes.gen_ai.request.model LIKE 'gpt%'",
      { entity: 'span', key: 'attributes.gen_ai.request.model', comparator: 'LIKE', value: 'gpt%' },
    ],
    ["span.attributes.`a b` = 'v'", { entity: 'span', key: 'attributes.a b', comparator: '=', value: 'v' }],
    ["feedback.`is good` = 'yes'", { entity: 'feedback', key: 'is good', comparator: '=', value: 'yes' }],
    ['feedback.score >= 0.5', { entity: 'feedback', key: 'score', comparator: '>=', value: 0.5 }],
    ['expectation.fact IS NULL', { entity: 'expectation', key: 'fact', comparator: 'IS NULL' }],
    ["issue.id = 'iss-1'", { entity: 'issue', key: 'id', comparator: '=', value: 'iss-1' }],
  ])('reads %s', (text, clause) => {
    expect(ofTraces(text)).toEqual([clause]);
  });

  test.each([
    ["trace_id = 'x'", 'Invalid attribute key', 0],
    ["trace.state = 'OK'", 'Invalid attribute key', 0],
    ["span.colour = 'x'", 'Invalid span attribute key', 0],
    ["span.attributes. = 'x'", 'names no key', 0],
    ["span.content = 'x'", 'Invalid comparator', 13],
    ["text = 'x'", 'Invalid comparator', 5],
    ["prompt LIKE 'x'", 'Invalid comparator', 7],
    ["feedback.score > '1'", 'without quotes', 17],
    ['feedback.score = 1', 'quoted string', 17],
    ["timestamp > '1'", 'without quotes', 12],
    ["issue.name = 'x'", 'Invalid issue attribute key', 0],
    ['status IS NULL', 'not supported', 7],
    ['experiment_id > 1', 'can be ordered by', 0],
    ["metrics.a = 'x'", 'Invalid entity type', 0],
    ["status = 'OK' OR status = 'ERROR'", 'OR is not supported', 14],
  ])('refuses %j and says where', (text, words, position) => {
    const error = refusal(() => parseFilter('traces', text));
    expect(error.message).toContain(words);
    expect(error.position).toBe(position);
  });

  test('orders by attributes, tags and metadata', () => {
    expect(parseOrderBy('traces', ['timestamp ASC', 'tag.a DESC', 'metadata.`b c`', 'run_id'])).toEqual([
      { entity: 'attribute', key: 'timestamp_ms', ascending: true },
      { entity: 'tag', key: 'a', ascending: false },
      { entity: 'metadata', key: 'b c', ascending: true },
      { entity: 'attribute', key: 'run_id', ascending: true },
    ]);
    for (const clause of ['span.name', 'feedback.a', 'text', 'client_request_id'])
      refusal(() => parseOrderBy('traces', [clause]));
  });
});

test.each(['runs', 'experiments', 'logged models', 'traces'] as const)(
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
      'span.attributes.',
      'feedback.',
      'RLIKE',
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
