import { type Db, type PythonJson, parsePythonJson } from '@bitacora/db';
import { SPAN_ATTRIBUTE } from '../otlp/translate/translate.ts';
import { readCost, readUsage, sumCost, sumUsage } from './aggregate.ts';
import type { PreparedTrace, SpanNode, TraceHeader } from './prepare.ts';
import { listNodes, type StoredNode } from './queries.ts';

/**
 * The traces with what their other spans, stored before, say of tokens and cost: a parent may come in another request
 * than its children, and then the sum is one over the whole tree. Of a span that came again the new one counts. Traces
 * that now bring neither are left as they are.
 */
export async function addStoredNodes(db: Db, traces: readonly PreparedTrace[]): Promise<TraceHeader[]> {
  const own = new Map(traces.map(({ trace_id, nodes }) => [trace_id, nodes]));
  const says = ({ usage, cost }: SpanNode) => usage !== null || cost !== null;
  const concerned = traces.filter(({ trace_id }) => own.get(trace_id)?.some(says));
  const stored =
    concerned.length === 0
      ? []
      : await listNodes(
          db,
          concerned.map(({ trace_id }) => trace_id),
        );
  const byTrace = Map.groupBy(stored, ({ trace_id }) => trace_id);
  return traces.map((trace) => {
    const fresh = own.get(trace.trace_id) ?? [];
    const ids = new Set(fresh.map(({ span_id }) => span_id));
    const others = (byTrace.get(trace.trace_id) ?? []).filter(({ span_id }) => !ids.has(span_id));
    const nodes = [...fresh, ...others.map(toNode)];
    return { ...trace, usage: sumUsage(nodes), cost: sumCost(nodes) };
  });
}

function toNode({ span_id, parent_span_id, content }: StoredNode): SpanNode {
  const attributes = content === null ? undefined : attributesOf(content);
  const text = (key: string) => {
    const value = attributes?.get(key);
    return typeof value === 'string' ? value : undefined;
  };
  return {
    span_id,
    parent_span_id,
    usage: readUsage(text(SPAN_ATTRIBUTE.usage)),
    cost: readCost(text(SPAN_ATTRIBUTE.cost)),
  };
}

/** A stored span that cannot be read counts as one that says nothing, as in MLflow. */
function attributesOf(content: string): ReadonlyMap<string, PythonJson> | undefined {
  try {
    const span = parsePythonJson(content);
    const attributes = span instanceof Map ? span.get('attributes') : undefined;
    return attributes instanceof Map ? attributes : undefined;
  } catch {
    return undefined;
  }
}
