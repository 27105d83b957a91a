import type { BlockBlobClient } from '@azure/storage-blob';
import { type ArtifactPath, baseName } from '../artifact-path.ts';
import { contentDisposition, contentType } from '../content-headers.ts';
import { ArtifactError } from '../error.ts';
import type { PartUploads, SignedUrls, StoredFile, UploadedPart } from '../repository.ts';
import { cannotSign } from './errors.ts';
import type { AzureSigner } from './signing.ts';

/** What signed URLs are made of. */
export interface SignedPlace {
  readonly signer: AzureSigner;
  readonly container: string;
  readonly blob: (path: ArtifactPath) => BlockBlobClient;
  readonly find: (path: ArtifactPath) => Promise<StoredFile>;
  readonly translated: <T>(path: ArtifactPath, run: () => Promise<T>) => Promise<T>;
  readonly abortSignal: () => AbortSignal;
}

/** As long as MLflow's own. */
const PART_SECONDS = 3600;

/** The service takes such a request only with its kind of blob named. */
const BLOCK_BLOB = { 'x-ms-blob-type': 'BlockBlob' };

/**
 * Parts are blocks, whose ids stand in their URLs. There is no upload to name or to give up: the service forgets blocks
 * that are never joined after a week.
 */
export function partsOf({ signer, container, blob, translated, abortSignal }: SignedPlace): PartUploads {
  return {
    create: (path, count) =>
      translated(path, async () => {
        const { name, url } = blob(path);
        const query = await signer
          .sign({ container, blob: name, for: 'write', seconds: PART_SECONDS })
          .catch((error: unknown) => {
            throw cannotSign(error) ?? error;
          });
        const parts = Array.from({ length: count }, (_, index) => ({
          url: `${url}?comp=block&blockid=${encodeURIComponent(blockId(index + 1))}&${query}`,
          headers: {},
        }));
        return { upload_id: '', parts };
      }),
    complete: (path, _upload_id, parts) =>
      translated(path, async () => {
        const ids = [...parts].sort((a, b) => a.part_number - b.part_number).map(idOf);
        await blob(path).commitBlockList(ids, { abortSignal: abortSignal() });
      }),
    abort: async () => undefined,
  };
}

/** MLflow's names. All ids of a blob must be of one length, so numbers get their zeros. */
const blockId = (part_number: number) =>
  Buffer.from(`mlflow_block_${String(part_number).padStart(5, '0')}`).toString('base64');

function idOf({ part_number, url }: UploadedPart): string {
  const id = URL.canParse(url) ? new URL(url).searchParams.get('blockid') : null;
  if (id !== null && id !== '') return id;
  throw new ArtifactError(
    'invalid_parts',
    `Part ${part_number} has no 'url' with a block id. Give back the URL that it was sent to.`,
  );
}

export function urlsOf({ signer, container, blob, find, translated }: SignedPlace): SignedUrls {
  return {
    download: async (path, seconds) => {
      const { size_bytes } = await find(path);
      return translated(path, async () => {
        const { name, url } = blob(path);
        // Whatever the blob says of itself, a browser is not to run it as a page of the store.
        const query = await signer.sign({
          container,
          blob: name,
          for: 'read',
          seconds,
          contentType: contentType(baseName(path)),
          contentDisposition: contentDisposition(baseName(path)),
        });
        return { url: `${url}?${query}`, headers: {}, file_size: size_bytes };
      });
    },
    upload: (path, seconds) =>
      translated(path, async () => {
        const { name, url } = blob(path);
        const query = await signer.sign({ container, blob: name, for: 'write', seconds });
        return { url: `${url}?${query}`, headers: BLOCK_BLOB };
      }),
  };
}
