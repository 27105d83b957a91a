import { ArtifactError } from '@bitacora/artifacts';
import { SchemaError } from '@bitacora/db';
import { ClientError, MlflowError } from '@bitacora/protocol';
import { StartRefused } from '@bitacora/server';
import { Command } from 'commander';
import packageJson from '../package.json' with { type: 'json' };
import { artifactsCommand } from './artifacts-command.ts';
import { doctorCommand, examine } from './doctor-command.ts';
import { collectGarbage, type GcFlags, gcCommand } from './gc-command.ts';
import { serve } from './serve.ts';
import { type Flags, serverCommand, toConfig } from './server-options.ts';
import type { StoreFlags } from './stores.ts';
import { UsageError } from './usage-error.ts';

/** Meant for whoever typed the command. */
const ANSWERS = [ArtifactError, ClientError, MlflowError, SchemaError, StartRefused];

const program = new Command('bitacora')
  .description('Bitácora: an open, self-hosted Managed MLflow.')
  .version(packageJson.version, '--version', 'print the version')
  .helpOption('--help', 'show this help')
  .addCommand(serverCommand().action((flags: Flags) => serve(toConfig(flags))))
  .addCommand(artifactsCommand())
  .addCommand(gcCommand().action((flags: GcFlags) => collectGarbage(flags)))
  .addCommand(doctorCommand().action((flags: StoreFlags) => examine(flags)));

try {
  await program.parseAsync();
} catch (error) {
  const [message, code] = explain(error);
  process.stderr.write(`bitacora: ${message}\n`);
  process.exitCode = code;
}

/** What an operator is to read: one clear line for what they can mend, everything for what only we can. */
function explain(error: unknown): readonly [message: string, exitCode: number] {
  if (error instanceof UsageError) return [error.message, 2];
  if (ANSWERS.some((kind) => error instanceof kind)) return [(error as Error).message, 1];
  if (error instanceof Error && 'code' in error && 'address' in error) {
    const { code, address, port } = error as { code: unknown; address: unknown; port?: unknown };
    if (code === 'EADDRINUSE')
      return [
        `port ${port} on ${address} is in use. Stop what listens there, or choose another with --port.`,
        1,
      ];
    if (code === 'EADDRNOTAVAIL')
      return [`${address} is not an address of this machine. Choose another with --host.`, 1];
    if (code === 'EACCES')
      return [`port ${port} may not be opened by this user. Choose one above 1023 with --port.`, 1];
  }
  return [error instanceof Error ? (error.stack ?? error.message) : String(error), 1];
}
