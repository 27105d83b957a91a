import { type Int64, narrow } from '@bitacora/protocol';
import type { FoundFile } from './prints.ts';
import type { PartReading, Source } from './reading.ts';
import { type Meta, MetaError } from './yaml.ts';

/** Puts the files of a part into the index. @returns whether the unit can be read at all. */
export type PartReader = (source: Source, reading: PartReading, files: readonly FoundFile[]) => boolean;

/** The id as the index has it; the names of folders that are no such number are passed over. */
export const experimentIdOf = (folder: string): Int64 => narrow(BigInt(folder));

/** A whole number in its shortest form, of 64 bits. */
export const isExperimentId = (name: string): boolean =>
  /^(?:0|[1-9]\d{0,18})$/.test(name) && BigInt.asIntN(64, BigInt(name)) === BigInt(name);

/** @throws MetaError */
export function toStage(meta: Meta): 'active' | 'deleted' {
  const stage = meta.text('lifecycle_stage') ?? 'active';
  if (stage !== 'active' && stage !== 'deleted')
    throw new MetaError(`its lifecycle_stage '${stage}' is neither active nor deleted`);
  return stage;
}

/** @throws MetaError when a key is missing: a file that was cut short lacks the last ones. */
export function checkComplete(meta: Meta, keys: readonly string[]): void {
  for (const key of keys)
    if (!meta.has(key)) throw new MetaError(`it has no '${key}': it may be half written`);
}
