import {
  addItemsToReviewQueue,
  createAssessment,
  createDataset,
  createLabelSchema,
  createModelVersion,
  createRegisteredModel,
  createReviewQueue,
  createWorkspace,
  getAssessment,
  getDataset,
  getDatasetRecords,
  getLabelSchema,
  getModelVersionByAlias,
  getRun,
  getWorkspace,
  registerScorer,
  setRegisteredModelAlias,
  setReviewQueueItemStatus,
  updateAssessment,
  updateLabelSchema,
  updateRun,
  updateWorkspace,
  upsertDatasetRecords,
} from '@bitacora/protocol';
import { buildExperiment, buildRun, buildTrace, testApp } from '@bitacora/testkit';
import { expect, test } from 'vitest';

/** Enough that the changes meet, where an engine works on several transactions at a time. */
const ROUNDS = Array.from({ length: 10 }, (_, index) => String(index));

test('a run that is renamed while it ends has its new name and its end', async () => {
  await using app = await testApp();
  for (const run_name of ROUNDS) {
    const run_id = await buildRun(app);
    await Promise.all([
      app.call(updateRun, { run_id, run_name }),
      app.call(updateRun, { run_id, status: 'FINISHED', end_time: 5 }),
    ]);
    const { info } = (await app.call(getRun, { run_id })).run;
    expect(info).toMatchObject({ run_name, status: 'FINISHED', end_time: 5 });
  }
});

test('metadata that two callers add to an assessment is there of both', async () => {
  await using app = await testApp();
  const trace_id = await buildTrace(app);
  const { assessment } = await app.call(createAssessment, {
    trace_id,
    assessment: { assessment_name: 'good', feedback: { value: true } },
  });
  const ids = { trace_id, assessment_id: assessment.assessment_id! };
  for (const round of ROUNDS) {
    const add = (key: string) =>
      app.call(updateAssessment, {
        ...ids,
        assessment: { metadata: { [key]: round } },
        update_mask: 'metadata',
      });
    await Promise.all([add('a'), add('b')]);
    expect((await app.call(getAssessment, ids)).assessment.metadata).toEqual({ a: round, b: round });
  }
});

test('a workspace keeps what two callers change of it', async () => {
  await using app = await testApp({ workspacesEnabled: true });
  const workspace_name = 'team-a';
  await app.call(createWorkspace, { name: workspace_name });
  for (const round of ROUNDS) {
    await Promise.all([
      app.call(updateWorkspace, { workspace_name, description: round }),
      app.call(updateWorkspace, { workspace_name, default_artifact_root: `/srv/${round}` }),
    ]);
    expect((await app.call(getWorkspace, { workspace_name })).workspace).toMatchObject({
      description: round,
      default_artifact_root: `/srv/${round}`,
    });
  }
});

test('a question keeps what two callers change of it', async () => {
  await using app = await testApp();
  const { schema_id } = (
    await app.call(createLabelSchema, {
      experiment_id: await buildExperiment(app),
      name: 'polite',
      type: 'FEEDBACK',
      input: { pass_fail: { positive_label: 'yes', negative_label: 'no' } },
    })
  ).label_schema;
  for (const round of ROUNDS) {
    await Promise.all([
      app.call(updateLabelSchema, { schema_id, instruction: round }),
      app.call(updateLabelSchema, { schema_id, name: `polite ${round}` }),
    ]);
    expect((await app.call(getLabelSchema, { schema_id })).label_schema).toMatchObject({
      instruction: round,
      name: `polite ${round}`,
    });
  }
});

test('of callers who register a scorer of one name each gets a version of his own', async () => {
  await using app = await testApp();
  const experiment_id = await buildExperiment(app);
  const registered = await Promise.all(
    ROUNDS.map((round) =>
      app.call(registerScorer, {
        experiment_id,
        name: 'polite',
        serialized_scorer: JSON.stringify({ name: round }),
      }),
    ),
  );
  expect(registered.map(({ version }) => Number(version)).sort((left, right) => left - right)).toEqual(
    ROUNDS.map((round) => Number(round) + 1),
  );
  expect(new Set(registered.map(({ scorer_id }) => scorer_id)).size).toBe(1);
});

test('of two reviewers who complete an item both hear of the one who was first', async () => {
  await using app = await testApp();
  const { queue_id } = (
    await app.call(createReviewQueue, { experiment_id: '0', name: 'first', queue_type: 'CUSTOM' })
  ).review_queue;
  for (const _ of ROUNDS) {
    const item_id = await buildTrace(app);
    await app.call(addItemsToReviewQueue, { queue_id, item_ids: [item_id] });
    const complete = async (completed_by: string) =>
      (await app.call(setReviewQueueItemStatus, { queue_id, item_id, status: 'COMPLETE', completed_by })).item
        .completed_by;
    const [first, second] = await Promise.all([complete('ana'), complete('bob')]);
    expect(first).toBe(second);
  }
});

test('a data set counts the records of two callers, and has the columns and merged records of both', async () => {
  await using app = await testApp();
  const { dataset_id } = (await app.call(createDataset, { name: 'questions' })).dataset;
  for (const [index, round] of ROUNDS.entries()) {
    const add = (name: string) =>
      app.call(upsertDatasetRecords, {
        dataset_id,
        records: JSON.stringify([
          { inputs: { [`${name}${round}`]: 1 } },
          { inputs: { both: round }, expectations: { [name]: 1 } },
        ]),
      });
    await Promise.all([add('a'), add('b')]);
    const { dataset } = await app.call(getDataset, { dataset_id });
    expect(JSON.parse(dataset.profile ?? '')).toEqual({ num_records: (index + 1) * 3 });
    expect(Object.keys(JSON.parse(dataset.schema ?? '').inputs)).toEqual(
      expect.arrayContaining([`a${round}`, `b${round}`]),
    );
  }
  const { records } = await app.call(getDatasetRecords, { dataset_id, max_results: 1000 });
  const merged = JSON.parse(records).filter(({ inputs }: { inputs: object }) => 'both' in inputs);
  expect(merged.map(({ expectations }: { expectations: object }) => expectations)).toEqual(
    ROUNDS.map(() => ({ a: 1, b: 1 })),
  );
});

test('a version that is found by an alias has its own tags, while the alias moves', async () => {
  await using app = await testApp();
  const name = 'greeting';
  const alias = 'production';
  await app.call(createRegisteredModel, { name });
  for (const value of ['1', '2'])
    await app.call(createModelVersion, { name, source: 's3://models/a', tags: [{ key: 'text', value }] });
  await app.call(createModelVersion, { name, source: 's3://models/a' });
  await app.call(setRegisteredModelAlias, { name, alias, version: '1' });
  const move = async (round: number) => {
    for (const version of ['2', '3', '1'])
      await app.call(setRegisteredModelAlias, { name, alias, version: round % 2 === 0 ? version : '2' });
  };
  const look = async () => {
    for (let times = 0; times < 10; times++) {
      const { version, tags } = (await app.call(getModelVersionByAlias, { name, alias })).model_version;
      expect(tags).toEqual(version === '3' ? undefined : [{ key: 'text', value: version }]);
    }
  };
  for (const round of ROUNDS.keys()) await Promise.all([move(round), look(), look(), look(), look()]);
});
