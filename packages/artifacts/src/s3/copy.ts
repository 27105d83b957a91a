import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateMultipartUploadCommand,
  type S3Client,
  UploadPartCopyCommand,
} from '@aws-sdk/client-s3';
import type { S3Settings } from './settings.ts';

/** S3 copies no more by one request. */
const MOST_COPIED_BYTES = 5 * 1024 ** 3;

/** A gibibyte each: 10,000 of them are more than an object may have. */
const PART_BYTES = 1024 ** 3;

export interface CopySource {
  readonly key: string;
  readonly etag: string;
  readonly size_bytes: number;
  readonly type: string | undefined;
}

/** Copies within a bucket; the bytes stay with the store. Larger files than it copies at once go in parts. */
export async function copyObject(
  client: S3Client,
  { bucket: Bucket, owner, uploadArgs }: S3Settings,
  source: CopySource,
  Key: string,
  most_bytes = MOST_COPIED_BYTES,
  part_bytes = PART_BYTES,
): Promise<void> {
  const from = {
    ...owner,
    ...('ExpectedBucketOwner' in owner ? { ExpectedSourceBucketOwner: owner.ExpectedBucketOwner } : {}),
    Bucket,
    Key,
    CopySource: `${Bucket}/${source.key.split('/').map(encodeURIComponent).join('/')}`,
    CopySourceIfMatch: source.etag,
  };
  if (source.size_bytes <= most_bytes) {
    await client.send(new CopyObjectCommand({ ...uploadArgs, ...from }));
    return;
  }
  const { UploadId } = await client.send(
    new CreateMultipartUploadCommand({ ContentType: source.type, ...uploadArgs, ...owner, Bucket, Key }),
  );
  const upload = { ...owner, Bucket, Key, UploadId };
  try {
    const Parts: { PartNumber: number; ETag: string | undefined }[] = [];
    for (let first = 0; first < source.size_bytes; first += part_bytes) {
      const last = Math.min(first + part_bytes, source.size_bytes) - 1;
      const PartNumber = Parts.length + 1;
      const { CopyPartResult } = await client.send(
        new UploadPartCopyCommand({
          ...from,
          UploadId,
          PartNumber,
          CopySourceRange: `bytes=${first}-${last}`,
        }),
      );
      Parts.push({ PartNumber, ETag: CopyPartResult?.ETag });
    }
    await client.send(new CompleteMultipartUploadCommand({ ...upload, MultipartUpload: { Parts } }));
  } catch (error) {
    // What went wrong first is told; parts that stay are taken away by the bucket's own rule.
    await client.send(new AbortMultipartUploadCommand(upload)).catch(() => undefined);
    throw error;
  }
}
