import { MlflowError, notFound } from '@bitacora/protocol';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { DEFAULT_WORKSPACE, type Deps } from '../deps.ts';
import { checkWorkspaceName } from '../workspaces/names.ts';
import { findWorkspace } from '../workspaces/queries.ts';
import { inWorkspace } from '../workspaces/scope.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** Whose resources the request is about. */
    workspace: string;
  }
}

/** Names the workspace of a request; clients send it with every call but those about workspaces. */
const HEADER = 'x-mlflow-workspace';

/**
 * Finds the workspace of each request before anything else looks at it, whatever is asked for: files, OTLP and pages
 * included. A blank header means the default workspace, as in MLflow.
 */
export function resolveWorkspaces(app: FastifyInstance, { db, settings }: Deps): void {
  app.decorateRequest('workspace', DEFAULT_WORKSPACE);
  app.addHook('onRequest', (request, _reply, done) => {
    const named = String(request.headers[HEADER] ?? '').trim();
    // Clients ask what the server can do before they know whether the workspace is there.
    if (named === '' || named === DEFAULT_WORKSPACE || isServerInfo(request.url)) {
      if (named === '' || settings.workspacesEnabled || isServerInfo(request.url)) return done();
    }
    if (!settings.workspacesEnabled) return done(workspacesAreOff());
    resolve(named).then((workspace) => {
      request.workspace = workspace;
      done();
    }, done);
  });

  async function resolve(named: string): Promise<string> {
    checkWorkspaceName(named, HEADER);
    if (!(await findWorkspace(db, named))) throw notFound('workspace', named, 'name');
    return named;
  }
}

const isServerInfo = (url: string) => /\/mlflow\/server-info\/*(?:\?|$)/.test(url);

/** MLflow's code and status. */
const workspacesAreOff = () =>
  new MlflowError(
    'FEATURE_DISABLED',
    'The request names a workspace, and workspaces are off on this server. Start it with --enable-workspaces, or unset MLFLOW_WORKSPACE.',
  );

/** What a request is answered with: the resources of its workspace. */
export const depsFor = (deps: Deps, { workspace }: FastifyRequest): Deps =>
  deps.settings.workspacesEnabled ? inWorkspace(deps, workspace) : deps;
