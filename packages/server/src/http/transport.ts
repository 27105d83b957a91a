import { text } from 'node:stream/consumers';
import {
  type Endpoint,
  type EndpointName,
  type ErrorCode,
  invalidParameter,
  MlflowError,
  parseJson,
  stringifyJson,
} from '@bitacora/protocol';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { sentPath } from '../artifacts/sent-path.ts';
import type { Deps } from '../deps.ts';
import type { Refusal } from '../readers/messages.ts';
import type { ReaderPool, Result } from '../readers/pool.ts';
import { TextStream } from '../readers/text-stream.ts';
import {
  BODY_LIMIT,
  PARSE_ELSEWHERE_BYTES,
  PARSE_SLOW_ELSEWHERE_BYTES,
  parseInput,
  parseQuery,
} from './body.ts';
import { type Answer, toAnswer } from './errors.ts';
import type { Route } from './routes.ts';
import { depsFor } from './workspace.ts';

export interface Transport {
  readonly deps: Deps;
  readonly readers: ReaderPool;
  /** Processes for tables in stores. */
  readonly tables: ReaderPool;
  /** Processes for files that callers have stored. */
  readonly files: ReaderPool;
}

type Params = Record<string, string>;
type Query = Record<string, string | string[]>;

/** Serves each endpoint below `/api` and `/ajax-api`. */
export function mountRoutes(app: FastifyInstance, routes: readonly Route[], transport: Transport): void {
  for (const route of routes) {
    const { endpoint } = route;
    const url = toFastifyPath(endpoint.path);
    const ajax = url.replace(/^\/api/, '/ajax-api');
    const handler = (request: FastifyRequest, reply: FastifyReply) => serve(route, transport, request, reply);
    for (const path of endpoint.ajaxOnly ? [ajax] : [url, ajax]) {
      const { bodyLimit = BODY_LIMIT } = endpoint;
      app.route({ method: endpoint.method, url: path, bodyLimit, handler });
      if (endpoint.also) app.route({ method: endpoint.also, url: path, bodyLimit, handler });
    }
  }
}

/** `{model_id}` is one segment of a path; an artifact path may have many. */
const toFastifyPath = (path: string) => path.replace('{artifact_path}', '*').replace(/\{(\w+)\}/g, ':$1');

async function serve(route: Route, transport: Transport, request: FastifyRequest, reply: FastifyReply) {
  const { endpoint } = route;
  const deps = depsFor(transport.deps, request);
  const { readers } = transport;
  const parsed = await readInput(endpoint, readers, request);
  if (parsed.kind !== 'parsed') return sendResult(request, reply, parsed);
  if (route.onReader) {
    return sendResult(request, reply, await runOnReader(route, transport, deps, parsed.input));
  }
  const answer = await route.run(deps, parsed.input as never);
  if (answer instanceof TextStream)
    return sendResult(request, reply, { kind: 'stream', body: answer.toReadable() });
  if (endpoint.status === 204) return reply.code(204).send();
  return sendJson(reply, endpoint.status ?? 200, stringifyJson(answer));
}

/**
 * What a route answers, as values, for callers within the server.
 *
 * @throws whatever the route throws; from a reader thread only its answers come back as they were.
 */
export async function runRoute(route: Route, transport: Transport, input: unknown): Promise<unknown> {
  const { deps } = transport;
  if (!route.onReader) {
    const answer = await route.run(deps, input as never);
    return answer instanceof TextStream ? parseJson(await text(answer.toReadable())) : answer;
  }
  const result = await runOnReader(route, transport, deps, input);
  switch (result.kind) {
    case 'answer':
      return parseJson(decoder.decode(result.bytes));
    case 'stream':
      return parseJson(await text(result.body));
    case 'refusal': {
      const { body, defect } = result.refusal;
      if (defect !== undefined) throw new Error(defect);
      const { error_code, message } = body as { readonly error_code: ErrorCode; readonly message: string };
      throw new MlflowError(error_code, message);
    }
    case 'parsed':
    case 'incomplete':
      throw new Error(`a reader answered a question with '${result.kind}'`);
  }
}

/** Most answers are complete at once, and nobody asks beforehand whether this one will be. */
async function runOnReader(route: Route, transport: Transport, deps: Deps, input: unknown): Promise<Result> {
  const readers = transport[route.threads];
  const name = route.endpoint.name as EndpointName;
  const task = { kind: 'run', name, workspace: deps.workspace, input } as const;
  const result = await readers.run(task);
  if (result.kind !== 'incomplete') return result;
  await route.patience?.wait(deps, input as never);
  return readers.run({ ...task, anyhow: true });
}

async function readInput(endpoint: Endpoint, readers: ReaderPool, request: FastifyRequest): Promise<Result> {
  const params = { ...pathParams(request), ...ownQuery(endpoint, request.query as Query) };
  const body = request.body instanceof Uint8Array ? request.body : NO_BODY;
  if (readsQuery(request, body))
    return { kind: 'parsed', input: parseQuery(endpoint, request.query as Query, params) };
  if (body.length > (endpoint.slowToParse ? PARSE_SLOW_ELSEWHERE_BYTES : PARSE_ELSEWHERE_BYTES)) {
    return readers.run({ kind: 'parse', name: endpoint.name as EndpointName, body, params });
  }
  return { kind: 'parsed', input: parseInput(endpoint, body, params) };
}

/** MLflow reads a GET's body only when there is no query string at all. The Databricks SDK deletes by query. */
function readsQuery({ method, query }: FastifyRequest, body: Uint8Array): boolean {
  const hasQuery = Object.keys(query as object).length > 0;
  return method === 'GET'
    ? body.length === 0 || hasQuery
    : method === 'DELETE' && body.length === 0 && hasQuery;
}

const decoder = new TextDecoder();
const NO_BODY = new Uint8Array();

function pathParams(request: FastifyRequest): Params {
  const { '*': artifact_path, ...params } = request.params as Params;
  return artifact_path === undefined ? params : { ...params, artifact_path: sentPath(request).path };
}

/** What stands in the query string although the method has a body. */
function ownQuery({ inQuery = [] }: Endpoint, query: Query): Params {
  const own: Params = {};
  for (const name of inQuery) {
    const given = query[name];
    if (Array.isArray(given))
      throw invalidParameter(`Parameter '${name}' is given ${given.length} times. Send it once.`);
    if (given !== undefined) own[name] = given;
  }
  return own;
}

function sendResult(request: FastifyRequest, reply: FastifyReply, result: Result) {
  switch (result.kind) {
    case 'answer':
      return sendJson(reply, 200, result.bytes);
    case 'stream':
      return reply.code(200).header('content-type', 'application/json').send(result.body);
    case 'refusal':
      return sendRefusal(request, reply, result.refusal);
    case 'parsed':
    case 'incomplete':
      throw new Error(`a reader answered a question with '${result.kind}'`);
  }
}

/** Answers what a reader thread could not do. */
export function sendRefusal(
  request: FastifyRequest,
  reply: FastifyReply,
  { status, body, defect, warning }: Refusal,
) {
  if (defect !== undefined) request.log.error({ defect }, 'A reader thread failed.');
  return sendAnswer(request, reply, { status, body, ...(warning !== undefined && { warning }) });
}

function sendJson(reply: FastifyReply, status: number, json: string | Uint8Array) {
  return reply.code(status).header('content-type', 'application/json').send(json);
}

/** Answers what was thrown, anywhere below, and logs what nobody foresaw. */
export function sendError(error: unknown, request: FastifyRequest, reply: FastifyReply) {
  const { defect, ...answer }: Answer = toAnswer(error);
  if (defect !== undefined) request.log.error({ err: defect }, 'A request failed.');
  return sendAnswer(request, reply, answer);
}

/** In how many seconds a client may ask again what could not be answered now. */
const RETRY_AFTER_S = 2;

function sendAnswer(
  request: FastifyRequest,
  reply: FastifyReply,
  { status, body, warning }: Pick<Refusal, 'status' | 'body' | 'warning'>,
) {
  if (warning !== undefined) request.log.warn({ warning }, 'The database could not answer.');
  if (status === 503) reply.header('retry-after', RETRY_AFTER_S);
  return sendJson(reply, status, stringifyJson(body));
}
