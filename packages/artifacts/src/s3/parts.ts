import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
} from '@aws-sdk/client-s3';
import { type ArtifactPath, baseName } from '../artifact-path.ts';
import { contentType } from '../content-headers.ts';
import { ArtifactError } from '../error.ts';
import type { PartUploads } from '../repository.ts';
import type { S3Connection } from './client.ts';
import { translateS3 } from './errors.ts';
import type { S3Settings } from './settings.ts';
import { signParts } from './sign-parts.ts';

/** As boto3 has it, and so MLflow. */
const PART_SECONDS = 3600;

/** Uploads whose parts go straight to the store. */
export function partUploads(
  { client, signing, now }: S3Connection,
  settings: S3Settings,
  keyOf: (path: ArtifactPath) => string,
): PartUploads {
  const { owner, bucket: Bucket, name } = settings;
  const translated = async <T>(path: ArtifactPath, work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      throw translateS3(error, name, path);
    }
  };
  return {
    create: (path, count) =>
      translated(path, async () => {
        const target = { ...owner, Bucket, Key: keyOf(path) };
        const { UploadId = '' } = await client.send(
          new CreateMultipartUploadCommand({
            ContentType: contentType(baseName(path)),
            ...settings.uploadArgs,
            ...target,
          }),
        );
        const urls = await signParts(signing, { ...target, UploadId }, count, {
          expiresIn: PART_SECONDS,
          signingDate: now(),
        });
        return { upload_id: UploadId, parts: urls.map((url) => ({ url, headers: {} })) };
      }),
    complete: (path, UploadId, parts) =>
      translated(path, async () => {
        // Without one the request would mean something else.
        if (UploadId === '')
          throw new ArtifactError('invalid_parts', "Missing value for required parameter 'upload_id'.");
        const Parts = parts
          .map(({ part_number, etag }) => ({ PartNumber: part_number, ETag: etag }))
          .sort((a, b) => a.PartNumber - b.PartNumber);
        await client.send(
          new CompleteMultipartUploadCommand({
            ...owner,
            Bucket,
            Key: keyOf(path),
            UploadId,
            MultipartUpload: { Parts },
          }),
        );
      }),
    abort: (path, UploadId) =>
      translated(path, async () => {
        if (UploadId === '') return;
        try {
          await client.send(
            new AbortMultipartUploadCommand({ ...owner, Bucket, Key: keyOf(path), UploadId }),
          );
        } catch (error) {
          if (!(error instanceof Error && error.name === 'NoSuchUpload')) throw error;
        }
      }),
  };
}
