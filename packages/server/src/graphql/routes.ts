import { invalidParameter, parseBody, parseJson, stringifyJson } from '@bitacora/protocol';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Deps } from '../deps.ts';
import type { Route } from '../http/routes.ts';
import { runRoute, type Transport } from '../http/transport.ts';
import { depsFor } from '../http/workspace.ts';
import type { Call } from './resolve.ts';

/** Largest request in bytes: the longest query of MLflow's pages has 2 kB. */
const BODY_BYTES = 100_000;

/** `/graphql`, by which MLflow's own pages ask for runs and experiments. */
export function mountGraphql(app: FastifyInstance, routes: readonly Route[], transport: Transport): void {
  const byName = new Map(routes.map((route) => [route.endpoint.name, route]));
  const callWith =
    (deps: Deps): Call =>
    async (name, request) => {
      const route = byName.get(name);
      if (!route) throw new Error(`no route is named ${name}`);
      const input = route.endpoint.request.parse(request, '');
      return (await runRoute(route, { ...transport, deps }, input)) as Readonly<Record<string, unknown>>;
    };
  const handler = async (request: FastifyRequest, reply: FastifyReply) => {
    const deps = depsFor(transport.deps, request);
    // 7 MB of memory that a server without such pages never needs.
    const { answer, readRequest } = await import('./execute.ts');
    const result = await answer(readRequest(fieldsOf(request)), callWith(deps), (defect) =>
      request.log.error({ err: defect }, 'A field of a GraphQL query failed.'),
    );
    return reply.header('content-type', 'application/json').send(stringifyJson(result));
  };
  app.route({ method: ['GET', 'POST'], url: '/graphql', bodyLimit: BODY_BYTES, handler });
}

function fieldsOf({ body, query }: FastifyRequest): Readonly<Record<string, unknown>> {
  if (body instanceof Uint8Array && body.length > 0) return parseBody(new TextDecoder().decode(body));
  const { variables, ...fields } = query as Readonly<Record<string, unknown>>;
  if (typeof variables !== 'string') return fields;
  try {
    return { ...fields, variables: parseJson(variables) };
  } catch (error) {
    throw invalidParameter(`Invalid value for parameter 'variables': it is not valid JSON.`, {
      cause: error,
    });
  }
}
