/** MLflow's names of tags and metadata that the server itself reads or writes. */
export const TRACE_TAG = {
  name: 'mlflow.traceName',
  artifactLocation: 'mlflow.artifactLocation',
  /** Where the spans are: `TRACKING_STORE`, `ARTIFACT_REPO` or `ARCHIVE_REPO`; absent, in the file `traces.json`. */
  spansLocation: 'mlflow.trace.spansLocation',
  archiveLocation: 'mlflow.trace.archiveLocation',
  archivalFailure: 'mlflow.trace.archivalFailure',
  linkedPrompts: 'mlflow.linkedPrompts',
} as const;

export const TRACE_METADATA = {
  session: 'mlflow.trace.session',
  user: 'mlflow.trace.user',
  tokenUsage: 'mlflow.trace.tokenUsage',
  cost: 'mlflow.trace.cost',
  sizeStats: 'mlflow.trace.sizeStats',
  sourceRun: 'mlflow.sourceRun',
  /** Set once the client has sent the header; spans that come later change its time, state and previews no more. */
  infoFinalized: 'mlflow.trace.infoFinalized',
} as const;
