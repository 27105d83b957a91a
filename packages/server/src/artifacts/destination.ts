import { ArtifactError, type ArtifactRepository, type ArtifactStores } from '@bitacora/artifacts';
import { StartRefused } from '../start-refused.ts';

/** The store behind the proxy. @throws StartRefused when its settings make no sense. */
export async function openDestination(stores: ArtifactStores, uri: string): Promise<ArtifactRepository> {
  try {
    return await stores.at(uri);
  } catch (error) {
    if (error instanceof ArtifactError) throw new StartRefused(`--artifacts-destination: ${error.message}`);
    throw error;
  }
}
