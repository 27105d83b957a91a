import { isIn, raw, type Sql, sql } from '@bitacora/db';
import type { Int64 } from '@bitacora/protocol';
import type { AssessmentClause, IssueClause } from '@bitacora/search';
import { compareWith } from '../../search/comparison.ts';
import { isEncodingOf, withoutQuotes } from './spans.ts';

/** An assessment says by metadata that it is about the whole session of its trace; Python writes a colon and a space. */
const ABOUT_SESSION = '%"mlflow.trace.session":%';

/**
 * The condition of a clause on the trace `t`: it has such an assessment that is not overridden, or another trace of
 * its session, within the experiments searched, has one about the session.
 */
export function assessmentCondition(clause: AssessmentClause, experiment_ids: readonly Int64[]): Sql {
  const matching = sql`a.assessment_type = ${clause.entity} AND a.name = ${clause.key} AND a.valid = ${true}
    ${clause.value === undefined ? raw('') : sql`AND ${valueCondition(clause)}`}`;
  const own = sql`EXISTS (SELECT 1 FROM assessments a WHERE a.trace_id = t.request_id AND ${matching})`;
  const ofSession = sql`EXISTS (SELECT 1 FROM trace_info o JOIN assessments a ON a.trace_id = o.request_id
    WHERE o.session_id = t.session_id AND ${isIn('o.experiment_id', experiment_ids)} AND ${matching}
    AND a.assessment_metadata LIKE ${ABOUT_SESSION})`;
  return clause.comparator === 'IS NULL'
    ? sql`NOT ${own} AND NOT ${ofSession}`
    : sql`(${own} OR ${ofSession})`;
}

/** Values are JSON: text in quotes, numbers and booleans bare. Both ways of writing are understood. */
function valueCondition(clause: AssessmentClause): Sql {
  const { comparator, value } = clause;
  if (typeof value === 'number' || typeof value === 'bigint') {
    return sql`a.is_numeric_value = ${true} AND ${compareWith(raw('a.aggregate_value'), { comparator: comparator as '>', value })}`;
  }
  const text = String(value);
  switch (comparator) {
    case '=':
      return isEncodingOf(raw('a.value'), [text]);
    case '!=':
      return sql`NOT ${isEncodingOf(raw('a.value'), [text])}`;
    default:
      return compareWith(withoutQuotes(raw('a.value')), { comparator: comparator as 'LIKE', value: text });
  }
}

/** An issue is an assessment whose name is the issue's id. */
export const issueCondition = ({ value }: IssueClause): Sql =>
  sql`EXISTS (SELECT 1 FROM assessments a WHERE a.trace_id = t.request_id
    AND a.assessment_type = 'issue' AND a.name = ${value})`;
