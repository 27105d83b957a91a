import { isUtf8 } from 'node:buffer';
import { type Endpoint, invalidParameter, parseBody } from '@bitacora/protocol';

/** Bodies above this many bytes are parsed on a reader thread: about 10 ms of parsing, the most one request may hold up others. */
export const PARSE_ELSEWHERE_BYTES = 1024 * 1024;
/** The same for endpoints that are slow to parse: their text is read with the care of `parsePythonJson`. */
export const PARSE_SLOW_ELSEWHERE_BYTES = 100 * 1024;

/** Largest JSON body in bytes where an endpoint does not say otherwise: 1,000 entries of the largest kind fit well. */
export const BODY_LIMIT = 8 * 1024 * 1024;

/**
 * The request's fields from body and path, and those from the query that `params` holds too.
 *
 * @throws MlflowError INVALID_PARAMETER_VALUE
 */
export function parseInput(endpoint: Endpoint, body: Uint8Array, params: Readonly<Record<string, string>>) {
  if (!isUtf8(body))
    throw invalidParameter('The request body is not valid UTF-8. Send JSON encoded as UTF-8.');
  const fields = parseBody(Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('utf8'));
  for (const name of endpoint.inQuery ?? []) delete fields[name];
  return endpoint.request.parse({ ...fields, ...params }, '');
}

/**
 * The request's fields from query string and path. Repeated fields are repeated keys; a single field given twice is
 * refused, because taking either would be a guess.
 *
 * @throws MlflowError INVALID_PARAMETER_VALUE
 */
export function parseQuery(
  endpoint: Endpoint,
  query: Readonly<Record<string, string | readonly string[]>>,
  params: Readonly<Record<string, string>>,
) {
  const fields: Record<string, unknown> = Object.create(null);
  for (const [name, given] of Object.entries(query)) {
    const repeated = endpoint.request.fields[name]?.repeated ?? false;
    if (repeated) fields[name] = typeof given === 'string' ? [given] : given;
    else if (typeof given === 'string') fields[name] = given;
    else throw invalidParameter(`Parameter '${name}' is given ${given.length} times. Send it once.`);
  }
  return endpoint.request.parse(Object.assign(fields, params), '');
}
