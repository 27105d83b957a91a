import { ArtifactError, parseArtifactPath } from '@bitacora/artifacts';
import { type DeletedArtifact, invalidParameter } from '@bitacora/protocol';
import { type Place, type PlaceDeps, placeOf } from './location.ts';

const MOST_PATHS = 1000;

/**
 * Deletes files and folders below an artifact URI, one after the other. What fails does not keep the rest.
 *
 * @throws ArtifactError, MlflowError INVALID_PARAMETER_VALUE before anything is deleted.
 */
export async function deleteArtifacts(
  deps: PlaceDeps,
  root_uri: string,
  paths: readonly string[],
): Promise<DeletedArtifact[]> {
  if (paths.length === 0 || paths.length > MOST_PATHS) {
    throw invalidParameter(
      `Invalid value for parameter 'paths': ${paths.length} paths. Give from 1 to ${MOST_PATHS}.`,
    );
  }
  const places: { readonly path: string; readonly place: Place }[] = [];
  for (const path of paths) {
    if (parseArtifactPath(path) === '') {
      throw invalidParameter(
        `Invalid value '${path}' for parameter 'paths': it names all files at once. Name files or folders.`,
      );
    }
    places.push({ path, place: await placeOf(deps, root_uri, path) });
  }
  const deleted: DeletedArtifact[] = [];
  for (const { path, place } of places) deleted.push({ path, ...(await deleteOne(place)) });
  return deleted;
}

async function deleteOne(place: Place): Promise<Omit<DeletedArtifact, 'path'>> {
  try {
    if (!(await isThere(place))) return { status: 'ABSENT' };
    await place.artifacts.delete(place.path);
    return { status: 'DELETED' };
  } catch (error) {
    if (error instanceof ArtifactError) return { status: 'FAILED', error_message: error.message };
    throw error;
  }
}

async function isThere({ artifacts, path }: Place): Promise<boolean> {
  try {
    await (await artifacts.find(path)).close();
    return true;
  } catch (error) {
    if (!(error instanceof ArtifactError)) throw error;
    if (error.kind === 'is_directory') return true;
    if (error.kind !== 'not_found') throw error;
  }
  // Stores without folders know those by what is in them.
  for await (const _ of artifacts.list(path)) return true;
  return false;
}
