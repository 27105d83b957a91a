import { invalidParameter } from './errors.ts';
import { type FieldType, invalid } from './wire/field.ts';
import { type PythonJson, parsePythonJson, printPythonJson } from './wire/python-json.ts';

/** The words MLflow has for where a record comes from. */
const SOURCE_TYPES = ['UNSPECIFIED', 'TRACE', 'HUMAN', 'DOCUMENT', 'CODE'];

/** The tag that names who wrote a record or data set. */
export const USER_TAG = 'mlflow.user';

/** The type of each field of a JSON object, in MLflow's words, or of a value that is no object. */
export type FieldTypes = readonly (readonly [field: string, type: string])[];

/** One record of an evaluation data set as it is sent; each text is JSON as Python writes it. */
export interface DatasetRecordInput {
  readonly inputs: string;
  /** The inputs with sorted keys: records with equal ones are one record. */
  readonly identity: string;
  readonly inputTypes: FieldTypes;
  /** Undefined where it was not sent, `null` where it was sent as null. */
  readonly outputs: string | null | undefined;
  readonly outputTypes: FieldTypes | string;
  /** Undefined where they were not sent, or as null; an object without fields is kept of a new record. */
  readonly expectations: string | undefined;
  readonly expectationTypes: FieldTypes;
  /** Undefined where there is nothing to keep or to merge. */
  readonly tags: string | undefined;
  readonly user: string | undefined;
  readonly source: DatasetRecordSource | undefined;
}

export interface DatasetRecordSource {
  readonly text: string;
  readonly type: string;
  readonly id: string | undefined;
}

/** The list of records, as JSON text within the JSON of the request. */
export const datasetRecords = (): FieldType<readonly DatasetRecordInput[], string> => ({
  repeated: false,
  schema: { type: 'string', description: 'JSON text of a list of records.' },
  parse(value, path) {
    const records = parseText(value, path);
    if (!Array.isArray(records)) throw invalid(value, path, 'Value must be the JSON text of a list');
    return records.map((record: PythonJson, index) => toRecord(record, `${path}[${index}]`));
  },
});

/**
 * Tags as JSON text of an object within the JSON of the request. Numbers and booleans become text as Python's `str`
 * does; `null` stays.
 */
export const tagsText = ({
  orNone = false,
} = {}): FieldType<Readonly<Record<string, string | null>>, string> => ({
  repeated: false,
  schema: { type: 'string', description: 'JSON text of an object of tags.' },
  parse(value, path) {
    // Here MLflow looks at what there is before it reads it.
    if (orNone && value === '') return {};
    const tags = parseText(value, path);
    if (orNone && tags === null) return {};
    if (!isObject(tags)) throw invalid(value, path, 'Value must be the JSON text of an object');
    const result: Record<string, string | null> = Object.create(null);
    for (const [key, tag] of tags) result[key] = toTagValue(tag, `${path}.${key}`);
    return result;
  },
});

function parseText(value: unknown, path: string): PythonJson {
  if (typeof value !== 'string') throw invalid(value, path, 'Value must be a string of JSON');
  try {
    return parsePythonJson(value);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw invalidParameter(`Invalid value for parameter '${path}': it is not valid JSON: ${error.message}.`);
  }
}

const isObject = (value: PythonJson | undefined): value is ReadonlyMap<string, PythonJson> =>
  value instanceof Map;

function toTagValue(tag: PythonJson, path: string): string | null {
  if (tag === null || typeof tag === 'string') return tag;
  if (typeof tag === 'boolean') return tag ? 'True' : 'False';
  if ('kind' in tag) return tag.text;
  throw invalidParameter(`Invalid value for parameter '${path}': a tag must be text, a number or a boolean.`);
}

function toRecord(record: PythonJson, path: string): DatasetRecordInput {
  if (!isObject(record))
    throw invalidParameter(`Invalid value for parameter '${path}': it must be an object.`);
  const inputs = objectOf(record, 'inputs', path) ?? new Map();
  const expectations = objectOf(record, 'expectations', path);
  const tags = objectOf(record, 'tags', path);
  const outputs = record.get('outputs');
  const user = tags?.get(USER_TAG);
  if (user !== undefined && typeof user !== 'string')
    throw invalidParameter(`Invalid value for parameter '${path}.tags.${USER_TAG}': it must be text.`);
  return {
    inputs: printPythonJson(inputs),
    identity: printPythonJson(inputs, { sortKeys: true }),
    inputTypes: fieldTypes(inputs),
    outputs: outputs === undefined || outputs === null ? outputs : printPythonJson(outputs),
    outputTypes: isObject(outputs) ? fieldTypes(outputs) : typeName(outputs ?? null),
    expectations: expectations && printPythonJson(expectations),
    expectationTypes: expectations ? fieldTypes(expectations) : [],
    tags: tags?.size ? printPythonJson(tags) : undefined,
    user,
    source: toSource(record.get('source'), `${path}.source`),
  };
}

function objectOf(record: ReadonlyMap<string, PythonJson>, name: string, path: string) {
  const value = record.get(name);
  if (value === undefined || value === null) return undefined;
  if (!isObject(value))
    throw invalidParameter(`Invalid value for parameter '${path}.${name}': it must be an object.`);
  return value;
}

function toSource(source: PythonJson | undefined, path: string): DatasetRecordSource | undefined {
  if (source === undefined || source === null) return undefined;
  if (!isObject(source))
    throw invalidParameter(`Invalid value for parameter '${path}': it must be an object.`);
  if (source.size === 0) return undefined;
  const type = source.get('source_type');
  const word = typeof type === 'string' ? type.toUpperCase() : '';
  if (!SOURCE_TYPES.includes(word)) {
    throw invalidParameter(
      `Invalid value for parameter '${path}.source_type': it must be one of ${SOURCE_TYPES.join(', ')}.`,
    );
  }
  const details = objectOf(source, 'source_data', path) ?? new Map<string, PythonJson>();
  const field = word === 'TRACE' ? 'trace_id' : 'source_id';
  return {
    text: printPythonJson(
      new Map<string, PythonJson>([
        ['source_type', word],
        ['source_data', details],
      ]),
    ),
    type: word,
    id: toSourceId(details.get(field), `${path}.source_data.${field}`),
  };
}

/** Numbers and booleans become what the text column of MLflow's database makes of them. */
function toSourceId(id: PythonJson | undefined, path: string): string | undefined {
  if (id === undefined || id === null) return undefined;
  if (typeof id === 'string') return id;
  if (typeof id === 'boolean') return id ? '1' : '0';
  if ('kind' in id) return id.text;
  throw invalidParameter(`Invalid value for parameter '${path}': an id must be text or a number.`);
}

const fieldTypes = (object: ReadonlyMap<string, PythonJson>): FieldTypes =>
  [...object].map(([field, value]) => [field, typeName(value)]);

function typeName(value: PythonJson): string {
  if (value === null) return 'null';
  if (typeof value === 'boolean') return 'boolean';
  if (typeof value === 'string') return 'string';
  if ('kind' in value) return value.kind;
  return isObject(value) ? 'object' : 'array';
}
