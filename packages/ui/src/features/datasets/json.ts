export type JsonRecord = Readonly<Record<string, unknown>>;

/** Clients write what they like where JSON is meant; what is none is undefined. */
export function readJson(text: string | undefined): unknown {
  try {
    return JSON.parse(text ?? '');
  } catch {
    return undefined;
  }
}

export const isRecord = (value: unknown): value is JsonRecord =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** A value in a line: text as it is, anything else as JSON. */
export function plainText(value: unknown): string {
  if (typeof value === 'string') return value;
  try {
    return JSON.stringify(value) ?? '';
  } catch {
    // Nested so deeply that it is no data.
    return '…';
  }
}
