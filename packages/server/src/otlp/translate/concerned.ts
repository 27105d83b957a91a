import type { Attributes } from './attributes.ts';
import type { Convention } from './convention.ts';
import { CONVENTIONS } from './conventions.ts';

const FAMILIES = [...new Set(CONVENTIONS.flatMap(({ families }) => families))];
const bits = new Map(FAMILIES.map((family, index) => [family, 1 << index]));

/** Names come again and again. */
const KEPT_NAMES = 2000;
const bitsOfNames = new Map<string, number>();

function bitOf(name: string): number {
  let bit = bitsOfNames.get(name);
  if (bit === undefined) {
    const dot = name.indexOf('.');
    bit = bits.get(dot < 0 ? name : name.slice(0, dot)) ?? 0;
    if (bitsOfNames.size < KEPT_NAMES && name.length < 100) bitsOfNames.set(name, bit);
  }
  return bit;
}

/** There are as many combinations as programs mix conventions: a handful. */
const KEPT_COMBINATIONS = 200;
const byBits = new Map<number, readonly Convention[]>();

/**
 * The conventions that can say something of a span, in the order in which they are asked: most spans speak one, or none
 * but MLflow's own.
 */
export function concerned(attributes: Attributes): readonly Convention[] {
  let present = 0;
  for (const name of attributes.keys()) present |= bitOf(name);
  let found = byBits.get(present);
  if (found === undefined) {
    found = CONVENTIONS.filter(({ families }) =>
      families.some((family) => present & (bits.get(family) ?? 0)),
    );
    if (byBits.size < KEPT_COMBINATIONS) byBits.set(present, found);
  }
  return found;
}
