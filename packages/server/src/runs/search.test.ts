import { isIn, sql } from '@bitacora/db';
import { createRun, logBatch, searchRuns } from '@bitacora/protocol';
import { buildExperiment, buildRun, testApp } from '@bitacora/testkit';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

describe('searchRuns', () => {
  test('chooses the same runs in the same order by every plan', async () => {
    await using app = await testApp();
    const experiment_id = await buildExperiment(app);
    const other = await buildExperiment(app);
    // More runs than are simply sorted, so that indexes are walked; the oracle is plain JavaScript.
    const runs = await Promise.all(
      Array.from({ length: 700 }, async (_, index) => {
        const loss = index % 13 === 0 ? 'NaN' : index % 7 === 0 ? undefined : (index * 37) % 101;
        const start_time = 1000 + (index % 50);
        const run_id = (
          await app.call(createRun, { experiment_id: index % 5 === 0 ? other : experiment_id, start_time })
        ).run.info.run_id;
        await app.call(logBatch, {
          run_id,
          metrics: loss === undefined ? [] : [{ key: 'loss', value: loss, timestamp: 1 }],
          params: [{ key: 'p', value: String(index % 3) }],
        });
        return { run_id, loss, start_time, p: index % 3 };
      }),
    );
    type Sample = (typeof runs)[number];
    const newest = (a: Sample, b: Sample) => b.start_time - a.start_time || (a.run_id < b.run_id ? -1 : 1);
    const rank = ({ loss }: Sample) => (loss === undefined ? 2 : loss === 'NaN' ? 1 : 0);
    const byLoss = (sign: number) => (a: Sample, b: Sample) =>
      rank(a) - rank(b) || (rank(a) === 0 ? sign * (Number(a.loss) - Number(b.loss)) : 0) || newest(a, b);
    const cases: [object, Sample[]][] = [
      [{}, [...runs].sort(newest)],
      [
        { order_by: ['start_time'] },
        [...runs].sort((a, b) => a.start_time - b.start_time || (a.run_id < b.run_id ? -1 : 1)),
      ],
      [{ order_by: ['metrics.loss'] }, [...runs].sort(byLoss(1))],
      [{ order_by: ['metrics.loss DESC'] }, [...runs].sort(byLoss(-1))],
      [
        { order_by: ['metrics.loss DESC'], filter: 'metrics.loss > 50' },
        runs.filter(({ loss }) => typeof loss === 'number' && loss > 50).sort(byLoss(-1)),
      ],
      [
        { order_by: ['params.p DESC', 'metrics.loss'] },
        [...runs].sort((a, b) => b.p - a.p || byLoss(1)(a, b)),
      ],
      [
        { filter: "params.p = '1' and metrics.loss != 3" },
        runs.filter(({ p, loss }) => p === 1 && loss !== undefined && loss !== 3).sort(newest),
      ],
    ];
    for (const [options, expected] of cases) {
      const found: string[] = [];
      let page_token: string | undefined;
      do {
        const page = await app.call(searchRuns, {
          experiment_ids: [experiment_id, other],
          max_results: 150,
          page_token,
          ...options,
        });
        found.push(...(page.runs ?? []).map(({ info }) => info.run_id));
        page_token = page.next_page_token;
      } while (page_token);
      expect(found, JSON.stringify(options)).toEqual(expected.map(({ run_id }) => run_id));
    }
    const all = await app.call(searchRuns, { experiment_ids: [experiment_id, other], max_results: 50_000 });
    expect(all.runs).toHaveLength(700);
  });

  test('runs without a start, as other programs may write them, come last by their start, in both directions', async () => {
    await using app = await testApp();
    const experiment_id = await buildExperiment(app);
    const other = await buildExperiment(app);
    const ids = await Promise.all(
      // More than are simply sorted.
      Array.from({ length: 510 }, (_, index) =>
        buildRun(app, { experiment_id: index % 2 === 0 ? experiment_id : other, start_time: 1000 + index }),
      ),
    );
    const without = [ids[0]!, ids[1]!, ids[300]!];
    await app.store.write((tx) =>
      tx.run(sql`UPDATE runs SET start_time = NULL WHERE ${isIn('run_uuid', without)}`),
    );
    const started = ids.filter((id) => !without.includes(id));
    for (const [direction, expected] of [
      ['ASC', started],
      ['DESC', started.toReversed()],
    ] as const) {
      const { runs = [] } = await app.call(searchRuns, {
        experiment_ids: [experiment_id, other],
        order_by: [`attributes.start_time ${direction}`],
        max_results: 1000,
      });
      expect(runs.map(({ info }) => info.run_id)).toEqual([...expected, ...without.toSorted()]);
    }
  });

  test('finds the newest of many that share the first value of an order, and then what comes after', async () => {
    await using app = await testApp();
    const experiment_id = await buildExperiment(app);
    const runs = await Promise.all(
      Array.from({ length: 720 }, async (_, index) => {
        // 650 share the highest accuracy, and one less.
        const acc = index % 10 < 9 ? 1 : index % 3 === 0 ? 0.5 : index % 3 === 1 ? 'NaN' : undefined;
        const start_time = 1000 + (index % 300);
        const { run_id } = (await app.call(createRun, { experiment_id, start_time })).run.info;
        await app.call(logBatch, {
          run_id,
          metrics: acc === undefined ? [] : [{ key: 'acc', value: acc, timestamp: 1 }],
          params: [{ key: 'kind', value: acc === 1 ? 'a' : 'b' }],
        });
        return { run_id, acc, start_time };
      }),
    );
    type Sample = (typeof runs)[number];
    const newest = (a: Sample, b: Sample) => b.start_time - a.start_time || (a.run_id < b.run_id ? -1 : 1);
    const rank = ({ acc }: Sample) => [1, 0.5, 'NaN', undefined].indexOf(acc);
    const byAccuracy = runs.toSorted((a, b) => rank(a) - rank(b) || newest(a, b));
    const cases: [object, Sample[]][] = [
      [{ order_by: ['metrics.acc DESC'] }, byAccuracy],
      [
        { order_by: ['metrics.acc DESC'], filter: 'metrics.acc > 0.4' },
        byAccuracy.filter((run) => rank(run) < 2),
      ],
      [
        { order_by: ['metrics.acc DESC'], filter: 'attributes.start_time < 1030' },
        byAccuracy.filter(({ start_time }) => start_time < 1030),
      ],
      [
        { order_by: ['params.kind'] },
        runs.toSorted((a, b) => Number(rank(a) > 0) - Number(rank(b) > 0) || newest(a, b)),
      ],
    ];
    for (const [options, expected] of cases) {
      // First pages come from the walk along ties, which ends within them where few runs match, and later ones do not.
      for (const max_results of [70, 140]) {
        const found: string[] = [];
        let page_token: string | undefined;
        do {
          const page = await app.call(searchRuns, {
            experiment_ids: [experiment_id],
            max_results,
            page_token,
            ...options,
          });
          found.push(...(page.runs ?? []).map(({ info }) => info.run_id));
          page_token = page.next_page_token;
        } while (page_token);
        expect(found, JSON.stringify(options)).toEqual(expected.map(({ run_id }) => run_id));
      }
    }
  });

  test.each([
    [{ max_results: 0 }],
    [{ max_results: 50_001 }],
    [{ experiment_ids: ['x'] }],
    [{ order_by: ['bogus'] }],
    [{ filter: 'a = 1 OR b = 2' }],
    [{ experiment_ids: '0' }],
  ])('refuses %j', async (options) => {
    await using app = await testApp();
    const answer = await app.inject({
      method: 'POST',
      url: '/api/2.0/mlflow/runs/search',
      payload: { experiment_ids: ['0'], ...options },
    });
    expect([answer.statusCode, answer.json().error_code]).toEqual([400, 'INVALID_PARAMETER_VALUE']);
  });
});

test('whatever filter and order the language accepts, the database accepts too', async () => {
  await using app = await testApp();
  await buildRun(app, {
    metrics: [{ key: 'm', value: 1, timestamp: 1 }],
    params: [{ key: 'p', value: 'v' }],
  });
  const name = fc.constantFrom(
    'metrics.m',
    'metrics.`a"b`',
    'params.p',
    "params.`it's`",
    'tags.t',
    'run_id',
    'run_name',
    'status',
    'start_time',
    'dataset.name',
    'dataset.context',
    'tags.mlflow.parentRunId',
  );
  const comparator = fc.constantFrom(
    '=',
    '!=',
    '>',
    '<=',
    'LIKE',
    'ILIKE',
    'IN',
    'NOT IN',
    'IS NULL',
    'IS NOT NULL',
  );
  const value = fc.constantFrom(
    '1',
    '-2.5e3',
    "'v'",
    "'%_%'",
    '"x"',
    "('a', 'b')",
    '',
    "'\\'",
    "'; DROP TABLE runs; --'",
    "'\u0000'",
  );
  const clause = fc.tuple(name, comparator, value).map((parts) => parts.join(' '));
  const filter = fc.array(clause, { maxLength: 4 }).map((clauses) => clauses.join(' AND '));
  const order = fc.array(
    fc.constantFrom('metrics.m', 'params.p DESC', 'tags.`x y`', 'start_time', 'end_time DESC', 'run_name'),
    { maxLength: 3 },
  );
  await fc.assert(
    fc.asyncProperty(filter, order, async (text, order_by) => {
      const answer = await app.inject({
        method: 'POST',
        url: '/api/2.0/mlflow/runs/search',
        payload: { experiment_ids: ['0'], filter: text, order_by },
      });
      expect([200, 400], `${text} ${order_by}: ${answer.payload}`).toContain(answer.statusCode);
    }),
    { numRuns: 500 },
  );
});
