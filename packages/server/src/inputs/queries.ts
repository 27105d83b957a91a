import {
  type Db,
  type InputTagRow,
  type Insert,
  isIn,
  lookup,
  raw,
  type Sql,
  sql,
  type Tx,
} from '@bitacora/db';
import type { Int64 } from '@bitacora/protocol';
import { andInScope, type Scope } from '../workspaces/scope.ts';

/** One edge of a run: a data set read, a model read, or a model made. */
export interface RunLinkRow {
  readonly run_id: string;
  readonly kind: 'DATASET' | 'RUN_INPUT' | 'RUN_OUTPUT';
  readonly input_uuid: string;
  readonly model_id: string | null;
  readonly step: Int64;
  readonly name: string | null;
  readonly digest: string | null;
  readonly dataset_source_type: string | null;
  readonly dataset_source: string | null;
  readonly dataset_schema: string | null;
  readonly dataset_profile: string | null;
}

/** One id is compared as it is: reading one run is what is asked most often. */
const isOneOf = (column: string, ids: readonly string[]): Sql =>
  ids.length === 1 ? sql`${raw(column)} = ${ids[0]!}` : isIn(column, ids);

/** Data sets point at their run; models are pointed at by theirs. */
export const listRunLinks = (db: Db, run_ids: readonly string[]) =>
  db.all(
    lookup(sql<RunLinkRow>`
    SELECT i.destination_id AS run_id, 'DATASET' AS kind, i.input_uuid, NULL AS model_id, i.step, d.name, d.digest,
      d.dataset_source_type, d.dataset_source, d.dataset_schema, d.dataset_profile
    FROM inputs i JOIN datasets d ON d.dataset_uuid = i.source_id
    WHERE i.destination_type = 'RUN' AND i.source_type = 'DATASET' AND ${isOneOf('i.destination_id', run_ids)}
    UNION ALL ${modelLinks('RUN_INPUT', 'MODEL_INPUT', run_ids)}
    UNION ALL ${modelLinks('RUN_OUTPUT', 'MODEL_OUTPUT', run_ids)}`),
  );

/** One kind at a time: of a choice of two SQLite makes a walk over all links of either kind. */
const modelLinks = (source_type: string, destination_type: string, run_ids: readonly string[]): Sql => sql`
    SELECT i.source_id, i.source_type, i.input_uuid, i.destination_id, i.step, NULL, NULL, NULL, NULL, NULL, NULL
    FROM inputs i
    WHERE i.source_type = ${source_type} AND i.destination_type = ${destination_type}
      AND ${isOneOf('i.source_id', run_ids)}`;

export const listInputTags = (db: Db, input_uuids: readonly string[]) =>
  db.all(sql<InputTagRow>`
    SELECT input_uuid, name, value FROM input_tags WHERE ${isIn('input_uuid', input_uuids)} ORDER BY input_uuid, name`);

export const findDatasetId = (db: Db, experiment_id: Int64, name: string, digest: string) =>
  db.get(sql<{ dataset_uuid: string }>`
    SELECT dataset_uuid FROM datasets WHERE experiment_id = ${experiment_id} AND name = ${name} AND digest = ${digest}`);

export interface NewDataset {
  readonly dataset_uuid: string;
  readonly experiment_id: Int64;
  readonly name: string;
  readonly digest: string;
  readonly source_type: string;
  readonly source: string;
  readonly schema?: string | undefined;
  readonly profile?: string | undefined;
}

const DATASETS: Insert = {
  into: 'datasets',
  columns: [
    ...['dataset_uuid', 'experiment_id', 'name', 'digest', 'dataset_source_type', 'dataset_source'],
    ...['dataset_schema', 'dataset_profile'],
  ],
  onConflict: 'ignore',
};

/** One that another has recorded meanwhile stays as it is. */
export const insertDataset = (tx: Tx, dataset: NewDataset) =>
  tx.insert(DATASETS, [
    [
      ...[dataset.dataset_uuid, dataset.experiment_id, dataset.name, dataset.digest, dataset.source_type],
      ...[dataset.source, dataset.schema ?? null, dataset.profile ?? null],
    ],
  ]);

export interface NewLink {
  readonly input_uuid: string;
  readonly source_type: 'DATASET' | 'RUN_INPUT' | 'RUN_OUTPUT';
  readonly source_id: string;
  readonly destination_type: 'RUN' | 'MODEL_INPUT' | 'MODEL_OUTPUT';
  readonly destination_id: string;
  readonly step?: Int64;
}

const LINKS: Insert = {
  into: 'inputs',
  columns: ['input_uuid', 'source_type', 'source_id', 'destination_type', 'destination_id', 'step'],
  onConflict: 'ignore',
};

const INPUT_TAGS: Insert = {
  into: 'input_tags',
  columns: ['input_uuid', 'name', 'value'],
  onConflict: { key: ['input_uuid', 'name'], set: ['value'] },
};

/** @returns how many of the edges are new; those that exist stay as they are. */
export const insertLinks = (tx: Tx, links: readonly NewLink[]): Promise<number> =>
  tx.insert(
    LINKS,
    links.map(({ input_uuid, source_type, source_id, destination_type, destination_id, step = 0 }) => [
      ...[input_uuid, source_type, source_id, destination_type, destination_id, step],
    ]),
  );

/** The last of equal names wins. */
export const insertInputTags = (
  tx: Tx,
  input_uuid: string,
  tags: readonly { readonly key: string; readonly value: string }[],
) =>
  tx.insert(
    INPUT_TAGS,
    tags.map(({ key, value }) => [input_uuid, key, value]),
  );

export interface DatasetSummaryRow {
  readonly experiment_id: Int64;
  readonly name: string;
  readonly digest: string;
  readonly context: string | null;
}

export const listDatasetSummaries = (db: Db, scope: Scope, experiment_ids: readonly Int64[], limit: number) =>
  db.all(sql<DatasetSummaryRow>`
    SELECT DISTINCT d.experiment_id, d.name, d.digest, t.value AS context
    FROM datasets d JOIN inputs i ON i.source_type = 'DATASET' AND i.source_id = d.dataset_uuid
    LEFT JOIN input_tags t ON t.input_uuid = i.input_uuid AND t.name = 'mlflow.data.context'
    WHERE ${isIn('d.experiment_id', experiment_ids)} ${andInScope(scope, 'd.experiment_id')}
    ORDER BY d.experiment_id, d.name, d.digest, context LIMIT ${limit}`);
