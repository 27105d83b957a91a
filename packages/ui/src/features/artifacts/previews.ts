import {
  type ArrayPart,
  type ArtifactPreview,
  type NotebookPart,
  previewLoggedModelArtifact,
  previewLoggedModelArtifactArray,
  previewLoggedModelArtifactNotebook,
  previewLoggedModelArtifactRows,
  previewLoggedModelArtifactText,
  previewRunArtifact,
  previewRunArtifactArray,
  previewRunArtifactNotebook,
  previewRunArtifactRows,
  previewRunArtifactText,
  type Request,
  type RowPage,
  searchLoggedModelArtifactText,
  searchRunArtifactText,
  type TextPart,
  type TextSearch,
} from '@bitacora/protocol';
import { baseUrl, client } from '../../api/client.ts';

type Of<E> = Omit<Request<E>, 'run_id'>;

/** What the server shows of the files of a run or a logged model. */
export interface ArtifactPreviews {
  /** Whose files they are, for the keys of queries. */
  readonly key: string;
  describe(path: string, signal: AbortSignal): Promise<ArtifactPreview>;
  text(request: Of<typeof previewRunArtifactText>, signal: AbortSignal): Promise<TextPart>;
  search(request: Of<typeof searchRunArtifactText>, signal: AbortSignal): Promise<TextSearch>;
  rows(request: Of<typeof previewRunArtifactRows>, signal: AbortSignal): Promise<RowPage>;
  array(request: Of<typeof previewRunArtifactArray>, signal: AbortSignal): Promise<ArrayPart>;
  notebook(request: Of<typeof previewRunArtifactNotebook>, signal: AbortSignal): Promise<NotebookPart>;
  /** A picture made small, at most so many pixels wide and high. */
  thumbnailUrl(path: string, width: number): string;
}

const OWN_API = `${baseUrl}/ajax-api/2.0/bitacora`;
const thumbnail = (owner: string, path: string, width: number) =>
  `${OWN_API}/${owner}/artifacts/preview/thumbnail?${new URLSearchParams({ path, width: String(width) })}`;

export const runPreviews = (run_id: string): ArtifactPreviews => ({
  key: run_id,
  describe: (path, signal) => client.call(previewRunArtifact, { run_id, path }, { signal }),
  text: (request, signal) => client.call(previewRunArtifactText, { run_id, ...request }, { signal }),
  search: (request, signal) => client.call(searchRunArtifactText, { run_id, ...request }, { signal }),
  rows: (request, signal) => client.call(previewRunArtifactRows, { run_id, ...request }, { signal }),
  array: (request, signal) => client.call(previewRunArtifactArray, { run_id, ...request }, { signal }),
  notebook: (request, signal) => client.call(previewRunArtifactNotebook, { run_id, ...request }, { signal }),
  thumbnailUrl: (path, width) => thumbnail(`runs/${encodeURIComponent(run_id)}`, path, width),
});

export const modelPreviews = (model_id: string): ArtifactPreviews => ({
  key: model_id,
  describe: (path, signal) => client.call(previewLoggedModelArtifact, { model_id, path }, { signal }),
  text: (request, signal) =>
    client.call(previewLoggedModelArtifactText, { model_id, ...request }, { signal }),
  search: (request, signal) =>
    client.call(searchLoggedModelArtifactText, { model_id, ...request }, { signal }),
  rows: (request, signal) =>
    client.call(previewLoggedModelArtifactRows, { model_id, ...request }, { signal }),
  array: (request, signal) =>
    client.call(previewLoggedModelArtifactArray, { model_id, ...request }, { signal }),
  notebook: (request, signal) =>
    client.call(previewLoggedModelArtifactNotebook, { model_id, ...request }, { signal }),
  thumbnailUrl: (path, width) => thumbnail(`logged-models/${encodeURIComponent(model_id)}`, path, width),
});
