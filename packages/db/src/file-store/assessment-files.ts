import { parseTimestamp, toWireTimestamp } from '@bitacora/protocol';
import { isScalar, JSON_FORMAT, SOURCE_RUN_ID, toAggregate, toSerialized } from '../assessment-value.ts';
import { ValueRefused } from '../handles.ts';
import { type PythonJson, parsePythonJson } from '../parse-python-json.ts';
import { PythonFloat, toPythonJson } from '../python-json.ts';
import type { AssessmentRow } from '../tables/index.ts';
import { experimentIdOf, type PartReader } from './facts.ts';
import { keyOf } from './reading.ts';
import { MetaError } from './yaml.ts';
import { type MetaValue, toMetaText } from './yaml-text.ts';
import { parseYamlValues } from './yaml-values.ts';

/** MLflow takes the name of the file up to its first point for the id. */
const FILE = /^assessments\/([^./]+)\.yaml$/;

/** Each assessment is a file with the fields of its JSON form. */
export const readAssessments: PartReader = ({ index }, reading, files) => {
  const { id, parent } = reading.unit;
  if (!reading.isNew) index.change('DELETE FROM assessments WHERE trace_id = ?', id);
  const [trace] = index.rows<{ timestamp_ms: number | bigint }>(
    'SELECT timestamp_ms FROM trace_info WHERE request_id = ?',
    id,
  );
  for (const file of files) {
    const assessment_id = FILE.exec(file.path)?.[1];
    if (assessment_id === undefined) {
      reading.skip(file, `'${keyOf(file)}' is no name of an assessment's file`);
      continue;
    }
    const text = reading.text(file);
    if (text === undefined) continue;
    const row = reading.attempt(file, (): AssessmentRow => {
      const fields = new Fields(parseYamlValues(text));
      const said = fields.text('assessment_id');
      if (said !== assessment_id)
        throw new MetaError(`it is that of the assessment '${said}', in the file of another`);
      return {
        assessment_id,
        trace_id: id,
        ...toColumns(fields),
        experiment_id: experimentIdOf(parent),
        trace_timestamp_ms: trace?.timestamp_ms ?? null,
      };
    });
    if (row && insert(index, row) === 0) reading.skip(file, 'an assessment of another trace has its id');
  }
  return true;
};

const insert = (index: Parameters<PartReader>[0]['index'], row: AssessmentRow) =>
  index.change(
    `INSERT OR IGNORE INTO assessments (${Object.keys(row).join(', ')})
     VALUES (${Object.keys(row).map(() => '?')})`,
    ...(Object.values(row) as AssessmentRow[keyof AssessmentRow][]),
  );

/** What stands in a file. */
class Fields {
  readonly #fields: ReadonlyMap<string, PythonJson>;

  constructor(fields: ReadonlyMap<string, PythonJson>) {
    this.#fields = fields;
  }

  get(key: string): PythonJson {
    return this.#fields.get(key) ?? null;
  }

  within(key: string): Fields | undefined {
    const inner = this.get(key);
    return inner instanceof Map ? new Fields(inner) : undefined;
  }

  /** @throws MetaError for what is no text. */
  text(key: string): string | null {
    const value = this.get(key);
    if (value === null || typeof value === 'string') return value;
    throw new MetaError(`its '${key}' is no text`);
  }

  /** @throws MetaError */
  needText(key: string): string {
    const text = this.text(key);
    if (text === null) throw new MetaError(`it has no '${key}': it may be half written`);
    return text;
  }

  /** @throws MetaError */
  time(key: string): number {
    const text = this.needText(key);
    const ms = parseTimestamp(text);
    if (ms === undefined) throw new MetaError(`its '${key}' is '${text.slice(0, 40)}', no time`);
    return ms;
  }
}

type Columns = Omit<AssessmentRow, 'assessment_id' | 'trace_id' | 'experiment_id' | 'trace_timestamp_ms'>;

/** @throws MetaError */
function toColumns(fields: Fields): Columns {
  const source = fields.within('source');
  if (!source) throw new MetaError("it has no 'source': it may be half written");
  const metadata = fields.get('metadata');
  const run_id = metadata instanceof Map ? metadata.get(SOURCE_RUN_ID) : undefined;
  return {
    name: fields.needText('assessment_name'),
    ...toValue(fields),
    created_timestamp: fields.time('create_time'),
    last_updated_timestamp: fields.time('last_update_time'),
    source_type: source.text('source_type') ?? 'SOURCE_TYPE_UNSPECIFIED',
    source_id: source.text('source_id'),
    run_id: typeof run_id === 'string' ? run_id : null,
    span_id: fields.text('span_id'),
    rationale: fields.text('rationale'),
    overrides: fields.text('overrides'),
    valid: fields.get('valid') === false ? 0 : 1,
    assessment_metadata: metadata instanceof Map && metadata.size > 0 ? toPythonJson(metadata) : null,
  };
}

type ValueColumns = Pick<
  AssessmentRow,
  'assessment_type' | 'value' | 'error' | 'aggregate_value' | 'is_numeric_value'
>;

/** @throws MetaError for what is neither feedback nor expectation nor issue. */
function toValue(fields: Fields): ValueColumns {
  const feedback = fields.within('feedback');
  if (feedback) {
    const value = toDoubles(feedback.get('value'));
    const error = feedback.within('error');
    return {
      assessment_type: 'feedback',
      value: toPythonJson(value),
      error: error
        ? toPythonJson({
            error_code: error.text('error_code'),
            error_message: error.text('error_message'),
            stack_trace: error.text('stack_trace'),
          })
        : null,
      ...toAggregate(value),
    };
  }
  const expectation = fields.within('expectation');
  if (expectation) {
    const serialized = expectation.within('serialized_value')?.needText('value');
    const value =
      serialized === undefined ? toDoubles(expectation.get('value')) : parseSerialized(serialized);
    return {
      assessment_type: 'expectation',
      value: toPythonJson(value),
      error: null,
      ...toAggregate(value),
    };
  }
  const issue = fields.within('issue');
  if (!issue) throw new MetaError('it has no value: it may be half written');
  const issue_name = issue.text('issue_name') ?? '';
  return {
    assessment_type: 'issue',
    value: toPythonJson({ issue_name }),
    error: null,
    ...toAggregate(null),
  };
}

/** @throws MetaError */
function parseSerialized(text: string): PythonJson {
  try {
    return parsePythonJson(text);
  } catch (error) {
    throw new MetaError(`its serialized value is no JSON: ${(error as Error).message}`);
  }
}

/** Protobuf, by which all values come and go, has numbers of one kind. */
function toDoubles(value: PythonJson): PythonJson {
  if (typeof value === 'number' || typeof value === 'bigint') return new PythonFloat(Number(value));
  if (Array.isArray(value)) return value.map(toDoubles);
  if (value instanceof Map)
    return new Map([...value].map(([name, each]) => [name, toDoubles(each)] as const));
  return value;
}

/** The path of the file of an assessment below its trace's folder. @throws ValueRefused */
export function assessmentPath(assessment_id: string): string {
  if (/^[\w-]+$/.test(assessment_id)) return `assessments/${assessment_id}.yaml`;
  throw new ValueRefused(
    `The assessment_id '${assessment_id.slice(0, 100)}' cannot be kept in a file store, where it is the name of a file: it may hold letters, digits, _ and -.`,
  );
}

/** @param before the file as it is, whose other keys stay. */
export function assessmentText(row: AssessmentRow, before: string | undefined): string {
  const metadata = row.assessment_metadata === null ? null : toRecord(row.assessment_metadata);
  return toMetaText(
    {
      assessment_id: row.assessment_id,
      assessment_name: row.name,
      create_time: toWireTimestamp(row.created_timestamp),
      last_update_time: toWireTimestamp(row.last_updated_timestamp),
      source: withoutNulls({ source_id: row.source_id, source_type: row.source_type }),
      trace_id: row.trace_id,
      valid: row.valid === 1,
      [row.assessment_type]: wireValue(row),
      ...withoutNulls({ metadata, overrides: row.overrides, rationale: row.rationale, span_id: row.span_id }),
    },
    before,
  );
}

function wireValue(row: AssessmentRow): MetaValue {
  const value = parsePythonJson(row.value);
  switch (row.assessment_type) {
    case 'expectation':
      return isScalar(value) || value instanceof PythonFloat
        ? { value }
        : { serialized_value: { serialization_format: JSON_FORMAT, value: toSerialized(row.value) } };
    case 'issue':
      return toRecord(row.value);
    default:
      return {
        value,
        ...(row.error === null ? {} : { error: withoutNulls(toRecord(row.error)) }),
      };
  }
}

function toRecord(json: string): Record<string, MetaValue> {
  const value = parsePythonJson(json);
  return value instanceof Map ? Object.fromEntries(value) : {};
}

const withoutNulls = (values: Readonly<Record<string, MetaValue>>) =>
  Object.fromEntries(Object.entries(values).filter(([, value]) => value !== null));
