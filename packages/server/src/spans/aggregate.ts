import { COST_COLUMNS, TOKEN_COLUMNS, toCost, toTokenCount } from '@bitacora/db';
import { type Int64, narrow, parseJson } from '@bitacora/protocol';

/** Where a span stands in its tree. */
interface Place {
  readonly span_id: string;
  readonly parent_span_id: string | null;
}

/** Counts that a sum always has; of the others it has those that some span gave. */
const ALWAYS: ReadonlySet<string> = new Set(['input_tokens', 'output_tokens', 'total_tokens']);

export type Usage = Partial<Record<(typeof TOKEN_COLUMNS)[number], Int64>>;
export type Cost = Partial<Record<(typeof COST_COLUMNS)[number], number>>;

/** The token counts in the attribute of a span. */
export const readUsage = (text: string | undefined): Usage | null =>
  readFields(text, TOKEN_COLUMNS, (value) => toTokenCount(value) ?? 0);

/** The US dollars in the attribute of a span. */
export const readCost = (text: string | undefined): Cost | null =>
  readFields(text, COST_COLUMNS, (value) => toCost(value) ?? 0);

function readFields<Name extends string, Value>(
  text: string | undefined,
  names: readonly Name[],
  toValue: (value: unknown) => Value,
): Partial<Record<Name, Value>> | null {
  if (text === undefined) return null;
  let json: unknown;
  try {
    json = parseJson(text);
  } catch {
    // Python's NaN is no number to count with either.
    return null;
  }
  if (json === null || typeof json !== 'object' || Array.isArray(json)) return null;
  const fields: Partial<Record<Name, Value>> = {};
  for (const name of names) {
    if (Object.hasOwn(json, name)) fields[name] = toValue((json as Record<string, unknown>)[name]);
  }
  return fields;
}

/**
 * The sum over the spans of a trace. Frameworks write on a span what its children took together: below a span that says
 * something nothing more is counted.
 */
export function sumUsage(nodes: readonly (Place & { readonly usage: Usage | null })[]): Usage | null {
  const counted = topmost(nodes, ({ usage }) => usage);
  if (counted.length === 0) return null;
  const usage: Usage = {};
  for (const name of TOKEN_COLUMNS) {
    const given = counted.flatMap((each) => each[name] ?? []);
    if (given.length > 0 || ALWAYS.has(name)) usage[name] = sum(given);
  }
  return usage;
}

export function sumCost(nodes: readonly (Place & { readonly cost: Cost | null })[]): Cost | null {
  const counted = topmost(nodes, ({ cost }) => cost);
  if (counted.length === 0) return null;
  const cost: Cost = {};
  for (const name of COST_COLUMNS) cost[name] = counted.reduce((total, each) => total + (each[name] ?? 0), 0);
  return cost;
}

const sum = (values: readonly Int64[]): Int64 =>
  narrow(values.reduce<bigint>((total, value) => total + BigInt(value), 0n));

/** Of each branch what its topmost span that says something says, in no matter which order. */
function topmost<Node extends Place, Sums>(
  nodes: readonly Node[],
  saidBy: (node: Node) => Sums | null,
): Sums[] {
  if (nodes.every((node) => saidBy(node) === null)) return [];
  const ids = new Set(nodes.map(({ span_id }) => span_id));
  const isChild = ({ parent_span_id }: Node) => parent_span_id !== null && ids.has(parent_span_id);
  const children = Map.groupBy(nodes.filter(isChild), ({ parent_span_id }) => parent_span_id);
  const found: Sums[] = [];
  const open = nodes.filter((node) => !isChild(node));
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    const sums = saidBy(node);
    if (sums !== null) found.push(sums);
    else for (const child of children.get(node.span_id) ?? []) open.push(child);
  }
  return found;
}
