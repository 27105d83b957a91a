import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ArtifactError, parseArtifactPath, pathOfListed } from '@bitacora/artifacts';
import type { OpenedArtifacts, TrackingServer } from '@bitacora/sdk';
import { Command, Option } from 'commander';
import { UsageError } from './usage-error.ts';

interface RunFlags {
  readonly runId: string;
  readonly artifactPath?: string;
}

interface DownloadFlags extends Partial<RunFlags> {
  readonly artifactUri?: string;
  readonly dstPath?: string;
}

/** Loaded when it is needed: a server, which is started by the same program, does without. */
const sdk = () => import('@bitacora/sdk');

const runId = () => new Option('-r, --run-id <id>', 'the run');

/** The `artifacts` command, with MLflow's names of commands and options. */
export function artifactsCommand(): Command {
  const command = new Command('artifacts')
    .description(
      'List, download and upload artifacts of a tracking server (MLFLOW_TRACKING_URI), or of any store.',
    )
    .helpOption('--help', 'show this help');
  const add = (name: string, description: string) =>
    command
      .command(name)
      .description(description)
      .showHelpAfterError(`(bitacora artifacts ${name} --help lists every option)`)
      .helpOption('--help', 'show this help');
  add('list', 'Print what is directly in a folder of a run, as JSON.')
    .addOption(runId().makeOptionMandatory())
    .option('-a, --artifact-path <path>', 'a folder below the root of the run')
    .action((flags: RunFlags) => withServer((server) => list(server, flags)));
  add('download', 'Download a file or folder, and print where it is now.')
    .addOption(runId())
    .option('-a, --artifact-path <path>', 'with --run-id: a file or folder below the root of the run')
    .option(
      '-u, --artifact-uri <uri>',
      'instead: runs:/…, models:/…, mlflow-artifacts:/… or the URI of a store',
    )
    .option('-d, --dst-path <folder>', 'where to; a new folder for temporary files without it')
    .action((flags: DownloadFlags) => withServer((server) => download(server, flags)));
  add('log-artifact', 'Store a file as an artifact of a run.')
    .requiredOption('-l, --local-file <file>', 'the file')
    .addOption(runId().makeOptionMandatory())
    .option('-a, --artifact-path <path>', 'a folder below the root of the run to store it in')
    .action((flags: RunFlags & { readonly localFile: string }) =>
      withServer((server) =>
        upload(server, flags, async (goal) => (await sdk()).uploadArtifact(goal, flags.localFile)),
      ),
    );
  add('log-artifacts', 'Store all files below a folder as artifacts of a run.')
    .requiredOption('-l, --local-dir <folder>', 'the folder')
    .addOption(runId().makeOptionMandatory())
    .option('-a, --artifact-path <path>', 'a folder below the root of the run to store them in')
    .action((flags: RunFlags & { readonly localDir: string }) =>
      withServer((server) =>
        upload(server, flags, async (goal) => (await sdk()).uploadArtifacts(goal, flags.localDir)),
      ),
    );
  return command;
}

async function list(server: () => TrackingServer, { runId, artifactPath = '' }: RunFlags): Promise<void> {
  const { openRunArtifacts } = await sdk();
  await using opened = await openRunArtifacts(runId, artifactPath, server);
  const folder = parseArtifactPath(artifactPath);
  const files = [];
  for await (const { path, is_dir, file_size } of opened.artifacts.list(opened.path))
    files.push({ path: pathOfListed(folder, path) ?? path, is_dir, ...(is_dir ? {} : { file_size }) });
  process.stdout.write(`${JSON.stringify(files)}\n`);
}

async function download(server: () => TrackingServer, flags: DownloadFlags): Promise<void> {
  const { runId, artifactPath = '', artifactUri } = flags;
  if ((runId === undefined) === (artifactUri === undefined))
    throw new UsageError('Give either --run-id or --artifact-uri.');
  if (artifactUri !== undefined && artifactPath !== '')
    throw new UsageError('--artifact-path belongs to --run-id. Put the path into the --artifact-uri.');
  const { downloadArtifacts, openArtifacts, openRunArtifacts } = await sdk();
  await using opened =
    artifactUri === undefined
      ? await openRunArtifacts(runId ?? '', artifactPath, server)
      : await openArtifacts(artifactUri, server);
  const folder = flags.dstPath ?? (await mkdtemp(join(tmpdir(), 'bitacora-artifacts-')));
  // Of a run MLflow keeps the path.
  const goal = artifactUri === undefined ? parseArtifactPath(artifactPath) : undefined;
  process.stdout.write(`${await downloadArtifacts(opened, folder, goal)}\n`);
}

async function upload(
  server: () => TrackingServer,
  { runId, artifactPath = '' }: RunFlags,
  send: (goal: OpenedArtifacts) => Promise<unknown>,
): Promise<void> {
  const { openRunArtifacts } = await sdk();
  await using opened = await openRunArtifacts(runId, artifactPath, server);
  await send(opened);
}

/** The server is connected to when it is first asked for. @throws ArtifactError where it cannot be reached */
async function withServer(work: (server: () => TrackingServer) => Promise<void>): Promise<void> {
  const { connectTracking } = await sdk();
  let server: TrackingServer | undefined;
  try {
    await work(() => (server ??= connectTracking(undefined)));
  } catch (error) {
    const reason = server === undefined ? undefined : reasonOf(error);
    if (reason === undefined) throw error;
    throw new ArtifactError(
      'unavailable',
      `The tracking server ${server?.baseUrl} cannot be reached (${reason}).`,
    );
  } finally {
    await server?.close();
  }
}

/** Why there is no connection; undefined for any other error. */
function reasonOf(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  const cause = error.cause instanceof Error ? error.cause : error;
  const code = 'code' in cause ? String(cause.code) : '';
  if (error.message === 'fetch failed') return code || cause.message;
  return /^(?:E[A-Z]+|UND_ERR_\w+)$/.test(code) && 'syscall' in cause && cause.syscall === 'connect'
    ? code
    : undefined;
}
