import { ArtifactError } from '@bitacora/artifacts';
import { empty, sql } from '@bitacora/db';
import { MlflowError } from '@bitacora/protocol';
import { placeOf } from '../artifacts/location.ts';
import { filesOf } from '../model-versions/files.ts';
import { IS_PROMPT_TAG } from '../prompts/prompts.ts';
import { andInScope } from '../workspaces/scope.ts';
import type { PurgeDeps } from './service.ts';

/** Something of which the database says that it has files, and of which its store has none. */
export interface Missing {
  readonly kind: 'logged model' | 'model version';
  /** An id, or `<name>/<version>`. */
  readonly id: string;
  readonly uri: string;
  /** Why its store could not be looked at; undefined where it was, and has nothing. */
  readonly unknown?: string;
}

interface Claim extends Omit<Missing, 'unknown'> {
  /** What it takes to follow a `runs:/` URI. */
  readonly version?: { readonly workspace: string; readonly name: string; readonly version: string };
}

/** Stores that are asked at the same time. */
const AT_ONCE = 8;

/** Looks for the files of every logged model that is ready, and of every model version. */
export async function* findMissing(deps: PurgeDeps): AsyncGenerator<Missing> {
  const asked: Promise<Missing | undefined>[] = [];
  const found = async () => (await Promise.all(asked.splice(0))).filter((missing) => missing !== undefined);
  for (const claims of [modelClaims(deps), versionClaims(deps)]) {
    for await (const claim of claims) {
      asked.push(look(deps, claim));
      if (asked.length >= AT_ONCE) yield* await found();
    }
  }
  yield* await found();
}

async function look(deps: PurgeDeps, { version, ...claim }: Claim): Promise<Missing | undefined> {
  try {
    const uri = version ? await filesOf({ ...deps, workspace: version.workspace }, version) : claim.uri;
    const { artifacts, path } = await placeOf(deps, uri, '');
    for await (const _ of artifacts.list(path)) return undefined;
    return claim;
  } catch (error) {
    if (!(error instanceof ArtifactError || error instanceof MlflowError)) throw error;
    return { ...claim, unknown: error.message };
  }
}

/** Rows that are read together. */
const PAGE = 500;

/** LOGGED_MODEL_READY: until then files are still on their way. */
const READY = 2;

async function* modelClaims({ db, scope }: PurgeDeps): AsyncGenerator<Claim> {
  for (let after = ''; ; ) {
    const rows = await db.all(sql<{ id: string; uri: string }>`
      SELECT m.model_id AS id, m.artifact_location AS uri FROM logged_models m
      WHERE m.model_id > ${after} AND m.lifecycle_stage = 'active' AND m.status = ${READY}
        ${andInScope(scope, 'm.experiment_id')}
      ORDER BY m.model_id LIMIT ${PAGE}`);
    for (const row of rows) yield { kind: 'logged model', ...row };
    if (rows.length < PAGE) return;
    after = rows.at(-1)?.id ?? '';
  }
}

async function* versionClaims({ db, scope }: PurgeDeps): AsyncGenerator<Claim> {
  const inScope = scope.isolated ? sql`AND v.workspace = ${scope.workspace}` : empty;
  for (let after: VersionRow = { workspace: '', name: '', version: 0, uri: '' }; ; ) {
    const rows = await db.all(sql<VersionRow>`
      SELECT v.workspace, v.name, v.version, COALESCE(NULLIF(v.storage_location, ''), v.source, '') AS uri
      FROM model_versions v
      WHERE (v.workspace, v.name, v.version) > (${after.workspace}, ${after.name}, ${after.version}) ${inScope}
        AND v.current_stage <> 'Deleted_Internal'
        AND NOT EXISTS (SELECT 1 FROM registered_model_tags t
          WHERE t.workspace = v.workspace AND t.name = v.name AND t.key = ${IS_PROMPT_TAG} AND t.value = 'true')
      ORDER BY v.workspace, v.name, v.version LIMIT ${PAGE}`);
    for (const { workspace, name, version, uri } of rows) {
      yield {
        kind: 'model version',
        id: `${name}/${version}`,
        uri,
        version: { workspace, name, version: String(version) },
      };
    }
    const last = rows.at(-1);
    if (rows.length < PAGE || last === undefined) return;
    after = last;
  }
}

interface VersionRow {
  readonly workspace: string;
  readonly name: string;
  readonly version: number;
  readonly uri: string;
}
