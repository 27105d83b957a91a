import { createHash } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import { type EvaluationDatasetRecordRow, FOR_UPDATE, type Tx } from '@bitacora/db';
import type {
  DatasetRecordInput,
  deleteDatasetRecords,
  Input,
  upsertDatasetRecords,
} from '@bitacora/protocol';
import type { Deps } from '../deps.ts';
import { checkLength } from '../limits/values.ts';
import { extendSchema, mergeObjects, readNumRecords, wrapOutputs } from './content.ts';
import { digestOf } from './evaluation-dataset.ts';
import { findDataset, setContent, setProfile } from './queries.ts';
import * as queries from './record-queries.ts';
import { requireDataset } from './service.ts';

/** Widths of MLflow's columns, in characters. */
const SOURCE_ID_CHARACTERS = 36;
const USER_CHARACTERS = 255;
/** Records hashed before others get their turn: a fraction of a millisecond each at most. */
const HASHED_AT_ONCE = 200;

interface Hashed {
  readonly record: DatasetRecordInput;
  readonly input_hash: string;
}

/** What a record will be, with whatever the request says about its inputs merged. */
type State = queries.KnownRecord & { readonly isNew: boolean; readonly first: DatasetRecordInput };

export async function upsert(
  { write, clock, random, scope }: Deps,
  { dataset_id, records }: Input<typeof upsertDatasetRecords>,
) {
  const hashed = await hashAll(records);
  return write(async (tx) => {
    // Held: of two callers the later one merges with what the earlier one has added, and counts it.
    const dataset = await requireDataset(tx, scope, dataset_id, FOR_UPDATE);
    const nowMs = clock.nowMs();
    const states = await mergeAll(tx, dataset_id, hashed, () => `dr-${random.hexId()}`);
    const added = states.filter(({ isNew }) => isNew);
    await queries.insertRecords(
      tx,
      added.map((state) => toRow(state, dataset_id, nowMs)),
    );
    for (const state of states) if (!state.isNew) await queries.updateRecord(tx, state, nowMs);
    const count = await queries.countRecords(tx, dataset_id);
    await setContent(tx, {
      dataset_id,
      schema: extendSchema(dataset.schema, records),
      profile: count === 0 ? dataset.profile : `{"num_records": ${count}}`,
      digest: digestOf(dataset.name, nowMs),
      last_update_time: nowMs,
      last_updated_by: records.findLast(({ user }) => user !== undefined)?.user ?? null,
    });
    return { inserted_count: added.length, updated_count: records.length - added.length };
  });
}

export async function remove(
  { write, scope }: Deps,
  { dataset_id, dataset_record_ids }: Input<typeof deleteDatasetRecords>,
) {
  return write(async (tx) => {
    const dataset = await findDataset(tx, scope, dataset_id, FOR_UPDATE);
    if (!dataset || dataset_record_ids.length === 0) return { deleted_count: 0 };
    const { changes } = await queries.deleteRecords(tx, dataset_id, dataset_record_ids);
    if (changes > 0) {
      // MLflow counts down what it counted up, and writes null at the end.
      const count = Math.max(0, readNumRecords(dataset.profile) - changes);
      await setProfile(tx, dataset_id, count === 0 ? 'null' : `{"num_records": ${count}}`);
    }
    return { deleted_count: changes };
  });
}

async function hashAll(records: readonly DatasetRecordInput[]): Promise<readonly Hashed[]> {
  const hashed: Hashed[] = [];
  for (const [index, record] of records.entries()) {
    if (index % HASHED_AT_ONCE === HASHED_AT_ONCE - 1) await setImmediate();
    checkLength(record.source?.id ?? '', SOURCE_ID_CHARACTERS, `records[${index}].source`);
    checkLength(record.user ?? '', USER_CHARACTERS, `records[${index}].tags`);
    hashed.push({ record, input_hash: createHash('sha256').update(record.identity).digest('hex') });
  }
  return hashed;
}

/** The same inputs twice in one request are one record, to which the later one is merged. */
async function mergeAll(
  tx: Tx,
  dataset_id: string,
  hashed: readonly Hashed[],
  newId: () => string,
): Promise<readonly State[]> {
  if (hashed.length === 0) return [];
  const hashes = [...new Set(hashed.map(({ input_hash }) => input_hash))];
  const known = new Map(
    (await queries.listRecordsByHash(tx, dataset_id, hashes)).map((row) => [row.input_hash, row]),
  );
  const states = new Map<string, State>();
  for (const { record, input_hash } of hashed) {
    const stored = known.get(input_hash);
    const earlier =
      states.get(input_hash) ??
      (stored === undefined ? undefined : { ...stored, isNew: false, first: record });
    states.set(
      input_hash,
      earlier === undefined ? begin(record, input_hash, newId()) : merge(earlier, record),
    );
  }
  return [...states.values()];
}

const begin = (record: DatasetRecordInput, input_hash: string, dataset_record_id: string): State => ({
  dataset_record_id,
  input_hash,
  expectations: record.expectations ?? 'null',
  tags: record.tags ?? '{}',
  outputs: wrapOutputs(record.outputs === undefined ? '{}' : record.outputs),
  last_updated_by: record.user ?? null,
  isNew: true,
  first: record,
});

const merge = (state: State, record: DatasetRecordInput): State => ({
  ...state,
  expectations: mergeObjects(state.expectations, record.expectations) ?? state.expectations,
  tags: mergeObjects(state.tags, record.tags) ?? state.tags,
  outputs: record.outputs === undefined ? state.outputs : wrapOutputs(record.outputs),
  last_updated_by: record.user ?? state.last_updated_by,
});

function toRow(state: State, dataset_id: string, nowMs: number): EvaluationDatasetRecordRow {
  const { isNew: _, first, ...row } = state;
  return {
    ...row,
    dataset_id,
    inputs: first.inputs,
    source: first.source?.text ?? 'null',
    source_id: first.source?.id ?? null,
    source_type: first.source?.type ?? null,
    created_time: nowMs,
    last_update_time: nowMs,
    created_by: first.user ?? null,
  };
}
