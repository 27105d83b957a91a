import type { SqliteConnection } from '../sqlite/connection.ts';
import type { AssessmentRow, TraceInfoRow } from '../tables/index.ts';
import { fromPromotedColumns, isPromotedMetadata, TRACE_NAME } from '../trace-columns.ts';
import { assessmentPath, assessmentText } from './assessment-files.ts';
import { experimentIdOf } from './facts.ts';
import { checkKeyPath } from './names.ts';
import { PARTS, type Part, type UnitKind } from './units.ts';

/** A tag, param, alias, metadata or assessment of a unit, which has a file of its own. */
export interface Valued {
  readonly kind: UnitKind;
  readonly id: string;
  readonly part: Part;
  readonly key: string;
}

/** Where the value of a key stands in the index. */
const VALUES: Readonly<Partial<Record<`${UnitKind} ${string}`, string>>> = {
  'experiment tags': 'SELECT value FROM experiment_tags WHERE experiment_id = ? AND key = ?',
  'run tags': 'SELECT value FROM tags WHERE run_uuid = ? AND key = ?',
  'run params': 'SELECT value FROM params WHERE run_uuid = ? AND key = ?',
  'model tags': 'SELECT tag_value AS value FROM logged_model_tags WHERE model_id = ? AND tag_key = ?',
  'model params': 'SELECT param_value AS value FROM logged_model_params WHERE model_id = ? AND param_key = ?',
  'trace tags': 'SELECT value FROM trace_tags WHERE request_id = ? AND key = ?',
  'trace params': 'SELECT value FROM trace_request_metadata WHERE request_id = ? AND key = ?',
  'registered tags': 'SELECT value FROM registered_model_tags WHERE name = ? AND key = ?',
  'registered links':
    'SELECT CAST(version AS TEXT) AS value FROM registered_model_aliases WHERE name = ? AND alias = ?',
  'version tags': "SELECT value FROM model_version_tags WHERE name || '/' || version = ? AND key = ?",
};

/** Where the file is below the folder of its unit. @throws ValueRefused for a key that can be no path. */
export function valuePath({ kind, part, key }: Valued): string {
  if (kind === 'trace' && part === 'links') return assessmentPath(key);
  const folder = PARTS[kind][part]?.[0];
  if (folder === undefined) throw new Error(`no folder for ${part} of ${kind}`);
  return `${folder}/${checkKeyPath(key)}`;
}

/**
 * What the file is to hold.
 *
 * @param before reads the file as it is.
 * @returns undefined where the index has no such value, so that there must be no file.
 */
export function valueText(
  index: SqliteConnection,
  valued: Valued,
  before: () => string | undefined,
): string | undefined {
  const { kind, id, part, key } = valued;
  if (kind === 'trace') {
    if (part === 'links') return assessment(index, id, key, before);
    if (key === TRACE_NAME) return trace(index, id)?.trace_name ?? undefined;
    if (part === 'params' && isPromotedMetadata(key))
      return new Map(fromPromotedColumns(trace(index, id) ?? {})).get(key);
  }
  const query = VALUES[`${kind} ${part}`];
  if (query === undefined) throw new Error(`no query for ${part} of ${kind}`);
  const owner = kind === 'experiment' ? experimentIdOf(id) : id;
  const [row] = index.rows<{ value: string | null }>(query, owner, key);
  return row && (row.value ?? '');
}

const trace = (index: SqliteConnection, id: string): TraceInfoRow | undefined =>
  index.rows<TraceInfoRow>('SELECT * FROM trace_info WHERE request_id = ?', id)[0];

function assessment(
  index: SqliteConnection,
  trace_id: string,
  assessment_id: string,
  before: () => string | undefined,
): string | undefined {
  const [row] = index.rows<AssessmentRow>(
    'SELECT * FROM assessments WHERE trace_id = ? AND assessment_id = ?',
    trace_id,
    assessment_id,
  );
  return row && assessmentText(row, before());
}
