import {
  type AssessmentRow,
  fromStored,
  isScalar,
  JSON_FORMAT,
  type PythonJson,
  parsePythonJson,
  SOURCE_RUN_ID,
  toAggregate,
  toPythonJson,
  toSerialized,
} from '@bitacora/db';
import {
  type Assessment,
  type AssessmentError,
  type AssessmentInput,
  invalidParameter,
  preview,
  toWireTimestamp,
} from '@bitacora/protocol';
import { checkLength } from '../limits/values.ts';
import type { TraceHead } from './queries.ts';
import { toValue } from './value.ts';

/** Widths of MLflow's columns, in characters. */
const MOST = { id: 50, name: 250, source_id: 250, run_id: 32 } as const;

/** MLflow keeps the end of a longer stack trace, with a line before it that says so. */
const STACK_TRACE_CHARACTERS = 10_000;
const STACK_TRACE_IS_CUT = '[Stack trace is truncated]\n...\n';

type Kind = 'feedback' | 'expectation' | 'issue';
const KINDS = ['feedback', 'expectation', 'issue'] as const satisfies readonly Kind[];

/** The columns that say what an assessment says. */
export type ValueColumns = Pick<AssessmentRow, 'value' | 'error' | 'aggregate_value' | 'is_numeric_value'>;

/**
 * The row of a new assessment.
 *
 * @throws MlflowError INVALID_PARAMETER_VALUE
 */
export function toAssessmentRow(
  input: AssessmentInput,
  trace: TraceHead & { readonly trace_id: string },
  { assessment_id, nowMs }: { readonly assessment_id: string; readonly nowMs: number },
): AssessmentRow {
  const assessment_type = kindOf(input);
  const metadata = input.metadata ?? {};
  const run_id = Object.hasOwn(metadata, SOURCE_RUN_ID) ? metadata[SOURCE_RUN_ID] : undefined;
  checkLength(assessment_id, MOST.id, 'assessment.assessment_id');
  checkLength(input.span_id ?? '', MOST.id, 'assessment.span_id');
  checkLength(input.overrides ?? '', MOST.id, 'assessment.overrides');
  checkLength(input.source?.source_id ?? '', MOST.source_id, 'assessment.source.source_id');
  checkLength(run_id ?? '', MOST.run_id, `assessment.metadata.${SOURCE_RUN_ID}`);
  return {
    assessment_id,
    trace_id: trace.trace_id,
    name: checkName(input.assessment_name),
    assessment_type,
    ...toValueColumns(input, assessment_type),
    created_timestamp: input.create_time ?? nowMs,
    last_updated_timestamp: input.last_update_time ?? nowMs,
    source_type: input.source?.source_type ?? 'SOURCE_TYPE_UNSPECIFIED',
    source_id: input.source?.source_id || null,
    run_id: run_id || null,
    span_id: input.span_id || null,
    // An expectation has none in MLflow.
    rationale: (assessment_type === 'expectation' ? undefined : input.rationale) || null,
    overrides: input.overrides || null,
    valid: 1,
    assessment_metadata: Object.keys(metadata).length === 0 ? null : toPythonJson(metadata),
    experiment_id: trace.experiment_id,
    trace_timestamp_ms: trace.timestamp_ms,
  };
}

export function checkName(name: string): string {
  checkLength(name, MOST.name, 'assessment.assessment_name');
  return name;
}

function kindOf(input: AssessmentInput): Kind {
  const given = KINDS.filter((kind) => input[kind] !== undefined);
  const [kind] = given;
  if (kind !== undefined && given.length === 1) return kind;
  throw invalidParameter(
    `Exactly one of 'feedback', 'expectation' and 'issue' must be set in 'assessment'; ${
      given.length === 0 ? 'none is' : `these are: ${given.join(', ')}`
    }.`,
  );
}

/** @throws MlflowError INVALID_PARAMETER_VALUE */
export function toValueColumns(input: AssessmentInput, kind: Kind): ValueColumns {
  switch (kind) {
    case 'feedback': {
      const value = toValue(input.feedback?.value ?? null, 'assessment.feedback.value');
      const error = input.feedback?.error;
      return {
        value: toPythonJson(value),
        error: error === undefined ? null : toErrorText(error),
        ...toAggregate(value),
      };
    }
    case 'expectation': {
      const value = toExpectation(input.expectation ?? {});
      return { value: toPythonJson(value), error: null, ...toAggregate(value) };
    }
    case 'issue': {
      const issue_name = input.issue?.issue_name ?? '';
      return { value: toPythonJson({ issue_name }), error: null, ...toAggregate(null) };
    }
  }
}

function toExpectation({
  value,
  serialized_value: serialized,
}: NonNullable<AssessmentInput['expectation']>): PythonJson {
  const result = serialized === undefined ? toValue(value ?? null, 'assessment.expectation.value') : read();
  if (result === null)
    throw invalidParameter("Missing value for required parameter 'assessment.expectation.value'.");
  return result;

  function read(): PythonJson {
    const { serialization_format, value: text } = serialized!;
    if (serialization_format !== JSON_FORMAT) {
      throw invalidParameter(
        `Unknown serialization format '${preview(serialization_format)}' in 'assessment.expectation.serialized_value': only ${JSON_FORMAT} is supported.`,
      );
    }
    try {
      return parsePythonJson(text);
    } catch (error) {
      throw invalidParameter(
        `Invalid value for parameter 'assessment.expectation.serialized_value.value': ${(error as Error).message}.`,
        { cause: error },
      );
    }
  }
}

function toErrorText({ error_code, error_message, stack_trace }: AssessmentError): string {
  return toPythonJson({
    error_code,
    error_message: error_message || null,
    stack_trace: stack_trace ? cutStackTrace(stack_trace) : null,
  });
}

const cutStackTrace = (text: string) =>
  text.length <= STACK_TRACE_CHARACTERS
    ? text
    : STACK_TRACE_IS_CUT +
      text.slice(STACK_TRACE_IS_CUT.length - STACK_TRACE_CHARACTERS).replace(/^[\udc00-\udfff]/, '');

/** A row as it stands on the wire. */
export function toAssessment(row: AssessmentRow): Assessment {
  const metadata = row.assessment_metadata === null ? undefined : fromStored(row.assessment_metadata);
  return {
    assessment_id: row.assessment_id,
    assessment_name: row.name,
    trace_id: row.trace_id,
    ...(row.span_id === null ? {} : { span_id: row.span_id }),
    source: {
      source_type: row.source_type as NonNullable<Assessment['source']>['source_type'],
      ...(row.source_id === null ? {} : { source_id: row.source_id }),
    },
    create_time: toWireTimestamp(row.created_timestamp),
    last_update_time: toWireTimestamp(row.last_updated_timestamp),
    ...toWireValue(row),
    ...(row.rationale === null ? {} : { rationale: row.rationale }),
    ...(metadata === undefined ? {} : { metadata: metadata as Record<string, string> }),
    ...(row.overrides === null ? {} : { overrides: row.overrides }),
    valid: Boolean(row.valid),
  };
}

function toWireValue(row: AssessmentRow): Pick<Assessment, Kind> {
  const value = fromStored(row.value);
  switch (row.assessment_type) {
    case 'expectation':
      return {
        expectation: isScalar(value)
          ? { value }
          : { serialized_value: { serialization_format: JSON_FORMAT, value: toSerialized(row.value) } },
      };
    case 'issue':
      return { issue: { issue_name: (value as { readonly issue_name?: string } | null)?.issue_name ?? '' } };
    default:
      return {
        feedback: {
          value,
          ...(row.error === null ? {} : { error: toWireError(fromStored(row.error)) }),
        },
      };
  }
}

/** What is not known is left out, as protobuf does. */
const toWireError = (stored: unknown) =>
  Object.fromEntries(
    Object.entries(stored as Record<string, unknown>).filter(([, value]) => value !== null),
  ) as Partial<AssessmentError>;
