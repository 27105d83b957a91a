import { hidePassword } from '@bitacora/artifacts';
import { describeOrphan, findMissing, findOrphans } from '@bitacora/server';
import { Command } from 'commander';
import { addStoreOptions, type StoreFlags, withStores } from './stores.ts';

/** The `doctor` command: the database against the artifact store, both ways. Changes nothing. */
export function doctorCommand(): Command {
  const command = new Command('doctor')
    .description(
      'Compare the database with the artifact store: logged models and model versions without files, and folders that belong to nothing. Ends with 1 when it finds some.',
    )
    .showHelpAfterError('(bitacora doctor --help lists every option)')
    .helpOption('--help', 'show this help');
  return addStoreOptions(command);
}

/** @throws UsageError, MlflowError, SchemaError, StartRefused */
export function examine(flags: StoreFlags): Promise<void> {
  return withStores(flags, async (deps) => {
    const counts = { missing: 0, unknown: 0, orphans: 0 };
    for await (const { kind, id, uri, unknown } of findMissing(deps)) {
      counts[unknown === undefined ? 'missing' : 'unknown']++;
      process.stdout.write(
        unknown === undefined
          ? `Missing: the ${kind} ${id} has no files at ${hidePassword(uri)}\n`
          : `Not looked at: the ${kind} ${id}: ${unknown}\n`,
      );
    }
    for await (const orphan of findOrphans(deps)) {
      counts.orphans++;
      process.stdout.write(`Orphan: ${orphan.path}: ${describeOrphan(orphan)}\n`);
    }
    process.stdout.write(
      `${counts.missing} without files, ${counts.unknown} not looked at, ${counts.orphans} orphans.\n`,
    );
    if (counts.missing + counts.unknown + counts.orphans > 0) process.exitCode = 1;
  });
}
