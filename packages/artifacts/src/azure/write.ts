import { createHash, randomBytes } from 'node:crypto';
import type { BlockBlobClient } from '@azure/storage-blob';
import type { BlockSource } from '../block-pool.ts';
import { ArtifactError, show } from '../error.ts';
import { blockBytes, blocksOf, chain, eachOf } from '../transfer.ts';

/** Sent at once, and what a whole file may have to need a single request. */
const BLOCK_BYTES = 4 * 1024 * 1024;

/** Under way at a time: with the one that is gathered, 28 MiB of one upload. */
const BLOCKS_AT_ONCE = 6;

/** The service's cap. */
const MOST_BLOCKS = 50_000;

/** Blocks are invisible until they are joined, so what breaks off leaves nothing to see. */
export async function writeBlob(
  blob: BlockBlobClient,
  path: string,
  content: AsyncIterable<Buffer>,
  options: {
    readonly size_bytes: number | undefined;
    readonly silence_ms: number;
    readonly blocks: BlockSource;
  },
): Promise<void> {
  const block_bytes = Math.max(BLOCK_BYTES, Math.ceil((options.size_bytes ?? 0) / MOST_BLOCKS));
  const blocks = blocksOf(content, blockBytes(block_bytes, options.size_bytes), options.blocks);
  const first = await blocks.next();
  if (first.done || first.value.isLast)
    return writeSmall(blob, first.value?.bytes ?? Buffer.alloc(0), options);
  // Other uploads of the same name have blocks of their own.
  const upload = randomBytes(8).toString('hex');
  const ids: string[] = [];
  await eachOf(chain([first.value], blocks), BLOCKS_AT_ONCE, async (block) => {
    if (ids.length === MOST_BLOCKS) throw tooLarge(path);
    const id = Buffer.from(`${upload}-${String(ids.length).padStart(5, '0')}`).toString('base64');
    ids.push(id);
    await blob.stageBlock(id, block.bytes, block.bytes.length, {
      transactionalContentMD5: md5(block.bytes),
      abortSignal: AbortSignal.timeout(options.silence_ms),
    });
    block.release();
  });
  await blob.commitBlockList(ids, { abortSignal: AbortSignal.timeout(options.silence_ms) });
}

/** In one request, whose content the service compares with its MD5 before it takes the place of what was there. */
async function writeSmall(
  blob: BlockBlobClient,
  content: Buffer,
  { silence_ms }: { readonly silence_ms: number },
): Promise<void> {
  await blob.upload(content, content.length, {
    abortSignal: AbortSignal.timeout(silence_ms),
    blobHTTPHeaders: { blobContentMD5: md5(content) },
  });
}

const md5 = (bytes: Buffer) => createHash('md5').update(bytes).digest();

const tooLarge = (path: string) =>
  new ArtifactError(
    'no_space',
    `The artifact '${show(path)}' was not stored: without a size that is said before it may have ${(MOST_BLOCKS * BLOCK_BYTES) / 2 ** 30} GiB. Send its Content-Length.`,
  );
