import { invalidParameter, type PythonJson, parsePythonJson, printPythonJson } from '@bitacora/protocol';

type JsonObject = ReadonlyMap<string, PythonJson>;

const isObject = (value: PythonJson | undefined): value is JsonObject => value instanceof Map;

/** Keys by which a scorer's own options would choose where its requests go. */
const DESTINATION_KEYS = new Set(['api_base', 'base_url', 'model_list', 'fallbacks', 'custom_llm_provider']);

/**
 * A scorer as clients write it down.
 *
 * @throws MlflowError INVALID_PARAMETER_VALUE for text that is no JSON object, for code of its own that would run where
 * the scorer is loaded (unless the operator allows it), and for options that choose where requests go.
 */
export function readScorer(text: string, { allowsCode }: { readonly allowsCode: boolean }): JsonObject {
  const scorer = parse(text);
  if (!allowsCode && holdsCode(scorer)) {
    throw invalidParameter(
      "Invalid value for parameter 'serialized_scorer': it holds code (call_source) that would run wherever the scorer is loaded. Keep such code in a repository and import it, or allow it with MLFLOW_SERVER_ENABLE_CUSTOM_SCORERS=true.",
    );
  }
  checkDestinations(scorer);
  const model = modelOf(scorer);
  if (model !== undefined && model !== null && (typeof model !== 'string' || model.trim() === ''))
    throw invalidParameter(
      "Invalid value for parameter 'serialized_scorer': its model must be a text, not blank.",
    );
  return scorer;
}

function parse(text: string): JsonObject {
  try {
    const scorer = parsePythonJson(text);
    if (isObject(scorer)) return scorer;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw invalidParameter(
      `Invalid value for parameter 'serialized_scorer': it is not valid JSON: ${error.message}.`,
    );
  }
  throw invalidParameter("Invalid value for parameter 'serialized_scorer': it must be a JSON object.");
}

/** A scorer may hold others. */
function holdsCode(value: PythonJson): boolean {
  if (Array.isArray(value)) return value.some(holdsCode);
  if (!isObject(value)) return false;
  const code = value.get('call_source');
  return (code !== undefined && code !== null) || [...value.values()].some(holdsCode);
}

function checkDestinations(value: PythonJson): void {
  if (Array.isArray(value)) for (const item of value) checkDestinations(item);
  if (!isObject(value)) return;
  const data = value.get('third_party_scorer_data');
  const options = isObject(data) ? data.get('kwargs') : undefined;
  if (options !== undefined && options !== null) {
    if (!isObject(options))
      throw invalidParameter(
        "Invalid value for parameter 'serialized_scorer': kwargs must be a JSON object.",
      );
    const key = findDestination(options);
    if (key !== undefined)
      throw invalidParameter(
        `Invalid value for parameter 'serialized_scorer': its kwargs must not hold '${key}', which chooses where the scorer's requests go.`,
      );
  }
  for (const item of value.values()) checkDestinations(item);
}

function findDestination(value: PythonJson): string | undefined {
  const entries: readonly (readonly [string, PythonJson])[] = isObject(value)
    ? [...value]
    : Array.isArray(value)
      ? value.map((item) => ['', item] as const)
      : [];
  for (const [key, item] of entries) {
    if (DESTINATION_KEYS.has(key)) return key;
    const found = findDestination(item);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Each kind of scorer keeps the model that judges at a place of its own. */
const PLACES = ['instructions_judge_pydantic_data', 'builtin_scorer_pydantic_data'] as const;
const MEMORY = 'memory_augmented_judge_data';
const THIRD_PARTY = 'third_party_scorer_data';

const hasEntries = (value: PythonJson | undefined): value is JsonObject => isObject(value) && value.size > 0;

export function modelOf(scorer: JsonObject): PythonJson | undefined {
  for (const place of PLACES) {
    const data = scorer.get(place);
    if (hasEntries(data)) return data.get('model');
  }
  const memory = scorer.get(MEMORY);
  if (hasEntries(memory)) {
    const judge = memory.get('base_judge');
    return isObject(judge) ? modelOf(judge) : undefined;
  }
  const other = scorer.get(THIRD_PARTY);
  return hasEntries(other) ? other.get('model') : undefined;
}

function withModel(scorer: JsonObject, model: string | null): JsonObject {
  const result = new Map(scorer);
  for (const place of PLACES) {
    const data = scorer.get(place);
    if (hasEntries(data)) return result.set(place, new Map(data).set('model', model));
  }
  const memory = scorer.get(MEMORY);
  if (hasEntries(memory)) {
    const judge = memory.get('base_judge');
    return result.set(
      MEMORY,
      new Map(memory).set('base_judge', withModel(isObject(judge) ? judge : new Map(), model)),
    );
  }
  const other = scorer.get(THIRD_PARTY);
  if (hasEntries(other) && typeof other.get('model') === 'string')
    return result.set(THIRD_PARTY, new Map(other).set('model', model));
  return result;
}

/** The gateway's endpoint that a scorer's model names (`gateway:/<name or id>`), if it does. */
export function gatewayEndpointOf(scorer: JsonObject): string | undefined {
  const model = modelOf(scorer);
  const match = typeof model === 'string' ? /^gateway:\/(.+)$/s.exec(model) : null;
  const reference = match?.[1]?.replace(/^\/+/, '');
  return reference === '' ? undefined : reference;
}

/** The same scorer with another endpoint, as JSON text; null for one that is gone. */
export const withGatewayEndpoint = (scorer: JsonObject, endpoint: string | null): string =>
  printPythonJson(withModel(scorer, endpoint === null ? null : `gateway:/${endpoint}`));

/** Whether the judge wants to be told what should have come out, which nobody knows of a live trace. */
export function needsExpectations(scorer: JsonObject): boolean {
  const data = scorer.get(PLACES[0]);
  const instructions = isObject(data) ? data.get('instructions') : undefined;
  return typeof instructions === 'string' && /\{\{\s*expectations\s*\}\}/.test(instructions);
}
