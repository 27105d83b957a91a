import type { ArtifactPreview } from '@bitacora/protocol';
import type { RangedFile } from './ranged-file.ts';
import { sniff } from './sniff.ts';

/** What a file is, and how it can be looked at. */
export async function describeFile(file: RangedFile): Promise<ArtifactPreview> {
  const { format, views, encoding } = await sniff(file);
  return {
    path: file.path,
    ...file.identity,
    modified_ms: Math.round(file.modified_ms),
    format,
    ...(encoding !== undefined && { encoding }),
    views,
  };
}
