import { readdirSync, readFileSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { expect, test } from 'vitest';
import { createSchema } from '../schema/create-schema.ts';
import { ensureOwn } from '../schema/indexes.ts';
import { revisionOf } from '../schema/revisions.ts';

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
  DeltaTableRow: 'bitacora_delta_tables',
  DeltaSnapshotRow: 'bitacora_delta_snapshots',
  DeltaInputRow: 'bitacora_delta_inputs',
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

/** What a newer schema has and the one that fresh databases get has not. */
const TABLES_3_18: Readonly<Record<string, string>> = {
  ObservedIssueRow: 'issues',
  IssueCategoryRow: 'issue_categories',
};

const TYPES: Readonly<Record<string, string>> = {
  INTEGER: 'number',
  BIGINT: 'Int64',
  FLOAT: 'number',
  TEXT: 'string',
  BOOLEAN: '0 | 1',
};

const interfaces = new Map<string, string>();
for (const file of readdirSync(import.meta.dirname).filter((name) => !name.endsWith('.test.ts'))) {
  const source = readFileSync(new URL(file, import.meta.url), 'utf8');
  for (const [, name, parent, body] of source.matchAll(
    /^export interface (\w+)(?: extends (\w+))? \{\n(.*?)^\}/gms,
  ))
    interfaces.set(name!, `${parent === undefined ? '' : interfaces.get(parent)}${body}`);
}

/** The fields that a row of the table has. */
function fieldsOf(table: string, release: string): string {
  const db = new DatabaseSync(':memory:');
  createSchema(db, revisionOf(release));
  ensureOwn(db);
  const fields = db
    .prepare('SELECT name, type, "notnull" FROM pragma_table_info(?) ORDER BY cid')
    .all(table)
    .map((column) => {
      // File stores have ids beyond 2^53.
      const type = column.name === 'experiment_id' ? 'Int64' : (TYPES[String(column.type)] ?? 'string');
      return `  readonly ${column.name}: ${type}${column.notnull ? '' : ' | null'};\n`;
    });
  db.close();
  return fields.join('');
}

test('every row type belongs to a table', () => {
  expect([...interfaces.keys()].sort()).toEqual([...Object.keys(TABLES), ...Object.keys(TABLES_3_18)].sort());
});

test.each(Object.entries(TABLES))('%s is a row of %s', (name, table) => {
  expect(interfaces.get(name)).toBe(fieldsOf(table, '3.17'));
});

test.each(Object.entries(TABLES_3_18))('%s is a row of %s since MLflow 3.18', (name, table) => {
  expect(interfaces.get(name)).toBe(fieldsOf(table, '3.18'));
});
