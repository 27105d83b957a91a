/**
 * The query of the address, in MLflow's form: plain words, `true` and `false`, no JSON. Each route reads its own keys
 * from these texts.
 */
export function parseSearchText(text: string): Record<string, string> {
  return Object.fromEntries(new URLSearchParams(text));
}

/** Unset keys and empty values are left out, so that an address says only what differs from the default. */
export function writeSearchText(search: Readonly<Record<string, unknown>>): string {
  const query = new URLSearchParams();
  for (const [key, value] of Object.entries(search)) {
    if (value !== undefined && value !== null && value !== '') query.set(key, String(value));
  }
  return query.size === 0 ? '' : `?${query}`;
}
