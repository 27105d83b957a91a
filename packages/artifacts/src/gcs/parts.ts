import { type ArtifactPath, baseName } from '../artifact-path.ts';
import { contentDisposition, contentType } from '../content-headers.ts';
import { ArtifactError } from '../error.ts';
import { NO_MULTIPART_UPLOAD, type PartUploads, type SignedUrls, type StoredFile } from '../repository.ts';
import type { GcsClient } from './client.ts';
import { GcsRefusal, isAbsent } from './errors.ts';
import { lasting, signParts } from './sign-parts.ts';

/** What signed URLs are made of. */
export interface SignedPlace {
  readonly client: GcsClient;
  readonly name: (path: ArtifactPath) => string;
  readonly find: (path: ArtifactPath) => Promise<StoredFile>;
  readonly translated: <T>(path: ArtifactPath, run: () => Promise<T>) => Promise<T>;
}

/** As long as MLflow's own. */
const PART_SECONDS = 3600;

/** The service's own multipart uploads, of its XML API, whose parts go by signed URLs. */
export function partsOf({ client, name, translated }: SignedPlace): PartUploads {
  const { bucket } = client.settings;
  const pathOf = (path: ArtifactPath, query: string) =>
    `/${encodeURIComponent(bucket)}/${encodePath(name(path))}?${query}`;
  const idOf = (upload_id: string) => `uploadId=${encodeURIComponent(upload_id)}`;
  return {
    create: (path, count) =>
      translated(path, async () => {
        const response = await client
          .send({
            method: 'POST',
            path: pathOf(path, 'uploads'),
            headers: { 'content-type': contentType(baseName(path)) },
            body: '',
          })
          .catch((error: unknown) => {
            // Emulators speak the other of the service's two languages only.
            if (!client.settings.isEmulated || !(error instanceof GcsRefusal)) throw error;
            throw new ArtifactError('unsupported', NO_MULTIPART_UPLOAD, { cause: error });
          });
        const upload_id = /<UploadId>([^<]+)<\/UploadId>/.exec(await response.body.text())?.[1] ?? '';
        const during = await lasting(client, PART_SECONDS);
        const urls = await signParts(client, name(path), upload_id, count, during);
        return { upload_id, parts: urls.map((url) => ({ url, headers: {} })) };
      }),
    complete: (path, upload_id, parts) =>
      translated(path, async () => {
        const listed = [...parts]
          .sort((a, b) => a.part_number - b.part_number)
          .map(
            ({ part_number, etag }) =>
              `<Part><PartNumber>${part_number}</PartNumber><ETag>${escapeXml(etag)}</ETag></Part>`,
          );
        try {
          const response = await client.send({
            method: 'POST',
            path: pathOf(path, idOf(upload_id)),
            headers: { 'content-type': 'application/xml' },
            body: `<CompleteMultipartUpload>${listed.join('')}</CompleteMultipartUpload>`,
          });
          await response.body.dump();
        } catch (error) {
          if (!isAbsent(error)) throw error;
          throw new ArtifactError(
            'invalid_parts',
            `The artifact store ${client.settings.name} does not know the upload '${upload_id}'. Begin it anew.`,
            { cause: error },
          );
        }
      }),
    abort: (path, upload_id) =>
      translated(path, async () => {
        try {
          const response = await client.send({ method: 'DELETE', path: pathOf(path, idOf(upload_id)) });
          await response.body.dump();
        } catch (error) {
          if (!isAbsent(error)) throw error;
        }
      }),
  };
}

export function urlsOf({ client, name, find, translated }: SignedPlace): SignedUrls {
  const fileOf = (path: ArtifactPath) =>
    client.settings.storage.bucket(client.settings.bucket).file(name(path));
  return {
    download: async (path, seconds) => {
      const { size_bytes } = await find(path);
      return translated(path, async () => {
        const [url] = await fileOf(path).getSignedUrl({
          version: 'v4',
          action: 'read',
          ...(await lasting(client, seconds)),
          // Whatever the object says of itself, a browser is not to run it as a page of the store.
          responseType: contentType(baseName(path)),
          responseDisposition: contentDisposition(baseName(path)),
        });
        return { url, headers: {}, file_size: size_bytes };
      });
    },
    upload: (path, seconds) =>
      translated(path, async () => {
        const during = await lasting(client, seconds);
        const [url] = await fileOf(path).getSignedUrl({ version: 'v4', action: 'write', ...during });
        return { url, headers: {} };
      }),
  };
}

/** Slashes stay, as the signature has them. */
const encodePath = (name: string) =>
  name
    .split('/')
    .map((part) =>
      encodeURIComponent(part).replace(
        /[!'()*]/g,
        (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
      ),
    )
    .join('/');

const escapeXml = (text: string) => text.replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`);
