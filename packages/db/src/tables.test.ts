import { readFileSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { expect, test } from 'vitest';
import { createSchema } from './schema/create-schema.ts';
import { ensureOwn } from './schema/indexes.ts';

const TABLES: Readonly<Record<string, string>> = {
  ExperimentRow: 'experiments',
  ExperimentTagRow: 'experiment_tags',
  RunRow: 'runs',
  TagRow: 'tags',
  ParamRow: 'params',
  MetricRow: 'metrics',
  LatestMetricRow: 'latest_metrics',
  DatasetRow: 'datasets',
  InputRow: 'inputs',
  InputTagRow: 'input_tags',
  LoggedModelRow: 'logged_models',
  LoggedModelParamRow: 'logged_model_params',
  LoggedModelTagRow: 'logged_model_tags',
  LoggedModelMetricRow: 'logged_model_metrics',
  RegisteredModelRow: 'registered_models',
  RegisteredModelAliasRow: 'registered_model_aliases',
  ModelVersionRow: 'model_versions',
  WebhookRow: 'webhooks',
  WebhookEventRow: 'webhook_events',
  WebhookDeliveryRow: 'bitacora_webhook_deliveries',
  TraceInfoRow: 'trace_info',
  TraceTagRow: 'trace_tags',
  TraceRequestMetadataRow: 'trace_request_metadata',
  TraceMetricRow: 'trace_metrics',
  SpanRow: 'spans',
  AssessmentRow: 'assessments',
  EntityAssociationRow: 'entity_associations',
  WorkspaceRow: 'workspaces',
  EvaluationDatasetRow: 'evaluation_datasets',
  EvaluationDatasetTagRow: 'evaluation_dataset_tags',
  EvaluationDatasetRecordRow: 'evaluation_dataset_records',
  ScorerRow: 'scorers',
  ScorerVersionRow: 'scorer_versions',
  OnlineScoringConfigRow: 'online_scoring_configs',
  LabelSchemaRow: 'label_schemas',
  ReviewQueueRow: 'review_queues',
  ReviewQueueUserRow: 'review_queue_users',
  ReviewQueueItemRow: 'review_queue_items',
  ReviewQueueLabelSchemaRow: 'review_queue_label_schemas',
  IssueRow: 'issues',
  JobRow: 'jobs',
};

const TYPES: Readonly<Record<string, string>> = {
  INTEGER: 'number',
  BIGINT: 'Int64',
  FLOAT: 'number',
  TEXT: 'string',
  BOOLEAN: '0 | 1',
};

const db = new DatabaseSync(':memory:');
createSchema(db);
ensureOwn(db);
const source = readFileSync(new URL('tables.ts', import.meta.url), 'utf8');
const interfaces = new Map(
  [...source.matchAll(/^export interface (\w+) \{\n(.*?)^\}/gms)].map(([, name, body]) => [name!, body!]),
);

test('every row type belongs to a table', () => {
  expect([...interfaces.keys()]).toEqual(Object.keys(TABLES));
});

test.each(Object.entries(TABLES))('%s is a row of %s', (name, table) => {
  const fields = db
    .prepare('SELECT name, type, "notnull" FROM pragma_table_info(?) ORDER BY cid')
    .all(table)
    .map((column) => {
      // File stores have ids beyond 2^53.
      const type = column.name === 'experiment_id' ? 'Int64' : (TYPES[String(column.type)] ?? 'string');
      return `  readonly ${column.name}: ${type}${column.notnull ? '' : ' | null'};\n`;
    });
  expect(interfaces.get(name)).toBe(fields.join(''));
});
