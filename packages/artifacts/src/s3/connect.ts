import type { Connect } from '../artifact-stores.ts';
import { openS3 } from './client.ts';
import { S3ArtifactRepository } from './repository.ts';
import { readS3Settings, type S3Scheme } from './settings.ts';

/** `s3://bucket/path`; the bucket may be the ARN of an access point. */
export const connectS3: Connect = (...asked) => connect('s3', ...asked);

/** Cloudflare's: `r2://bucket@account.r2.cloudflarestorage.com/path`. */
export const connectR2: Connect = (...asked) => connect('r2', ...asked);

/** Backblaze's: `b2://bucket@s3.region.backblazeb2.com/path`. */
export const connectB2: Connect = (...asked) => connect('b2', ...asked);

async function connect(scheme: S3Scheme, ...[authority, environment]: Parameters<Connect>) {
  const settings = readS3Settings(scheme, authority, environment);
  const connection = await openS3(settings);
  return {
    at: (root: Parameters<Awaited<ReturnType<Connect>>['at']>[0]) =>
      new S3ArtifactRepository(connection, settings, root),
    close: () => connection.close(),
  };
}
