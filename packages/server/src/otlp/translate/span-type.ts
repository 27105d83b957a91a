import type { Attributes } from './attributes.ts';
import type { Convention } from './convention.ts';

/** MLflow's type for a span that says its kind by another convention. */
export function translateSpanType(
  conventions: readonly Convention[],
  attributes: Attributes,
): string | undefined {
  for (const { spanType } of conventions) {
    const type = spanType?.(attributes);
    if (type !== undefined) return type;
  }
  return undefined;
}
