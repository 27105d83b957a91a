import { isObject, type Json, type JsonObject, own } from './json.ts';
import type { DeltaType } from './schema.ts';
import { decimalText, decimalUnscaled, type Value, valueOfText } from './value.ts';

/** What the log says of a data file's rows, deleted ones included. Columns are asked for by their physical names. */
export interface FileStatistics {
  /** Rows in the file, deleted ones included. */
  readonly num_records: number | undefined;
  /** False when rows have been deleted since, so that bounds may be too wide. */
  readonly tight_bounds: boolean;
  min(physical: readonly string[], type: DeltaType): Value | undefined;
  max(physical: readonly string[], type: DeltaType): Value | undefined;
  nullCount(physical: readonly string[]): number | undefined;
}

/** A number of a JSON text, digit by digit: it may be a long or a decimal. */
class NumberText {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

/** The `stats` text of an `add`; undefined when it is no JSON: statistics are optional, and never a reason to refuse. */
export function parseStatistics(text: string): FileStatistics | undefined {
  let json: Json;
  try {
    json = JSON.parse(text, (_key, value: unknown, context?: { readonly source?: string }) =>
      typeof value === 'number' ? new NumberText(context?.source ?? String(value)) : value,
    );
  } catch {
    return undefined;
  }
  if (!isObject(json)) return undefined;
  const parts = json;
  const leaf = (part: string, physical: readonly string[]): unknown => {
    let at: Json | undefined = own(parts, part);
    for (const name of physical) at = isObject(at) ? own(at as JsonObject, name) : undefined;
    return at;
  };
  return {
    num_records: count(own(parts, 'numRecords')),
    tight_bounds: own(parts, 'tightBounds') !== false,
    min: (physical, type) => bound(leaf('minValues', physical), type),
    max: (physical, type) => bound(leaf('maxValues', physical), type),
    nullCount: (physical) => count(leaf('nullCount', physical)),
  };
}

function count(leaf: unknown): number | undefined {
  const value = leaf instanceof NumberText ? Number(leaf.text) : undefined;
  return value !== undefined && Number.isSafeInteger(value) && value >= 0 ? value : undefined;
}

function bound(leaf: unknown, type: DeltaType): Value | undefined {
  if (typeof leaf === 'boolean') return type.type === 'boolean' ? leaf : undefined;
  if (typeof leaf !== 'string' && !(leaf instanceof NumberText)) return undefined;
  const text = typeof leaf === 'string' ? leaf : leaf.text;
  // Some writers pass decimals through a double, and give more digits than there are.
  if (type.type === 'decimal' && decimalUnscaled(text, type.scale) === undefined)
    return roundedDecimal(text, type.scale);
  return valueOfText(text, type);
}

function roundedDecimal(text: string, scale: number): string | undefined {
  const number = Number(text);
  if (!Number.isFinite(number) || scale > 100) return undefined;
  const unscaled = decimalUnscaled(number.toFixed(scale), scale);
  return unscaled === undefined ? undefined : decimalText(unscaled, scale);
}
