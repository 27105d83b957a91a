import { GetObjectCommand, type HeadObjectCommandOutput, PutObjectCommand } from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { type ArtifactPath, baseName } from '../artifact-path.ts';
import { contentDisposition, contentType } from '../content-headers.ts';
import type { SignedUrls } from '../repository.ts';
import type { S3Connection } from './client.ts';
import type { S3Settings } from './settings.ts';

/** URLs of single files that need no credentials until they expire. */
export function signedUrls(
  { signing, now }: S3Connection,
  settings: S3Settings,
  keyOf: (path: ArtifactPath) => string,
  find: (path: ArtifactPath) => Promise<HeadObjectCommandOutput>,
): SignedUrls {
  const target = (path: ArtifactPath) => ({
    ...settings.owner,
    Bucket: settings.bucket,
    Key: keyOf(path),
  });
  return {
    async download(path, seconds) {
      const { ContentLength = 0 } = await find(path);
      const url = await getSignedUrl(
        signing,
        new GetObjectCommand({
          ...target(path),
          // A browser that is sent there saves the file and does not show it as a page.
          ResponseContentDisposition: contentDisposition(baseName(path)),
        }),
        { expiresIn: seconds, signingDate: now() },
      );
      return { url, headers: {}, file_size: ContentLength };
    },
    async upload(path, seconds) {
      const command = new PutObjectCommand({
        ContentType: contentType(baseName(path)),
        ...settings.uploadArgs,
        ...target(path),
      });
      const headers = headersOf(command);
      const url = await getSignedUrl(signing, command, {
        expiresIn: seconds,
        signingDate: now(),
        // In the query they would be signed, but not heeded.
        unhoistableHeaders: headers.names,
      });
      return { url, headers: Object.fromEntries(headers.values) };
    },
  };
}

/** What of a request has nothing to do with what it asks for. */
const OF_THE_CLIENT = /^(?:host|user-agent|x-amz-user-agent|amz-sdk-.+|content-length|expect|connection)$/;

/** The headers that the parameters of a command become; filled while it is signed. */
function headersOf(command: PutObjectCommand) {
  const names = new Set<string>();
  const values = new Map<string, string>();
  command.middlewareStack.add(
    (next) => async (args) => {
      const request = args.request as { readonly headers: Readonly<Record<string, string>> };
      for (const [name, value] of Object.entries(request.headers)) {
        if (OF_THE_CLIENT.test(name.toLowerCase())) continue;
        names.add(name.toLowerCase());
        values.set(name, value);
      }
      return next(args);
    },
    { step: 'build', name: 'headersOfUpload', priority: 'low' },
  );
  return { names, values };
}
