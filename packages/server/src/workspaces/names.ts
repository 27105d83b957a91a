import { invalidParameter, preview } from '@bitacora/protocol';
import { DEFAULT_WORKSPACE } from '../deps.ts';

/** As Kubernetes names its namespaces; MLflow's rule. */
const NAME = /^[a-z0-9][a-z0-9-]{0,61}[a-z0-9]$/;

/** Words that begin the paths of the server. */
const RESERVED: ReadonlySet<string> = new Set(['workspaces', 'api', 'ajax-api', 'static-files']);

/** @throws MlflowError INVALID_PARAMETER_VALUE naming `path`. */
export function checkWorkspaceName(name: string, path: string): void {
  const fail = (why: string) =>
    invalidParameter(`Invalid workspace name '${preview(name)}' for '${path}': ${why}.`);
  if (!NAME.test(name))
    throw fail(
      'it must have from 2 to 63 lower-case letters, digits and hyphens, and no hyphen at either end',
    );
  if (RESERVED.has(name)) throw fail('this word is reserved. Choose another');
}

/** @throws MlflowError INVALID_PARAMETER_VALUE when the default workspace is named, which is always there. */
export function refuseDefault(name: string, verb: 'created' | 'deleted'): void {
  if (name === DEFAULT_WORKSPACE)
    throw invalidParameter(
      `The '${DEFAULT_WORKSPACE}' workspace is always there and cannot be ${verb}. Name another.`,
    );
}
