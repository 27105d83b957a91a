import {
  ArtifactError,
  type ArtifactPath,
  type ArtifactRepository,
  joinPaths,
  parseArtifactPath,
  ROOT,
} from '@bitacora/artifacts';
import { type Db, isIn, raw, sql } from '@bitacora/db';
import { MlflowError } from '@bitacora/protocol';
import { placeOf } from '../artifacts/location.ts';
import { DEFAULT_WORKSPACE } from '../deps.ts';
import { WORKSPACES_FOLDER } from '../workspaces/artifact-root.ts';
import { listExperimentLocations } from './candidates.ts';
import type { PurgeDeps } from './service.ts';

/** Something in the proxied store that nobody will come back for. */
export type Orphan =
  /** A folder that bears the id of something the database does not know. */
  | { readonly kind: keyof typeof TABLES; readonly id: string; readonly path: ArtifactPath }
  /** What is left of an upload whose server was killed. No listing shows it. */
  | { readonly kind: 'upload'; readonly path: ArtifactPath };

/** An upload that has not grown for so long has come to its end, whatever the clocks of server and store say. */
const BROKEN_OFF_MS = 24 * 3_600_000;

/** What it is, in words that go on from its path. */
export const describeOrphan = ({ kind }: Orphan): string =>
  kind === 'upload' ? 'an upload that was broken off' : `there is no such ${kind}`;

const TABLES = {
  run: { table: 'runs', id: 'run_uuid', pattern: /^[0-9a-f]{32}$/ },
  'logged model': { table: 'logged_models', id: 'model_id', pattern: /^m-[0-9a-f]{32}$/ },
  trace: { table: 'trace_info', id: 'request_id', pattern: /^tr-[0-9a-f]{32}$/ },
} as const;

/** Ids that are looked up together. */
const AT_ONCE = 500;

/**
 * What a purge by others, a lost database or a broken upload has left behind. Only folders in MLflow's own layout are
 * judged, where experiments are or were; whatever else somebody keeps in the store is none of ours. Something that is
 * in the database is no orphan, wherever its files are said to be.
 */
export async function* findOrphans(deps: PurgeDeps): AsyncGenerator<Orphan> {
  const { artifacts } = deps;
  const seen = new Set<string>();
  for await (const folder of experimentFolders(deps)) {
    if (seen.has(folder)) continue;
    seen.add(folder);
    yield* unknownIn(deps.db, artifacts, 'run', folder);
    yield* unknownIn(deps.db, artifacts, 'logged model', joinPaths(folder, parseArtifactPath('models')));
    yield* unknownIn(deps.db, artifacts, 'trace', joinPaths(folder, parseArtifactPath('traces')));
    if (artifacts.brokenOff === undefined) continue;
    for await (const path of artifacts.brokenOff(folder, deps.clock.nowMs() - BROKEN_OFF_MS))
      yield { kind: 'upload', path };
  }
}

async function* experimentFolders(deps: PurgeDeps): AsyncGenerator<ArtifactPath> {
  for (const location of await listExperimentLocations(deps.db, deps.scope)) {
    const place = await placeOf(deps, location, '').catch(ignoreOutOfReach);
    if (place?.artifacts === deps.artifacts) yield place.path;
  }
  const { scope, artifacts } = deps;
  // Those of the default workspace stand where they stood before there were workspaces.
  if (!scope.isolated || scope.workspace === DEFAULT_WORKSPACE) yield* numbered(artifacts, ROOT);
  const workspaces = parseArtifactPath(WORKSPACES_FOLDER);
  for await (const { path } of artifacts.list(workspaces))
    if (!scope.isolated || scope.workspace === path)
      yield* numbered(artifacts, joinPaths(workspaces, parseArtifactPath(path)));
}

/** Such a location is in no store of this server, so it has no orphans that are ours. */
function ignoreOutOfReach(error: unknown): undefined {
  if (!(error instanceof ArtifactError || error instanceof MlflowError)) throw error;
}

/** Those that are named by the id of an experiment. */
async function* numbered(artifacts: ArtifactRepository, folder: ArtifactPath): AsyncGenerator<ArtifactPath> {
  for await (const { path, is_dir } of artifacts.list(folder))
    if (is_dir && /^\d{1,19}$/.test(path)) yield joinPaths(folder, parseArtifactPath(path));
}

async function* unknownIn(
  db: Db,
  artifacts: ArtifactRepository,
  kind: keyof typeof TABLES,
  folder: ArtifactPath,
): AsyncGenerator<Orphan> {
  const { table, id, pattern } = TABLES[kind];
  let ids: string[] = [];
  const unknown = async (): Promise<Orphan[]> => {
    const rows = await db.all(sql<{ id: string }>`
      SELECT ${raw(id)} AS id FROM ${raw(table)} WHERE ${isIn(id, ids)}`);
    const known = new Set(rows.map((row) => row.id));
    const orphans = ids.filter((each) => !known.has(each));
    ids = [];
    return orphans.map((each) => ({ kind, id: each, path: joinPaths(folder, parseArtifactPath(each)) }));
  };
  for await (const { path, is_dir } of artifacts.list(folder)) {
    if (is_dir && pattern.test(path)) ids.push(path);
    if (ids.length >= AT_ONCE) yield* await unknown();
  }
  if (ids.length > 0) yield* await unknown();
}
