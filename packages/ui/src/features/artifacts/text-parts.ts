import type { TextPart } from '@bitacora/protocol';

type Part = Pick<TextPart, 'lines' | 'begins_within_line' | 'ends_within_line'>;

/**
 * Parts that follow one another as one text; a line that a part ends within goes on with the next.
 *
 * @param anchorPart of which part the first line is wanted
 */
export function joinParts(
  parts: readonly Part[],
  anchorPart: number,
): { readonly lines: readonly string[]; readonly anchor: number } {
  const lines: string[] = [];
  let anchor = 0;
  for (const [index, part] of parts.entries()) {
    const goesOn = index > 0 && part.begins_within_line && lines.length > 0;
    if (index === anchorPart) anchor = lines.length - (goesOn ? 1 : 0);
    const [first = '', ...rest] = part.lines;
    if (goesOn) lines[lines.length - 1] += first;
    else if (part.lines.length > 0) lines.push(first);
    lines.push(...rest);
  }
  return { lines, anchor };
}
