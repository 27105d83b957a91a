import { describeOrphan, findOrphans, type PurgeDeps, type Purged, purge } from '@bitacora/server';
import { Command, InvalidArgumentError, Option } from 'commander';
import { parseList } from './parse.ts';
import { addStoreOptions, type StoreFlags, withStores } from './stores.ts';
import { UsageError } from './usage-error.ts';

interface Flags extends StoreFlags {
  readonly olderThan: number;
  readonly runIds?: readonly string[];
  readonly experimentIds?: readonly string[];
  readonly loggedModelIds?: readonly string[];
  readonly dryRun?: boolean;
  readonly keepArtifacts?: boolean;
  readonly orphans?: 'list' | 'remove';
  readonly jobs?: boolean;
  readonly jobIds?: string;
}

/** MLflow's form: days, hours, minutes and seconds in this order, each once. @returns milliseconds. */
export function parseAge(text: string): number {
  const match = /^(?:([\d.]+)d)?(?:([\d.]+)h)?(?:([\d.]+)m)?(?:([\d.]+)s)?$/.exec(text);
  const [days, hours, minutes, seconds] = (match?.slice(1) ?? []).map((part) => Number(part ?? 0));
  const ms = (((days ?? 0) * 24 + (hours ?? 0)) * 60 + (minutes ?? 0)) * 60_000 + (seconds ?? 0) * 1000;
  if (!match || text === '' || !Number.isFinite(ms))
    throw new InvalidArgumentError(`'${text}' is no age. Write it as 30d, 8h, 2d8h5m20s or 2m4s.`);
  return Math.floor(ms);
}

/** The `gc` command, with MLflow's option and environment names. */
export function gcCommand(): Command {
  const command = new Command('gc')
    .description(
      'Remove deleted runs, logged models and experiments for good, with their artifacts. Without ids, all that are deleted; with ids, only those.',
    )
    .showHelpAfterError('(bitacora gc --help lists every option)')
    .helpOption('--help', 'show this help')
    .addOption(
      new Option('--older-than <age>', 'only what was deleted that long ago, such as 30d or 1d2h3m4s')
        .argParser(parseAge)
        .default(0, 'any age'),
    )
    .addOption(new Option('--run-ids <list>', 'comma-separated ids of deleted runs').argParser(parseList))
    .addOption(
      new Option(
        '--experiment-ids <list>',
        'comma-separated ids of deleted experiments, which go with all their runs, models and traces',
      ).argParser(parseList),
    )
    .addOption(
      new Option('--logged-model-ids <list>', 'comma-separated ids of deleted logged models').argParser(
        parseList,
      ),
    )
    .addOption(new Option('--dry-run', 'only say what would be removed'))
    .addOption(
      new Option('--keep-artifacts', 'remove what is in the database alone, where a store cannot be reached'),
    )
    .addOption(
      new Option(
        '--orphans [what]',
        'instead: folders of the artifact store that belong to nothing in the database, and what is left of uploads that were broken off, to be listed first and removed then',
      )
        .choices(['list', 'remove'])
        .preset('list'),
    );
  addStoreOptions(command);
  return command
    .addOption(
      new Option(
        '--tracking-uri <uri>',
        "accepted for MLflow's sake, without effect: artifacts are found by --artifacts-destination",
      ),
    )
    .addOption(new Option('--jobs', 'not available yet').hideHelp())
    .addOption(new Option('--job-ids <list>', 'not available yet').hideHelp());
}

/** @throws UsageError, MlflowError, SchemaError, StartRefused */
export async function collectGarbage(flags: Flags): Promise<void> {
  if (flags.jobs || flags.jobIds !== undefined)
    throw new UsageError('--jobs and --job-ids are not available yet: this server keeps no jobs so far.');
  return withStores(flags, async (deps) => {
    if (flags.orphans !== undefined) await sweep(deps, flags.orphans);
    else await purgeDeleted(deps, flags);
  });
}

async function purgeDeleted(deps: PurgeDeps, flags: Flags): Promise<void> {
  const isDryRun = flags.dryRun === true;
  const counts = { gone: 0, kept: 0 };
  for await (const purged of purge(deps, {
    run_ids: flags.runIds,
    experiment_ids: flags.experimentIds,
    model_ids: flags.loggedModelIds,
    olderThan_ms: flags.olderThan,
    isDryRun,
    keepsArtifacts: flags.keepArtifacts === true,
  })) {
    tell(purged, isDryRun);
    counts[purged.kept === undefined ? 'gone' : 'kept']++;
  }
  process.stdout.write(
    `${isDryRun ? 'Would remove' : 'Removed'} ${counts.gone}${counts.kept > 0 ? `, could not remove ${counts.kept}` : ''}.\n`,
  );
  if (counts.kept > 0) process.exitCode = 1;
}

/** Folders of the artifact store that belong to nothing in the database. */
async function sweep(deps: PurgeDeps, what: NonNullable<Flags['orphans']>): Promise<void> {
  let count = 0;
  for await (const orphan of findOrphans(deps)) {
    const { path } = orphan;
    count++;
    if (what === 'remove') await deps.artifacts.delete(path);
    process.stdout.write(`${what === 'remove' ? 'Removed' : 'Found'} ${path}: ${describeOrphan(orphan)}\n`);
  }
  const hint = what === 'list' && count > 0 ? ' Remove them by --orphans remove.' : '';
  process.stdout.write(`${what === 'remove' ? 'Removed' : 'Found'} ${count} orphans.${hint}\n`);
}

function tell({ kind, id, kept }: Purged, isDryRun: boolean): void {
  if (kept === undefined) process.stdout.write(`${isDryRun ? 'Would remove' : 'Removed'} ${kind} ${id}\n`);
  else process.stderr.write(`Kept ${kind} ${id}: ${kept}\n`);
}

export type { Flags as GcFlags };
