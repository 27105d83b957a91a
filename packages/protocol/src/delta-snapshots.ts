import { endpoint } from './endpoint.ts';
import { experimentId, runId } from './fields.ts';
import { optional, required, withDefault } from './wire/field.ts';
import { jsonValue } from './wire/json-value.ts';
import { message, repeated, type WireMessage } from './wire/message.ts';
import { bool, enumOf, int32, int64, string } from './wire/scalars.ts';

const columnStatistics = message({
  column: required(repeated(string()), { describe: 'Names from the root; several for a field of a struct.' }),
  type: required(string(), { describe: "In Delta's words, such as decimal(10,2)." }),
  min: optional(jsonValue(), {
    describe: 'Unset where a file has no statistics of the column, or all are null.',
  }),
  max: optional(jsonValue()),
  null_count: optional(int64()),
  is_exact: required(bool(), {
    describe: 'Whether min and max stand in the table. Otherwise all values lie between them.',
  }),
});
export type DeltaColumnStatistics = WireMessage<typeof columnStatistics.fields>;

const deltaColumn = message({
  name: required(string()),
  type: required(string()),
  nullable: required(bool()),
  comment: optional(string()),
});
export type DeltaColumn = WireMessage<typeof deltaColumn.fields>;

export const deltaSnapshot = message({
  snapshot_id: required(string()),
  table_id: required(string(), { describe: 'What the table calls itself; another where it was made anew.' }),
  version: required(int64()),
  timestamp: optional(int64(), { describe: 'When the version was committed, in milliseconds.' }),
  columns: required(repeated(deltaColumn), { describe: 'The first 2,000.' }),
  column_count: required(int32()),
  partition_columns: required(repeated(string())),
  file_count: required(int64()),
  size_bytes: required(int64()),
  row_count: optional(int64(), { describe: 'Unset where the log has no counts.' }),
  file_list_digest: required(string(), {
    describe: 'SHA-256 of the paths, sizes and deletion vectors of the files: the same for the same rows.',
  }),
  statistics: required(repeated(columnStatistics), {
    describe: 'Of the first 2,000 columns, those within structs each by itself. Long texts are cut.',
  }),
});
export type DeltaSnapshot = WireMessage<typeof deltaSnapshot.fields>;

const deltaTableState = message({
  latest_version: optional(int64()),
  latest_timestamp: optional(int64(), { describe: 'When that version was committed, in milliseconds.' }),
  checked_timestamp: optional(int64(), { describe: 'When the table was last looked at, in milliseconds.' }),
  error_message: optional(string(), { describe: 'Why it could not be looked at the last time.' }),
});

/** A Delta table that a run has read. */
export const deltaInput = message({
  delta_input_id: required(string()),
  run_id: required(string()),
  dataset_name: required(string()),
  dataset_digest: required(string()),
  table: required(string(), { describe: 'The path, or the name in a catalog, as it was logged.' }),
  named_version: optional(int64(), { describe: 'The version that was logged; Python leaves out version 0.' }),
  version: optional(int64(), {
    describe: 'The version that is pinned: the one that was logged, or else the one current at that time.',
  }),
  logged_timestamp: required(int64(), { describe: 'In milliseconds.' }),
  status: required(enumOf({ PENDING: 1, RECORDED: 2, UNAVAILABLE: 3 }), {
    describe: 'Whether the snapshot has been recorded, will be, or cannot be; error_message says why.',
  }),
  error_message: optional(string()),
  snapshot: optional(deltaSnapshot),
  latest: required(deltaTableState),
  versions_behind: optional(int64(), {
    describe: 'So many versions has the table moved on. Unset where either version is not known.',
  }),
  is_replaced: required(bool(), { describe: 'Whether another table stands at the place now.' }),
});
export type DeltaInput = WireMessage<typeof deltaInput.fields>;

const inputId = () => required(string());

/** What opening a table may be refused for. */
const TABLE_ERRORS = [
  'INVALID_PARAMETER_VALUE',
  'RESOURCE_DOES_NOT_EXIST',
  'INVALID_STATE',
  'NOT_IMPLEMENTED',
  'PERMISSION_DENIED',
  'TEMPORARILY_UNAVAILABLE',
] as const;

export const listDeltaInputs = endpoint({
  name: 'listDeltaInputs',
  method: 'GET',
  path: '/api/2.0/bitacora/runs/{run_id}/delta-inputs',
  summary: 'List the Delta tables that a run has read, with the snapshot of each as it was recorded.',
  permission: { level: 'READ', on: 'run', id: 'run_id' },
  request: message({
    run_id: runId(),
    max_results: withDefault(int32(1, 100), 20),
    page_token: optional(string()),
  }),
  response: message({ delta_inputs: required(repeated(deltaInput)), next_page_token: optional(string()) }),
  errors: ['INVALID_PARAMETER_VALUE', 'RESOURCE_DOES_NOT_EXIST'],
});

export const getDeltaInput = endpoint({
  name: 'getDeltaInput',
  method: 'GET',
  path: '/api/2.0/bitacora/runs/{run_id}/delta-inputs/{delta_input_id}',
  summary: 'Get a Delta table that a run has read, with its snapshot as it was recorded.',
  permission: { level: 'READ', on: 'run', id: 'run_id' },
  request: message({ run_id: runId(), delta_input_id: inputId() }),
  response: message({ delta_input: required(deltaInput) }),
  errors: ['RESOURCE_DOES_NOT_EXIST'],
});

export const refreshDeltaInput = endpoint({
  name: 'refreshDeltaInput',
  method: 'POST',
  path: '/api/2.0/bitacora/runs/{run_id}/delta-inputs/{delta_input_id}/refresh',
  summary:
    'Look at the table now: which version is its latest. A snapshot that could not be recorded is tried again.',
  permission: { level: 'READ', on: 'run', id: 'run_id' },
  request: message({ run_id: runId(), delta_input_id: inputId() }),
  response: message({ delta_input: required(deltaInput) }),
  errors: ['RESOURCE_DOES_NOT_EXIST'],
});

export const previewDeltaRows = endpoint({
  name: 'previewDeltaRows',
  method: 'GET',
  path: '/api/2.0/bitacora/runs/{run_id}/delta-inputs/{delta_input_id}/rows',
  summary: 'Read rows of the table as they were at the pinned version.',
  permission: { level: 'READ', on: 'run', id: 'run_id' },
  request: message({
    run_id: runId(),
    delta_input_id: inputId(),
    columns: withDefault(repeated(string()), [], {
      describe: 'Top-level columns, up to 500; the first 500 that can be read when left out.',
    }),
    max_results: withDefault(int32(1, 1000), 100),
    page_token: optional(string()),
  }),
  response: message({
    version: required(int64()),
    columns: required(repeated(deltaColumn)),
    rows: required(repeated(jsonValue()), {
      describe:
        'Each a list of values in the order of the columns: dates, times and decimals are texts, binary is base64, a map is a list of pairs, NaN and infinities are words.',
    }),
    is_cut: required(bool(), { describe: 'Whether values longer than 2,000 characters were cut.' }),
    unread_columns: required(repeated(string()), {
      describe:
        'Columns that were not asked for and are left out: of a type that is not read here, or beyond the first 500.',
    }),
    first_row: required(int64(), { describe: 'The number of the first row of the page, from 0.' }),
    next_page_token: optional(string()),
  }),
  errors: TABLE_ERRORS,
});

export const checkDeltaFiles = endpoint({
  name: 'checkDeltaFiles',
  method: 'GET',
  path: '/api/2.0/bitacora/runs/{run_id}/delta-inputs/{delta_input_id}/availability',
  summary:
    'Find out which files of the pinned version are gone: a VACUUM removes those that no later version needs.',
  permission: { level: 'READ', on: 'run', id: 'run_id' },
  request: message({ run_id: runId(), delta_input_id: inputId() }),
  response: message({
    is_available: required(bool(), {
      describe: 'Whether the version can be opened, and no file is missing.',
    }),
    warning: optional(string(), { describe: 'What is wrong, for people.' }),
    file_count: optional(int64(), { describe: 'Data files of the version; unset when its log is gone.' }),
    missing_count: required(int64()),
    missing_paths: required(repeated(string()), { describe: 'The first 100.' }),
    unchecked_count: required(int64(), { describe: 'Files outside of the table, as in a shallow clone.' }),
  }),
  errors: TABLE_ERRORS,
});

const schemaChange = message({
  change: required(enumOf({ added: 1, removed: 2, renamed: 3, type: 4, nullable: 5 })),
  column: required(repeated(string())),
  from: optional(string(), { describe: 'Name, type or true and false before.' }),
  to: optional(string()),
});
export type DeltaSchemaChange = WireMessage<typeof schemaChange.fields>;

const comparedVersion = message({
  version: required(int64()),
  timestamp: optional(int64()),
  row_count: optional(int64()),
  file_count: required(int64()),
  size_bytes: required(int64()),
});

const comparedColumn = message({
  column: required(repeated(string())),
  before: optional(columnStatistics),
  after: optional(columnStatistics),
});

export const compareDeltaInputs = endpoint({
  name: 'compareDeltaInputs',
  method: 'GET',
  path: '/api/2.0/bitacora/experiments/{experiment_id}/delta-inputs/{delta_input_id}/difference',
  summary:
    'Tell what changed from the snapshot that a run of the experiment has read to one that another has read, or to the current version of the table.',
  permission: { level: 'READ', on: 'experiment', id: 'experiment_id' },
  request: message({
    experiment_id: experimentId(),
    delta_input_id: inputId(),
    other_delta_input_id: optional(string(), {
      describe:
        'Of a run of the same experiment that read the same table; left out, the current version is meant.',
    }),
  }),
  response: message({
    is_same_table: required(bool(), { describe: 'False when the table was replaced by another in between.' }),
    is_from_record: required(bool(), {
      describe:
        'Whether the log of one of both is gone, so that only what was recorded of it is compared: columns, counts and statistics, but no files and no rows.',
    }),
    before: required(comparedVersion),
    after: required(comparedVersion),
    schema: required(repeated(schemaChange), { describe: 'The first 1,000.' }),
    schema_change_count: required(int32()),
    files_added_count: optional(int64()),
    files_removed_count: optional(int64()),
    files_changed_count: optional(int64(), { describe: 'Files of both that have other deleted rows.' }),
    bytes_added: optional(int64()),
    bytes_removed: optional(int64()),
    rows_added: optional(int64(), { describe: 'Unset where the log has no counts.' }),
    rows_removed: optional(int64()),
    rows_are_exact: required(bool(), {
      describe:
        'Otherwise both are upper bounds: rows of files that were written anew count in both. Their difference is right all the same.',
    }),
    columns: required(repeated(comparedColumn), {
      describe: 'Statistics of the first 1,000 columns, side by side.',
    }),
  }),
  errors: TABLE_ERRORS,
});

const deltaInputOfRun = message({
  delta_input_id: required(string()),
  run_id: required(string()),
  dataset_name: required(string()),
  dataset_digest: required(string()),
  version: optional(int64(), { describe: 'The version that is pinned.' }),
  table_id: optional(string(), { describe: 'What the table calls itself; unset while it is not recorded.' }),
  versions_behind: optional(int64(), {
    describe: 'So many versions has the table moved on. Unset where either version is not known.',
  }),
  is_replaced: required(bool(), { describe: 'Whether another table stands at the place now.' }),
});
export type DeltaInputOfRun = WireMessage<typeof deltaInputOfRun.fields>;

const tableVersion = message({
  version: optional(int64(), { describe: 'Unset while it is not known which.' }),
  run_count: required(int64()),
  first_logged_timestamp: required(int64()),
  last_logged_timestamp: required(int64()),
  versions_behind: optional(int64(), {
    describe: 'So many versions has the table moved on. Unset where either version is not known.',
  }),
  is_replaced: required(bool(), { describe: 'Whether another table stands at the place now.' }),
  newest_input: required(deltaInputOfRun, { describe: 'Of the run that has logged it last.' }),
});
export type DeltaTableVersion = WireMessage<typeof tableVersion.fields>;

const experimentDeltaTable = message({
  table: required(string()),
  run_count: required(int64()),
  latest: required(deltaTableState),
  versions: required(repeated(tableVersion), {
    describe:
      'The newest 100 that runs have read, newest first; those of a table that another has replaced come last.',
  }),
});
export type ExperimentDeltaTable = WireMessage<typeof experimentDeltaTable.fields>;

export const listDeltaTables = endpoint({
  name: 'listDeltaTables',
  method: 'GET',
  path: '/api/2.0/bitacora/experiments/{experiment_id}/delta-tables',
  summary:
    'List the Delta tables that active runs of an experiment have read, with versions and numbers of runs.',
  permission: { level: 'READ', on: 'experiment', id: 'experiment_id' },
  request: message({
    experiment_id: experimentId(),
    table_contains: optional(string(), {
      describe: 'A piece of the path or the name of the table; upper and lower case alike.',
    }),
    max_results: withDefault(int32(1, 100), 20),
    page_token: optional(string()),
  }),
  response: message({
    tables: required(repeated(experimentDeltaTable)),
    next_page_token: optional(string()),
  }),
  errors: ['INVALID_PARAMETER_VALUE', 'RESOURCE_DOES_NOT_EXIST'],
});

export const listDeltaInputsOfRuns = endpoint({
  name: 'listDeltaInputsOfRuns',
  method: 'POST',
  path: '/api/2.0/bitacora/experiments/{experiment_id}/delta-inputs/of-runs',
  summary:
    'List which versions of Delta tables some runs of an experiment have read, and how far these have moved on; at most 2,000.',
  permission: { level: 'READ', on: 'experiment', id: 'experiment_id' },
  request: message({
    experiment_id: experimentId(),
    run_ids: required(repeated(string()), {
      describe: 'From 1 to 500. Those of other experiments, and those that are not there, are passed over.',
    }),
  }),
  response: message({ delta_inputs: required(repeated(deltaInputOfRun)) }),
  errors: ['INVALID_PARAMETER_VALUE', 'RESOURCE_DOES_NOT_EXIST'],
});

export const deltaSnapshotEndpoints = {
  listDeltaInputs,
  getDeltaInput,
  refreshDeltaInput,
  previewDeltaRows,
  checkDeltaFiles,
  compareDeltaInputs,
  listDeltaTables,
  listDeltaInputsOfRuns,
};
