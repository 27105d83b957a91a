import { empty, raw, type Sql, sql } from '@bitacora/db';
import type { ReadDeps } from '../deps.ts';

/**
 * The experiments, and all that is in them, that a request may know of: those of its workspace, or every one where
 * workspaces are off. There the conditions below are empty, so that nobody pays for an isolation he does not use.
 */
export type Scope = { readonly isolated: false } | { readonly isolated: true; readonly workspace: string };

export const EVERY_EXPERIMENT: Scope = { isolated: false };

/** `AND …`: the experiment whose id stands in the column is in scope. One look into the key of `experiments`. */
export const andInScope = (scope: Scope, experiment_id: string): Sql =>
  scope.isolated
    ? sql`AND EXISTS (SELECT 1 FROM experiments scoped WHERE scoped.experiment_id = ${raw(experiment_id)} AND scoped.workspace = ${scope.workspace})`
    : empty;

/** `AND …`: the same for a row of `experiments` itself. */
export const andOwn = (scope: Scope, workspace: string): Sql =>
  scope.isolated ? sql`AND ${raw(workspace)} = ${scope.workspace}` : empty;

/** `AND …`: the same for a row that belongs to the trace whose id stands in the column. */
export const andTraceInScope = (scope: Scope, trace_id: string): Sql =>
  scope.isolated
    ? sql`AND EXISTS (SELECT 1 FROM trace_info scoped_trace WHERE scoped_trace.request_id = ${raw(trace_id)}
        ${andInScope(scope, 'scoped_trace.experiment_id')})`
    : empty;

/** What a request about a workspace is answered with. */
export function inWorkspace<D extends Omit<ReadDeps, 'workspace' | 'scope'>>(deps: D, workspace: string) {
  const scope: Scope = deps.settings.workspacesEnabled ? { isolated: true, workspace } : EVERY_EXPERIMENT;
  return { ...deps, workspace, scope };
}
