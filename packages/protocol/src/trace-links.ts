import { endpoint } from './endpoint.ts';
import { required } from './wire/field.ts';
import { message, repeated } from './wire/message.ts';
import { string } from './wire/scalars.ts';

export const linkTracesToRun = endpoint({
  name: 'linkTracesToRun',
  method: 'POST',
  path: '/api/2.0/mlflow/traces/link-to-run',
  summary: 'Link up to 100 traces to a run. Linking one again changes nothing.',
  permission: { level: 'EDIT', on: 'run', id: 'run_id' },
  request: message({ trace_ids: required(repeated(string())), run_id: required(string()) }),
  response: message({}),
  errors: ['INVALID_PARAMETER_VALUE'],
});

export const linkPromptsToTrace = endpoint({
  name: 'linkPromptsToTrace',
  method: 'POST',
  path: '/api/2.0/mlflow/traces/link-prompts',
  summary: 'Record the prompt versions that a trace has used. Recording one again changes nothing.',
  permission: { level: 'EDIT', on: 'trace', id: 'trace_id' },
  request: message({
    trace_id: required(string()),
    prompt_versions: required(repeated(message({ name: required(string()), version: required(string()) }))),
  }),
  response: message({}),
  errors: ['INVALID_PARAMETER_VALUE', 'RESOURCE_DOES_NOT_EXIST'],
});

export const traceLinkEndpoints = { linkTracesToRun, linkPromptsToTrace };
