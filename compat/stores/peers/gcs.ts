import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { freePort } from '../../../scripts/free-port.ts';
import type { Prepared } from '../../../scripts/test-installs.ts';
import { FAKE_GCS, preparePython } from '../../../scripts/test-peers.ts';
import type { StorePeer } from '../peers.ts';
import { startGcsChecksums } from './gcs-checksums.ts';
import { startProcess } from './process.ts';
import { writeServiceAccount } from './service-account.ts';

const ROOT = join(import.meta.dirname, '../../..');

/**
 * Google Cloud Storage as fake-gcs-server does it, which asks for no credentials. With those of the file it takes URLs
 * that they sign; of the service's XML API, and so of uploads in parts, it knows nothing.
 */
export async function startGcs(): Promise<Prepared<StorePeer & { readonly credentials: string }>> {
  const python = await preparePython(ROOT, FAKE_GCS);
  if ('missing' in python) return python;
  const program = findProgram(dirname(dirname(python.value)));
  if (program === undefined) return { missing: 'fake-gcs-server has no program for this system' };
  const folder = mkdtempSync(join(tmpdir(), 'bitacora-gcs-'));
  const port = await freePort();
  const endpoint = `http://127.0.0.1:${port}`;
  const server = await startProcess(
    program,
    [
      ...['-scheme', 'http', '-host', '127.0.0.1', '-port', String(port)],
      ...['-public-host', `127.0.0.1:${port}`, '-external-url', endpoint],
      ...['-backend', 'filesystem', '-filesystem-root', folder, '-log-level', 'error'],
    ],
    async () => (await fetch(`${endpoint}/storage/v1/b?project=tests`)).ok,
  );
  const checksums = await startGcsChecksums(port);
  const credentials = join(folder, '..', `${folder.split('/').at(-1)}.json`);
  writeServiceAccount(credentials, { token_uri: 'http://127.0.0.1:9/token' });
  const environmentAt = (at: number) => ({
    STORAGE_EMULATOR_HOST: `http://127.0.0.1:${at}`,
    GOOGLE_CLOUD_PROJECT: 'tests',
  });
  const ask = async (method: string, path: string, body?: string) => {
    const response = await fetch(`${endpoint}${path}`, {
      method,
      ...(body === undefined ? {} : { body, headers: { 'content-type': 'application/json' } }),
    });
    if (!response.ok) throw new Error(`${method} ${path}: ${await response.text()}`);
    return response;
  };
  const namesIn = async (bucket: string): Promise<string[]> => {
    const names: string[] = [];
    let token = '';
    do {
      const page = (await (await ask('GET', `/storage/v1/b/${bucket}/o?pageToken=${token}`)).json()) as {
        items?: { name: string }[];
        nextPageToken?: string;
      };
      names.push(...(page.items ?? []).map(({ name }) => name));
      token = encodeURIComponent(page.nextPageToken ?? '');
    } while (token !== '');
    return names;
  };
  let buckets = 0;
  return {
    value: {
      name: 'gcs',
      credentials,
      environment: environmentAt(port),
      hasFolders: false,
      // Half of them are a bucket of their own, half a folder in one.
      async root(name) {
        const bucket = `bucket-${++buckets}`;
        await ask('POST', '/storage/v1/b?project=tests', JSON.stringify({ name: bucket }));
        return buckets % 2 === 0 ? `gs://${bucket}` : `gs://${bucket}/in/${encodeURIComponent(name)}`;
      },
      async raw(root) {
        const { bucket, prefix } = parse(root);
        return (await namesIn(bucket))
          .filter((name) => name.startsWith(prefix))
          .map((name) => name.slice(prefix.length));
      },
      network: {
        port: checksums.port,
        through: (uri, other) => ({ uri, environment: environmentAt(other) }),
      },
      async vanish(root) {
        const { bucket } = parse(root);
        for (const name of await namesIn(bucket))
          await ask('DELETE', `/storage/v1/b/${bucket}/o/${encodeURIComponent(name)}`);
        await ask('DELETE', `/storage/v1/b/${bucket}`);
      },
      async stop() {
        await Promise.all([checksums.stop(), server.stop()]);
        rmSync(folder, { recursive: true, force: true });
        rmSync(credentials, { force: true });
      },
    },
  };
}

function parse(root: string): { readonly bucket: string; readonly prefix: string } {
  const [, bucket = '', path = ''] = /^gs:\/\/([^/]+)\/?(.*)$/.exec(root) ?? [];
  return { bucket, prefix: path === '' ? '' : `${path}/` };
}

/** The wheel keeps it beside its own code. */
function findProgram(environment: string): string | undefined {
  const inside = readdirSync(join(environment, 'lib'), { recursive: true, withFileTypes: true });
  const found = inside.find((entry) => entry.isFile() && /^fake-gcs-server-\w+-\w+$/.test(entry.name));
  return found && join(found.parentPath, found.name);
}
