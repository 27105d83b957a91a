import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BlobServiceClient } from '@azure/storage-blob';
import { freePort } from '../../../scripts/free-port.ts';
import type { Prepared } from '../../../scripts/test-installs.ts';
import { prepareAzurite } from '../../../scripts/test-peers.ts';
import type { StorePeer } from '../peers.ts';
import { startProcess } from './process.ts';

const ROOT = join(import.meta.dirname, '../../..');

/** The emulator's account and key, which are the same everywhere and in its manual. */
const ACCOUNT = 'devstoreaccount1';
const KEY = 'Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==';

/** Azure Blob Storage as Azurite does it, with signatures checked. */
export async function startAzure(): Promise<Prepared<StorePeer>> {
  const program = await prepareAzurite(ROOT);
  if ('missing' in program) return program;
  const folder = mkdtempSync(join(tmpdir(), 'bitacora-azurite-'));
  const port = await freePort();
  const azurite = await startProcess(
    process.execPath,
    [
      program.value,
      ...['--blobHost', '127.0.0.1', '--blobPort', String(port)],
      ...['--location', folder, '--silent', '--disableTelemetry'],
      // The SDK speaks a younger version of the protocol than it knows.
      '--skipApiVersionCheck',
    ],
    async () => (await fetch(`http://127.0.0.1:${port}/${ACCOUNT}?comp=list`)).status === 403,
  );
  const connectionString = (at: number, key = KEY) =>
    `DefaultEndpointsProtocol=http;AccountName=${ACCOUNT};AccountKey=${key};BlobEndpoint=http://127.0.0.1:${at}/${ACCOUNT};`;
  const environmentAt = (at: number, key?: string) => ({
    AZURE_STORAGE_CONNECTION_STRING: connectionString(at, key),
  });
  const service = BlobServiceClient.fromConnectionString(connectionString(port));
  let containers = 0;
  return {
    value: {
      name: 'azure',
      environment: environmentAt(port),
      hasFolders: false,
      // Half of them are a container of their own, half a folder in one; either scheme has its turn.
      async root(name) {
        const container = `container-${++containers}`;
        await service.getContainerClient(container).create();
        const place =
          containers % 3 === 0
            ? `abfss://${container}@${ACCOUNT}.dfs.core.windows.net`
            : `wasbs://${container}@${ACCOUNT}.blob.core.windows.net`;
        return containers % 2 === 0 ? place : `${place}/in/${encodeURIComponent(name)}`;
      },
      async raw(root) {
        const { container, prefix } = parse(root);
        const names: string[] = [];
        // Blocks that were never joined are not its files: the service forgets them, and nobody else can.
        for await (const blob of service.getContainerClient(container).listBlobsFlat({ prefix }))
          names.push(blob.name.slice(prefix.length));
        return names;
      },
      network: { port, through: (uri, other) => ({ uri, environment: environmentAt(other) }) },
      async vanish(root) {
        await service.getContainerClient(parse(root).container).delete();
      },
      withWrongCredentials(uri) {
        const secret = Buffer.from('not the key at all').toString('base64');
        return [
          {
            uri,
            environment: environmentAt(port, secret),
            variable: 'AZURE_STORAGE_CONNECTION_STRING',
            secret,
          },
        ];
      },
      async stop() {
        await azurite.stop();
        rmSync(folder, { recursive: true, force: true });
      },
    },
  };
}

function parse(root: string): { readonly container: string; readonly prefix: string } {
  const [, container = '', path = ''] = /^[a-z]+:\/\/([^@]+)@[^/]+\/?(.*)$/.exec(root) ?? [];
  return { container, prefix: path === '' ? '' : `${path}/` };
}
