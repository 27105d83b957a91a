import type { Sql } from './sql.ts';

/**
 * A question that one plan is right for whatever its values are, such as for the rows of some keys: PostgreSQL may keep
 * the plan where it would else make one for each time it is asked.
 */
export const lookup = <Row>(query: Sql<Row>): Sql<Row> => ({
  compile: (dialect) => ({ ...query.compile(dialect), isLookup: true }),
});
