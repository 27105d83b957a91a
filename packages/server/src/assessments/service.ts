import {
  type AssessmentRow,
  type Db,
  empty,
  FOR_UPDATE,
  fromStored,
  isUniqueViolation,
  type Tx,
  toPythonJson,
} from '@bitacora/db';
import {
  type Assessment,
  type AssessmentInput,
  type createAssessment,
  type deleteAssessment,
  type getAssessment,
  type Input,
  invalidParameter,
  MlflowError,
  notFound,
  preview,
  type updateAssessment,
} from '@bitacora/protocol';
import type { Deps } from '../deps.ts';
import { findTrace } from '../traces/service.ts';
import type { Scope } from '../workspaces/scope.ts';
import { checkName, toAssessment, toAssessmentRow, toValueColumns } from './assessment.ts';
import * as queries from './queries.ts';

export { setTraceTimestamp } from './queries.ts';

export async function create(
  { write, scope, clock, random }: Deps,
  { trace_id, assessment: input }: Input<typeof createAssessment>,
) {
  const assessment_id = input.assessment_id || newId(random);
  return write(async (tx) => {
    const trace = await queries.lockTraceHead(tx, scope, trace_id);
    if (!trace) throw notFound('trace', trace_id);
    const row = toAssessmentRow(input, { ...trace, trace_id }, { assessment_id, nowMs: clock.nowMs() });
    if (row.overrides !== null && (await queries.setValid(tx, trace_id, row.overrides, false)) === 0)
      throw noAssessment(trace_id, row.overrides);
    try {
      await queries.insertAssessmentRow(tx, row);
    } catch (error) {
      if (!isUniqueViolation(error)) throw error;
      throw idTaken(assessment_id);
    }
    return { assessment: toAssessment(row) };
  });
}

export async function get(
  { db, scope }: Pick<Deps, 'db' | 'scope'>,
  { trace_id, assessment_id }: Input<typeof getAssessment>,
) {
  return { assessment: toAssessment(await requireRow(db, scope, trace_id, assessment_id)) };
}

export async function update(
  { write, scope, clock }: Deps,
  { trace_id, assessment_id, assessment: input, update_mask: mask }: Input<typeof updateAssessment>,
) {
  return write(async (tx) => {
    // Held, because what the mask does not name is written as it was read, and metadata merged with that.
    const row = await requireRow(tx, scope, trace_id, assessment_id, FOR_UPDATE);
    const kind = row.assessment_type as 'feedback' | 'expectation' | 'issue';
    for (const other of ['feedback', 'expectation'] as const) {
      if (mask.has(other) && other !== kind)
        throw invalidParameter(`Cannot update the ${other} of an assessment that is ${named(kind)}.`);
    }
    const metadata = mask.has('metadata') ? mergeMetadata(row, input) : row.assessment_metadata;
    const changed: AssessmentRow = {
      ...row,
      ...(mask.has('assessment_name') ? { name: checkName(input.assessment_name) } : {}),
      ...(kind !== 'issue' && mask.has(kind) ? toValueColumns(input, kind) : {}),
      ...(mask.has('rationale') && kind !== 'expectation' ? { rationale: input.rationale ?? '' } : {}),
      assessment_metadata: metadata,
      last_updated_timestamp: clock.nowMs(),
    };
    await queries.updateAssessmentRow(tx, changed);
    return { assessment: toAssessment(changed) };
  });
}

const named = (kind: string) => (kind === 'feedback' ? kind : `an ${kind}`);

function mergeMetadata(row: AssessmentRow, { metadata = {} }: AssessmentInput): string | null {
  const stored = row.assessment_metadata === null ? {} : (fromStored(row.assessment_metadata) as object);
  const merged = new Map([...Object.entries(stored), ...Object.entries(metadata)]);
  return merged.size === 0 ? null : toPythonJson(merged);
}

export async function remove(
  { write, scope }: Deps,
  { trace_id, assessment_id }: Input<typeof deleteAssessment>,
) {
  await write(async (tx) => {
    const row = await queries.findAssessmentRow(tx, scope, trace_id, assessment_id);
    if (!row) return;
    if (row.overrides !== null) await queries.setValid(tx, trace_id, row.overrides, true);
    await queries.deleteAssessmentRow(tx, trace_id, assessment_id);
  });
  return {};
}

/** The assessments of traces that the caller may see, by trace, the oldest first; overridden ones are there too. */
export async function listAssessments(
  db: Db,
  trace_ids: readonly string[],
): Promise<ReadonlyMap<string, readonly Assessment[]>> {
  const rows = await queries.listAssessmentRows(db, trace_ids);
  const byTrace = Map.groupBy(rows, ({ trace_id }) => trace_id);
  return new Map([...byTrace].map(([trace_id, own]) => [trace_id, own.map(toAssessment)]));
}

/**
 * Stores the assessments that a trace's header brings along; one that the trace has is replaced.
 *
 * @throws MlflowError INVALID_PARAMETER_VALUE, RESOURCE_ALREADY_EXISTS for an id of another trace's assessment.
 */
export async function mergeAssessments(
  tx: Tx,
  { clock, random }: Pick<Deps, 'clock' | 'random'>,
  trace: queries.TraceHead & { readonly trace_id: string },
  inputs: readonly AssessmentInput[],
): Promise<void> {
  const nowMs = clock.nowMs();
  const given = inputs.flatMap(({ assessment_id }) => assessment_id || []);
  const [foreign] = await queries.listForeignIds(tx, trace.trace_id, given);
  if (foreign !== undefined) throw idTaken(foreign);
  await queries.mergeAssessmentRows(
    tx,
    inputs.map((input) =>
      toAssessmentRow(input, trace, { assessment_id: input.assessment_id || newId(random), nowMs }),
    ),
  );
}

const idTaken = (assessment_id: string) =>
  new MlflowError(
    'RESOURCE_ALREADY_EXISTS',
    `An assessment with id '${preview(assessment_id)}' exists. Leave out assessment_id to be given a new one.`,
  );

const newId = (random: Deps['random']) => `a-${random.hexId()}`;

async function requireRow(db: Db, scope: Scope, trace_id: string, assessment_id: string, lock = empty) {
  const row = await queries.findAssessmentRow(db, scope, trace_id, assessment_id, lock);
  if (row) return row;
  if (!(await findTrace(db, scope, trace_id))) throw notFound('trace', trace_id);
  throw noAssessment(trace_id, assessment_id);
}

const noAssessment = (trace_id: string, assessment_id: string) =>
  notFound(`assessment of trace ${trace_id}`, assessment_id);
