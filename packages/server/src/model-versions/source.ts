import { resolve, sep } from 'node:path';
import { hidePassword, parseArtifactUri, refuseHostAddressed } from '@bitacora/artifacts';
import type { Tx } from '@bitacora/db';
import { invalidParameter, notFound, preview } from '@bitacora/protocol';
import type { ReadDeps, Settings } from '../deps.ts';
import { findModelPlace } from '../logged-models/service.ts';
import { isStoredPrompt, requireRegisteredModel } from '../registered-models/active.ts';
import { findRunPlace } from '../runs/active.ts';
import type { Scope } from '../workspaces/scope.ts';
import { type ModelUri, parseModelUri } from './model-uri.ts';
import { resolveReference } from './references.ts';

/** Whose runs, logged models and registered models a source may refer to. */
type Asked = Pick<ReadDeps, 'workspace' | 'scope' | 'settings'>;

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
export async function followSource(
  tx: Tx,
  { workspace, scope, settings }: Asked,
  given: GivenSource,
): Promise<Lineage> {
  const { source, run_id = '', model_id = '' } = given;
  refuseHostAddressed(source, 'source', settings.artifactReach);
  refuseDetours(source);
  const uri = schemeOf(source) === 'models' ? parseModelUri(source) : undefined;
  if (uri !== undefined && !('model_id' in uri)) return followVersion(tx, workspace, given, uri);
  if (model_id === '') {
    if (uri !== undefined)
      throw invalid(source, "'model_id' must identify the logged model that is the source");
    await checkAgainstRun(tx, scope, source, run_id);
    return { source, storage_location: source, run_id, model_id };
  }
  if (uri !== undefined && uri.model_id !== model_id)
    throw invalid(source, "'model_id' must be that of the logged model that is the source");
  const model = await findModelPlace(tx, scope, model_id);
  const isThere = model !== undefined && model.lifecycle_stage !== 'deleted';
  if (uri === undefined) checkAgainstModel(source, isThere ? model.artifact_location : undefined);
  if (!isThere) throw notFound('logged model', model_id);
  return {
    source,
    storage_location: uri === undefined ? source : model.artifact_location,
    run_id: run_id || model.source_run_id || '',
    model_id,
  };
}

/** The operator's own rule, which holds for prompts too. @throws MlflowError INVALID_PARAMETER_VALUE */
export function checkPattern({ modelVersionSourcePattern }: Settings, source: string): void {
  if (modelVersionSourcePattern === undefined || new RegExp(modelVersionSourcePattern).test(source)) return;
  throw invalid(source, 'this server takes other sources only');
}

/** `models:/<name>/<version>`: the files and the run are those of that version. */
async function followVersion(
  tx: Tx,
  workspace: string,
  given: GivenSource,
  uri: Exclude<ModelUri, { readonly model_id: string }>,
): Promise<Lineage> {
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
  const isOfRun = schemeOf(source) === 'runs';
  // A bucket belongs to no run: what may be read there is between the client and the store.
  if (isElsewhere(source) && !isOfRun) return;
  const fail = () => invalid(source, "'run_id' must identify the run that contains the source");
  if (run_id === '') throw fail();
  if (isOfRun) {
    if (runOf(source) !== run_id) throw fail();
    return;
  }
  const run = await findRunPlace(tx, scope, run_id);
  if (!run) throw invalid(source, `the run '${preview(run_id)}' of 'run_id' does not exist`);
  if (!liesWithin(source, run.artifact_uri)) throw fail();
}

/** @param artifact_location undefined for a logged model that is not there. */
function checkAgainstModel(source: string, artifact_location: string | undefined): void {
  const isInStore = isElsewhere(source) && schemeOf(source) !== 'runs';
  if (isInStore || (artifact_location !== undefined && liesWithin(source, artifact_location))) return;
  throw invalid(source, "'model_id' must identify the logged model that contains the source");
}

/** Neither a folder nor behind the proxy; what a store makes of the rest is between it and the client. */
function isElsewhere(uri: string): boolean {
  const scheme = schemeOf(uri);
  if (scheme === undefined || scheme === 'file' || scheme === 'mlflow-artifacts') return false;
  return !/^https?$/.test(scheme) || parseArtifactUri(uri).kind !== 'proxied';
}

const schemeOf = (uri: string) => /^([a-zA-Z][a-zA-Z0-9+.-]*):/.exec(uri)?.[1]?.toLowerCase();

/** `runs:/<run_id>/path`; one that names a host is none of this server. */
const runOf = (source: string) => /^runs:\/(?!\/)([^/?#]+)/i.exec(source)?.[1];

/**
 * Whether a source is the root of a run's or model's files or below it: in the same store, under the same host where a
 * host is named (another's would hand out its own files under our paths), and compared part by part.
 */
function liesWithin(source: string, root_uri: string): boolean {
  const [inner, outer] = [parseArtifactUri(source), parseArtifactUri(root_uri)];
  if (inner.kind === 'local' && outer.kind === 'local') {
    const [path, root] = [resolve(inner.path), resolve(outer.path)];
    return path === root || path.startsWith(root + sep);
  }
  if (inner.kind !== 'proxied' || outer.kind !== 'proxied' || outer.path === '') return false;
  return storeOf(source) === storeOf(root_uri) && `${inner.path}/`.startsWith(`${outer.path}/`);
}

/** What stands before the path of a proxied URI. */
const storeOf = (uri: string) =>
  (/^mlflow-artifacts:(?:\/\/([^/]*))?/i.exec(uri) ??
    /^(.*?)\/api\/2\.0\/mlflow-artifacts\//is.exec(uri))?.[1]
    ?.toLowerCase()
    .replace(/\/+$/, '') ?? '';

/** A part that leads upward, in any encoding. */
function refuseDetours(source: string): void {
  let decoded = source;
  for (let round = 0; ; round++) {
    const path = decoded.replace(/^[^/]*:/, '');
    if (/(^|[/\\])\.\.?([/\\]|$)/.test(path) || path.includes('\0'))
      throw invalid(source, "it must not hold '.' or '..' as a part, in any encoding");
    const next = decoded.replace(/%([0-7][0-9a-fA-F])/g, (_, hex: string) =>
      String.fromCharCode(Number.parseInt(hex, 16)),
    );
    if (next === decoded) return;
    if (round === MOST_DECODINGS) throw invalid(source, 'it is percent-encoded too often');
    decoded = next;
  }
}

/** Encoded more often than this, a path is an attack, not a name. */
const MOST_DECODINGS = 10;

const invalid = (source: string, why: string) =>
  invalidParameter(`Invalid model version source: '${preview(hidePassword(source))}': ${why}.`);
