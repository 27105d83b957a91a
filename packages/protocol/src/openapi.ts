import { type Transfer, transfers } from './artifact-transfer.ts';
import type { Endpoint } from './endpoint.ts';
import { STATUS } from './errors.ts';
import type { JsonSchema } from './wire/field.ts';

interface OpenApiOptions {
  readonly version: string;
  readonly endpoints: readonly Endpoint[];
}

/** The OpenAPI 3.1 description of the whole surface, made from the same values that validate and route. */
export function openApi({ version, endpoints }: OpenApiOptions): JsonSchema {
  const paths: Record<string, Record<string, unknown>> = {};
  const add = (path: string, method: string, operation: unknown) => {
    paths[path] ??= {};
    paths[path][method.toLowerCase()] = operation;
  };
  for (const endpoint of endpoints) {
    const path = endpoint.ajaxOnly ? endpoint.path.replace(/^\/api/, '/ajax-api') : endpoint.path;
    add(path, endpoint.method, operation(endpoint, endpoint.method));
    const { also } = endpoint;
    if (also) {
      const name = `${endpoint.name}By${also === 'GET' ? 'Get' : 'Post'}`;
      add(path, also, { ...operation(endpoint, also), operationId: name });
    }
  }
  for (const transfer of transfers) {
    add(transfer.path.replace('*', '{artifact_path}'), transfer.method, transferOperation(transfer));
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Bitácora',
      version,
      description:
        'MLflow’s REST API. Every path below `/api` is served below `/ajax-api` as well. 64-bit integers are bare JSON numbers.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    paths,
    components: {
      schemas: {
        Error: {
          type: 'object',
          required: ['error_code', 'message'],
          properties: {
            error_code: { type: 'string', enum: Object.keys(STATUS) },
            message: { type: 'string' },
            sqlstate: { type: 'string' },
            error_class: { type: 'string' },
          },
        },
      },
    },
  };
}

const tagOf = (path: string) =>
  path.split('/').filter((part) => !/^(api|ajax-api|\d\.\d|mlflow)$/.test(part))[0] ?? 'server';

function operation(endpoint: Endpoint, method: string) {
  const inPath = new Set([...endpoint.path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name));
  const inQuery = new Set(endpoint.inQuery);
  const fields = Object.entries(endpoint.request.fields);
  const parameters = fields
    .filter(([name]) => inPath.has(name) || inQuery.has(name) || method === 'GET')
    .map(([name, field]) => ({
      name,
      in: inPath.has(name) ? 'path' : 'query',
      required: inPath.has(name) || field.presence === 'required',
      schema: field.schema,
      ...(field.describe === undefined ? {} : { description: field.describe }),
    }));
  return {
    operationId: endpoint.name,
    summary: endpoint.summary,
    tags: [tagOf(endpoint.path)],
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(method === 'GET' || fields.every(([name]) => inPath.has(name) || inQuery.has(name))
      ? {}
      : {
          requestBody: {
            required: true,
            content: { 'application/json': { schema: endpoint.request.schema } },
          },
        }),
    responses: {
      [endpoint.status ?? 200]:
        endpoint.status === 204
          ? { description: 'Done.' }
          : { description: 'Done.', content: { 'application/json': { schema: endpoint.response.schema } } },
      ...errorResponses(endpoint),
    },
    'x-permission': endpoint.permission,
  };
}

function errorResponses(endpoint: Endpoint) {
  const byStatus = Object.groupBy(endpoint.errors, (code) => String(STATUS[code]));
  return Object.fromEntries(
    Object.entries(byStatus).map(([status, codes]) => [
      status,
      {
        description: (codes ?? []).join(' or '),
        content: { 'application/json': { schema: { $ref: '#/components/schemas/Error' } } },
      },
    ]),
  );
}

function transferOperation(transfer: Transfer) {
  const file = { 'application/octet-stream': { schema: { type: 'string', format: 'binary' } } };
  const inPath = [...transfer.path.replace('*', '{artifact_path}').matchAll(/\{(\w+)\}/g)].map(
    ([, name]) => name,
  );
  const parameter = (name: string | undefined, place: string) => ({
    name,
    in: place,
    required: place === 'path',
    schema: { type: 'string' },
  });
  return {
    operationId: transfer.name,
    summary: transfer.summary,
    tags: ['artifacts'],
    parameters: [
      ...inPath.map((name) => parameter(name, 'path')),
      ...transfer.query.map((name) => parameter(name, 'query')),
    ],
    ...(transfer.method === 'PUT' ? { requestBody: { required: true, content: file } } : {}),
    responses: {
      200: transfer.method === 'GET' ? { description: 'The file.', content: file } : { description: 'Done.' },
      ...(transfer.method === 'GET' ? { 206: { description: 'A range of the file.', content: file } } : {}),
    },
    'x-permission': transfer.permission,
  };
}
