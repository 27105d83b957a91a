import {
  type ArtifactSize,
  type DeletedArtifact,
  deleteRunArtifacts,
  type FileInfo,
  getLoggedModelArtifactSize,
  getRunArtifactSize,
  listArtifacts,
  listLoggedModelArtifacts,
} from '@bitacora/protocol';
import { queryOptions } from '@tanstack/react-query';
import { baseUrl, client } from '../../api/client.ts';
import { inOrder } from './paths.ts';
import { type ArtifactPreviews, modelPreviews, runPreviews } from './previews.ts';

/** A tree of files: a run's or a logged model's. */
export interface ArtifactSource {
  readonly folder: (path: string) => ReturnType<typeof folderQuery>;
  /** Where the bytes of a file come from. */
  readonly fileUrl: (path: string) => string;
  /** Where a folder comes from as an archive; all there is for the empty path. */
  readonly zipUrl: (path: string) => string;
  /** How much is in a folder, with all below it. */
  readonly size: (path: string) => ReturnType<typeof sizeQuery>;
  /** What the server shows of the files. */
  readonly previews: ArtifactPreviews;
  /** Deletes files and folders for good; absent where that is nobody's to do. */
  readonly remove?: (paths: readonly string[]) => Promise<readonly DeletedArtifact[]>;
}

const OWN_API = `${baseUrl}/ajax-api/2.0/bitacora`;
const inFolder = (path: string) => (path === '' ? '' : `?${new URLSearchParams({ path })}`);

/** What is in a folder. */
export interface Folder {
  readonly files: readonly FileInfo[];
  /** Names that cannot be listed. */
  readonly leftOut: readonly string[];
}

interface Listing {
  readonly files?: readonly FileInfo[] | undefined;
  readonly left_out?: readonly string[] | undefined;
}

const folderQuery = (key: readonly unknown[], list: (signal: AbortSignal) => Promise<Listing>) =>
  queryOptions({
    queryKey: key,
    queryFn: async ({ signal }): Promise<Folder> => {
      const { files = [], left_out = [] } = await list(signal);
      return { files: inOrder(files), leftOut: left_out };
    },
    staleTime: 15_000,
  });

const sizeQuery = (key: readonly unknown[], measure: (signal: AbortSignal) => Promise<ArtifactSize>) =>
  queryOptions({ queryKey: key, queryFn: ({ signal }) => measure(signal), staleTime: 60_000 });

export const runArtifacts = (run_id: string): ArtifactSource => ({
  folder: (path) =>
    folderQuery([listArtifacts.name, { run_id, path }], (signal) =>
      client.call(listArtifacts, { run_id, ...(path === '' ? {} : { path }) }, { signal }),
    ),
  fileUrl: (path) => `${baseUrl}/get-artifact?${new URLSearchParams({ run_id, path })}`,
  zipUrl: (path) => `${OWN_API}/runs/${encodeURIComponent(run_id)}/artifacts/zip${inFolder(path)}`,
  size: (path) =>
    sizeQuery([getRunArtifactSize.name, { run_id, path }], (signal) =>
      client.call(getRunArtifactSize, { run_id, path }, { signal }),
    ),
  previews: runPreviews(run_id),
  remove: async (paths) => (await client.call(deleteRunArtifacts, { run_id, paths })).artifacts,
});

export const modelArtifacts = (model_id: string): ArtifactSource => ({
  folder: (path) =>
    folderQuery([listLoggedModelArtifacts.name, { model_id, path }], (signal) => {
      const request = { model_id, ...(path === '' ? {} : { artifact_directory_path: path }) };
      return client.call(listLoggedModelArtifacts, request, { signal });
    }),
  fileUrl: (path) =>
    `${baseUrl}/ajax-api/2.0/mlflow/logged-models/${encodeURIComponent(model_id)}/artifacts/files?${new URLSearchParams({ artifact_file_path: path })}`,
  zipUrl: (path) => `${OWN_API}/logged-models/${encodeURIComponent(model_id)}/artifacts/zip${inFolder(path)}`,
  size: (path) =>
    sizeQuery([getLoggedModelArtifactSize.name, { model_id, path }], (signal) =>
      client.call(getLoggedModelArtifactSize, { model_id, path }, { signal }),
    ),
  previews: modelPreviews(model_id),
});
