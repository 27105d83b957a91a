import {
  type Client,
  createExperiment,
  createModelVersion,
  createRegisteredModel,
  createRun,
  deleteExperiment,
  deleteRun,
  getRun,
  logBatch,
  type logBatch as logBatchEndpoint,
  type Request,
  updateRun,
} from '@bitacora/protocol';
import type { TestApp } from './test-app.ts';

/** A file of a run, put where the client puts it. */
export async function putArtifact(
  app: TestApp,
  run_id: string,
  path: string,
  content: string | Uint8Array,
): Promise<void> {
  const { run } = await app.call(getRun, { run_id });
  const root = (run.info.artifact_uri ?? '').replace(/^mlflow-artifacts:\//, '');
  const answer = await app.inject({
    method: 'PUT',
    url: `/api/2.0/mlflow-artifacts/artifacts/${root}/${path.split('/').map(encodeURIComponent).join('/')}`,
    headers: { 'content-type': 'application/octet-stream' },
    payload: Buffer.from(content as Uint8Array),
  });
  if (answer.statusCode !== 200) throw new Error(answer.body);
}

let counter = 0;
const next = () => ++counter;

type ExperimentOptions = Partial<Request<typeof createExperiment>> & {
  readonly lifecycle_stage?: 'active' | 'deleted';
};

/** An experiment; its id. */
export async function buildExperiment(app: Client, { lifecycle_stage, ...request }: ExperimentOptions = {}) {
  const { experiment_id } = await app.call(createExperiment, { name: `experiment ${next()}`, ...request });
  if (lifecycle_stage === 'deleted') await app.call(deleteExperiment, { experiment_id });
  return experiment_id;
}

type RunOptions = Partial<Request<typeof createRun>> &
  Partial<Pick<Request<typeof logBatchEndpoint>, 'metrics' | 'params'>> & {
    readonly lifecycle_stage?: 'active' | 'deleted';
    readonly status?: Request<typeof updateRun>['status'];
    readonly end_time?: number;
  };

/** A run in experiment 0 unless told otherwise; its id. */
export async function buildRun(
  app: Client,
  { metrics, params, lifecycle_stage, status, end_time, ...request }: RunOptions = {},
): Promise<string> {
  const { run } = await app.call(createRun, {
    experiment_id: '0',
    start_time: 1_700_000_000_000 + next(),
    ...request,
  });
  const { run_id } = run.info;
  if (metrics || params) await app.call(logBatch, { run_id, metrics, params });
  if (status || end_time) await app.call(updateRun, { run_id, status, end_time });
  if (lifecycle_stage === 'deleted') await app.call(deleteRun, { run_id });
  return run_id;
}

type RegisteredModelOptions = Partial<Request<typeof createRegisteredModel>> & {
  /** The sources of its versions, in order; each an object store's URI unless told otherwise. */
  readonly versions?: readonly Partial<Request<typeof createModelVersion>>[];
};

/** A registered model with its versions; its name. */
export async function buildRegisteredModel(
  app: Client,
  { versions = [], ...request }: RegisteredModelOptions = {},
): Promise<string> {
  const { registered_model } = await app.call(createRegisteredModel, { name: `model ${next()}`, ...request });
  const { name } = registered_model;
  for (const version of versions)
    await app.call(createModelVersion, { name, source: `s3://bucket/${next()}`, ...version });
  return name;
}

const PROMPT_TAG = { key: 'mlflow.prompt.is_prompt', value: 'true' };

/** A prompt with one version per text; its name. */
export async function buildPrompt(
  app: Client,
  {
    texts = ['Hi {{name}}'],
    tags = [],
    ...request
  }: Partial<Request<typeof createRegisteredModel>> & { readonly texts?: readonly string[] } = {},
): Promise<string> {
  return buildRegisteredModel(app, {
    name: `prompt-${next()}`,
    tags: [PROMPT_TAG, ...tags],
    versions: texts.map((value) => ({
      source: 'dummy-source',
      tags: [PROMPT_TAG, { key: 'mlflow.prompt.text', value }],
    })),
    ...request,
  });
}
