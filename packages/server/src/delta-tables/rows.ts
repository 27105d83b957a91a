import { readRows, type Snapshot, unknownWithin } from '@bitacora/delta';
import { type Input, invalidParameter, type previewDeltaRows } from '@bitacora/protocol';
import { fromPageToken, toPageToken } from '../http/page-token.ts';
import { columnOf } from './record.ts';
import { WireValues } from './values.ts';

/** Columns of a page; a table may have many thousands. */
const MOST_COLUMNS = 500;

type Wanted = Pick<Input<typeof previewDeltaRows>, 'columns' | 'max_results' | 'page_token'>;

/** @throws DeltaError, MlflowError INVALID_PARAMETER_VALUE */
export async function readPage(
  snapshot: Snapshot,
  { columns: wanted, max_results, page_token }: Wanted,
  signal: AbortSignal,
) {
  if (wanted.length > MOST_COLUMNS)
    throw invalidParameter(
      `Parameter 'columns' has ${wanted.length} names, at most ${MOST_COLUMNS} are allowed.`,
    );
  const offset = fromPageToken(page_token);
  const { fields } = snapshot.schema;
  const readable = fields.filter(({ type }) => unknownWithin(type) === undefined);
  const names = wanted.length > 0 ? wanted : readable.slice(0, MOST_COLUMNS).map(({ name }) => name);
  const page = await readRows(snapshot, { columns: names, limit: max_results, offset, signal });
  const values = new WireValues();
  const rows = page.rows.map((row) => row.map((value) => values.of(value)));
  const shown = new Set(names);
  return {
    version: snapshot.version,
    columns: page.columns.map(columnOf),
    rows,
    is_cut: values.isCut,
    unread_columns:
      wanted.length > 0
        ? []
        : fields.flatMap(({ name }) => (shown.has(name) ? [] : [name])).slice(0, MOST_COLUMNS),
    first_row: offset,
    ...(page.next_offset !== undefined && { next_page_token: toPageToken(page.next_offset) }),
  };
}
