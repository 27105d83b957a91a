import { type Db, isIn, join, raw, type Sql, sql } from '@bitacora/db';
import type { calculateTraceFilterCorrelation, Input, Int64 } from '@bitacora/protocol';
import { parseFilter } from '@bitacora/search';
import type { ReadDeps } from '../../deps.ts';
import { parseExperimentId } from '../../experiments/ids.ts';
import { keepExperimentsInScope } from '../../experiments/queries.ts';
import { toConditions } from './conditions.ts';

/** Added to every cell so that small counts do not shout: Jeffreys' prior, as in MLflow. */
const SMOOTHING = 0.5;

export async function correlate(
  { db, scope }: ReadDeps,
  input: Input<typeof calculateTraceFilterCorrelation>,
) {
  const filters = [input.base_filter, input.filter_string1, input.filter_string2].map((text) =>
    parseFilter('traces', text),
  );
  const asked = [...new Set(input.experiment_ids.map(parseExperimentId))];
  const experiment_ids = await keepExperimentsInScope(db, scope, asked);
  const [base = [], first = [], second = []] = filters.map((clauses) =>
    toConditions(clauses, experiment_ids),
  );
  const { total, one, two, both } = await countTraces(db, experiment_ids, base, all(first), all(second));
  const cells = [both, one - both, two - both, total - one - two + both] as const;
  const undefinedThere = total <= 0 || one === 0 || two === 0;
  const plain = undefinedThere ? Number.NaN : both === 0 ? -1 : npmi(cells, 0);
  const smoothed = undefinedThere ? Number.NaN : npmi(cells, SMOOTHING);
  return {
    // What is not defined is left out, as MLflow does.
    ...(Number.isNaN(plain) ? {} : { npmi: plain }),
    ...(Number.isNaN(smoothed) ? {} : { npmi_smoothed: smoothed }),
    filter1_count: one,
    filter2_count: two,
    joint_count: both,
    total_count: total,
  };
}

const all = (conditions: readonly Sql[]): Sql =>
  conditions.length === 0 ? raw('1 = 1') : join(conditions, ' AND ');

async function countTraces(
  db: Db,
  experiment_ids: readonly Int64[],
  base: readonly Sql[],
  first: Sql,
  second: Sql,
) {
  const flag = (condition: Sql) => sql`CASE WHEN ${condition} THEN 1 ELSE 0 END`;
  const where = all([sql`${isIn('t.experiment_id', experiment_ids)}`, ...base]);
  const counts = await db.get(
    sql<Readonly<Record<'total' | 'one' | 'two' | 'both_of_them', number | null>>>`
      SELECT count(*) AS total, sum(f.one) AS one, sum(f.two) AS two, sum(f.one * f.two) AS both_of_them
      FROM (SELECT ${flag(first)} AS one, ${flag(second)} AS two FROM trace_info t WHERE ${where}) f`,
  );
  const { total, one, two, both_of_them } = counts ?? { total: 0, one: 0, two: 0, both_of_them: 0 };
  return {
    total: Number(total ?? 0),
    one: Number(one ?? 0),
    two: Number(two ?? 0),
    both: Number(both_of_them ?? 0),
  };
}

/**
 * Normalised pointwise mutual information of two events, from the counts of both, only the first, only the second and
 * neither: 1 where they always go together, 0 where they are independent, -1 where never.
 */
export function npmi(
  [both, first, second, neither]: readonly [number, number, number, number],
  smoothing: number,
): number {
  if (first === 0 && second === 0 && neither === 0) return 1;
  const joint = both + smoothing;
  const total = both + first + second + neither + 4 * smoothing;
  const one = both + first + 2 * smoothing;
  const two = both + second + 2 * smoothing;
  if (one <= 0 || two <= 0 || joint <= 0) return Number.NaN;
  const information = Math.log(joint) + Math.log(total) - Math.log(one) - Math.log(two);
  return Math.max(-1, Math.min(1, information / -(Math.log(joint) - Math.log(total))));
}
