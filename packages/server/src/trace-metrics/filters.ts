import { raw, type Sql, sql } from '@bitacora/db';
import { invalidParameter, type MetricViewType, preview } from '@bitacora/protocol';
import { parseFilter, type TraceClause, type TraceMetricClause } from '@bitacora/search';
import { compareWith } from '../search/comparison.ts';
import { toConditions } from '../traces/service.ts';

export interface Filters {
  /** On the trace `t`. */
  readonly ofTraces: readonly Sql[];
  /** On the span `s` or the assessment `a`. */
  readonly ofRows: readonly Sql[];
}

const ALIAS = { span: 's', assessment: 'a' } as const;
const COLUMN: Readonly<Record<string, string>> = { type: 'assessment_type' };

/**
 * Each filter is one comparison by `=`; all must hold.
 *
 * @throws SearchSyntaxError, or MlflowError INVALID_PARAMETER_VALUE for spans or assessments in another view.
 */
export function toFilters(texts: readonly string[], view: MetricViewType): Filters {
  const ofTraces: Sql[] = [];
  const ofRows: Sql[] = [];
  for (const text of texts) {
    const [clause, ...more] = parseFilter('trace metrics', text);
    if (!clause || more.length > 0)
      throw invalidParameter(`Invalid filter: '${preview(text)}'. Expected one filter clause.`);
    if (clause.entity === 'trace') {
      ofTraces.push(...toConditions([ofTrace(clause)], []));
      continue;
    }
    const needed = clause.entity === 'span' ? 'SPANS' : 'ASSESSMENTS';
    if (view !== needed)
      throw invalidParameter(
        `Filtering by ${clause.entity} is only supported for the view type ${needed}, got ${view}.`,
      );
    const column = clause.entity === 'assessment' ? (COLUMN[clause.key] ?? clause.key) : clause.key;
    ofRows.push(compareWith(raw(`${ALIAS[clause.entity]}.${column}`), clause));
  }
  return { ofTraces, ofRows };
}

/** The same comparison as a search of traces knows it. */
function ofTrace({ key, ...clause }: TraceMetricClause): TraceClause {
  if (key === 'status') return { ...clause, entity: 'attribute', key };
  const [entity] = key.split('.', 1);
  return { ...clause, entity: entity === 'tag' ? 'tag' : 'metadata', key: key.slice(`${entity}.`.length) };
}

/** An assessment's trace meets the conditions. */
export const traceOfAssessment = (conditions: Sql): Sql =>
  sql`EXISTS (SELECT 1 FROM trace_info t WHERE t.request_id = a.trace_id AND ${conditions})`;
