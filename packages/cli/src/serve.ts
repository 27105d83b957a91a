import { describeStore, openStore } from '@bitacora/db';
import { type Config, createApp } from '@bitacora/server';
import { SkippedEntries } from './skipped-entries.ts';

/** How long requests in flight may take after a signal, in milliseconds; then their connections are closed. */
const GRACE_MS = 25_000;

/** Runs the server until a signal; resolves when all is answered, checkpointed and closed. */
export async function serve(config: Config): Promise<void> {
  const skipped = new SkippedEntries();
  const opened = await openStore(config.backend, {
    schema: config.schema,
    onMissingIndexes: announceIndexes,
    onSkipped: (problems) => skipped.tell(problems),
    onReplicaAway: (reason) => process.stdout.write(`The replica is left alone for now: ${reason}\n`),
  });
  const { created, store } = opened;
  const app = await createApp({ config, store }).catch(async (error: unknown) => {
    await store.close();
    throw error;
  });
  skipped.logTo(app.log);
  try {
    await app.listen({ host: config.host, port: config.port });
  } catch (error) {
    await app.close();
    await store.close();
    throw error;
  }
  const address = app.server.address();
  const port = typeof address === 'object' && address !== null ? address.port : config.port;
  const host = config.host.includes(':') ? `[${config.host}]` : config.host;
  print(`Bitácora is ready at http://${host}:${port}${config.staticPrefix}`, [
    [
      config.backend.store.kind === 'file' ? 'Folder' : 'Database',
      `${describeStore(config.backend.store)}${created ? ' (new)' : ''}`,
    ],
    ...(opened.skipped
      ? [['Skipped', `${opened.skipped} entries that cannot be read; the log names each`] as const]
      : []),
    [
      'Artifacts',
      config.servesArtifacts ? config.artifactsDestination : `${config.artifactRoot} (not served)`,
    ],
    ['API', `http://${host}:${port}${config.staticPrefix}/api-docs`],
  ]);

  await signalled();
  const timer = setTimeout(() => app.server.closeAllConnections(), GRACE_MS);
  // A connection that was busy at the signal is idle once its request has been answered; clients keep it open.
  const sweep = setInterval(() => app.server.closeIdleConnections(), 50);
  await app.close();
  clearInterval(sweep);
  clearTimeout(timer);
  await store.close();
}

/** The first opening of a large database takes seconds, and whoever waits should know why. */
function announceIndexes(names: readonly string[]): void {
  process.stdout.write(
    `Adding ${names.length} indexes to the database; a large one takes some seconds, once.\n`,
  );
}

function print(title: string, facts: readonly (readonly [name: string, value: string])[]): void {
  process.stdout.write(
    `${title}\n${facts.map(([name, value]) => `  ${name.padEnd(10)}${value}\n`).join('')}`,
  );
}

/** The first signal asks to stop; a second one does not wait. */
function signalled(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) {
      process.once(signal, () => {
        process.once(signal, () => process.exit(1));
        resolve();
      });
    }
  });
}
