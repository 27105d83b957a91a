import type { Endpoint, Request, Response } from './endpoint.ts';
import { type ErrorCode, MlflowError, STATUS } from './errors.ts';
import { parseJson, stringifyJson } from './json.ts';
import type { Fields } from './wire/message.ts';

export interface ClientOptions {
  /** Where the server is mounted: origin and path prefix, with or without a final slash. */
  readonly baseUrl: string;
  readonly fetch?: typeof globalThis.fetch;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface CallOptions {
  readonly signal?: AbortSignal;
}

/** An error answer as the caller sees it; `status` is the HTTP status that came, also for codes this client does not know. */
export class ClientError extends Error {
  override readonly name = 'ClientError';
  readonly errorCode: string;
  readonly status: number;

  constructor(errorCode: string, message: string, status: number) {
    super(message);
    this.errorCode = errorCode;
    this.status = status;
  }
}

export interface Client {
  /** @throws ClientError with the server's code, message and status. */
  call<const Name extends string, const Req extends Fields, const Res extends Fields>(
    endpoint: Endpoint<Name, Req, Res>,
    request: Request<Endpoint<Name, Req, Res>>,
    options?: CallOptions,
  ): Promise<Response<Endpoint<Name, Req, Res>>>;
}

/**
 * The typed client of every endpoint.
 *
 * @example
 * const client = createClient({ baseUrl: 'http://127.0.0.1:5000' });
 * const { experiment } = await client.call(getExperiment, { experiment_id: '0' });
 */
export function createClient({ baseUrl, fetch = globalThis.fetch, headers = {} }: ClientOptions): Client {
  const base = baseUrl.replace(/\/+$/, '');
  return {
    async call(endpoint, request, { signal } = {}) {
      const { url, body } = place(endpoint, request as Readonly<Record<string, unknown>>);
      const response = await fetch(base + url, {
        method: endpoint.method,
        headers: body === undefined ? headers : { ...headers, 'content-type': 'application/json' },
        ...(body === undefined ? {} : { body }),
        ...(signal === undefined ? {} : { signal }),
      });
      const text = await response.text();
      if (!response.ok) throw toError(text, response.status);
      return (text === '' ? {} : parseJson(text)) as Response<typeof endpoint>;
    },
  };
}

/** Where each field goes: into the path where it is named there, else the query of a GET or the body of the rest. */
function place(endpoint: Endpoint, request: Readonly<Record<string, unknown>>) {
  const rest = new Map(Object.entries(request).filter(([, value]) => value !== undefined));
  const query = new URLSearchParams();
  const toQuery = (name: string) => {
    const value = rest.get(name);
    if (!rest.delete(name)) return;
    for (const item of Array.isArray(value) ? value : [value]) query.append(name, String(item));
  };
  const served = endpoint.ajaxOnly ? endpoint.path.replace(/^\/api/, '/ajax-api') : endpoint.path;
  const path = served.replace(/\{(\w+)\}/g, (_, name: string) => {
    const value = rest.get(name);
    if (endpoint.method === 'GET' || endpoint.method === 'DELETE') rest.delete(name);
    return encodeURIComponent(String(value));
  });
  for (const name of endpoint.method === 'GET' ? [...rest.keys()] : (endpoint.inQuery ?? [])) toQuery(name);
  const url = query.size === 0 ? path : `${path}?${query}`;
  return { url, body: endpoint.method === 'GET' ? undefined : stringifyJson(Object.fromEntries(rest)) };
}

function toError(text: string, status: number): ClientError {
  try {
    const body = parseJson(text) as { error_code?: unknown; message?: unknown };
    if (typeof body.error_code === 'string') {
      return new ClientError(body.error_code, String(body.message ?? ''), status);
    }
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  return new ClientError(
    status === 404 ? 'ENDPOINT_NOT_FOUND' : 'INTERNAL_ERROR',
    text.slice(0, 500),
    status,
  );
}

export const isKnownCode = (code: string): code is ErrorCode => Object.hasOwn(STATUS, code);
export const toMlflowError = ({ errorCode, message }: ClientError) =>
  new MlflowError(isKnownCode(errorCode) ? errorCode : 'INTERNAL_ERROR', message);
