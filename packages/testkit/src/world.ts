import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  addItemsToReviewQueue,
  type Client,
  createAssessment,
  createDataset,
  createIssue,
  createLabelSchema,
  createLoggedModel,
  createModelVersion,
  createRegisteredModel,
  createReviewQueue,
  createWebhook,
  deleteExperiment,
  deleteRun,
  getDatasetRecords,
  getRun,
  listDeltaInputs,
  logBatch,
  logInputs,
  registerScorer,
  setModelVersionTag,
  setRegisteredModelAlias,
  startTrace,
  startTraceV3,
  type TraceInfo,
  upsertDatasetRecords,
  upsertOnlineScoringConfig,
} from '@bitacora/protocol';
import { buildExperiment, buildRun } from './builders.ts';
import type { TestApp } from './test-app.ts';

/** The ids and names of one of everything. */
export interface World {
  /** Stands in every name that the world has given. */
  readonly mark: string;
  readonly experiment_name: string;
  readonly experiment_id: string;
  readonly trashed_experiment_id: string;
  readonly run_id: string;
  readonly trashed_run_id: string;
  readonly run_root: string;
  readonly model_id: string;
  readonly registered_model: string;
  readonly trace_id: string;
  readonly begun_trace_id: string;
  readonly assessment_id: string;
  readonly dataset_id: string;
  readonly dataset_record_id: string;
  readonly scorer_name: string;
  readonly scorer_id: string;
  readonly issue_id: string;
  readonly label_schema: string;
  readonly schema_id: string;
  readonly review_queue: string;
  readonly queue_id: string;
  readonly webhook_id: string;
  readonly delivery_id: string;
  readonly delta_input_id: string;
}

const toPath = (uri: string | undefined) => String(uri).replace('mlflow-artifacts:', '');
const hex = () => randomUUID().replaceAll('-', '');

/** One of everything, in a workspace; another with each call. */
export async function buildWorld(app: TestApp, workspace: string): Promise<World> {
  const { call } = app.inWorkspace(workspace);
  const client: Client = { call };
  const mark = `mark${hex().slice(0, 12)}`;
  const tags = [{ key: 'team', value: mark }];
  const experiment_name = `experiment ${mark}`;
  const experiment_id = await buildExperiment(client, { name: experiment_name, tags });
  const trashed_experiment_id = await buildExperiment(client, { name: `trash ${mark}` });
  await call(deleteExperiment, { experiment_id: trashed_experiment_id });
  const run_id = await buildRun(client, { experiment_id, tags });
  const trashed_run_id = await buildRun(client, { experiment_id, run_name: mark });
  await call(deleteRun, { run_id: trashed_run_id });
  const { model } = await call(createLoggedModel, { experiment_id, name: mark, source_run_id: run_id, tags });
  const { model_id } = model.info;
  const metric = { key: 'loss', value: 0.5, timestamp: 1, step: 0 };
  await call(logBatch, { run_id, metrics: [{ ...metric, model_id }], params: [{ key: 'p', value: mark }] });
  const dataset = { name: mark, digest: 'd', source_type: 'local', source: 's' };
  const table = {
    name: `table ${mark}`,
    digest: 'd',
    source_type: 'delta_table',
    source: JSON.stringify({ delta_table_name: `catalog.${mark}`, delta_table_version: 3 }),
  };
  await call(logInputs, {
    run_id,
    datasets: [dataset, table].map((each) => ({ dataset: each, tags: [] })),
  });
  const delta_input_id = await unavailable(client, run_id);
  const run_root = toPath((await call(getRun, { run_id })).run.info.artifact_uri);
  await upload(app, workspace, `${run_root}/model/${mark}.txt`);
  await upload(app, workspace, `${toPath(model.info.artifact_uri)}/MLmodel`);
  for (const root of [run_root, toPath(model.info.artifact_uri)])
    await upload(app, workspace, `${root}/picture.gif`, PICTURE);
  const registered_model = `model-${mark}`;
  await call(createRegisteredModel, { name: registered_model, tags });
  await call(createModelVersion, {
    name: registered_model,
    source: `mlflow-artifacts:${run_root}/model`,
    run_id,
  });
  await call(setModelVersionTag, { name: registered_model, version: '1', key: 'team', value: mark });
  await call(setRegisteredModelAlias, { name: registered_model, alias: 'best', version: '1' });
  const traces = await buildTraces(app, workspace, experiment_id, mark);
  return {
    mark,
    experiment_name,
    experiment_id,
    trashed_experiment_id,
    run_id,
    trashed_run_id,
    run_root,
    model_id,
    registered_model,
    delta_input_id,
    ...traces,
    ...(await buildReviews(client, experiment_id, traces.trace_id, mark)),
    ...(await buildDataset(client, experiment_id, mark)),
    ...(await buildWebhook(app, client, mark)),
  };
}

/** The server cannot open the table, which it finds out by itself: from then on the input stays as it is. */
async function unavailable({ call }: Client, run_id: string): Promise<string> {
  for (;;) {
    const [input] = (await call(listDeltaInputs, { run_id })).delta_inputs;
    if (input?.status === 'UNAVAILABLE') return input.delta_input_id;
    await sleep(5);
  }
}

async function buildTraces(app: TestApp, workspace: string, experiment_id: string, mark: string) {
  const { call } = app.inWorkspace(workspace);
  const trace_id = `tr-${hex()}`;
  const trace_info: TraceInfo = {
    trace_id,
    trace_location: { type: 'MLFLOW_EXPERIMENT', mlflow_experiment: { experiment_id } },
    request_time: '2026-01-02T03:04:05Z',
    state: 'OK',
    request_preview: mark,
    tags: { team: mark },
  };
  const { trace } = await call(startTraceV3, { trace: { trace_info } });
  const span = {
    trace_id,
    span_id: '968cf31dd6890e78',
    parent_span_id: null,
    name: mark,
    start_time_unix_nano: 1,
    end_time_unix_nano: 2,
    status: { code: 'OK', message: '' },
    attributes: {},
  };
  const place = toPath(trace.trace_info?.tags?.['mlflow.artifactLocation']);
  await upload(app, workspace, `${place}/traces.json`, JSON.stringify({ spans: [span] }));
  const begun = await call(startTrace, { experiment_id, timestamp_ms: 1 });
  const { assessment } = await call(createAssessment, {
    trace_id,
    assessment: {
      assessment_name: mark,
      trace_id,
      source: { source_type: 'HUMAN', source_id: mark },
      feedback: { value: true },
      create_time: '2026-01-02T03:04:05Z',
      last_update_time: '2026-01-02T03:04:05Z',
    },
  });
  return {
    trace_id,
    begun_trace_id: begun.trace_info.request_id,
    assessment_id: assessment.assessment_id ?? '',
  };
}

async function buildReviews({ call }: Client, experiment_id: string, trace_id: string, mark: string) {
  const scorer_name = `scorer ${mark}`;
  const { scorer_id } = await call(registerScorer, {
    experiment_id,
    name: scorer_name,
    serialized_scorer: JSON.stringify({ name: mark }),
  });
  await call(upsertOnlineScoringConfig, { experiment_id, name: scorer_name, sample_rate: 0 });
  const { issue } = await call(createIssue, {
    experiment_id,
    name: mark,
    description: mark,
    categories: [mark],
    metadata: { team: mark },
  });
  const label_schema = `question ${mark}`;
  const made = await call(createLabelSchema, {
    experiment_id,
    name: label_schema,
    type: 'FEEDBACK',
    input: { text: {} },
  });
  const { schema_id } = made.label_schema;
  const review_queue = `queue ${mark}`;
  const queue = await call(createReviewQueue, {
    experiment_id,
    name: review_queue,
    queue_type: 'CUSTOM',
    users: [mark],
    schema_ids: [schema_id],
  });
  const { queue_id } = queue.review_queue;
  await call(addItemsToReviewQueue, { queue_id, item_ids: [trace_id] });
  const { issue_id } = issue;
  return { scorer_name, scorer_id, issue_id, label_schema, schema_id, review_queue, queue_id };
}

async function buildDataset({ call }: Client, experiment_id: string, mark: string) {
  const { dataset } = await call(createDataset, {
    name: mark,
    experiment_ids: [experiment_id],
    tags: JSON.stringify({ team: mark }),
  });
  const { dataset_id } = dataset;
  await call(upsertDatasetRecords, {
    dataset_id,
    records: JSON.stringify([{ inputs: { question: mark } }]),
  });
  const [record] = JSON.parse((await call(getDatasetRecords, { dataset_id })).records);
  return { dataset_id, dataset_record_id: String(record.dataset_record_id) };
}

/** A webhook of an event that never happens here, with a delivery as one that did would have left. */
async function buildWebhook({ store }: TestApp, { call }: Client, mark: string) {
  const { webhook } = await call(createWebhook, {
    name: mark,
    url: 'http://127.0.0.1:9/hook',
    events: [{ entity: 'PROMPT_ALIAS', action: 'DELETED' }],
  });
  const { webhook_id } = webhook;
  const delivery_id = randomUUID();
  await store.write((tx) =>
    tx.insert(
      {
        into: 'bitacora_webhook_deliveries',
        columns: [
          'delivery_id',
          'webhook_id',
          'entity',
          'action',
          'status',
          'attempts',
          'creation_timestamp',
          'body',
        ],
      },
      [[delivery_id, webhook_id, 'PROMPT_ALIAS', 'DELETED', 'SUCCEEDED', 1, 1, `{"mark": "${mark}"}`]],
    ),
  );
  return { webhook_id, delivery_id };
}

/** One transparent pixel. */
const PICTURE = Buffer.from('R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7', 'base64');

const upload = (app: TestApp, workspace: string, path: string, payload: string | Buffer = 'content') =>
  app.inject({
    method: 'PUT',
    url: `/api/2.0/mlflow-artifacts/artifacts${path}`,
    headers: { 'x-mlflow-workspace': workspace, 'content-type': 'application/octet-stream' },
    payload,
  });
