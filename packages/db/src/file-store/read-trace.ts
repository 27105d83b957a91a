import { parseTimestamp } from '@bitacora/protocol';
import type { Insert } from '../insert.ts';
import {
  COLUMNS_OF_METADATA,
  isPromotedMetadata,
  type PromotedColumns,
  TRACE_NAME,
  toPromotedColumns,
} from '../trace-columns.ts';
import { readAssessments } from './assessment-files.ts';
import { checkComplete, experimentIdOf, type PartReader } from './facts.ts';
import type { Source } from './reading.ts';
import type { Part } from './units.ts';
import { type Meta, MetaError } from './yaml.ts';

const STATES = new Set(['OK', 'ERROR', 'IN_PROGRESS', 'STATE_UNSPECIFIED']);

/** What the header of a trace says, whichever release wrote it. */
interface Header {
  readonly trace_id: string;
  readonly experiment_id: string;
  readonly timestamp_ms: number | bigint;
  readonly execution_time_ms: number | bigint | null;
  readonly state: string;
}

const readMeta: PartReader = ({ index }, reading, [file]) => {
  const { id, parent } = reading.unit;
  const meta = file && reading.meta(file);
  if (!meta) return false;
  const row = reading.attempt(file, () => {
    const header = meta.has('request_id') ? readOlder(meta) : readHeader(meta);
    if (header.trace_id !== id)
      throw new MetaError(`it is that of the trace '${header.trace_id}', in the folder of another`);
    if (header.experiment_id !== parent)
      throw new MetaError(
        `it says experiment '${header.experiment_id}', in the folder of experiment '${parent}'`,
      );
    if (!STATES.has(header.state))
      throw new MetaError(`its state '${header.state}' is none that traces have`);
    return [
      id,
      experimentIdOf(parent),
      header.timestamp_ms,
      header.execution_time_ms,
      header.state,
      meta.text('client_request_id'),
      meta.text('request_preview'),
      meta.text('response_preview'),
    ];
  });
  if (!row) return false;
  index.change(
    `INSERT INTO trace_info (request_id, experiment_id, timestamp_ms, execution_time_ms, status, client_request_id,
       request_preview, response_preview) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT (request_id) DO UPDATE SET experiment_id = excluded.experiment_id,
       timestamp_ms = excluded.timestamp_ms, execution_time_ms = excluded.execution_time_ms, status = excluded.status,
       client_request_id = excluded.client_request_id, request_preview = excluded.request_preview,
       response_preview = excluded.response_preview`,
    ...row,
  );
  if (!reading.isNew)
    index.change(
      'UPDATE assessments SET experiment_id = ?, trace_timestamp_ms = ? WHERE trace_id = ?',
      row[1]!,
      row[2]!,
      id,
    );
  return true;
};

/** @throws MetaError */
function readHeader(meta: Meta): Header {
  const location = meta.within('trace_location');
  const request_time = meta.needText('request_time');
  const timestamp_ms = parseTimestamp(request_time);
  if (timestamp_ms === undefined)
    throw new MetaError(`its request_time '${request_time.slice(0, 40)}' is no time`);
  const trace_id = meta.needText('trace_id');
  // The last key of the file: without it, the file was cut short.
  checkComplete(location, ['type']);
  return {
    trace_id,
    experiment_id: location.within('mlflow_experiment').needText('experiment_id'),
    timestamp_ms,
    execution_time_ms: meta.integer('execution_duration_ms'),
    state: meta.text('state') ?? 'STATE_UNSPECIFIED',
  };
}

/** As releases before 3.0 wrote it. @throws MetaError */
function readOlder(meta: Meta): Header {
  checkComplete(meta, ['experiment_id', 'timestamp_ms', 'status']);
  const status = meta.needText('status');
  return {
    trace_id: meta.needText('request_id'),
    experiment_id: meta.needText('experiment_id'),
    timestamp_ms: meta.integer('timestamp_ms') ?? 0,
    execution_time_ms: meta.integer('execution_time_ms'),
    state: status === 'TRACE_STATUS_UNSPECIFIED' ? 'STATE_UNSPECIFIED' : status,
  };
}

const TAGS: Insert = { into: 'trace_tags', columns: ['key', 'value', 'request_id'] };
const METADATA: Insert = { ...TAGS, into: 'trace_request_metadata' };

const readTags: PartReader = ({ index, rows }, reading, files) => {
  const { id } = reading.unit;
  const tags = new Map(reading.values(files));
  if (!reading.isNew) index.change('DELETE FROM trace_tags WHERE request_id = ?', id);
  for (const [key, value] of tags) if (key !== TRACE_NAME) rows.add(TAGS, [key, value, id]);
  setColumns(index, id, ['trace_name'], toPromotedColumns(Object.fromEntries(tags), {}));
  return true;
};

const PROMOTED = Object.values(COLUMNS_OF_METADATA).flat();

const readMetadata: PartReader = ({ index, rows }, reading, files) => {
  const { id } = reading.unit;
  const metadata = new Map(reading.values(files));
  if (!reading.isNew) index.change('DELETE FROM trace_request_metadata WHERE request_id = ?', id);
  for (const [key, value] of metadata) if (!isPromotedMetadata(key)) rows.add(METADATA, [key, value, id]);
  setColumns(index, id, PROMOTED, toPromotedColumns({}, Object.fromEntries(metadata)));
  return true;
};

function setColumns(
  index: Source['index'],
  id: string,
  columns: readonly string[],
  values: PromotedColumns,
): void {
  index.change(
    `UPDATE trace_info SET ${columns.map((column) => `${column} = ?`).join(', ')} WHERE request_id = ?`,
    ...columns.map((column) => values[column as keyof PromotedColumns] ?? null),
    id,
  );
}

export const TRACE_READERS: Partial<Readonly<Record<Part, PartReader>>> = {
  meta: readMeta,
  params: readMetadata,
  tags: readTags,
  links: readAssessments,
};
