import { endpoint } from './endpoint.ts';
import { experimentId } from './fields.ts';
import { optional, required, withDefault } from './wire/field.ts';
import { message, repeated, type WireMessage } from './wire/message.ts';
import { bool, int32, int64, string } from './wire/scalars.ts';

export const ISSUE_STATUSES = ['pending', 'rejected', 'resolved'] as const;
/** From the least to the worst: searches give the worst first. */
export const ISSUE_SEVERITIES = ['not_an_issue', 'low', 'medium', 'high'] as const;

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
  }),
  response: message({ issue: required(issue) }),
  errors: ['INVALID_PARAMETER_VALUE', 'RESOURCE_DOES_NOT_EXIST'],
});

export const updateIssue = endpoint({
  name: 'updateIssue',
  method: 'PATCH',
  path: `${PATH}/{issue_id}`,
  summary: 'Change an issue; what is not given, or empty, stays.',
  permission: 'any-user',
  request: message({
    issue_id: required(string()),
    name: optional(string()),
    description: optional(string()),
    status: optional(string()),
    severity: optional(string()),
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
  summary: 'Search issues by status and run, the worst first.',
  permission: 'any-user',
  request: message({
    experiment_id: optional(string()),
    filter_string: optional(string()),
    max_results: withDefault(int32(1, 50_000), 100),
    page_token: optional(string()),
    include_trace_count: withDefault(bool(), false),
  }),
  response: message({
    issues: optional(repeated(issue)),
    next_page_token: required(string(), { describe: 'Empty on the last page.' }),
  }),
  errors: ['INVALID_PARAMETER_VALUE'],
});

export const issueEndpoints = { createIssue, updateIssue, getIssue, searchIssues };
