import { endpoint } from './endpoint.ts';
import { optional, required, withDefault } from './wire/field.ts';
import { fieldMask } from './wire/field-mask.ts';
import { jsonValue, stringMap } from './wire/json-value.ts';
import { message, type ParsedMessage, type WireMessage } from './wire/message.ts';
import { bool, enumOf, string } from './wire/scalars.ts';
import { timestamp } from './wire/times.ts';

const sourceType = enumOf({ SOURCE_TYPE_UNSPECIFIED: 0, HUMAN: 1, LLM_JUDGE: 2, CODE: 3 });

const assessmentError = message({
  error_code: withDefault(string(), ''),
  error_message: optional(string()),
  stack_trace: optional(string()),
});
export type AssessmentError = ParsedMessage<typeof assessmentError.fields>;

/** What somebody says about a trace: feedback, an expectation, or that it shows an issue. Exactly one of the three is set. */
export const assessment = message({
  assessment_id: optional(string(), { describe: 'Given by the server unless the caller brings one.' }),
  assessment_name: withDefault(string(), '', { describe: 'For an issue, its id.' }),
  trace_id: optional(string()),
  span_id: optional(string()),
  source: optional(
    message({
      source_type: withDefault(sourceType, 'SOURCE_TYPE_UNSPECIFIED'),
      source_id: optional(string()),
    }),
  ),
  create_time: optional(timestamp()),
  last_update_time: optional(timestamp()),
  feedback: optional(
    message({
      value: optional(jsonValue(), { describe: 'Any JSON. Its numbers are doubles.' }),
      error: optional(assessmentError),
    }),
  ),
  expectation: optional(
    message({
      value: optional(jsonValue(), { describe: 'A text, number or boolean.' }),
      serialized_value: optional(
        message({
          serialization_format: withDefault(string(), '', { describe: 'JSON_FORMAT' }),
          value: withDefault(string(), '', { describe: 'JSON text; in answers for lists and objects.' }),
        }),
      ),
    }),
  ),
  issue: optional(message({ issue_name: withDefault(string(), '') })),
  rationale: optional(string()),
  metadata: optional(stringMap()),
  overrides: optional(string(), { describe: 'The id of the assessment that this one replaces.' }),
  valid: optional(bool(), { describe: 'False once another assessment overrides this one.' }),
});
export type Assessment = WireMessage<typeof assessment.fields>;
export type AssessmentInput = ParsedMessage<typeof assessment.fields>;

const ids = { trace_id: required(string()), assessment_id: required(string()) } as const;

export const createAssessment = endpoint({
  name: 'createAssessment',
  method: 'POST',
  path: '/api/3.0/mlflow/traces/{trace_id}/assessments',
  summary: 'Add feedback, an expectation or an issue to a trace.',
  permission: { level: 'EDIT', on: 'trace', id: 'trace_id' },
  request: message({ trace_id: required(string()), assessment: required(assessment) }),
  response: message({ assessment: required(assessment) }),
  errors: ['INVALID_PARAMETER_VALUE', 'RESOURCE_DOES_NOT_EXIST', 'RESOURCE_ALREADY_EXISTS'],
});

export const getAssessment = endpoint({
  name: 'getAssessment',
  method: 'GET',
  path: '/api/3.0/mlflow/traces/{trace_id}/assessments/{assessment_id}',
  summary: 'Get an assessment, overridden ones included.',
  permission: { level: 'READ', on: 'trace', id: 'trace_id' },
  request: message(ids),
  response: message({ assessment: required(assessment) }),
  errors: ['RESOURCE_DOES_NOT_EXIST'],
});

export const updateAssessment = endpoint({
  name: 'updateAssessment',
  method: 'PATCH',
  path: '/api/3.0/mlflow/traces/{trace_id}/assessments/{assessment_id}',
  summary: 'Change the fields of an assessment that update_mask names. Metadata is merged.',
  permission: { level: 'EDIT', on: 'trace', id: 'trace_id' },
  request: message({
    ...ids,
    assessment: required(assessment),
    update_mask: required(fieldMask(['assessment_name', 'expectation', 'feedback', 'rationale', 'metadata'])),
  }),
  response: message({ assessment: required(assessment) }),
  errors: ['INVALID_PARAMETER_VALUE', 'RESOURCE_DOES_NOT_EXIST'],
});

export const deleteAssessment = endpoint({
  name: 'deleteAssessment',
  method: 'DELETE',
  path: '/api/3.0/mlflow/traces/{trace_id}/assessments/{assessment_id}',
  summary:
    'Delete an assessment; what it overrode is valid again. Deleting one that is gone changes nothing.',
  permission: { level: 'EDIT', on: 'trace', id: 'trace_id' },
  request: message(ids),
  response: message({}),
  errors: [],
});

export const assessmentEndpoints = { createAssessment, getAssessment, updateAssessment, deleteAssessment };
