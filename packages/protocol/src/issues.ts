import { endpoint } from './endpoint.ts';
import { experimentId } from './fields.ts';
import { optional, required, withDefault } from './wire/field.ts';
import { stringMap } from './wire/json-value.ts';
import { message, repeated, type WireMessage } from './wire/message.ts';
import { bool, int32, int64, string } from './wire/scalars.ts';

export const ISSUE_STATUSES = ['pending', 'rejected', 'resolved'] as const;
/** From the least to the worst: searches give the worst first. */
export const ISSUE_SEVERITIES = ['not_an_issue', 'low', 'medium', 'high'] as const;
/** What searches may be ordered by, on a database of MLflow 3.18 or later. */
export const ISSUE_ORDERS = [
  'name',
  'status',
  'severity',
  'created_timestamp',
  'last_updated_timestamp',
  'last_seen_timestamp',
] as const;

/** Databases of MLflow 3.17 have no place for some fields: there its server passes over them, and so does ours. */
const SINCE_3_18 = 'On a database of MLflow 3.18 or later; passed over on an older one.';

export const issue = message({
  issue_id: required(string()),
  experiment_id: required(string()),
  name: required(string()),
  description: required(string()),
  status: required(string(), { describe: `One of ${ISSUE_STATUSES.join(', ')}.` }),
  severity: optional(string(), { describe: `One of ${ISSUE_SEVERITIES.join(', ')}.` }),
  root_causes: optional(repeated(string())),
  source_run_id: optional(string()),
  created_timestamp: required(int64()),
  last_updated_timestamp: required(int64()),
  created_by: optional(string()),
  categories: optional(repeated(string())),
  trace_count: optional(int32()),
  last_seen_timestamp: optional(int64(), { describe: `When it was observed last. ${SINCE_3_18}` }),
  last_updated_by: optional(string(), { describe: SINCE_3_18 }),
  metadata: optional(stringMap(), { describe: SINCE_3_18 }),
});
export type Issue = WireMessage<typeof issue.fields>;

const PATH = '/api/3.0/mlflow/issues';

export const createIssue = endpoint({
  name: 'createIssue',
  method: 'POST',
  path: PATH,
  summary: 'Note an issue that traces of an experiment have.',
  permission: { level: 'EDIT', on: 'experiment', id: 'experiment_id' },
  request: message({
    experiment_id: experimentId(),
    name: required(string()),
    description: required(string()),
    status: withDefault(string(), 'pending'),
    severity: optional(string()),
    root_causes: withDefault(repeated(string()), []),
    source_run_id: optional(string()),
    created_by: optional(string()),
    categories: withDefault(repeated(string()), []),
    issue_id: optional(string(), {
      describe: `\`iss-\` and up to 32 letters, digits, \`_\` or \`-\`; given by the server unless sent. ${SINCE_3_18}`,
    }),
    last_seen_timestamp: optional(int64(), {
      describe: `Milliseconds; now, unless sent. ${SINCE_3_18}`,
    }),
    metadata: optional(stringMap(), { describe: SINCE_3_18 }),
  }),
  response: message({ issue: required(issue) }),
  errors: ['INVALID_PARAMETER_VALUE', 'RESOURCE_DOES_NOT_EXIST', 'RESOURCE_ALREADY_EXISTS'],
});

export const updateIssue = endpoint({
  name: 'updateIssue',
  method: 'PATCH',
  path: `${PATH}/{issue_id}`,
  summary: 'Change an issue; what is not given stays.',
  permission: 'any-user',
  request: message({
    issue_id: required(string()),
    name: optional(string()),
    description: optional(string()),
    status: optional(string()),
    severity: optional(string()),
    categories: optional(repeated(string()), {
      describe: `Take the place of those there are; an empty list clears them. ${SINCE_3_18}`,
    }),
    last_seen_timestamp: optional(int64(), { describe: `Never moves backwards. ${SINCE_3_18}` }),
    last_updated_by: optional(string(), { describe: SINCE_3_18 }),
    metadata: optional(stringMap(), { describe: `Added to those there are. ${SINCE_3_18}` }),
    delete_metadata_keys: withDefault(repeated(string()), [], { describe: SINCE_3_18 }),
  }),
  response: message({ issue: required(issue) }),
  errors: ['INVALID_PARAMETER_VALUE', 'RESOURCE_DOES_NOT_EXIST'],
});

export const getIssue = endpoint({
  name: 'getIssue',
  method: 'GET',
  path: `${PATH}/{issue_id}`,
  summary: 'Get an issue.',
  permission: 'any-user',
  request: message({ issue_id: required(string()) }),
  response: message({ issue: required(issue) }),
  errors: ['RESOURCE_DOES_NOT_EXIST'],
});

export const searchIssues = endpoint({
  name: 'searchIssues',
  method: 'POST',
  path: `${PATH}/search`,
  summary: 'Search issues, the worst first unless another order is asked for.',
  permission: 'any-user',
  request: message({
    experiment_id: optional(string()),
    filter_string: optional(string()),
    max_results: withDefault(int32(1, 50_000), 100),
    page_token: optional(string()),
    include_trace_count: withDefault(bool(), false),
    name: optional(string(), { describe: `Part of the name, in any case of letters. ${SINCE_3_18}` }),
    statuses: withDefault(repeated(string()), [], { describe: SINCE_3_18 }),
    severities: withDefault(repeated(string()), [], { describe: SINCE_3_18 }),
    categories: withDefault(repeated(string()), [], {
      describe: `Any of these, in any case of letters. ${SINCE_3_18}`,
    }),
    order_by: withDefault(repeated(string()), [], {
      describe: `${ISSUE_ORDERS.join(', ')}; each may be followed by ASC or DESC. ${SINCE_3_18}`,
    }),
    include_total_count: withDefault(bool(), false, { describe: SINCE_3_18 }),
    view: optional(string(), {
      describe: `\`basic\` leaves out description, root causes and metadata; \`full\` does not. ${SINCE_3_18}`,
    }),
  }),
  response: message({
    issues: optional(repeated(issue)),
    next_page_token: required(string(), { describe: 'Empty on the last page.' }),
    total_count: optional(int64(), { describe: 'Of all pages, where it was asked for.' }),
  }),
  errors: ['INVALID_PARAMETER_VALUE'],
});

export const issueEndpoints = { createIssue, updateIssue, getIssue, searchIssues };
