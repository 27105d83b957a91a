import type { EndpointName, Endpoints, Request, TransferName } from '@bitacora/protocol';
import type { World } from '@bitacora/testkit';

/** How an endpoint is called from another workspace with the ids and names of a world. */
export type Case<N extends EndpointName> =
  /** It answers as for ids that nobody has, and changes nothing. */
  | { readonly hides: (world: World) => Request<Endpoints[N]> }
  /** It names the workspace itself, and is refused. */
  | { readonly refuses: (world: World) => Request<Endpoints[N]> }
  /** Its list shows nothing of the world, and shows it to the world's own workspace. */
  | { readonly omits: (world: World) => Request<Endpoints[N]> }
  /** It makes a thing of the same name, which is another. */
  | { readonly makes: (world: World) => Request<Endpoints[N]> }
  /** It belongs to no workspace; why. */
  | { readonly shared: string };

const NO_RESOURCE = 'is about the server';
const BY_PATH = 'the store has no such calls, whatever the path';
const WORKSPACES = 'whoever may manage workspaces may manage each';
const EVENT = { entity: 'PROMPT_ALIAS', action: 'DELETED' } as const;
const metric = { key: 'loss', value: 1, timestamp: 2, step: 2 };
const at = ({ experiment_id }: World) => ({
  type: 'MLFLOW_EXPERIMENT' as const,
  mlflow_experiment: { experiment_id },
});
const run = ({ run_id }: World) => ({ run_id });
const model = ({ model_id }: World) => ({ model_id });
const experiment = ({ experiment_id }: World) => ({ experiment_id });
const registered = ({ registered_model }: World) => ({ name: registered_model });
const version = ({ registered_model }: World) => ({ name: registered_model, version: '1' });
const trace = ({ trace_id }: World) => ({ trace_id });
const assessment = ({ trace_id, assessment_id }: World) => ({ trace_id, assessment_id });
const dataset = ({ dataset_id }: World) => ({ dataset_id });
const scorer = (w: World) => ({ ...experiment(w), name: w.scorer_name });
const issue = ({ issue_id }: World) => ({ issue_id });
const schema = ({ schema_id }: World) => ({ schema_id });
const queue = ({ queue_id }: World) => ({ queue_id });
const items = (w: World) => ({ ...queue(w), item_ids: [w.trace_id] });
const webhook = ({ webhook_id }: World) => ({ webhook_id });
const deltaInput = (w: World) => ({ ...run(w), delta_input_id: w.delta_input_id });
const delivery = ({ webhook_id, delivery_id }: World) => ({ webhook_id, delivery_id });
const remark = (w: World) => ({
  assessment_name: 'good',
  trace_id: w.trace_id,
  source: { source_type: 'HUMAN' as const, source_id: 'ana' },
  feedback: { value: true },
});

/**
 * One entry for every endpoint: a new one is held against other workspaces before it can be added. What its request
 * names must be in the world (`testkit/src/world.ts`), and in `NOBODY` of the test.
 */
export const cases: { readonly [N in EndpointName]: Case<N> } = {
  createExperiment: { makes: (w) => ({ name: w.experiment_name }) },
  getExperiment: { hides: experiment },
  getExperimentByName: { hides: (w) => ({ experiment_name: w.experiment_name }) },
  updateExperiment: { hides: (w) => ({ ...experiment(w), new_name: `new ${w.mark}` }) },
  deleteExperiment: { hides: experiment },
  restoreExperiment: { hides: (w) => ({ experiment_id: w.trashed_experiment_id }) },
  searchExperiments: { omits: () => ({ max_results: 1000, view_type: 'ALL' }) },
  setExperimentTag: { hides: (w) => ({ ...experiment(w), key: 'k', value: 'v' }) },
  deleteExperimentTag: { hides: (w) => ({ ...experiment(w), key: 'team' }) },
  createRun: { hides: experiment },
  getRun: { hides: run },
  updateRun: { hides: (w) => ({ ...run(w), status: 'FINISHED' }) },
  deleteRun: { hides: run },
  restoreRun: { hides: (w) => ({ run_id: w.trashed_run_id }) },
  searchRuns: { hides: (w) => ({ experiment_ids: [w.experiment_id], run_view_type: 'ALL' }) },
  logParam: { hides: (w) => ({ ...run(w), key: 'k', value: 'v' }) },
  setTag: { hides: (w) => ({ ...run(w), key: 'k', value: 'v' }) },
  deleteTag: { hides: (w) => ({ ...run(w), key: 'team' }) },
  logBatch: { hides: (w) => ({ ...run(w), metrics: [metric], params: [{ key: 'k', value: 'v' }] }) },
  logModel: {
    hides: (w) => ({
      ...run(w),
      model_json: JSON.stringify({ artifact_path: 'm', flavors: {}, utc_time_created: '2026', run_id: 'r' }),
    }),
  },
  logMetric: { hides: (w) => ({ ...run(w), ...metric }) },
  getMetricHistory: { hides: (w) => ({ ...run(w), metric_key: 'loss' }) },
  getMetricHistoryBulk: { hides: (w) => ({ run_id: [w.run_id], metric_key: 'loss' }) },
  getMetricHistoryBulkInterval: { hides: (w) => ({ run_ids: [w.run_id], metric_key: 'loss' }) },
  logInputs: { hides: (w) => ({ ...run(w), models: [{ model_id: 'm-x' }] }) },
  logOutputs: { hides: (w) => ({ ...run(w), models: [{ model_id: 'm-x', step: 1 }] }) },
  listDeltaInputs: { hides: run },
  getDeltaInput: { hides: deltaInput },
  refreshDeltaInput: { hides: deltaInput },
  previewDeltaRows: { hides: deltaInput },
  checkDeltaFiles: { hides: deltaInput },
  compareDeltaInputs: { hides: (w) => ({ ...experiment(w), delta_input_id: w.delta_input_id }) },
  listDeltaTables: { hides: experiment },
  listDeltaInputsOfRuns: { hides: (w) => ({ ...experiment(w), run_ids: [w.run_id] }) },
  searchDatasets: { hides: (w) => ({ experiment_ids: [w.experiment_id] }) },
  listRunDatasets: { hides: experiment },
  getRunDataset: { hides: (w) => ({ ...experiment(w), name: w.mark, digest: 'd' }) },
  createLoggedModel: { hides: (w) => ({ ...experiment(w), name: 'net' }) },
  getLoggedModel: { hides: model },
  finalizeLoggedModel: { hides: (w) => ({ ...model(w), status: 'LOGGED_MODEL_READY' }) },
  deleteLoggedModel: { hides: model },
  searchLoggedModels: { hides: (w) => ({ experiment_ids: [w.experiment_id] }) },
  setLoggedModelTags: { hides: (w) => ({ ...model(w), tags: [{ key: 'k', value: 'v' }] }) },
  deleteLoggedModelTag: { hides: (w) => ({ ...model(w), tag_key: 'team' }) },
  logLoggedModelParams: { hides: (w) => ({ ...model(w), params: [{ key: 'k', value: 'v' }] }) },
  listLoggedModelArtifacts: { hides: model },
  createRegisteredModel: { makes: registered },
  getRegisteredModel: { hides: registered },
  renameRegisteredModel: { hides: (w) => ({ ...registered(w), new_name: `new-${w.mark}` }) },
  updateRegisteredModel: { hides: (w) => ({ ...registered(w), description: 'd' }) },
  deleteRegisteredModel: { hides: registered },
  searchRegisteredModels: { omits: () => ({ max_results: 1000 }) },
  getLatestVersions: { hides: registered },
  setRegisteredModelTag: { hides: (w) => ({ ...registered(w), key: 'k', value: 'v' }) },
  deleteRegisteredModelTag: { hides: (w) => ({ ...registered(w), key: 'team' }) },
  createModelVersion: { hides: (w) => ({ ...registered(w), source: 's3://bucket/model' }) },
  getModelVersion: { hides: version },
  updateModelVersion: { hides: (w) => ({ ...version(w), description: 'd' }) },
  transitionModelVersionStage: {
    hides: (w) => ({ ...version(w), stage: 'Staging', archive_existing_versions: false }),
  },
  deleteModelVersion: { hides: version },
  searchModelVersions: { omits: () => ({ max_results: 1000 }) },
  getModelVersionDownloadUri: { hides: version },
  setModelVersionTag: { hides: (w) => ({ ...version(w), key: 'k', value: 'v' }) },
  deleteModelVersionTag: { hides: (w) => ({ ...version(w), key: 'team' }) },
  setRegisteredModelAlias: { hides: (w) => ({ ...version(w), alias: 'new' }) },
  deleteRegisteredModelAlias: { hides: (w) => ({ ...registered(w), alias: 'best' }) },
  getModelVersionByAlias: { hides: (w) => ({ ...registered(w), alias: 'best' }) },
  listArtifacts: { hides: run },
  getRunArtifactSize: { hides: run },
  getLoggedModelArtifactSize: { hides: model },
  getExperimentArtifactSize: { hides: experiment },
  deleteRunArtifacts: { hides: (w) => ({ ...run(w), paths: ['nothing'] }) },
  previewRunArtifact: { hides: (w) => ({ ...run(w), path: 'nothing' }) },
  previewLoggedModelArtifact: { hides: (w) => ({ ...model(w), path: 'nothing' }) },
  previewRunArtifactText: { hides: (w) => ({ ...run(w), path: 'nothing' }) },
  previewLoggedModelArtifactText: { hides: (w) => ({ ...model(w), path: 'nothing' }) },
  previewRunArtifactRows: { hides: (w) => ({ ...run(w), path: 'nothing' }) },
  previewLoggedModelArtifactRows: { hides: (w) => ({ ...model(w), path: 'nothing' }) },
  previewRunArtifactArray: { hides: (w) => ({ ...run(w), path: 'nothing' }) },
  previewLoggedModelArtifactArray: { hides: (w) => ({ ...model(w), path: 'nothing' }) },
  previewRunArtifactNotebook: { hides: (w) => ({ ...run(w), path: 'nothing' }) },
  previewLoggedModelArtifactNotebook: { hides: (w) => ({ ...model(w), path: 'nothing' }) },
  searchRunArtifactText: { hides: (w) => ({ ...run(w), path: 'nothing', text: 't' }) },
  searchLoggedModelArtifactText: { hides: (w) => ({ ...model(w), path: 'nothing', text: 't' }) },
  createPresignedUploadUrl: { hides: (w) => ({ ...run(w), path: 'a.txt' }) },
  createPresignedDownloadUrl: { hides: (w) => ({ ...run(w), path: 'a.txt' }) },
  listProxiedArtifacts: { refuses: (w) => ({ path: w.run_root.slice(1) }) },
  createMultipartUpload: { shared: BY_PATH },
  completeMultipartUpload: { shared: BY_PATH },
  abortMultipartUpload: { shared: BY_PATH },
  getPresignedDownloadUrl: { shared: BY_PATH },
  createAssessment: { hides: (w) => ({ ...trace(w), assessment: remark(w) }) },
  getAssessment: { hides: assessment },
  updateAssessment: {
    hides: (w) => ({
      ...assessment(w),
      assessment: { ...remark(w), rationale: 'r' },
      update_mask: 'rationale',
    }),
  },
  deleteAssessment: { hides: assessment },
  createDataset: { makes: (w) => ({ name: w.mark }) },
  getDataset: { hides: dataset },
  deleteDataset: { hides: dataset },
  searchEvaluationDatasets: { omits: () => ({ max_results: 1000 }) },
  setDatasetTags: { hides: (w) => ({ ...dataset(w), tags: '{"k": "v"}' }) },
  deleteDatasetTag: { hides: (w) => ({ ...dataset(w), key: 'team' }) },
  upsertDatasetRecords: { hides: (w) => ({ ...dataset(w), records: '[{"inputs": {"q": 1}}]' }) },
  getDatasetRecords: { hides: dataset },
  deleteDatasetRecords: { hides: (w) => ({ ...dataset(w), dataset_record_ids: [w.dataset_record_id] }) },
  getDatasetExperimentIds: { hides: dataset },
  addDatasetToExperiments: { hides: (w) => ({ ...dataset(w), experiment_ids: [w.trashed_experiment_id] }) },
  removeDatasetFromExperiments: { hides: (w) => ({ ...dataset(w), experiment_ids: [w.experiment_id] }) },
  registerScorer: { hides: (w) => ({ ...experiment(w), name: 's', serialized_scorer: '{}' }) },
  listScorers: { omits: () => ({}) },
  listScorerVersions: { hides: scorer },
  getScorer: { hides: scorer },
  deleteScorer: { hides: scorer },
  upsertOnlineScoringConfig: { hides: (w) => ({ ...scorer(w), sample_rate: 0 }) },
  getOnlineScoringConfigs: { hides: (w) => ({ scorer_ids: [w.scorer_id] }) },
  createIssue: { hides: (w) => ({ ...experiment(w), name: 'i', description: 'd' }) },
  getIssue: { hides: issue },
  updateIssue: { hides: (w) => ({ ...issue(w), status: 'resolved' }) },
  searchIssues: { omits: () => ({ max_results: 1000 }) },
  createLabelSchema: {
    hides: (w) => ({ ...experiment(w), name: 'l', type: 'FEEDBACK', input: { text: {} } }),
  },
  getLabelSchema: { hides: schema },
  getLabelSchemaByName: { hides: (w) => ({ ...experiment(w), name: w.label_schema }) },
  listLabelSchemas: { hides: experiment },
  updateLabelSchema: { hides: (w) => ({ ...schema(w), instruction: 'i' }) },
  deleteLabelSchema: { hides: schema },
  createReviewQueue: { hides: (w) => ({ ...experiment(w), name: 'q', queue_type: 'CUSTOM' }) },
  getOrCreateUserQueue: { hides: (w) => ({ ...experiment(w), user: 'ana' }) },
  getReviewQueue: { hides: queue },
  getReviewQueueByName: { hides: (w) => ({ ...experiment(w), name: w.review_queue }) },
  listReviewQueues: { hides: experiment },
  updateReviewQueue: { hides: (w) => ({ ...queue(w), new_owner: 'ana' }) },
  deleteReviewQueue: { hides: queue },
  addItemsToReviewQueue: { hides: items },
  removeItemsFromReviewQueue: { hides: items },
  listReviewQueueItems: { hides: queue },
  setReviewQueueItemStatus: {
    hides: (w) => ({ ...queue(w), item_id: w.trace_id, status: 'COMPLETE', completed_by: 'ana' }),
  },
  createWebhook: { makes: (w) => ({ name: w.mark, url: 'http://127.0.0.1:9/hook', events: [EVENT] }) },
  listWebhooks: { omits: () => ({ max_results: 1000 }) },
  getWebhook: { hides: webhook },
  updateWebhook: { hides: (w) => ({ ...webhook(w), description: 'd' }) },
  deleteWebhook: { hides: webhook },
  testWebhook: { hides: webhook },
  listWebhookDeliveries: { hides: webhook },
  getWebhookDelivery: { hides: delivery },
  redeliverWebhook: { hides: delivery },
  startTraceV3: {
    hides: (w) => ({
      trace: {
        trace_info: {
          trace_id: 'tr-00000000000000000000000000000001',
          trace_location: at(w),
          request_time: '2026-01-01T00:00:00Z',
          state: 'OK',
        },
      },
    }),
  },
  getTraceInfoV3: { hides: trace },
  getTrace: { hides: trace },
  batchGetTraces: { hides: (w) => ({ trace_ids: [w.trace_id] }) },
  batchGetTraceInfos: { hides: (w) => ({ trace_ids: [w.trace_id] }) },
  searchTracesV3: { hides: (w) => ({ locations: [at(w)] }) },
  deleteTraces: {
    hides: (w) => ({ ...experiment(w), max_timestamp_millis: 9_000_000_000_000, max_traces: 10 }),
  },
  deleteTracesV3: { hides: (w) => ({ ...experiment(w), request_ids: [w.trace_id] }) },
  setTraceTag: { hides: (w) => ({ request_id: w.trace_id, key: 'k', value: 'v' }) },
  setTraceTagV3: { hides: (w) => ({ ...trace(w), key: 'k', value: 'v' }) },
  deleteTraceTag: { hides: (w) => ({ request_id: w.trace_id, key: 'team' }) },
  deleteTraceTagV3: { hides: (w) => ({ ...trace(w), key: 'team' }) },
  linkTracesToRun: { hides: (w) => ({ ...run(w), trace_ids: [w.trace_id] }) },
  linkPromptsToTrace: { hides: (w) => ({ ...trace(w), prompt_versions: [{ name: 'p', version: '1' }] }) },
  startTrace: { hides: (w) => ({ ...experiment(w), timestamp_ms: 1 }) },
  endTrace: { hides: (w) => ({ request_id: w.begun_trace_id, timestamp_ms: 2, status: 'OK' }) },
  getTraceInfo: { hides: (w) => ({ request_id: w.trace_id }) },
  searchTraces: { hides: (w) => ({ experiment_ids: [w.experiment_id] }) },
  queryTraceMetrics: {
    hides: (w) => ({
      experiment_ids: [w.experiment_id],
      view_type: 'TRACES',
      metric_name: 'trace_count',
      aggregations: [{ aggregation_type: 'COUNT' }],
    }),
  },
  calculateTraceFilterCorrelation: {
    hides: (w) => ({
      experiment_ids: [w.experiment_id],
      filter_string1: "trace.status = 'OK'",
      filter_string2: `tag.team = '${w.mark}'`,
    }),
  },
  getServerInfo: { shared: NO_RESOURCE },
  listWorkspaces: { shared: WORKSPACES },
  createWorkspace: { shared: WORKSPACES },
  getWorkspace: { shared: WORKSPACES },
  updateWorkspace: { shared: WORKSPACES },
  deleteWorkspace: { shared: WORKSPACES },
};

type Transfer = (world: World) => { readonly url: string; readonly method?: 'PUT' | 'POST' | 'DELETE' };

const proxied = ({ run_root, mark }: World) =>
  `/api/2.0/mlflow-artifacts/artifacts${run_root}/model/${mark}.txt`;

/** The calls whose body or answer is a file. */
export const transferCases: { readonly [N in TransferName]: Transfer } = {
  downloadArtifact: (w) => ({ url: proxied(w) }),
  uploadArtifact: (w) => ({ url: proxied(w), method: 'PUT' }),
  deleteArtifact: (w) => ({ url: proxied(w), method: 'DELETE' }),
  getArtifact: (w) => ({ url: `/get-artifact?run_id=${w.run_id}&path=model/${w.mark}.txt` }),
  getModelVersionArtifact: (w) => ({
    url: `/model-versions/get-artifact?name=${w.registered_model}&version=1&path=${w.mark}.txt`,
  }),
  getLoggedModelArtifact: (w) => ({
    url: `/ajax-api/2.0/mlflow/logged-models/${w.model_id}/artifacts/files?artifact_file_path=MLmodel`,
  }),
  uploadArtifactFromPage: (w) => ({
    url: `/ajax-api/2.0/mlflow/upload-artifact?run_uuid=${w.run_id}&path=new.txt`,
    method: 'POST',
  }),
  getTraceArtifact: (w) => ({ url: `/ajax-api/2.0/mlflow/get-trace-artifact?request_id=${w.trace_id}` }),
  getTraceArtifactV3: (w) => ({ url: `/ajax-api/3.0/mlflow/get-trace-artifact?request_id=${w.trace_id}` }),
  zipRunArtifacts: (w) => ({ url: `/api/2.0/bitacora/runs/${w.run_id}/artifacts/zip` }),
  zipLoggedModelArtifacts: (w) => ({ url: `/api/2.0/bitacora/logged-models/${w.model_id}/artifacts/zip` }),
  zipModelVersionArtifacts: (w) => ({
    url: `/api/2.0/bitacora/model-versions/artifacts/zip?name=${w.registered_model}&version=1`,
  }),
  thumbnailRunArtifact: (w) => ({
    url: `/api/2.0/bitacora/runs/${w.run_id}/artifacts/preview/thumbnail?path=picture.gif`,
  }),
  thumbnailLoggedModelArtifact: (w) => ({
    url: `/api/2.0/bitacora/logged-models/${w.model_id}/artifacts/preview/thumbnail?path=picture.gif`,
  }),
};

/** A request that joins a thing of one's own with something that is another workspace's; as for what nobody has. */
interface Joining<N extends EndpointName> {
  readonly title: string;
  readonly name: N;
  readonly request: (own: World, other: World) => Request<Endpoints[N]>;
}

const joining = <N extends EndpointName>(
  title: string,
  name: N,
  request: Joining<N>['request'],
): Joining<EndpointName> => ({ title, name, request }) as Joining<EndpointName>;

const proxiedSource = ({ run_root }: World) => `mlflow-artifacts:${run_root}/model`;

export const joinings: readonly Joining<EndpointName>[] = [
  joining('a metric with a logged model', 'logMetric', (own, { model_id }) => ({
    ...run(own),
    ...metric,
    model_id,
  })),
  joining('a batch with a logged model', 'logBatch', (own, { model_id }) => ({
    ...run(own),
    metrics: [{ ...metric, model_id }],
  })),
  joining('a run with a logged model it has read', 'logInputs', (own, other) => ({
    ...run(own),
    models: [model(other)],
  })),
  joining('a run with a logged model it has made', 'logOutputs', (own, other) => ({
    ...run(own),
    models: [{ ...model(other), step: 0 }],
  })),
  joining('a version with the files of a run', 'createModelVersion', (own, other) => ({
    ...registered(own),
    source: proxiedSource(other),
    run_id: other.run_id,
  })),
  joining('a version with a run as its origin', 'createModelVersion', (own, other) => ({
    ...registered(own),
    source: 's3://bucket/model',
    run_id: other.trashed_run_id,
  })),
  joining('a version with a logged model', 'createModelVersion', (own, { model_id }) => ({
    ...registered(own),
    source: `models:/${model_id}`,
    model_id,
  })),
  joining('a version with another version', 'createModelVersion', (own, other) => ({
    ...registered(own),
    source: `models:/${other.registered_model}/1`,
  })),
  joining('a version with an alias', 'createModelVersion', (own, other) => ({
    ...registered(own),
    source: `models:/${other.registered_model}@best`,
  })),
  joining('the search of versions with a run', 'searchModelVersions', (_, { run_id }) => ({
    filter: `run_id = '${run_id}'`,
  })),
  joining('the search of versions with a name', 'searchModelVersions', (_, { registered_model }) => ({
    filter: `name = '${registered_model}'`,
  })),
  joining('the search of runs with an experiment', 'searchRuns', (own, other) => ({
    experiment_ids: [other.experiment_id, own.experiment_id],
    filter: `params.p = '${other.mark}'`,
  })),
  joining('the search of runs with a run', 'searchRuns', (own, other) => ({
    experiment_ids: [own.experiment_id, other.experiment_id],
    filter: `run_id IN ('${other.run_id}')`,
    order_by: ['metrics.loss'],
  })),
  joining('the search of logged models with an experiment', 'searchLoggedModels', (own, other) => ({
    experiment_ids: [own.experiment_id, other.experiment_id],
    filter: `name = '${other.mark}'`,
  })),
  joining('histories of several runs', 'getMetricHistoryBulkInterval', (own, other) => ({
    run_ids: [own.run_id, other.run_id],
    metric_key: 'loss',
  })),
  joining('Delta inputs of several runs', 'listDeltaInputsOfRuns', (own, other) => ({
    experiment_id: own.experiment_id,
    run_ids: [own.run_id, other.run_id],
  })),
  joining('a run with traces', 'linkTracesToRun', (own, { trace_id }) => ({
    ...run(own),
    trace_ids: [trace_id],
  })),
  joining('traces with a run', 'linkTracesToRun', (own, { run_id }) => ({
    run_id,
    trace_ids: [own.trace_id],
  })),
  joining('a trace with a prompt', 'linkPromptsToTrace', (own, other) => ({
    ...trace(own),
    prompt_versions: [{ name: other.registered_model, version: '1' }],
  })),
  joining('the deletion of traces with one', 'deleteTracesV3', (own, { trace_id }) => ({
    ...experiment(own),
    request_ids: [trace_id],
  })),
  joining('traces of an experiment with one', 'batchGetTraceInfos', (own, other) => ({
    trace_ids: [other.trace_id],
    experiment_ids: [own.experiment_id, other.experiment_id],
  })),
  joining('the search of traces with an experiment', 'searchTracesV3', (own, other) => ({
    locations: [at(own), at(other)],
    filter: `tag.team = '${other.mark}'`,
  })),
  joining('the search of traces with a run', 'searchTracesV3', (own, other) => ({
    locations: [at(own)],
    filter: `attributes.run_id = '${other.run_id}'`,
  })),
  joining('figures of traces with an experiment', 'queryTraceMetrics', (own, other) => ({
    experiment_ids: [own.experiment_id, other.experiment_id],
    view_type: 'TRACES',
    metric_name: 'trace_count',
    aggregations: [{ aggregation_type: 'COUNT' }],
  })),
  joining('a remark with one that it replaces', 'createAssessment', (own, { assessment_id }) => ({
    ...trace(own),
    assessment: { ...remark(own), overrides: assessment_id },
  })),
  joining('a trace with a remark on another', 'getAssessment', (own, { assessment_id }) => ({
    ...trace(own),
    assessment_id,
  })),
  joining('the change of a remark on another trace', 'updateAssessment', (own, { assessment_id }) => ({
    ...trace(own),
    assessment_id,
    assessment: { ...remark(own), rationale: 'r' },
    update_mask: 'rationale',
  })),
  joining('the deletion of a remark on another trace', 'deleteAssessment', (own, { assessment_id }) => ({
    ...trace(own),
    assessment_id,
  })),
  joining('a data set with an experiment', 'createDataset', (own, other) => ({
    name: `${own.mark} more`,
    experiment_ids: [other.experiment_id],
  })),
  joining('more experiments of a data set with one', 'addDatasetToExperiments', (own, other) => ({
    ...dataset(own),
    experiment_ids: [other.experiment_id],
  })),
  joining('fewer experiments of a data set with one', 'removeDatasetFromExperiments', (own, other) => ({
    ...dataset(own),
    experiment_ids: [other.experiment_id],
  })),
  joining('the deletion of records with one', 'deleteDatasetRecords', (own, other) => ({
    ...dataset(own),
    dataset_record_ids: [other.dataset_record_id],
  })),
  joining('the search of data sets with an experiment', 'searchEvaluationDatasets', (_, other) => ({
    experiment_ids: [other.experiment_id],
  })),
  joining('an issue with the run that found it', 'createIssue', (own, other) => ({
    ...experiment(own),
    name: 'i',
    description: 'd',
    source_run_id: other.run_id,
  })),
  joining('the search of issues with an experiment', 'searchIssues', (_, other) => experiment(other)),
  joining('a queue with a question', 'createReviewQueue', (own, other) => ({
    ...experiment(own),
    name: 'q',
    queue_type: 'CUSTOM',
    schema_ids: [other.schema_id],
  })),
  joining('a queue with a trace', 'addItemsToReviewQueue', (own, other) => ({
    ...queue(own),
    item_ids: [other.trace_id],
  })),
  joining('queues with a trace', 'listReviewQueues', (own, other) => ({
    ...experiment(own),
    item_id: other.trace_id,
  })),
  joining('a webhook with a delivery', 'getWebhookDelivery', (own, { delivery_id }) => ({
    ...webhook(own),
    delivery_id,
  })),
  joining('a webhook with a delivery to be sent again', 'redeliverWebhook', (own, { delivery_id }) => ({
    ...webhook(own),
    delivery_id,
  })),
];
