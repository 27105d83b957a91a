import {
  type Client,
  createWorkspace,
  type Endpoint,
  endpoints,
  getTrace,
  setTraceTagV3,
  startTraceV3,
  stringifyJson,
  transfers,
} from '@bitacora/protocol';
import { WEBHOOK_DEFAULTS } from '@bitacora/server';
import { buildExperiment, buildWorld, snapshot, type TestApp, testApp, type World } from '@bitacora/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { cases, joinings, transferCases } from './isolation.cases.ts';

/** Ids and names in the form of real ones, which nobody has. */
const NOBODY: World = {
  mark: 'marknobody',
  experiment_name: 'experiment nobody',
  experiment_id: '987654321',
  trashed_experiment_id: '987654322',
  run_id: 'f'.repeat(32),
  trashed_run_id: 'e'.repeat(32),
  run_root: '/987654321/ffffffffffffffffffffffffffffffff/artifacts',
  model_id: `m-${'f'.repeat(32)}`,
  registered_model: 'model-nobody',
  trace_id: `tr-${'f'.repeat(32)}`,
  begun_trace_id: `tr-${'e'.repeat(32)}`,
  assessment_id: `a-${'f'.repeat(32)}`,
  dataset_id: `d-${'f'.repeat(32)}`,
  dataset_record_id: `dr-${'f'.repeat(32)}`,
  scorer_name: 'scorer nobody',
  scorer_id: 'dddddddd-dddd-4ddd-8ddd-dddddddddddd',
  issue_id: `iss-${'f'.repeat(32)}`,
  label_schema: 'question nobody',
  schema_id: `ls-${'f'.repeat(32)}`,
  review_queue: 'queue nobody',
  queue_id: `rq-${'f'.repeat(32)}`,
  webhook_id: 'ffffffff-ffff-4fff-8fff-ffffffffffff',
  delivery_id: 'eeeeeeee-eeee-4eee-8eee-eeeeeeeeeeee',
  delta_input_id: 'f'.repeat(32),
};

/** The webhooks of a world are on this machine, where nothing listens. */
const LOCAL = { ...WEBHOOK_DEFAULTS, allowPrivateIps: true, allowedSchemes: ['http'] };

let app: TestApp;
beforeAll(async () => {
  app = await testApp({ workspacesEnabled: true, webhooks: LOCAL });
  for (const name of ['team-a', 'team-b']) await app.call(createWorkspace, { name });
  // So that no experiment has the number of a version.
  for (let index = 0; index < 10; index++) await buildExperiment(app);
});
afterAll(() => app[Symbol.asyncDispose]());

/** What came back, whatever it was. */
const outcome = (client: Client, endpoint: Endpoint, request: object): Promise<object> =>
  client.call(endpoint, request as never).then(
    (answer: object) => ({ answer }),
    ({ status, errorCode, message }) => ({ status, errorCode, message }),
  );

/** Text in which the ids of a world are named by what they are, so that two answers can be compared. */
function anonymous(value: unknown, world: World): string {
  let text = stringifyJson(value);
  // The longest first: a name may hold another.
  const ids = Object.entries(world).sort(([, a], [, b]) => b.length - a.length);
  for (const [name, id] of ids) {
    // The number of an experiment stands in quotes, in a path or after a word; a bare number is another.
    const place = /^\d+$/.test(id) ? '(?<=["/=, ])' : '(?<![0-9a-f])';
    text = text.replace(new RegExp(`${place}${id}(?![0-9a-z])`, 'g'), `<${name}>`);
  }
  return text;
}

test('every endpoint says what it shows to another workspace', () => {
  expect(Object.keys(cases).sort()).toEqual(Object.keys(endpoints).sort());
  expect(Object.keys(transferCases).sort()).toEqual(transfers.map(({ name }) => name).sort());
});

const each = <Kind extends string>(kind: Kind) =>
  Object.entries(cases).flatMap(([name, entry]) => {
    const request = (entry as { readonly [K in Kind]?: (world: World) => object })[kind];
    const endpoint: Endpoint = endpoints[name as keyof typeof endpoints] as never;
    return request === undefined ? [] : [{ name, endpoint, request }];
  });

/** All rows but the deliveries of webhooks of other worlds, which go on by themselves. */
const rowsBeside = async ({ webhook_id }: World) =>
  (await snapshot(app.store.db)).filter(
    (row) => !row.startsWith('bitacora_webhook_deliveries ') || row.includes(webhook_id),
  );

describe('from another workspace', () => {
  test.each(each('hides'))('$name answers as for what does not exist', async ({ endpoint, request }) => {
    const world = await buildWorld(app, 'team-a');
    const before = await rowsBeside(world);
    const foreign = await outcome(app.inWorkspace('team-b'), endpoint, request(world));
    const nobody = await outcome(app.inWorkspace('team-b'), endpoint, request(NOBODY));
    expect(anonymous(foreign, world)).toBe(anonymous(nobody, NOBODY));
    expect(await rowsBeside(world)).toEqual(before);
    // The same request means something where it belongs: what was hidden was there.
    const own = await outcome(app.inWorkspace('team-a'), endpoint, request(world));
    const shows = anonymous(own, world) !== anonymous(foreign, world);
    expect(shows || (await rowsBeside(world)).join('\n') !== before.join('\n')).toBe(true);
  });

  test.each(each('refuses'))('$name is refused', async ({ endpoint, request }) => {
    const world = await buildWorld(app, 'team-a');
    const before = await rowsBeside(world);
    expect(await outcome(app.inWorkspace('team-b'), endpoint, request(world))).toMatchObject({
      errorCode: 'INVALID_PARAMETER_VALUE',
    });
    expect(await rowsBeside(world)).toEqual(before);
    expect(await outcome(app.inWorkspace('team-a'), endpoint, request(world))).toHaveProperty('answer');
  });

  test.each(each('omits'))('$name leaves it out', async ({ endpoint, request }) => {
    const world = await buildWorld(app, 'team-a');
    const foreign = await outcome(app.inWorkspace('team-b'), endpoint, request(world));
    expect(stringifyJson(foreign)).not.toContain(world.mark);
    expect(foreign).toHaveProperty('answer');
    const own = await outcome(app.inWorkspace('team-a'), endpoint, request(world));
    expect(stringifyJson(own)).toContain(world.mark);
  });

  test.each(each('makes'))('$name makes another of the same name', async ({ endpoint, request }) => {
    const world = await buildWorld(app, 'team-a');
    const before = await rowsBeside(world);
    expect(await outcome(app.inWorkspace('team-b'), endpoint, request(world))).toHaveProperty('answer');
    const after = new Set(await rowsBeside(world));
    expect(before.filter((row) => !after.has(row))).toEqual([]);
    expect(after.size).toBeGreaterThan(before.length);
  });

  test.each(Object.entries(transferCases))('%s reaches no file of it', async (_, request) => {
    const world = await buildWorld(app, 'team-a');
    const send = ({ url, method }: ReturnType<typeof request>, workspace: string) =>
      app.inject({
        url,
        method: method ?? 'GET',
        headers: { 'x-mlflow-workspace': workspace, 'content-type': 'application/octet-stream' },
        ...(method === 'PUT' || method === 'POST' ? { payload: 'changed' } : {}),
      });
    for (const stranger of ['team-b', 'default']) {
      const answer = await send(request(world), stranger);
      expect([answer.statusCode, answer.json().error_code]).toEqual([
        expect.toBeOneOf([400, 404]),
        expect.toBeOneOf(['INVALID_PARAMETER_VALUE', 'RESOURCE_DOES_NOT_EXIST']),
      ]);
    }
    const kept = await send({ url: transferCases.downloadArtifact(world).url }, 'team-a');
    expect(kept.payload).toBe('content');
    expect((await send(request(world), 'team-a')).statusCode).toBe(200);
  });

  test.each(joinings)(
    '$name joins $title of nobody and of another workspace alike',
    async ({ name, request }) => {
      const endpoint: Endpoint = endpoints[name] as never;
      const client = app.inWorkspace('team-b');
      const [world, own, alike] = [
        await buildWorld(app, 'team-a'),
        await buildWorld(app, 'team-b'),
        await buildWorld(app, 'team-b'),
      ];
      const isOthers = (row: string) => Object.values(world).some((id) => id.length > 8 && row.includes(id));
      const before = (await rowsBeside(world)).filter(isOthers);
      const foreign = await outcome(client, endpoint, request(own, world));
      const after = new Set(await rowsBeside(world));
      expect(before.filter((row) => !after.has(row))).toEqual([]);
      const nobody = await outcome(client, endpoint, request(alike, NOBODY));
      const toText = (answer: object, mine: World, other: World) =>
        anonymous(JSON.parse(anonymous(answer, other)), mine)
          .replace(/\d{13,}/g, '<time>')
          .replace(/"[ad]-[0-9a-f]{32}"/g, '"<new id>"')
          .replace(/"digest":"[0-9a-f]{8}"/g, '"digest":"<digest>"')
          .replace(/\d{4}-\d\d-\d\dT[0-9:.]+Z/g, '<time>');
      expect(toText(foreign, own, world)).toBe(toText(nobody, alike, NOBODY));
    },
  );

  test('a trace with an id that is taken elsewhere is not stored, and the other stays as it is', async () => {
    const [world, own] = [await buildWorld(app, 'team-a'), await buildWorld(app, 'team-b')];
    const before = await rowsBeside(world);
    const trace_info = {
      trace_id: world.trace_id,
      trace_location: { type: 'MLFLOW_EXPERIMENT', mlflow_experiment: { experiment_id: own.experiment_id } },
      request_time: '2026-02-02T00:00:00Z',
      state: 'ERROR',
      tags: { team: 'stolen' },
    } as const;
    const answer = await outcome(app.inWorkspace('team-b'), startTraceV3, { trace: { trace_info } });
    expect(answer).toHaveProperty('errorCode');
    expect(await rowsBeside(world)).toEqual(before);
  });

  test('a trace of one’s own whose files are said to be elsewhere shows nothing from there', async () => {
    const [world, own] = [await buildWorld(app, 'team-a'), await buildWorld(app, 'team-b')];
    const client = app.inWorkspace('team-b');
    await client.call(setTraceTagV3, {
      trace_id: own.trace_id,
      key: 'mlflow.artifactLocation',
      value: `mlflow-artifacts:${world.run_root.replace(world.run_id, `traces/${world.trace_id}`)}`,
    });
    const answer = await outcome(client, getTrace, { trace_id: own.trace_id });
    expect(stringifyJson(answer)).not.toContain(world.mark);
    expect(answer).toHaveProperty('errorCode');
  });

  test('spans go into no experiment and no trace of it', async () => {
    const [world, own] = [await buildWorld(app, 'team-a'), await buildWorld(app, 'team-b')];
    const before = await rowsBeside(world);
    const send = (experiment_id: string, traceId: string) =>
      app.inject({
        method: 'POST',
        url: '/v1/traces',
        headers: { 'x-mlflow-workspace': 'team-b', 'x-mlflow-experiment-id': experiment_id },
        payload: { resourceSpans: [{ scopeSpans: [{ spans: [{ ...span, traceId }] }] }] },
      });
    const span = {
      spanId: '00000000000000aa',
      name: 'stolen',
      startTimeUnixNano: '1000',
      endTimeUnixNano: '2000',
    };
    const fresh = 'ab'.repeat(16);
    const foreign = await send(world.experiment_id, fresh);
    const nobody = await send(NOBODY.experiment_id, fresh);
    expect(foreign.statusCode).toBe(nobody.statusCode);
    expect(foreign.statusCode).toBeGreaterThanOrEqual(400);
    expect(anonymous(foreign.payload, world)).toBe(anonymous(nobody.payload, NOBODY));
    expect(await rowsBeside(world)).toEqual(before);
    await send(own.experiment_id, world.trace_id.replace('tr-', ''));
    const after = new Set(await rowsBeside(world));
    expect(before.filter((row) => !after.has(row))).toEqual([]);
    const shown = await outcome(app.inWorkspace('team-a'), getTrace, { trace_id: world.trace_id });
    expect(stringifyJson(shown)).not.toContain('stolen');
  });
});
