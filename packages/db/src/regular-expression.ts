import { RE2JS, RE2JSSyntaxException } from 're2js';
import { ValueRefused } from './handles.ts';

/** Longer patterns take long to read; no honest search has one. */
const MOST_CHARACTERS = 1000;

const KEPT = 50;
const compiled = new Map<string, RE2JS>();

/**
 * RE2's expressions: whatever the pattern, the time is linear in the text. JavaScript's own engine can be made to
 * search for hours, and would hold its thread meanwhile.
 *
 * @throws ValueRefused for a pattern that cannot be read.
 */
export function regularExpression(pattern: string): RE2JS {
  const known = compiled.get(pattern);
  if (known) return known;
  if (pattern.length > MOST_CHARACTERS) {
    throw new ValueRefused(
      `The regular expression has ${pattern.length} characters, at most ${MOST_CHARACTERS} are allowed.`,
    );
  }
  try {
    const expression = RE2JS.compile(pattern);
    if (compiled.size >= KEPT) compiled.clear();
    compiled.set(pattern, expression);
    return expression;
  } catch (error) {
    if (!(error instanceof RE2JSSyntaxException)) throw error;
    throw new ValueRefused(
      `The regular expression '${pattern.slice(0, 200).toWellFormed()}' cannot be read: ${error.message}. Look-around and back-references are not supported.`,
      { cause: error },
    );
  }
}
