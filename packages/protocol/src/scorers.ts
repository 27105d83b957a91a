import { endpoint } from './endpoint.ts';
import { experimentId } from './fields.ts';
import { optional, required, withDefault } from './wire/field.ts';
import { message, repeated, type WireMessage } from './wire/message.ts';
import { double, int32, int64, string } from './wire/scalars.ts';

/** In the answers to `list`, `versions` and `get` the experiment is a number; in that to `register` it is text. */
export const scorer = message({
  experiment_id: required(int64()),
  scorer_name: required(string()),
  scorer_version: required(int32()),
  serialized_scorer: required(string()),
  creation_time: required(int64()),
  scorer_id: required(string()),
});
export type Scorer = WireMessage<typeof scorer.fields>;

export const onlineScoringConfig = message({
  online_scoring_config_id: required(string()),
  scorer_id: required(string()),
  sample_rate: required(double()),
  experiment_id: required(string()),
  filter_string: optional(string()),
});

const PATH = '/api/3.0/mlflow/scorers';

export const registerScorer = endpoint({
  name: 'registerScorer',
  method: 'POST',
  path: `${PATH}/register`,
  summary: 'Register a scorer of an experiment, or its next version.',
  permission: { level: 'EDIT', on: 'experiment', id: 'experiment_id' },
  request: message({
    experiment_id: experimentId(),
    name: required(string()),
    serialized_scorer: required(string(), { describe: 'JSON text.' }),
  }),
  response: message({
    version: required(int32()),
    scorer_id: required(string()),
    experiment_id: required(string()),
    name: required(string()),
    serialized_scorer: required(string()),
    creation_time: required(int64()),
  }),
  errors: ['INVALID_PARAMETER_VALUE', 'RESOURCE_DOES_NOT_EXIST'],
});

export const listScorers = endpoint({
  name: 'listScorers',
  method: 'GET',
  path: `${PATH}/list`,
  summary: 'The latest version of each scorer of one experiment, of some, or of all that are active.',
  permission: 'any-user',
  request: message({ experiment_id: optional(string()), experiment_ids: optional(repeated(string())) }),
  response: message({ scorers: optional(repeated(scorer)) }),
  errors: ['INVALID_PARAMETER_VALUE', 'RESOURCE_DOES_NOT_EXIST'],
});

export const listScorerVersions = endpoint({
  name: 'listScorerVersions',
  method: 'GET',
  path: `${PATH}/versions`,
  summary: 'All versions of a scorer, oldest first.',
  permission: { level: 'READ', on: 'experiment', id: 'experiment_id' },
  request: message({ experiment_id: experimentId(), name: required(string()) }),
  response: message({ scorers: optional(repeated(scorer)) }),
  errors: ['INVALID_PARAMETER_VALUE', 'RESOURCE_DOES_NOT_EXIST'],
});

export const getScorer = endpoint({
  name: 'getScorer',
  method: 'GET',
  path: `${PATH}/get`,
  summary: 'A version of a scorer; the latest where none is named.',
  permission: { level: 'READ', on: 'experiment', id: 'experiment_id' },
  request: message({ experiment_id: experimentId(), name: required(string()), version: optional(int32()) }),
  response: message({ scorer: required(scorer) }),
  errors: ['INVALID_PARAMETER_VALUE', 'RESOURCE_DOES_NOT_EXIST'],
});

export const deleteScorer = endpoint({
  name: 'deleteScorer',
  method: 'DELETE',
  path: `${PATH}/delete`,
  summary: 'Delete a version of a scorer, or the scorer with all its versions, for good.',
  permission: { level: 'MANAGE', on: 'experiment', id: 'experiment_id' },
  request: message({ experiment_id: experimentId(), name: required(string()), version: optional(int32()) }),
  response: message({}),
  errors: ['INVALID_PARAMETER_VALUE', 'RESOURCE_DOES_NOT_EXIST'],
});

export const upsertOnlineScoringConfig = endpoint({
  name: 'upsertOnlineScoringConfig',
  method: 'PUT',
  path: `${PATH}/online-config`,
  summary: 'Set which share of new traces a scorer is to judge by itself.',
  permission: { level: 'EDIT', on: 'experiment', id: 'experiment_id' },
  request: message({
    experiment_id: experimentId(),
    name: required(string()),
    sample_rate: required(double(), { describe: 'From 0 (off) to 1.' }),
    filter_string: optional(string()),
  }),
  response: message({ config: required(onlineScoringConfig) }),
  errors: ['INVALID_PARAMETER_VALUE', 'RESOURCE_DOES_NOT_EXIST'],
});

export const getOnlineScoringConfigs = endpoint({
  name: 'getOnlineScoringConfigs',
  method: 'GET',
  path: `${PATH}/online-configs`,
  summary: 'The settings of online scoring of some scorers.',
  permission: 'any-user',
  request: message({ scorer_ids: required(repeated(string())) }),
  response: message({ configs: withDefault(repeated(onlineScoringConfig), []) }),
  errors: ['INVALID_PARAMETER_VALUE'],
});

export const scorerEndpoints = {
  registerScorer,
  listScorers,
  listScorerVersions,
  getScorer,
  deleteScorer,
  upsertOnlineScoringConfig,
  getOnlineScoringConfigs,
};
