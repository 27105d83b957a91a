import {
  type getDatasetRecords,
  type Input,
  type Int64,
  invalidParameter,
  preview,
  printPythonJson,
} from '@bitacora/protocol';
import type { ReadDeps } from '../deps.ts';
import { unwrapOutputs } from './content.ts';
import { findDataset } from './queries.ts';
import { listRecords, type RecordPlace, type RecordRow } from './record-queries.ts';

/** MLflow has no bound here; its clients ask for 1,000 and follow tokens. */
const MOST_RECORDS = 10_000;
const DEFAULT_RECORDS = 1000;

export async function listPage({ db, scope }: ReadDeps, input: Input<typeof getDatasetRecords>) {
  const limit = Math.min(input.max_results || DEFAULT_RECORDS, MOST_RECORDS);
  const after = fromToken(input.page_token);
  // An unknown data set has no records, as in MLflow.
  if (!(await findDataset(db, scope, input.dataset_id))) return { records: '[]' };
  const found = await listRecords(db, input.dataset_id, after, limit + 1);
  const rows = found.slice(0, limit);
  const last = rows.at(-1);
  return {
    records: `[${rows.map(toJson).join(', ')}]`,
    ...(found.length > limit && last ? { next_page_token: toToken(last) } : {}),
  };
}

/** A record as JSON text, around the texts that are stored. */
function toJson(row: RecordRow): string {
  const source = isNull(row.source) ? undefined : row.source;
  const outputs = unwrapOutputs(row.outputs);
  const fields: readonly (readonly [name: string, text: string | null | undefined])[] = [
    ['dataset_record_id', quote(row.dataset_record_id)],
    ['dataset_id', quote(row.dataset_id)],
    ['inputs', row.inputs],
    ['expectations', isNull(row.expectations) ? undefined : row.expectations],
    ['tags', isNull(row.tags) ? '{}' : row.tags],
    ['source', source],
    ['source_id', row.source_id === null ? undefined : quote(row.source_id)],
    ['source_type', source === undefined || row.source_type === null ? undefined : quote(row.source_type)],
    ['created_time', String(row.created_time ?? 0)],
    ['last_update_time', String(row.last_update_time ?? 0)],
    ['created_by', row.created_by === null ? undefined : quote(row.created_by)],
    ['last_updated_by', row.last_updated_by === null ? undefined : quote(row.last_updated_by)],
    ['outputs', outputs],
  ];
  return `{${fields
    .filter(([, text]) => text !== undefined && text !== null)
    .map(([name, text]) => `"${name}": ${text}`)
    .join(', ')}}`;
}

/** MLflow writes what is absent as the JSON text `null`. */
const isNull = (text: string | null) => text === null || text === 'null';

const quote = (text: string) => printPythonJson(text);

/** MLflow's token: base64 of time and id of the last record that was given. */
const toToken = ({ created_time, dataset_record_id }: RecordRow): string =>
  Buffer.from(`${created_time}:${dataset_record_id}`).toString('base64');

function fromToken(token: string | undefined): RecordPlace | undefined {
  if (token === undefined || token === '') return undefined;
  const match = /^(\d{1,15}):([\w-]{1,64})$/.exec(Buffer.from(token.slice(0, 200), 'base64').toString());
  if (!match) {
    throw invalidParameter(
      `Invalid page token '${preview(token)}'. Pass the next_page_token of the previous answer unchanged, or leave it out for the first page.`,
    );
  }
  const [, time = '', dataset_record_id = ''] = match;
  return { created_time: Number(time) satisfies Int64, dataset_record_id };
}
