import { invalidParameter, preview } from '@bitacora/protocol';

/** What a `models:/` URI names: a logged model, or a version by number, alias or stage (or the latest of all). */
export type ModelUri =
  | { readonly model_id: string }
  | { readonly name: string; readonly version: string }
  | { readonly name: string; readonly alias: string }
  | { readonly name: string; readonly stage: string | undefined };

/** @throws MlflowError INVALID_PARAMETER_VALUE */
export function parseModelUri(uri: string): ModelUri {
  // Three slashes are one; two would name a host, and there is but one registry here.
  const path = /^models:\/(?:\/\/+)?([^/].*)$/is.exec(uri)?.[1];
  const parts = path?.split('/') ?? [];
  const [first = '', second] = parts;
  if (parts.length < 1 || parts.length > 2 || first.trim() === '' || second?.trim() === '') {
    throw invalidParameter(
      `Not a proper models:/ URI: ${preview(uri)}. Use models:/<model_id>, models:/<name>/<version>, models:/<name>/<stage>, models:/<name>/latest or models:/<name>@<alias>.`,
    );
  }
  if (second !== undefined) {
    if (/^\d+$/.test(second)) return { name: first, version: second };
    return { name: first, stage: second.toLowerCase() === 'latest' ? undefined : second };
  }
  const at = first.lastIndexOf('@');
  return at > 0 ? { name: first.slice(0, at), alias: first.slice(at + 1) } : { model_id: first };
}
