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

/** RLIKE: a regular expression matches somewhere in the text. */
interface Matched {
  readonly comparator: 'RLIKE';
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
/** Numbers are compared of `version` and `versions_behind` alone, and texts of all other keys. */
export type DatasetClause = Of<'dataset'> & (Numeric | Textual | Listed);

/** One comparison. All clauses of a filter must hold. */
export type Clause = AttributeClause | MetricClause | ParamClause | TagClause | DatasetClause;

type Written = Textual | Matched | Listed;

export type TraceAttributeClause = Of<'attribute'> & (Numeric | Written | Null);
export type TraceTagClause = Of<'tag'> & (Written | Null);
export type MetadataClause = Of<'metadata'> & (Written | Null);
/** The key is `name`, `type`, `status`, `content`, or `attributes.` and the key of an attribute. */
export type SpanClause = Of<'span'> & Written;
/** The key is the assessment's name; numbers are compared by `>`, `>=`, `<` and `<=` alone. */
export type AssessmentClause = Of<'feedback' | 'expectation'> & (Numeric | Textual | Matched | Null);
export type IssueClause = Of<'issue'> & { readonly comparator: '='; readonly value: string };

/** One comparison of a trace. Those of spans must hold on one and the same span. */
export type TraceClause =
  | TraceAttributeClause
  | TraceTagClause
  | MetadataClause
  | SpanClause
  | AssessmentClause
  | IssueClause;

/** One comparison of a figure about traces; a trace's key is `status`, or `tag.` or `metadata.` and the key of one. */
export type TraceMetricClause = Of<'trace' | 'span' | 'assessment'> & {
  readonly comparator: '=';
  readonly value: string;
};

export type Entity = (Clause | TraceClause | TraceMetricClause)['entity'];

/** One term of an order. */
export interface OrderTerm {
  readonly entity: 'attribute' | 'metric' | 'param' | 'tag' | 'metadata';
  readonly key: string;
  readonly ascending: boolean;
}
