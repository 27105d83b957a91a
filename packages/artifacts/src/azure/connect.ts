import type { Connect } from '../artifact-stores.ts';
import { BlockPool } from '../block-pool.ts';
import { CLOCK_PATIENCE_MS, StoreClock } from '../clock.ts';
import { dateOf } from './errors.ts';
import { AzureArtifactRepository } from './repository.ts';
import { type AzureScheme, type AzureSettings, readAzureSettings } from './settings.ts';
import { AzureSigner } from './signing.ts';

/** Folders of a container of Azure's blobs. */
export const connectAzure =
  (scheme: AzureScheme): Connect =>
  async (authority, environment) => {
    const settings = await readAzureSettings(scheme, authority, environment);
    const signer = new AzureSigner(settings.service, clockOf(settings), settings.silence_ms);
    const blocks = new BlockPool();
    return {
      at: (root) => new AzureArtifactRepository(settings, signer, blocks, root),
      close: () => undefined,
    };
  };

/** Refusals are dated too, and one that is for a date most of all. */
const clockOf = ({ service, container }: AzureSettings) =>
  new StoreClock(async () => {
    const abortSignal = AbortSignal.timeout(CLOCK_PATIENCE_MS);
    try {
      const { date } = await service.getContainerClient(container).getProperties({ abortSignal });
      return date?.toUTCString();
    } catch (error) {
      return dateOf(error);
    }
  });
