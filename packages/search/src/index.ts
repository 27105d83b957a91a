export { SearchSyntaxError } from './error.ts';
export { parseFilter } from './filter.ts';
export { parseOrderBy } from './order-by.ts';
export { type TargetName, targets } from './targets.ts';
export type * from './tree.ts';
