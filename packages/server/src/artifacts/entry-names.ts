import { posix } from 'node:path';
import { ArtifactError, type ArtifactPath, joinPaths, literalPath } from '@bitacora/artifacts';
import type { Place } from './location.ts';

/** The names of files in an archive of a folder: safe to unpack, and each file's its own. */
export class EntryNames {
  readonly #place: Place;
  /** How many have had a name that was not theirs, by that name. */
  readonly #used = new Map<string, number>();

  constructor(place: Place) {
    this.#place = place;
  }

  /** The file's own name, or one that no other file of the folder has. */
  async of(path: ArtifactPath): Promise<string> {
    const name = safeName(path);
    return name === path ? path : this.free(name);
  }

  /** A name that no file of the folder has, nor one of those that were given before. */
  async free(name: string): Promise<string> {
    for (let number = (this.#used.get(name) ?? 0) + 1; ; number++) {
      const numbered = number === 1 ? name : withNumber(name, number);
      if (await this.#isThere(numbered)) continue;
      this.#used.set(name, number);
      // Another name may come to this one when it is numbered.
      if (numbered !== name && this.#used.has(numbered)) continue;
      this.#used.set(numbered, Math.max(this.#used.get(numbered) ?? 0, 1));
      return numbered;
    }
  }

  async #isThere(name: string): Promise<boolean> {
    const { artifacts, path } = this.#place;
    try {
      const file = await artifacts.find(joinPaths(path, literalPath(name)));
      await file.close();
      return true;
    } catch (error) {
      if (!(error instanceof ArtifactError)) throw error;
      // With its number a name may be too long for the store, which then has no such file either.
      if (error.kind === 'not_found' || error.kind === 'invalid_path') return false;
      if (error.kind === 'is_directory') return true;
      throw error;
    }
  }
}

/** Where Windows would find a drive or another folder, and what would move somebody's cursor, stands an underscore. */
const safeName = (path: ArtifactPath) => path.replace(/^([a-zA-Z]):/, '$1_').replace(/[\\\p{Cc}]/gu, '_');

function withNumber(name: string, number: number): string {
  const { dir, name: stem, ext } = posix.parse(name);
  return posix.join(dir, `${stem} (${number})${ext}`);
}
