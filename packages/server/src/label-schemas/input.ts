import {
  invalidParameter,
  type LabelSchemaInput,
  type PythonJson,
  parsePythonJson,
  printPythonJson,
  pythonFloat,
} from '@bitacora/protocol';
import { checkLength } from '../limits/values.ts';

/** MLflow's caps, in characters and entries. */
const LABEL_CHARACTERS = 64;
const MOST_OPTIONS = 10;

export type InputKind = 'pass_fail' | 'categorical' | 'numeric' | 'text';

/** How an answer is put in: a kind and, as JSON text, its details. */
export interface StoredInput {
  readonly input_type: InputKind;
  readonly input_config: string;
}

/** @throws MlflowError INVALID_PARAMETER_VALUE */
export function toStoredInput(input: LabelSchemaInput): StoredInput {
  const { pass_fail, categorical, numeric, text } = input;
  if ([pass_fail, categorical, numeric, text].filter((kind) => kind !== undefined).length !== 1)
    throw refuse('input', 'it must have exactly one of pass_fail, categorical, numeric and text');
  if (pass_fail) {
    const { positive_label, negative_label } = pass_fail;
    checkLength(positive_label, LABEL_CHARACTERS, 'input.pass_fail.positive_label');
    checkLength(negative_label, LABEL_CHARACTERS, 'input.pass_fail.negative_label');
    if (positive_label === negative_label)
      throw refuse('input.pass_fail', 'positive_label and negative_label must differ');
    return stored('pass_fail', { positive_label, negative_label });
  }
  if (categorical) {
    checkOptions(categorical.options);
    return stored('categorical', { options: categorical.options, multi_select: categorical.multi_select });
  }
  if (numeric) {
    const { min_value, max_value } = numeric;
    for (const value of [min_value, max_value])
      if (value !== undefined && !Number.isFinite(value))
        throw refuse('input.numeric', 'min_value and max_value must be finite');
    if (min_value !== undefined && max_value !== undefined && min_value >= max_value)
      throw refuse('input.numeric', `min_value ${min_value} must be less than max_value ${max_value}`);
    return stored('numeric', { min_value: toFloat(min_value), max_value: toFloat(max_value) });
  }
  const max_length = text?.max_length;
  if (max_length !== undefined && max_length < 1)
    throw refuse('input.text.max_length', `${max_length} must be at least 1`);
  return stored('text', {
    max_length: max_length === undefined ? null : { kind: 'integer', text: String(max_length) },
  });
}

/**
 * Answers that were given under one kind have no meaning under another.
 *
 * @throws MlflowError INVALID_PARAMETER_VALUE
 */
export function checkSameKind(known: StoredInput, input: LabelSchemaInput): void {
  const kind = toStoredInput(input).input_type;
  if (kind !== known.input_type)
    throw refuse('input', `its kind is ${known.input_type} and cannot become ${kind}`);
  const before = fromStoredInput(known).categorical?.multi_select;
  if (before !== input.categorical?.multi_select)
    throw refuse('input.categorical.multi_select', 'it cannot be changed after creation');
}

export function fromStoredInput({ input_type, input_config }: StoredInput): LabelSchemaInput {
  const config = parsePythonJson(input_config);
  const get = (name: string): PythonJson =>
    config instanceof Map ? ((config.get(name) as PythonJson | undefined) ?? null) : null;
  switch (input_type) {
    case 'pass_fail':
      return {
        pass_fail: {
          positive_label: String(get('positive_label') ?? ''),
          negative_label: String(get('negative_label') ?? ''),
        },
      };
    case 'categorical': {
      const options = get('options');
      return {
        categorical: {
          options: Array.isArray(options) ? options.map(String) : [],
          multi_select: get('multi_select') === true,
        },
      };
    }
    case 'numeric':
      return { numeric: { ...number('min_value', get), ...number('max_value', get) } };
    case 'text':
      return { text: number('max_length', get) };
  }
}

function number<const Name extends string>(name: Name, get: (name: string) => PythonJson) {
  const value = get(name);
  return value !== null && typeof value === 'object' && 'kind' in value
    ? ({ [name]: Number(value.text) } as { readonly [N in Name]: number })
    : {};
}

function checkOptions(options: readonly string[]): void {
  if (options.length < 1 || options.length > MOST_OPTIONS)
    throw refuse(
      'input.categorical.options',
      `it has ${options.length} options; from 1 to ${MOST_OPTIONS} are allowed`,
    );
  for (const [index, option] of options.entries()) {
    if (option === '') throw refuse(`input.categorical.options[${index}]`, 'it must not be empty');
    checkLength(option, LABEL_CHARACTERS, `input.categorical.options[${index}]`);
  }
  if (new Set(options).size < options.length)
    throw refuse('input.categorical.options', 'each option may stand there once');
}

const toFloat = (value: number | undefined): PythonJson =>
  value === undefined ? null : { kind: 'float', text: pythonFloat(value) };

const stored = (input_type: InputKind, config: Readonly<Record<string, PythonJson>>): StoredInput => ({
  input_type,
  input_config: printPythonJson(new Map(Object.entries(config))),
});

const refuse = (path: string, why: string) =>
  invalidParameter(`Invalid value for parameter '${path}': ${why}.`);
