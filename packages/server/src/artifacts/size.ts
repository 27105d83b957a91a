import { ArtifactError } from '@bitacora/artifacts';
import type { ArtifactSize } from '@bitacora/protocol';
import type { Place } from './location.ts';
import { entriesBelow } from './tree.ts';

/** What counting may cost: no folder is so large that a request for its size goes on and on. */
export interface Bounds {
  /** Files and folders. */
  readonly entries: number;
  readonly time_ms: number;
}

const BOUNDS: Bounds = { entries: 100_000, time_ms: 10_000 };

/**
 * Counts the files below all of the places, one place after the other.
 *
 * @param places each found as it is asked for. One in a store that the server cannot open is passed over.
 */
export async function measure(
  places: AsyncIterable<() => Promise<Place>> | Iterable<() => Promise<Place>>,
  bounds: Bounds = BOUNDS,
): Promise<ArtifactSize> {
  const deadline = performance.now() + bounds.time_ms;
  let [size_bytes, file_count, entries, is_complete] = [0, 0, 0, true];
  const isSpent = () => entries >= bounds.entries || performance.now() > deadline;
  const soFar = (is_complete: boolean) => ({ size_bytes, file_count, is_complete });
  for await (const find of places) {
    if (isSpent()) return soFar(false);
    entries++;
    const place = await find().catch(ignoreUnsupported);
    if (place === undefined) {
      is_complete = false;
      continue;
    }
    const onLeftOut = () => {
      is_complete = false;
    };
    for await (const entry of entriesBelow(place.artifacts, place.path, onLeftOut)) {
      if (isSpent()) return soFar(false);
      entries++;
      if (entry.is_dir) continue;
      file_count++;
      size_bytes += entry.file_size ?? 0;
    }
  }
  return soFar(is_complete);
}

function ignoreUnsupported(error: unknown): undefined {
  if (!(error instanceof ArtifactError && error.kind === 'unsupported')) throw error;
}
