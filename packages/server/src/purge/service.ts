import {
  ArtifactError,
  hidePassword,
  joinArtifactUri,
  joinPaths,
  parseArtifactPath,
} from '@bitacora/artifacts';
import { raw, type Store, sql } from '@bitacora/db';
import { type Int64, invalidParameter, MlflowError, notFound } from '@bitacora/protocol';
import { type Place, type PlaceDeps, placeOf } from '../artifacts/location.ts';
import type { Clock } from '../deps.ts';
import type { Candidate } from './candidates.ts';
import * as candidates from './candidates.ts';
import { purgeModels, purgeOfExperiments, purgeRuns, purgeTraces } from './rows.ts';

export type PurgeDeps = PlaceDeps & { readonly write: Store['write']; readonly clock: Clock };

/** What is to go for good. Where nothing is named, all that is deleted goes; otherwise what is named, and nothing else. */
export interface PurgeRequest {
  readonly run_ids?: readonly string[] | undefined;
  readonly experiment_ids?: readonly string[] | undefined;
  readonly model_ids?: readonly string[] | undefined;
  /** How long it has been deleted at least, in milliseconds. */
  readonly olderThan_ms: number;
  /** Only says what would go. */
  readonly isDryRun: boolean;
  /** Takes only what is in the database, where files are in a store that cannot be opened. */
  readonly keepsArtifacts: boolean;
}

export interface Purged {
  readonly kind: 'run' | 'logged model' | 'experiment';
  readonly id: string;
  /** Why it is still there, whole or in part; undefined for what is gone, or would be. */
  readonly kept?: string;
}

interface Plan {
  readonly runs: ReadonlyMap<string, Candidate>;
  readonly models: ReadonlyMap<string, Candidate>;
  readonly experiments: readonly candidates.ExperimentCandidate[];
}

/**
 * Removes deleted runs, logged models and experiments with their files, one by one, files first: what is interrupted is
 * still deleted, and goes the next time. Where files cannot be removed, the row stays.
 *
 * @throws MlflowError, before anything is removed, when something that is named is not there, is not deleted, or was not
 * deleted so long ago.
 */
export async function* purge(deps: PurgeDeps, request: PurgeRequest): AsyncGenerator<Purged> {
  const { runs, models, experiments } = await makePlan(deps, request);
  const each = async (
    kind: Purged['kind'],
    { id, uri }: Candidate,
    work: () => Promise<void>,
  ): Promise<Purged> => {
    if (request.isDryRun) return { kind, id };
    try {
      if (!request.keepsArtifacts) await removeFiles(deps, uri, id);
      await work();
      return { kind, id };
    } catch (error) {
      if (!(error instanceof ArtifactError || error instanceof MlflowError)) throw error;
      return { kind, id, kept: error.message };
    }
  };
  for (const run of runs.values())
    yield await each('run', run, () => deps.write((tx) => purgeRuns(tx, [run.id])));
  for (const model of models.values())
    yield await each('logged model', model, () => deps.write((tx) => purgeModels(tx, [model.id])));
  for (const { experiment_id, uri } of experiments) {
    const id = String(experiment_id);
    yield await each('experiment', { id, uri: null, lifecycle_stage: 'deleted', deleted_ms: null }, () =>
      purgeExperiment(deps, experiment_id, request.keepsArtifacts ? null : uri),
    );
  }
}

async function makePlan(deps: PurgeDeps, request: PurgeRequest): Promise<Plan> {
  const { db, scope, clock } = deps;
  const { run_ids, model_ids, experiment_ids } = request;
  const before_ms = clock.nowMs() - request.olderThan_ms;
  const takesAll = run_ids === undefined && model_ids === undefined && experiment_ids === undefined;
  const check = checker(before_ms);
  const experiments = experiment_ids
    ? check.experiments(
        experiment_ids,
        await candidates.listExperimentsNamed(db, scope, experiment_ids.map(toExperimentId)),
      )
    : takesAll
      ? await candidates.listDeletedExperiments(db, scope, before_ms)
      : [];
  const ids = experiments.map(({ experiment_id }) => experiment_id);
  const runs = run_ids
    ? check.all('run', run_ids, await candidates.listRunsNamed(db, scope, run_ids))
    : takesAll
      ? await candidates.listDeletedRuns(db, scope, before_ms)
      : [];
  const models = model_ids
    ? check.all('logged model', model_ids, await candidates.listModelsNamed(db, scope, model_ids))
    : takesAll
      ? await candidates.listDeletedModels(db, scope, before_ms)
      : [];
  const byId = (rows: readonly Candidate[]) => new Map(rows.map((row) => [row.id, row]));
  return {
    runs: byId([...runs, ...(await candidates.listRunsOf(db, ids))]),
    models: byId([...models, ...(await candidates.listModelsOf(db, ids))]),
    experiments,
  };
}

function toExperimentId(text: string): Int64 {
  if (/^\d{1,15}$/.test(text)) return Number(text);
  if (/^\d{1,18}$/.test(text)) return BigInt(text);
  throw invalidParameter(`Invalid experiment id '${text}': give a whole number.`);
}

/** What is named must be there, deleted, and for long enough. */
const checker = (before_ms: number) => {
  const one = (kind: Purged['kind'], id: string, row: Omit<Candidate, 'id' | 'uri'> | undefined) => {
    if (!row) throw notFound(kind, id);
    if (row.lifecycle_stage !== 'deleted')
      throw invalidParameter(
        `The ${kind} ${id} is not deleted. Delete it first; only then it can be purged.`,
      );
    if (row.deleted_ms === null || Number(row.deleted_ms) > before_ms)
      throw invalidParameter(`The ${kind} ${id} was deleted more recently than --older-than asks for.`);
  };
  return {
    all(kind: Purged['kind'], ids: readonly string[], rows: readonly Candidate[]): readonly Candidate[] {
      const found = new Map(rows.map((row) => [row.id, row]));
      for (const id of ids) one(kind, id, found.get(id));
      return rows;
    },
    experiments(ids: readonly string[], rows: readonly candidates.ExperimentCandidate[]) {
      const found = new Map(rows.map((row) => [String(row.experiment_id), row]));
      for (const id of ids) one('experiment', id, found.get(String(toExperimentId(id))));
      return rows;
    },
  };
};

/** Traces that are removed together. */
const TRACES_AT_ONCE = 200;

async function purgeExperiment(deps: PurgeDeps, experiment_id: Int64, uri: string | null): Promise<void> {
  const [runs, models] = [
    await candidates.listRunsOf(deps.db, [experiment_id]),
    await candidates.listModelsOf(deps.db, [experiment_id]),
  ];
  if (runs.length + models.length > 0) {
    throw new MlflowError(
      'INVALID_STATE',
      `${runs.length} runs and ${models.length} logged models of it are still there.`,
    );
  }
  if (uri !== null) await removeTraceFiles(deps, experiment_id, uri);
  for (;;) {
    const traces = await candidates.listTracesOf(deps.db, experiment_id, TRACES_AT_ONCE);
    if (traces.length === 0) break;
    await deps.write((tx) => purgeTraces(tx, traces));
  }
  await deps.write(async (tx) => {
    await purgeOfExperiments(tx, [experiment_id as number]);
    await tx.run(sql`DELETE FROM ${raw('experiments')} WHERE experiment_id = ${experiment_id}`);
  });
}

/** Attachments and archives. Several experiments may share a location, so only folders of its own traces go. */
async function removeTraceFiles(deps: PurgeDeps, experiment_id: Int64, location: string): Promise<void> {
  const { artifacts, path } = await purgePlace(deps, joinArtifactUri(location, 'traces'), 'traces');
  let names: string[] = [];
  const removeOwn = async () => {
    for (const id of await candidates.listTracesAmong(deps.db, experiment_id, names))
      await artifacts.delete(joinPaths(path, parseArtifactPath(id)));
    names = [];
  };
  for await (const { path: name, is_dir } of artifacts.list(path)) {
    if (is_dir) names.push(name);
    if (names.length >= TRACES_AT_ONCE) await removeOwn();
  }
  await removeOwn();
}

/** The files of a run or logged model, with the folder that bears its id, if it has one to itself. */
async function removeFiles(deps: PurgeDeps, uri: string | null, id: string): Promise<void> {
  if (uri === null || uri === '') return;
  const own = uri.endsWith(`/${id}/artifacts`) ? uri.slice(0, -'/artifacts'.length) : uri;
  if (!own.split(/[/?]/).includes(id)) {
    throw new ArtifactError(
      'invalid_uri',
      `Its artifacts are at '${hidePassword(uri)}', which may belong to others too. Remove them by hand, and purge it without its artifacts.`,
    );
  }
  const { artifacts, path } = await purgePlace(deps, own, id);
  await artifacts.delete(path);
}

/** Whoever may purge may also reach a folder of this machine that is not served to others, where it bears the id. */
async function purgePlace(deps: PurgeDeps, uri: string, name: string): Promise<Place> {
  try {
    return await placeOf(deps, uri, '');
  } catch (error) {
    if (!(error instanceof ArtifactError && error.kind === 'unsupported')) throw error;
    const parent = uri.slice(0, uri.lastIndexOf(`/${name}`));
    return { artifacts: await deps.stores.at(parent), path: parseArtifactPath(name) };
  }
}
