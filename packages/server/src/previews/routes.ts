import { artifactPreviewEndpoints } from '@bitacora/protocol';
import { placeOf } from '../artifacts/location.ts';
import type { ReadDeps } from '../deps.ts';
import { fileRead, handle } from '../http/routes.ts';
import { get as getLoggedModel } from '../logged-models/service.ts';
import { requireRun } from '../runs/active.ts';
import { describeFile } from './describe.ts';
import { readNotebook } from './notebook.ts';
import { readArray } from './npy.ts';
import { RangedFile } from './ranged-file.ts';
import { readRows } from './rows.ts';
import { readText } from './text.ts';
import { searchText } from './text-search.ts';

interface OfRun {
  readonly run_id: string;
  readonly path: string;
}

interface OfModel {
  readonly model_id: string;
  readonly path: string;
}

type Look<Request, Answer> = (file: RangedFile, request: Request) => Promise<Answer>;

/** Looks at a file of a run. */
const ofRun =
  <Request, Answer>(look: Look<Request, Answer>) =>
  async (deps: ReadDeps, request: Request & OfRun): Promise<Answer> => {
    const run = await requireRun(deps.db, deps.scope, request.run_id);
    return lookAt(deps, run.artifact_uri ?? '', request, look);
  };

/** Looks at a file of a logged model. */
const ofModel =
  <Request, Answer>(look: Look<Request, Answer>) =>
  async (deps: ReadDeps, request: Request & OfModel): Promise<Answer> => {
    const { model } = await getLoggedModel(deps, { model_id: request.model_id, allow_deleted: true });
    return lookAt(deps, model.info.artifact_uri, request, look);
  };

async function lookAt<Request extends { readonly path: string }, Answer>(
  deps: ReadDeps,
  root_uri: string,
  request: Request,
  look: Look<Request, Answer>,
): Promise<Answer> {
  await using file = await RangedFile.find(await placeOf(deps, root_uri, request.path), request.path);
  return await look(file, request);
}

/** Reads of a bounded part that is hardly looked into are done at once; what is taken apart has threads of its own. */
export const previewRoutes = handle(artifactPreviewEndpoints, {
  previewRunArtifact: ofRun(describeFile),
  previewLoggedModelArtifact: ofModel(describeFile),
  previewRunArtifactText: ofRun(readText),
  previewLoggedModelArtifactText: ofModel(readText),
  searchRunArtifactText: fileRead(ofRun(searchText)),
  searchLoggedModelArtifactText: fileRead(ofModel(searchText)),
  previewRunArtifactRows: fileRead(ofRun(readRows)),
  previewLoggedModelArtifactRows: fileRead(ofModel(readRows)),
  previewRunArtifactArray: ofRun(readArray),
  previewLoggedModelArtifactArray: ofModel(readArray),
  previewRunArtifactNotebook: fileRead(ofRun(readNotebook)),
  previewLoggedModelArtifactNotebook: fileRead(ofModel(readNotebook)),
});
