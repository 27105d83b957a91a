import { type PromotedColumns, toPromotedColumns as toColumns } from '@bitacora/db';
import { checkLength } from '../limits/values.ts';
import { TRACE_METADATA, TRACE_TAG } from './keys.ts';

/** Widths of MLflow's columns, in characters. */
const SESSION_CHARACTERS = 250;
const NAME_CHARACTERS = 4096;

type Values = Readonly<Record<string, string>>;

/**
 * The columns that tags and metadata fill: name, session, tokens and cost.
 *
 * @throws MlflowError INVALID_PARAMETER_VALUE for a name or session that is too long.
 */
export function toPromotedColumns(tags: Values, metadata: Values): PromotedColumns {
  const columns = toColumns(tags, metadata);
  checkTraceName(columns.trace_name ?? '');
  checkLength(columns.session_id ?? '', SESSION_CHARACTERS, `trace_metadata.${TRACE_METADATA.session}`);
  return columns;
}

/** @throws MlflowError INVALID_PARAMETER_VALUE */
export function checkTraceName(name: string): string {
  checkLength(name, NAME_CHARACTERS, `tags.${TRACE_TAG.name}`);
  return name;
}
