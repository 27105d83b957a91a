import { resolve, sep } from 'node:path';
import { parseArtifactUri, refuseHostAddressed } from '@bitacora/artifacts';
import type { Tx } from '@bitacora/db';
import { invalidParameter, preview } from '@bitacora/protocol';
import type { ReadDeps } from '../deps.ts';
import { findModelPlace } from '../logged-models/service.ts';
import { isStoredPrompt, requireRegisteredModel } from '../registered-models/active.ts';
import { findRunPlace } from '../runs/active.ts';
import type { Scope } from '../workspaces/scope.ts';
import { type ModelUri, parseModelUri } from './model-uri.ts';
import { resolveReference } from './references.ts';

/** Whose runs, logged models and registered models a source may refer to. */
type Asked = Pick<ReadDeps, 'workspace' | 'scope'>;

/** What a caller says a version is made of. */
export interface GivenSource {
  readonly source: string;
  readonly run_id?: string | undefined;
  readonly model_id?: string | undefined;
}

/** What is stored: the source in its settled form, where its files are, and the run it goes back to. */
export interface Lineage {
  readonly source: string;
  readonly storage_location: string;
  readonly run_id: string;
  readonly model_id: string;
}

/**
 * Follows the source of a version to its files. Whoever may register a version could otherwise make the server, or
 * another user's client, read any place there is: so a source must lie within the run or logged model that is named.
 *
 * @throws MlflowError INVALID_PARAMETER_VALUE, or RESOURCE_DOES_NOT_EXIST for what the source refers to.
 */
export async function followSource(tx: Tx, asked: Asked, given: GivenSource): Promise<Lineage> {
  refuseHostAddressed(given.source, 'source');
  const uri = schemeOf(given.source) === 'models' ? parseModelUri(given.source) : undefined;
  if (uri !== undefined && !('model_id' in uri)) return followVersion(tx, asked.workspace, given, uri);
  const { source, run_id = '', model_id = '' } = given;
  const { scope } = asked;
  await (model_id === ''
    ? checkAgainstRun(tx, scope, source, run_id)
    : checkAgainstModel(tx, scope, source, model_id));
  const named = model_id === '' ? undefined : await requireModel(tx, scope, model_id);
  return {
    source,
    storage_location: uri && named ? named.artifact_location : source,
    run_id: run_id || named?.source_run_id || '',
    model_id,
  };
}

/** `models:/<name>/<version>`: the files and the run are those of that version. */
async function followVersion(tx: Tx, workspace: string, given: GivenSource, uri: ModelUri): Promise<Lineage> {
  if ('model_id' in uri) throw new Error('a logged model is no version');
  await requireRegisteredModel(tx, workspace, uri.name);
  if (await isStoredPrompt(tx, workspace, uri.name)) {
    throw invalid(given.source, 'prompt versions cannot be used as model version sources');
  }
  const found = await resolveReference(tx, workspace, uri);
  const differs =
    (given.run_id !== undefined && given.run_id !== (found.run_id ?? '')) || (given.model_id ?? '') !== '';
  if (differs) throw invalid(given.source, "'run_id' and 'model_id' must match the referenced model version");
  return {
    source: `models:/${found.name}/${found.version}`,
    storage_location: found.storage_location ?? found.source ?? '',
    run_id: found.run_id ?? '',
    model_id: '',
  };
}

async function checkAgainstRun(tx: Tx, scope: Scope, source: string, run_id: string): Promise<void> {
  const location = parseArtifactUri(source);
  const fail = () => invalid(source, "'run_id' must identify the run that contains the source");
  if (location.kind === 'local') {
    const root = run_id === '' ? undefined : (await requireRun(tx, scope, run_id, source)).artifact_uri;
    if (root === undefined || !isBelow(location.path, root)) throw fail();
    return;
  }
  refuseDetours(source);
  const scheme = schemeOf(source);
  if (scheme === 'models')
    throw invalid(source, "'model_id' must identify the logged model that is the source");
  if (scheme === 'runs' && (run_id === '' || runOf(source) !== run_id)) throw fail();
  if (location.kind === 'proxied') {
    const root = run_id === '' ? undefined : (await requireRun(tx, scope, run_id, source)).artifact_uri;
    if (root === undefined || !isWithin(source, root)) throw fail();
  }
}

async function checkAgainstModel(tx: Tx, scope: Scope, source: string, model_id: string): Promise<void> {
  const location = parseArtifactUri(source);
  const fail = () => invalid(source, "'model_id' must identify the logged model that contains the source");
  const { artifact_location } = await requireModel(tx, scope, model_id);
  if (location.kind === 'local') {
    if (!isBelow(location.path, artifact_location)) throw fail();
    return;
  }
  refuseDetours(source);
  const scheme = schemeOf(source);
  if (scheme === 'runs') throw fail();
  if (scheme === 'models' && source !== `models:/${model_id}`) throw fail();
  if (location.kind === 'proxied' && !isWithin(source, artifact_location)) throw fail();
}

async function requireRun(
  tx: Tx,
  scope: Scope,
  run_id: string,
  source: string,
): Promise<{ readonly artifact_uri: string }> {
  const run = await findRunPlace(tx, scope, run_id);
  if (run) return run;
  throw invalid(source, `the run '${preview(run_id)}' of 'run_id' does not exist`);
}

async function requireModel(tx: Tx, scope: Scope, model_id: string) {
  const model = await findModelPlace(tx, scope, model_id);
  if (model) return model;
  throw invalidParameter(
    `Invalid value '${preview(model_id)}' for parameter 'model_id': no such logged model exists. Create it first.`,
  );
}

const schemeOf = (uri: string) => /^([a-zA-Z][a-zA-Z0-9+.-]*):/.exec(uri)?.[1]?.toLowerCase();

/** `runs:/<run_id>/path`; one that names a host is none of this server. */
const runOf = (source: string) => /^runs:\/(?!\/)([^/?#]+)/i.exec(source)?.[1];

function isBelow(path: string, root_uri: string): boolean {
  const root = parseArtifactUri(root_uri);
  if (root.kind !== 'local') return false;
  const [inner, outer] = [resolve(path), resolve(root.path)];
  return inner === outer || inner.startsWith(outer + sep);
}

/** Compared part by part as decoded, so that no spelling leads beside the root. */
function isWithin(source: string, root_uri: string): boolean {
  const [inner, outer] = [parseArtifactUri(source), parseArtifactUri(root_uri)];
  if (inner.kind !== 'proxied' || outer.kind !== 'proxied') return false;
  return inner.path === outer.path || `${inner.path}/`.startsWith(`${outer.path}/`);
}

/** A part that leads upward, in any encoding. */
function refuseDetours(source: string): void {
  let decoded = source;
  for (let round = 0; round < 10; round++) {
    const next = decoded.replace(/%([0-7][0-9a-fA-F])/g, (_, hex: string) =>
      String.fromCharCode(Number.parseInt(hex, 16)),
    );
    if (next === decoded) break;
    decoded = next;
  }
  if (/(^|[/\\])\.\.?([/\\]|$)/.test(decoded.replace(/^[^/]*:/, '')))
    throw invalid(source, "it must not hold '.' or '..' as a part");
}

const invalid = (source: string, why: string) =>
  invalidParameter(`Invalid model version source: '${preview(source)}': ${why}.`);
