import type { Attributes } from './attributes.ts';
import { CONVENTIONS } from './conventions.ts';

/** MLflow's type for a span that says its kind by another convention. */
export function translateSpanType(attributes: Attributes): string | undefined {
  for (const { spanType } of CONVENTIONS) {
    const type = spanType?.(attributes);
    if (type !== undefined) return type;
  }
  return undefined;
}
