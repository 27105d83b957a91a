import type { Connect } from '../artifact-stores.ts';
import { AzureArtifactRepository } from './repository.ts';
import { type AzureScheme, readAzureSettings } from './settings.ts';
import { AzureSigner } from './signing.ts';

/** Folders of a container of Azure's blobs. */
export const connectAzure =
  (scheme: AzureScheme): Connect =>
  async (authority, environment) => {
    const settings = await readAzureSettings(scheme, authority, environment);
    const signer = new AzureSigner(settings.service, settings.silence_ms);
    return {
      at: (root) => new AzureArtifactRepository(settings, signer, root),
      close: () => undefined,
    };
  };
