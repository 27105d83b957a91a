import {
  AbortMultipartUploadCommand,
  type ChecksumAlgorithm,
  type CompletedPart,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  PutObjectCommand,
  type S3Client,
  UploadPartCommand,
  type UploadPartCommandOutput,
} from '@aws-sdk/client-s3';
import type { BlockSource } from '../block-pool.ts';
import { ArtifactError, show } from '../error.ts';
import { type Block, blockBytes, blocksOf, chain, eachOf } from '../transfer.ts';
import type { S3Settings } from './settings.ts';

/** S3 takes none smaller but the last, and no more of them than 10,000. */
const SMALLEST_PART_BYTES = 5 * 1024 * 1024;
const MOST_PARTS = 10_000;

/** Of a file whose size nobody knows: it may reach 80 GiB. */
const BLIND_PART_BYTES = 8 * 1024 * 1024;

/**
 * Parts on their way at once, beside the one that is being filled: all are in memory. A store that takes 60 ms for its
 * answer gets half as much again as with two.
 */
const PARTS_UNDER_WAY = 4;

export interface S3Upload {
  readonly client: S3Client;
  readonly blocks: BlockSource;
  readonly settings: S3Settings;
  readonly key: string;
  readonly content_type: string;
  readonly size_bytes: number | undefined;
}

/**
 * One request for a file that fits in a part. Parts are given up when anything fails, and are never seen before they are
 * joined. (The SDK's own `Upload` makes new memory for each part, and so takes 40 MB more.)
 */
export async function writeObject(content: AsyncIterable<Buffer>, upload: S3Upload): Promise<void> {
  const { client, settings, key, content_type, size_bytes } = upload;
  const target = { ...settings.owner, Bucket: settings.bucket, Key: key };
  // Of these each command takes what it knows: keys of the customer's own go with every part.
  const created = { ContentType: content_type, ...settings.uploadArgs, ...target };
  const part_bytes =
    size_bytes === undefined
      ? BLIND_PART_BYTES
      : Math.max(SMALLEST_PART_BYTES, Math.ceil(size_bytes / MOST_PARTS));
  const blocks = blocksOf(content, blockBytes(part_bytes, size_bytes), upload.blocks);
  const first = await blocks.next();
  if (first.done || first.value.isLast) {
    const Body = first.value?.bytes ?? Buffer.alloc(0);
    await client.send(new PutObjectCommand({ ...created, Body }));
    return;
  }
  const { UploadId } = await client.send(
    new CreateMultipartUploadCommand({ ...(await checksumOf(client)), ...created }),
  );
  try {
    const Parts = await sendParts(chain([first.value], blocks), (PartNumber, Body) => {
      if (PartNumber > MOST_PARTS) throw tooLarge(key);
      return client.send(new UploadPartCommand({ ...created, UploadId, PartNumber, Body }));
    });
    await client.send(
      new CompleteMultipartUploadCommand({ ...created, UploadId, MultipartUpload: { Parts } }),
    );
  } catch (error) {
    // What is not given up costs its owner money; what went wrong first is told.
    await client.send(new AbortMultipartUploadCommand({ ...target, UploadId })).catch(() => undefined);
    throw error;
  }
}

async function sendParts(
  blocks: AsyncIterable<Block>,
  send: (number: number, body: Buffer) => Promise<UploadPartCommandOutput>,
): Promise<CompletedPart[]> {
  const parts: CompletedPart[] = [];
  await eachOf(blocks, PARTS_UNDER_WAY, async ({ bytes, release }) => {
    const part: CompletedPart = { PartNumber: parts.length + 1 };
    parts.push(part);
    const { ETag, ChecksumCRC32, ChecksumCRC32C, ChecksumSHA1, ChecksumSHA256, ChecksumCRC64NVME } =
      await send(parts.length, bytes);
    release();
    Object.assign(part, {
      ...(ETag !== undefined && { ETag }),
      ...(ChecksumCRC32 !== undefined && { ChecksumCRC32 }),
      ...(ChecksumCRC32C !== undefined && { ChecksumCRC32C }),
      ...(ChecksumCRC64NVME !== undefined && { ChecksumCRC64NVME }),
      ...(ChecksumSHA1 !== undefined && { ChecksumSHA1 }),
      ...(ChecksumSHA256 !== undefined && { ChecksumSHA256 }),
    });
  });
  return parts;
}

/**
 * What the SDK sends with each part of its own accord: S3 takes none with a checksum that the upload was not begun with.
 */
async function checksumOf({ config }: S3Client): Promise<{ readonly ChecksumAlgorithm?: ChecksumAlgorithm }> {
  return (await config.requestChecksumCalculation()) === 'WHEN_SUPPORTED'
    ? { ChecksumAlgorithm: 'CRC32' }
    : {};
}

const tooLarge = (key: string) =>
  new ArtifactError(
    'no_space',
    `The artifact '${show(key)}' was not stored: without a size that is said before it may have ${(MOST_PARTS * BLIND_PART_BYTES) / 2 ** 30} GiB. Send its Content-Length.`,
  );
