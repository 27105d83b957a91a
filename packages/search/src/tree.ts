export type NumberComparator = '=' | '!=' | '>' | '>=' | '<' | '<=';
export type TextComparator = '=' | '!=' | 'LIKE' | 'ILIKE';
export type ListComparator = 'IN' | 'NOT IN';
export type NullComparator = 'IS NULL' | 'IS NOT NULL';

/** Where the clause stands in the filter, in UTF-16 units. */
interface Place {
  readonly from: number;
  readonly to: number;
}

interface Of<Entity extends string> extends Place {
  readonly entity: Entity;
  readonly key: string;
}

interface Numeric {
  readonly comparator: NumberComparator;
  /** A `bigint` where a whole number is beyond 2^53. */
  readonly value: number | bigint;
}

interface Textual {
  readonly comparator: TextComparator;
  readonly value: string;
}

interface Listed {
  readonly comparator: ListComparator;
  readonly value: readonly string[];
}

interface Null {
  readonly comparator: NullComparator;
  readonly value?: undefined;
}

export type AttributeClause = Of<'attribute'> & (Numeric | Textual | Listed);
export type MetricClause = Of<'metric'> & Numeric;
export type ParamClause = Of<'param'> & (Textual | Listed | Null);
export type TagClause = Of<'tag'> & (Textual | Listed | Null);
export type DatasetClause = Of<'dataset'> & (Textual | Listed);

/** One comparison. All clauses of a filter must hold. */
export type Clause = AttributeClause | MetricClause | ParamClause | TagClause | DatasetClause;

export type Entity = Clause['entity'];

/** One term of an order. */
export interface OrderTerm {
  readonly entity: 'attribute' | 'metric' | 'param' | 'tag';
  readonly key: string;
  readonly ascending: boolean;
}
