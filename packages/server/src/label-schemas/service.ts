import { FOR_UPDATE, isUniqueViolation, type LabelSchemaRow } from '@bitacora/db';
import {
  type createLabelSchema,
  type getLabelSchemaByName,
  type Input,
  type Int64,
  invalidParameter,
  type LabelSchema,
  type listLabelSchemas,
  MlflowError,
  notFound,
  preview,
  type updateLabelSchema,
} from '@bitacora/protocol';
import type { Deps, ReadDeps } from '../deps.ts';
import { requireNotDeleted } from '../experiments/service.ts';
import { fromPageToken, page } from '../http/page-token.ts';
import { checkLength } from '../limits/values.ts';
import { checkSameKind, fromStoredInput, type InputKind, toStoredInput } from './input.ts';
import * as queries from './queries.ts';

/** MLflow's caps, in characters. */
const NAME_CHARACTERS = 250;
const INSTRUCTION_CHARACTERS = 1000;

/** The question that every experiment has; MLflow's pages rely on its name. */
const DEFAULT_NAME = 'Feedback';
const DEFAULT_INSTRUCTION = 'Share any feedback on this trace.';

export async function create({ write, clock, random, scope }: Deps, input: Input<typeof createLabelSchema>) {
  checkName(input.name);
  checkLength(input.instruction ?? '', INSTRUCTION_CHARACTERS, 'instruction');
  const stored = toStoredInput(input.input);
  const type = input.type === 'EXPECTATION' ? 'expectation' : 'feedback';
  return write(async (tx) => {
    const experiment_id = await requireNotDeleted(tx, scope, input.experiment_id);
    const nowMs = clock.nowMs();
    const row: LabelSchemaRow = {
      schema_id: `ls-${random.hexId()}`,
      experiment_id,
      name: input.name,
      type,
      instruction: input.instruction ?? null,
      enable_comment: input.enable_comment ? 1 : 0,
      ...stored,
      created_by: null,
      created_time: nowMs,
      last_update_time: nowMs,
      is_default: 0,
    };
    await refuseTaken(row, queries.insertLabelSchema(tx, row));
    return { label_schema: toLabelSchema(row) };
  });
}

export async function get({ db, scope }: ReadDeps, { schema_id }: { readonly schema_id: string }) {
  const row = await queries.findLabelSchema(db, scope, schema_id);
  if (!row) throw notFound('label schema', schema_id);
  return { label_schema: toLabelSchema(row) };
}

export async function getByName(
  { db, scope }: ReadDeps,
  { experiment_id, name }: Input<typeof getLabelSchemaByName>,
) {
  const row = await queries.findLabelSchemaByName(
    db,
    await requireNotDeleted(db, scope, experiment_id),
    name,
  );
  if (!row) throw notFound(`label schema in experiment ${experiment_id}`, name, 'name');
  return { label_schema: toLabelSchema(row) };
}

/** As in MLflow, the first look at an experiment's questions creates the one that each has. */
export async function listAll(deps: Deps, input: Input<typeof listLabelSchemas>) {
  const { db, scope } = deps;
  const offset = fromPageToken(input.page_token);
  const experiment_id = await requireNotDeleted(db, scope, input.experiment_id);
  if (!(await queries.findDefaultSchema(db, experiment_id))) await createDefault(deps, experiment_id);
  const found = await queries.listLabelSchemas(db, experiment_id, input.max_results + 1, offset);
  const { rows, next_page_token = '' } = page(found, input.max_results, offset);
  return { ...(rows.length === 0 ? {} : { label_schemas: rows.map(toLabelSchema) }), next_page_token };
}

export async function update({ write, clock, scope }: Deps, input: Input<typeof updateLabelSchema>) {
  return write(async (tx) => {
    // Held, because what is not given is written as it was read.
    const known = await queries.findLabelSchema(tx, scope, input.schema_id, FOR_UPDATE);
    if (!known) throw notFound('label schema', input.schema_id);
    if (known.is_default) throw invalidParameter("The experiment's default question cannot be edited.");
    if (input.name !== undefined) checkName(input.name);
    checkLength(input.instruction ?? '', INSTRUCTION_CHARACTERS, 'instruction');
    if (input.input !== undefined)
      checkSameKind({ ...known, input_type: known.input_type as InputKind }, input.input);
    const row: LabelSchemaRow = {
      ...known,
      name: input.name ?? known.name,
      instruction: input.instruction ?? known.instruction,
      enable_comment:
        input.enable_comment === undefined ? known.enable_comment : input.enable_comment ? 1 : 0,
      ...(input.input === undefined ? {} : toStoredInput(input.input)),
      last_update_time: clock.nowMs(),
    };
    await refuseTaken(row, queries.updateLabelSchema(tx, row));
    return { label_schema: toLabelSchema(row) };
  });
}

/** Answers given under its name stay. */
export async function remove({ write, scope }: Deps, { schema_id }: { readonly schema_id: string }) {
  await write(async (tx) => {
    const known = await queries.findLabelSchema(tx, scope, schema_id);
    if (known?.is_default) throw invalidParameter("The experiment's default question cannot be deleted.");
    if (known) await queries.deleteLabelSchema(tx, schema_id);
  });
  return {};
}

/** Where somebody's own question has the name already, from before it was reserved, that one stays alone. */
const createDefault = ({ write, clock, random }: Deps, experiment_id: Int64) =>
  write((tx) => {
    const nowMs = clock.nowMs();
    return queries.insertLabelSchema(
      tx,
      {
        schema_id: `ls-${random.hexId()}`,
        experiment_id,
        name: DEFAULT_NAME,
        type: 'feedback',
        instruction: DEFAULT_INSTRUCTION,
        enable_comment: 0,
        ...toStoredInput({ text: {} }),
        created_by: null,
        created_time: nowMs,
        last_update_time: nowMs,
        is_default: 1,
      },
      'ignore',
    );
  });

function checkName(name: string): void {
  if (name === '') throw invalidParameter("Invalid value for parameter 'name': it must not be empty.");
  checkLength(name, NAME_CHARACTERS, 'name');
  if (name.trim().toLowerCase() === DEFAULT_NAME.toLowerCase())
    throw invalidParameter(
      `Invalid value '${preview(name)}' for parameter 'name': it is reserved for the experiment's default question.`,
    );
}

async function refuseTaken({ name, experiment_id }: LabelSchemaRow, work: Promise<unknown>): Promise<void> {
  try {
    await work;
  } catch (error) {
    if (!isUniqueViolation(error)) throw error;
    throw new MlflowError(
      'RESOURCE_ALREADY_EXISTS',
      `The experiment ${experiment_id} has a label schema with the name '${preview(name)}' already. Choose another name.`,
    );
  }
}

function toLabelSchema(row: LabelSchemaRow): LabelSchema {
  return {
    schema_id: row.schema_id,
    experiment_id: String(row.experiment_id),
    name: row.name,
    type: row.type === 'expectation' ? 'EXPECTATION' : 'FEEDBACK',
    ...(row.instruction === null ? {} : { instruction: row.instruction }),
    enable_comment: Boolean(row.enable_comment),
    input: fromStoredInput({ ...row, input_type: row.input_type as InputKind }),
    ...(row.created_by === null ? {} : { created_by: row.created_by }),
    created_at: row.created_time,
    last_updated_at: row.last_update_time,
    is_default: Boolean(row.is_default),
  };
}
