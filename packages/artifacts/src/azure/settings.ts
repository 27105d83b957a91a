import type { BlobServiceClient } from '@azure/storage-blob';
import type { Environment } from '../artifact-stores.ts';
import { ArtifactError, show } from '../error.ts';
import { silenceAllowed } from '../stalls.ts';

export type AzureScheme = 'wasbs' | 'abfss';

/** How a container is reached. */
export interface AzureSettings {
  /** As in messages: `wasbs://container@account.blob.core.windows.net`. */
  readonly name: string;
  readonly container: string;
  readonly service: BlobServiceClient;
  /** Where its credentials come from, as in messages. */
  readonly credentialsFrom: string;
  readonly silence_ms: number;
}

const DEFAULT_CREDENTIALS =
  'AZURE_STORAGE_CONNECTION_STRING or AZURE_STORAGE_ACCESS_KEY, of which neither is set, or what AZURE_CLIENT_ID and a managed identity give';

/** Microsoft's own domains, in its three clouds. */
const AUTHORITY =
  /^([^@/]+)@([a-z0-9-]+)\.(?:privatelink\.)?(blob|dfs)\.core\.(windows\.net|chinacloudapi\.cn|usgovcloudapi\.net)$/;

/** Tries of one request; the library waits a moment between them. */
const RETRIES = { maxTries: 3, retryDelayInMs: 500, maxRetryDelayInMs: 4000 };

/**
 * MLflow's variables, in its order. Accounts with a hierarchy of folders (`abfss:`) are spoken to as blobs too, which
 * they are.
 *
 * @throws ArtifactError invalid_uri for hosts that are not Azure's, denied for variables that make no sense
 */
export async function readAzureSettings(
  scheme: AzureScheme,
  authority: string,
  environment: Environment,
): Promise<AzureSettings> {
  const [, container = '', account = '', kind, cloud = ''] = AUTHORITY.exec(authority) ?? [];
  if (kind !== (scheme === 'wasbs' ? 'blob' : 'dfs')) {
    throw new ArtifactError(
      'invalid_uri',
      `Invalid artifact location '${scheme}://${show(authority)}': write it as ${scheme === 'wasbs' ? 'wasbs://container@account.blob.core.windows.net' : 'abfss://filesystem@account.dfs.core.windows.net'}/path, or with the domain of another of Azure's clouds.`,
    );
  }
  const { BlobServiceClient, StorageSharedKeyCredential } = await import('@azure/storage-blob');
  const { AZURE_STORAGE_CONNECTION_STRING, AZURE_STORAGE_ACCESS_KEY, AZURE_STORAGE_SAS_TOKEN } = environment;
  const options = { retryOptions: RETRIES };
  const url = `https://${authority.slice(authority.indexOf('@') + 1).replace('.dfs.', '.blob.')}`;
  const place = { name: `${scheme}://${authority}`, container, silence_ms: silenceAllowed(environment) };
  if (scheme === 'abfss' && AZURE_STORAGE_SAS_TOKEN) {
    const service = new BlobServiceClient(
      `${url}?${AZURE_STORAGE_SAS_TOKEN.replace(/^\?/, '')}`,
      undefined,
      options,
    );
    return { ...place, service, credentialsFrom: 'AZURE_STORAGE_SAS_TOKEN' };
  }
  if (AZURE_STORAGE_CONNECTION_STRING) {
    const credentialsFrom = 'AZURE_STORAGE_CONNECTION_STRING';
    try {
      const service = BlobServiceClient.fromConnectionString(AZURE_STORAGE_CONNECTION_STRING, options);
      return { ...place, service, credentialsFrom };
    } catch {
      // Its error is not passed on: it may quote the string.
      throw new ArtifactError(
        'denied',
        `The artifact store ${place.name} cannot be opened: ${credentialsFrom} is no connection string of a storage account.`,
      );
    }
  }
  if (AZURE_STORAGE_ACCESS_KEY) {
    const credential = new StorageSharedKeyCredential(account, AZURE_STORAGE_ACCESS_KEY);
    const service = new BlobServiceClient(url, credential, options);
    return { ...place, service, credentialsFrom: 'AZURE_STORAGE_ACCESS_KEY' };
  }
  const { AzureAuthorityHosts, DefaultAzureCredential } = await import('@azure/identity');
  const authorityHost = {
    'windows.net': AzureAuthorityHosts.AzurePublicCloud,
    'chinacloudapi.cn': AzureAuthorityHosts.AzureChina,
    'usgovcloudapi.net': AzureAuthorityHosts.AzureGovernment,
  }[cloud];
  const credential = new DefaultAzureCredential(
    authorityHost === undefined || environment.AZURE_AUTHORITY_HOST ? {} : { authorityHost },
  );
  return {
    ...place,
    service: new BlobServiceClient(url, credential, options),
    credentialsFrom: DEFAULT_CREDENTIALS,
  };
}
