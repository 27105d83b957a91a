import type { Readable } from 'node:stream';
import { ArtifactError, show } from './error.ts';
import { countPassed } from './garbage.ts';

/**
 * The content of an upload, for a store to take: it ends in order only when all of it has come.
 *
 * @param size_bytes what was announced.
 * @throws ArtifactError incomplete when it breaks off, or has another size.
 */
export async function* wholeContent(
  content: Readable,
  path: string,
  size_bytes: number | undefined,
): AsyncGenerator<Buffer> {
  let arrived = 0;
  let isWithTaker = false;
  try {
    for await (const chunk of content as AsyncIterable<Buffer | string>) {
      const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
      arrived += bytes.length;
      countPassed(bytes.length);
      if (size_bytes !== undefined && arrived > size_bytes) break;
      isWithTaker = true;
      yield bytes;
      isWithTaker = false;
    }
  } catch (error) {
    // It may throw what went wrong with it in here.
    if (isWithTaker) throw error;
    throw new ArtifactError('incomplete', `The upload of '${show(path)}' broke off; nothing was stored.`, {
      cause: error,
    });
  }
  if (size_bytes !== undefined && arrived !== size_bytes) {
    throw new ArtifactError(
      'incomplete',
      `The upload of '${show(path)}' has ${arrived > size_bytes ? 'more than' : `${arrived} bytes instead of`} the ${size_bytes} bytes that were announced; nothing was stored.`,
    );
  }
}
