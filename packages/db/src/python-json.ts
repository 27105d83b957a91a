/** A number that Python holds as a float, so that 1 is written `1.0`. */
export class PythonFloat {
  readonly value: number;

  constructor(value: number) {
    this.value = value;
  }
}

/**
 * JSON as Python's `json.dumps` writes it: a space after each comma and colon, floats by Python's rules. MLflow finds
 * some of what it has stored by searching for exactly such text, so what we store beside it must look the same.
 *
 * @param ascii whether all other characters become `\u` escapes, Python's default.
 * @throws RangeError for values that nest too deeply.
 */
export function toPythonJson(value: unknown, { ascii = true }: { readonly ascii?: boolean } = {}): string {
  if (value === null || value === undefined) return 'null';
  if (value instanceof PythonFloat) return floatText(value.value);
  switch (typeof value) {
    case 'number':
      return Number.isSafeInteger(value) ? String(value + 0) : floatText(value);
    case 'bigint':
    case 'boolean':
      return String(value);
    case 'string':
      return quote(value, ascii);
    case 'object':
      if (Array.isArray(value)) return `[${value.map((item) => toPythonJson(item, { ascii })).join(', ')}]`;
      return `{${(value instanceof Map ? [...value] : Object.entries(value))
        .filter(([, item]) => item !== undefined)
        .map(([name, item]) => `${quote(name, ascii)}: ${toPythonJson(item, { ascii })}`)
        .join(', ')}}`;
    default:
      throw new TypeError(`a ${typeof value} has no JSON`);
  }
}

const quote = (text: string, ascii: boolean) => {
  const quoted = JSON.stringify(text);
  return ascii
    ? // biome-ignore lint/suspicious/noControlCharactersInRegex: all but ASCII is what is looked for.
      quoted.replace(/[^\x00-\x7e]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
    : quoted;
};

/** The same shortest digits as JavaScript's, but an exponent from 1e16 on and below 1e-4, with two digits at least. */
export function floatText(value: number): string {
  const magnitude = Math.abs(value);
  // Most floats have an ordinary size, where both languages write the same.
  if (magnitude >= 1e-4 && magnitude < 1e16 && !Number.isInteger(value)) return String(value);
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? 'Infinity' : '-Infinity';
  const [mantissa = '', power = ''] = value.toExponential().split('e');
  const exponent = Number(power);
  if (exponent < -4 || exponent >= 16) {
    return `${mantissa}e${exponent < 0 ? '-' : '+'}${String(Math.abs(exponent)).padStart(2, '0')}`;
  }
  if (Object.is(value, -0)) return '-0.0';
  return `${BigInt(value)}.0`;
}
