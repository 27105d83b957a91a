import { endpoint } from './endpoint.ts';
import { experimentId } from './fields.ts';
import { optional, required, withDefault } from './wire/field.ts';
import { message, type ParsedMessage, repeated, type WireMessage } from './wire/message.ts';
import { bool, double, enumOf, int32, int64, string } from './wire/scalars.ts';

const labelSchemaType = enumOf({ FEEDBACK: 1, EXPECTATION: 2 });

/** Exactly one of them is set. */
const labelSchemaInput = message({
  pass_fail: optional(message({ positive_label: required(string()), negative_label: required(string()) })),
  categorical: optional(
    message({ options: withDefault(repeated(string()), []), multi_select: withDefault(bool(), false) }),
  ),
  numeric: optional(message({ min_value: optional(double()), max_value: optional(double()) })),
  text: optional(message({ max_length: optional(int64()) })),
});
export type LabelSchemaInput = ParsedMessage<typeof labelSchemaInput.fields>;

export const labelSchema = message({
  schema_id: required(string()),
  experiment_id: required(string()),
  name: required(string()),
  type: required(labelSchemaType),
  instruction: optional(string()),
  enable_comment: required(bool()),
  input: required(labelSchemaInput),
  created_by: optional(string()),
  created_at: required(int64()),
  last_updated_at: required(int64()),
  is_default: required(bool()),
});
export type LabelSchema = WireMessage<typeof labelSchema.fields>;

const PATH = '/api/3.0/mlflow/label-schemas';

export const createLabelSchema = endpoint({
  name: 'createLabelSchema',
  method: 'POST',
  path: `${PATH}/create`,
  summary: 'Create a question that reviewers of an experiment’s traces answer.',
  permission: { level: 'EDIT', on: 'experiment', id: 'experiment_id' },
  request: message({
    experiment_id: experimentId(),
    name: required(string()),
    type: required(labelSchemaType),
    input: required(labelSchemaInput),
    instruction: optional(string()),
    enable_comment: withDefault(bool(), false),
  }),
  response: message({ label_schema: required(labelSchema) }),
  errors: ['INVALID_PARAMETER_VALUE', 'RESOURCE_DOES_NOT_EXIST', 'RESOURCE_ALREADY_EXISTS'],
});

export const getLabelSchema = endpoint({
  name: 'getLabelSchema',
  method: 'GET',
  path: `${PATH}/get`,
  summary: 'Get a label schema by its id.',
  permission: 'any-user',
  request: message({ schema_id: required(string()) }),
  response: message({ label_schema: required(labelSchema) }),
  errors: ['RESOURCE_DOES_NOT_EXIST'],
});

export const getLabelSchemaByName = endpoint({
  name: 'getLabelSchemaByName',
  method: 'GET',
  path: `${PATH}/get-by-name`,
  summary: 'Get a label schema of an experiment by its name.',
  permission: { level: 'READ', on: 'experiment', id: 'experiment_id' },
  request: message({ experiment_id: experimentId(), name: required(string()) }),
  response: message({ label_schema: required(labelSchema) }),
  errors: ['INVALID_PARAMETER_VALUE', 'RESOURCE_DOES_NOT_EXIST'],
});

export const listLabelSchemas = endpoint({
  name: 'listLabelSchemas',
  method: 'GET',
  path: `${PATH}/list`,
  summary: 'The label schemas of an experiment, newest first. The first call creates the one named Feedback.',
  permission: { level: 'READ', on: 'experiment', id: 'experiment_id' },
  request: message({
    experiment_id: experimentId(),
    max_results: withDefault(int32(1, 50_000), 100),
    page_token: optional(string()),
  }),
  response: message({
    label_schemas: optional(repeated(labelSchema)),
    next_page_token: required(string(), { describe: 'Empty on the last page.' }),
  }),
  errors: ['INVALID_PARAMETER_VALUE', 'RESOURCE_DOES_NOT_EXIST'],
});

export const updateLabelSchema = endpoint({
  name: 'updateLabelSchema',
  method: 'PATCH',
  path: `${PATH}/update`,
  summary: 'Change a label schema. Its type and its kind of input stay.',
  permission: 'any-user',
  request: message({
    schema_id: required(string()),
    name: optional(string()),
    instruction: optional(string()),
    enable_comment: optional(bool()),
    input: optional(labelSchemaInput),
  }),
  response: message({ label_schema: required(labelSchema) }),
  errors: ['INVALID_PARAMETER_VALUE', 'RESOURCE_DOES_NOT_EXIST', 'RESOURCE_ALREADY_EXISTS'],
});

export const deleteLabelSchema = endpoint({
  name: 'deleteLabelSchema',
  method: 'DELETE',
  path: `${PATH}/delete`,
  summary: 'Delete a label schema; the one named Feedback stays. One that is absent counts as deleted.',
  permission: 'any-user',
  request: message({ schema_id: required(string()) }),
  response: message({}),
  errors: ['INVALID_PARAMETER_VALUE'],
});

export const labelSchemaEndpoints = {
  createLabelSchema,
  getLabelSchema,
  getLabelSchemaByName,
  listLabelSchemas,
  updateLabelSchema,
  deleteLabelSchema,
};
