import {
  calculateTraceFilterCorrelation,
  createAssessment,
  linkPromptsToTrace,
  linkTracesToRun,
  type Request,
  searchTracesV3,
} from '@bitacora/protocol';
import { buildExperiment, buildTrace, type TestApp, testApp } from '@bitacora/testkit';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { npmi } from './correlation.ts';

type Search = Omit<Request<typeof searchTracesV3>, 'locations'>;

async function search(app: TestApp, request: Search = {}, experiment_ids = ['0']) {
  const locations = experiment_ids.map((experiment_id) => ({
    type: 'MLFLOW_EXPERIMENT' as const,
    mlflow_experiment: { experiment_id },
  }));
  const { traces = [], ...rest } = await app.call(searchTracesV3, { locations, ...request });
  return { names: traces.map(({ tags }) => tags?.['mlflow.traceName'] ?? '-'), ...rest };
}

describe('a filter', () => {
  let app: TestApp;

  beforeAll(async () => {
    app = await testApp();
    await buildTrace(app, {
      trace_id: `tr-${'1'.repeat(32)}`,
      client_request_id: 'req-1',
      request_time: 1000,
      execution_duration: 50,
      tags: { 'mlflow.traceName': 'one', env: 'prod', 'a b': "it's" },
      trace_metadata: { 'mlflow.trace.session': 's1', 'mlflow.sourceRun': 'run1', customer: 'Acme' },
      spans: [
        {
          name: 'root',
          type: 'CHAIN',
          attributes: { model: 'gpt-4o', 'gen_ai.request.model': 'gpt-4o', nested: { deep: 'gold' }, n: 5 },
        },
        { name: 'llm', type: 'LLM', status: 'ERROR', attributes: { model: 'claude', text: 'grüße "you"' } },
      ],
    });
    await buildTrace(app, {
      request_time: 2000,
      execution_duration: 500,
      state: 'ERROR',
      tags: { 'mlflow.traceName': 'two', env: 'dev' },
      trace_metadata: {
        'mlflow.trace.session': 's1',
        customer: 'acme',
        'mlflow.trace.tokenUsage': '{"input_tokens": 1}',
        'mlflow.trace.cost': '{"total_cost": 0.5}',
      },
      spans: [{ name: 'llm', type: 'LLM', attributes: { model: 'gpt-4o-mini' } }],
    });
    const three = await buildTrace(app, {
      request_time: 3000,
      state: 'IN_PROGRESS',
      tags: { 'mlflow.traceName': 'three' },
    });
    await buildTrace(app, { request_time: 500 });
    const one = `tr-${'1'.repeat(32)}`;
    const give = (trace_id: string, assessment: Request<typeof createAssessment>['assessment']) =>
      app.call(createAssessment, { trace_id, assessment });
    await give(one, { assessment_name: 'correct', feedback: { value: true } });
    await give(one, { assessment_name: 'score', feedback: { value: 0.8 } });
    await give(one, { assessment_name: 'tone', feedback: { value: 'grüßend' } });
    await give(one, {
      assessment_name: 'session good',
      feedback: { value: 'yes' },
      metadata: { 'mlflow.trace.session': 's1' },
    });
    await give(three, { assessment_name: 'score', feedback: { value: '0.9' } });
    await give(three, { assessment_name: 'fact', expectation: { value: 'Paris' } });
    await give(three, { assessment_name: 'iss-7', issue: { issue_name: 'rude' } });
    const { assessment } = await give(three, { assessment_name: 'old', feedback: { value: 1 } });
    await give(three, {
      assessment_name: 'new',
      feedback: { value: 2 },
      overrides: assessment.assessment_id,
    });
    await app.call(linkTracesToRun, { trace_ids: [three], run_id: 'run1' });
    await app.call(linkPromptsToTrace, {
      trace_id: three,
      prompt_versions: [{ name: 'greet', version: '1' }],
    });
  });

  afterAll(() => app[Symbol.asyncDispose]());

  const all = ['three', 'two', 'one', '-'];

  test.each<readonly [string, readonly string[]]>([
    ['', all],
    ["trace.status = 'OK'", ['one', '-']],
    ["status IN ('ERROR', 'IN_PROGRESS')", ['three', 'two']],
    ["status NOT IN ('ERROR', 'IN_PROGRESS')", ['one', '-']],
    ["status != 'OK'", ['three', 'two']],
    ["status = 'ok'", []],
    ["attributes.name = 'one'", ['one']],
    ["name IN ('one', 'two')", ['two', 'one']],
    ["name LIKE 't%'", ['three', 'two']],
    ["name LIKE 'T%'", []],
    ["name ILIKE 'T%'", ['three', 'two']],
    ["name RLIKE '^t.*o$'", ['two']],
    ["name RLIKE 'h|n'", ['three', 'one']],
    ['name IS NULL', ['-']],
    ["tags.`mlflow.traceName` = 'two'", ['two']],
    ["request_id = 'tr-11111111111111111111111111111111'", ['one']],
    ["request_id LIKE 'tr-1%'", ['one']],
    ["client_request_id = 'req-1'", ['one']],
    ["client_request_id IN ('req-1', 'x')", ['one']],
    ['client_request_id IS NULL', ['three', 'two', '-']],
    ['timestamp_ms > 1000', ['three', 'two']],
    ['timestamp >= 1000 AND timestamp < 3000', ['two', 'one']],
    ['timestamp_ms > 999.5 AND timestamp_ms < 1000.5', ['one']],
    ['execution_time_ms < 100', ['one']],
    ['execution_time > 50', ['two']],
    ['end_time_ms > 2000', ['three', 'two']],
    ['end_time = 1050', ['one']],
    ['timestamp_ms > 9223372036854775807', []],
    ["run_id = 'run1'", ['three', 'one']],
    ["run_id IN ('run1', 'run2')", ['three', 'one']],
    ["run_id != 'run2'", ['one']],
    ["run_id LIKE 'run%'", ['one']],
    ['run_id IS NULL', ['two', '-']],
    ['run_id IS NOT NULL', ['three', 'one']],
    ["metadata.`mlflow.sourceRun` = 'run1'", ['three', 'one']],
    ["prompt = 'greet/1'", ['three']],
    ["tag.env = 'prod'", ['one']],
    ["tags.env != 'prod'", ['two']],
    ["tags.env IN ('prod', 'dev')", ['two', 'one']],
    ['tags.env IS NULL', ['three', '-']],
    ['tags.env IS NOT NULL', ['two', 'one']],
    ["tags.`a b` LIKE 'it%'", ['one']],
    ["tags.env RLIKE '^(prod|test)$'", ['one']],
    ["metadata.customer = 'Acme'", ['one']],
    ["request_metadata.customer ILIKE 'ACME'", ['two', 'one']],
    ["metadata.customer RLIKE '^a'", ['two']],
    ["metadata.`mlflow.trace.session` = 's1'", ['two', 'one']],
    ['metadata.mlflow.trace.session IS NULL', ['three', '-']],
    ['metadata.`mlflow.trace.tokenUsage` = \'{"input_tokens": 1}\'', ['two']],
    ['metadata.`mlflow.trace.tokenUsage` = \'{"input_tokens":1}\'', []],
    ['metadata.`mlflow.trace.tokenUsage` != \'{"input_tokens": 2}\'', ['two']],
    ['metadata.`mlflow.trace.tokenUsage` IS NULL', ['three', 'one', '-']],
    ['metadata.`mlflow.trace.cost` = \'{"total_cost": 0.5}\'', ['two']],
    ['metadata.`mlflow.trace.cost` IS NOT NULL', ['two']],
    ["span.name = 'root'", ['one']],
    ["span.name LIKE '%oo%'", ['one']],
    ["span.type IN ('LLM', 'TOOL')", ['two', 'one']],
    ["span.type != 'LLM'", ['one']],
    ["span.type NOT IN ('CHAIN', 'TOOL')", ['two', 'one']],
    ["span.type != 'TOOL' AND span.type != 'LLM' AND span.type != 'CHAIN'", []],
    ["timestamp_ms > 1500 AND span.type != 'TOOL'", ['two']],
    ["span.status = 'ERROR'", ['one']],
    ["span.name = 'llm' AND span.status = 'OK'", ['two']],
    ["span.name = 'root' AND span.status = 'ERROR'", []],
    ["span.attributes.model = 'gpt-4o'", ['one']],
    ["span.attributes.model != 'gpt-4o'", ['two', 'one']],
    ["span.attributes.model LIKE 'gpt-4o%'", ['two', 'one']],
    ["span.attributes.model LIKE '%mini%'", ['two']],
    ["span.attributes.model ILIKE '%MINI'", ['two']],
    ["span.attributes.model RLIKE '^gpt-4o$'", ['one']],
    ["span.attributes.model IN ('claude', 'gemini')", ['one']],
    ["span.attributes.gen_ai.request.model = 'gpt-4o'", ['one']],
    ["span.attributes.nested LIKE '%gold%'", ['one']],
    ["span.attributes.n = '5'", ['one']],
    ["span.attributes.text LIKE 'grüße%'", ['one']],
    ["span.attributes.model = 'claude' AND span.attributes.text LIKE '%you%'", ['one']],
    ["span.attributes.model = 'gpt-4o' AND span.attributes.text LIKE '%you%'", []],
    ["trace.text LIKE '%gold%'", ['one']],
    ["text ILIKE '%GOLD%'", ['one']],
    ["span.content LIKE '%claude%' AND span.name = 'root'", []],
    ["feedback.correct = 'true'", ['one']],
    ["feedback.correct != 'true'", []],
    ["feedback.correct = 'True'", []],
    ['feedback.score > 0.5', ['one']],
    ['feedback.score <= 0.5', []],
    ["feedback.score = '0.9'", ['three']],
    ["feedback.tone = 'grüßend'", ['one']],
    ["feedback.tone LIKE 'gr%'", ['one']],
    ["feedback.tone RLIKE 'end$'", ['one']],
    ['feedback.score IS NOT NULL', ['three', 'one']],
    ['feedback.score IS NULL', ['two', '-']],
    ["feedback.`session good` = 'yes'", ['two', 'one']],
    ['feedback.`session good` IS NULL', ['three', '-']],
    ["expectation.fact = 'Paris'", ['three']],
    ["feedback.fact = 'Paris'", []],
    ['feedback.old IS NOT NULL', []],
    ['feedback.new > 1', ['three']],
    ["issue.id = 'iss-7'", ['three']],
    ["tags.env = 'prod' AND status = 'OK' AND feedback.score > 0.1 AND span.type = 'LLM'", ['one']],
    ["tags.env = 'prod' AND tags.env = 'dev'", []],
  ])('%s', async (filter, names) => {
    expect((await search(app, { filter })).names).toEqual(names);
  });

  test.each([
    "trace_id = 'x'",
    "status = 'OK' OR status = 'ERROR'",
    "(status = 'OK')",
    "name RLIKE '['",
    "name RLIKE '(?=a)'",
    "text RLIKE 'a'",
    "prompt = 'no version'",
    "metadata.`mlflow.trace.cost` LIKE 'x'",
    "metadata.`mlflow.trace.tokenUsage` IN ('x')",
    "span.attributes.`a\\b` = 'x'",
    'span.attributes."a',
    'metrics.loss > 1',
    'status IS NULL',
  ])('is refused: %s', async (filter) => {
    await expect(search(app, { filter })).rejects.toMatchObject({
      errorCode: 'INVALID_PARAMETER_VALUE',
      status: 400,
    });
  });

  test.each<readonly [readonly string[], readonly string[]]>([
    [['timestamp_ms ASC'], ['-', 'one', 'two', 'three']],
    [['timestamp DESC'], all],
    [['execution_time_ms DESC'], ['two', 'one', 'three', '-']],
    [['execution_time ASC'], ['one', 'two', 'three', '-']],
    [['end_time_ms'], ['-', 'one', 'two', 'three']],
    [['name'], ['one', 'three', 'two', '-']],
    [['name DESC'], ['two', 'three', 'one', '-']],
    [
      ['status', 'timestamp_ms'],
      ['two', 'three', '-', 'one'],
    ],
    [['status DESC'], ['one', '-', 'three', 'two']],
    [['run_id'], ['one', 'three', 'two', '-']],
    [['tags.env DESC'], ['one', 'two', 'three', '-']],
    [['metadata.customer DESC'], ['two', 'one', 'three', '-']],
    [
      ['metadata.`mlflow.trace.session`', 'timestamp_ms ASC'],
      ['one', 'two', '-', 'three'],
    ],
    [
      ['experiment_id', 'request_id DESC'],
      ['one', '-', 'three', 'two'],
    ],
  ])('is ordered by %j', async (order_by, names) => {
    expect((await search(app, { order_by })).names).toEqual(names);
    const { names: paged } = await pages(order_by);
    expect(paged).toEqual(names);
  });

  async function pages(order_by: readonly string[]) {
    const names: string[] = [];
    let page_token: string | undefined;
    do {
      const page = await search(app, { order_by, max_results: 1, page_token });
      names.push(...page.names);
      page_token = page.next_page_token;
    } while (page_token !== undefined);
    return { names };
  }

  test.each(['text', 'colour', 'span.name', 'metadata.`mlflow.trace.cost`', 'timestamp_ms SIDEWAYS'])(
    'cannot be ordered by %s',
    async (clause) => {
      await expect(search(app, { order_by: [clause] })).rejects.toMatchObject({ status: 400 });
    },
  );

  test('whatever the language accepts, the database accepts too', { timeout: 60_000 }, async () => {
    const clause = fc.oneof(
      ...['name', 'status', 'request_id', 'client_request_id', 'run_id'].map(written),
      ...['tags.env', 'metadata.customer', 'tags.`a b`', 'metadata.`mlflow.trace.session`'].map(written),
      ...['span.name', 'span.type', 'span.attributes.model', 'span.attributes.`x y`'].map(written),
      ...['timestamp_ms', 'execution_time', 'end_time_ms'].map((name) =>
        fc
          .tuple(
            fc.constantFrom('=', '!=', '<', '>='),
            fc.oneof(fc.integer(), fc.double({ noNaN: true, min: -1e15, max: 1e15 }), fc.constant(1e300)),
          )
          .map(([comparator, value]) => `${name} ${comparator} ${value}`),
      ),
      fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => `feedback.score > ${value}`),
      text().map((value) => `feedback.tone != ${value}`),
      text().map((value) => `trace.text LIKE ${value}`),
      text().map((value) => `issue.id = ${value}`),
      fc.constantFrom('tags.env IS NULL', 'run_id IS NULL', 'expectation.fact IS NOT NULL'),
    );
    const order = fc.constantFrom('name', 'tags.env DESC', 'run_id', 'end_time', 'execution_time_ms DESC');
    await fc.assert(
      fc.asyncProperty(
        fc.array(clause, { minLength: 1, maxLength: 4 }),
        fc.uniqueArray(order, { maxLength: 2 }),
        async (clauses, order_by) => {
          const { names } = await search(app, { filter: clauses.join(' AND '), order_by });
          expect(all).toEqual(expect.arrayContaining(names));
        },
      ),
      { numRuns: 150 },
    );
  });

  const text = () =>
    fc
      .string({ unit: fc.constantFrom('a', '%', '_', 'ü', '名', ' ', '\\', '"', '{', '$', ';', '-') })
      // A pattern of PostgreSQL's must not end in a backslash.
      .map((value) => `'${value.replace(/\\+$/, '')}'`);

  function written(name: string) {
    return fc.oneof(
      fc
        .tuple(fc.constantFrom('=', '!=', 'LIKE', 'ILIKE'), text())
        .map((parts) => `${name} ${parts.join(' ')}`),
      fc
        .tuple(fc.constantFrom('IN', 'NOT IN'), fc.array(text(), { minLength: 1, maxLength: 3 }))
        .map(([comparator, values]) => `${name} ${comparator} (${values.join(', ')})`),
    );
  }
});

describe('a page', () => {
  test('goes on where the one before ended, and the last has no token', async () => {
    await using app = await testApp();
    for (let index = 0; index < 7; index++)
      await buildTrace(app, { request_time: 1000, tags: { 'mlflow.traceName': `t${index}` } });
    const first = await search(app, { max_results: 3 });
    const second = await search(app, { max_results: 3, page_token: first.next_page_token });
    const third = await search(app, { max_results: 3, page_token: second.next_page_token });
    expect([first.names, second.names, third.names].map(({ length }) => length)).toEqual([3, 3, 1]);
    expect(third).not.toHaveProperty('next_page_token');
    expect(new Set([...first.names, ...second.names, ...third.names]).size).toBe(7);
    expect(await search(app, { max_results: 7 })).not.toHaveProperty('next_page_token');
  });

  test.each([{ max_results: 0 }, { max_results: 501 }, { page_token: 'x' }, { order_by: ['name', 'name'] }])(
    'is refused with %j',
    async (request) => {
      await using app = await testApp();
      await expect(search(app, request)).rejects.toMatchObject({ status: 400 });
    },
  );

  test('may be of many experiments, in one order', async () => {
    await using app = await testApp();
    const others = [await buildExperiment(app), await buildExperiment(app)];
    const experiments = ['0', ...others];
    for (let index = 0; index < 9; index++)
      await buildTrace(app, {
        experiment_id: experiments[index % 3]!,
        execution_duration: 100 - index,
        tags: { 'mlflow.traceName': `t${index}` },
      });
    expect((await search(app, { max_results: 5 }, experiments)).names).toEqual([
      't8',
      't7',
      't6',
      't5',
      't4',
    ]);
    const rest = { max_results: 2, order_by: ['timestamp_ms'], page_token: btoa('{"offset": 4}') };
    expect((await search(app, rest, experiments)).names).toEqual(['t4', 't5']);
    expect((await search(app, { order_by: ['execution_time'] }, others)).names).toEqual([
      't8',
      't7',
      't5',
      't4',
      't2',
      't1',
    ]);
    expect((await search(app, { filter: "name = 't1'" }, [...experiments, '0', '77'])).names).toEqual(['t1']);
  });

  test('is empty without locations, and refused for what is no experiment', async () => {
    await using app = await testApp();
    await buildTrace(app);
    expect(await app.call(searchTracesV3, { locations: [] })).toEqual({});
    expect(await app.call(searchTracesV3, { locations: [{ type: 'UC_SCHEMA' }] })).toEqual({});
    for (const wrong of ['catalog.schema', 'x', ''])
      await expect(search(app, {}, [wrong])).rejects.toMatchObject({ status: 400 });
  });

  test('holds those of one value newest first, and last those without the tag', async () => {
    await using app = await testApp();
    const other = await buildExperiment(app);
    await buildTrace(app, { experiment_id: other, tags: { env: 'dev', 'mlflow.traceName': 'elsewhere' } });
    for (const [index, env] of ['b', 'a', undefined, 'b', 'a', undefined].entries())
      await buildTrace(app, {
        request_time: 1000 + index,
        tags: { 'mlflow.traceName': `t${index}`, ...(env === undefined ? {} : { env }) },
      });
    const ascending = ['t4', 't1', 't3', 't0', 't5', 't2'];
    const descending = ['t3', 't0', 't4', 't1', 't5', 't2'];
    for (const [order, expected] of [
      ['tags.env ASC', ascending],
      ['tags.env DESC', descending],
    ] as const)
      for (let offset = 0; offset < 6; offset++)
        expect(
          (
            await search(app, {
              order_by: [order],
              max_results: 2,
              page_token: offset === 0 ? undefined : btoa(`{"offset": ${offset}}`),
            })
          ).names,
        ).toEqual(expected.slice(offset, offset + 2));
    expect((await search(app, { order_by: ['tags.env'], filter: "tags.env != 'a'" })).names).toEqual([
      't3',
      't0',
    ]);
  });

  test('is the same whether an index knows few candidates or the order is walked', async () => {
    await using app = await testApp();
    for (let index = 0; index < 40; index++)
      await buildTrace(app, {
        request_time: 1000 + index,
        execution_duration: (index * 7) % 11,
        state: index % 5 === 0 ? 'ERROR' : 'OK',
        tags: { 'mlflow.traceName': `t${index}`, ...(index % 2 ? { env: 'prod' } : {}) },
        trace_metadata: { 'mlflow.trace.user': `u${index % 3}` },
      });
    // A condition that every trace meets keeps the index of its value out of the plan.
    for (const order_by of [[], ['execution_time_ms DESC'], ['name DESC'], ['status']])
      for (const [indexed, walked] of [
        ["tags.env = 'prod'", "tags.env LIKE 'prod'"],
        ["metadata.`mlflow.trace.user` = 'u1'", "metadata.`mlflow.trace.user` LIKE 'u1'"],
      ])
        expect((await search(app, { filter: indexed, order_by })).names).toEqual(
          (await search(app, { filter: walked, order_by })).names,
        );
  });
});

describe('calculateTraceFilterCorrelation', () => {
  test('counts and compares', async () => {
    await using app = await testApp();
    for (const [state, env] of [
      ['ERROR', 'prod'],
      ['ERROR', 'prod'],
      ['ERROR', 'dev'],
      ['OK', 'prod'],
      ['OK', 'dev'],
      ['OK', 'dev'],
    ] as const)
      await buildTrace(app, { state, tags: { env } });
    const correlate = (filter_string1: string, filter_string2: string, base_filter?: string) =>
      app.call(calculateTraceFilterCorrelation, {
        experiment_ids: ['0'],
        filter_string1,
        filter_string2,
        base_filter,
      });
    const answer = await correlate("status = 'ERROR'", "tags.env = 'prod'");
    expect(answer).toMatchObject({ filter1_count: 3, filter2_count: 3, joint_count: 2, total_count: 6 });
    expect(answer.npmi).toBeCloseTo(0.26186, 5);
    expect(answer.npmi_smoothed).toBeCloseTo(0.19184, 5);
    expect(await correlate("status = 'ERROR'", "tags.env = 'none'")).toEqual({
      filter1_count: 3,
      filter2_count: 0,
      joint_count: 0,
      total_count: 6,
    });
    expect(await correlate("status = 'ERROR'", "status = 'OK'")).toMatchObject({ npmi: -1, joint_count: 0 });
    expect(await correlate("status = 'ERROR'", "status != 'OK'", "status = 'ERROR'")).toMatchObject({
      npmi: 1,
      total_count: 3,
    });
    await expect(correlate('nonsense', "status = 'OK'")).rejects.toMatchObject({ status: 400 });
  });

  test('is 1 for what always goes together, 0 for what is independent', () => {
    expect(npmi([5, 0, 0, 5], 0)).toBe(1);
    expect(npmi([5, 5, 5, 5], 0)).toBeCloseTo(0);
    expect(npmi([0, 0, 0, 5], 0)).toBeNaN();
  });
});
