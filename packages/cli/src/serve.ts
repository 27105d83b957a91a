import { hidePassword } from '@bitacora/artifacts';
import { describeStore, type OpenedStore, openStore } from '@bitacora/db';
import { type Config, createApp } from '@bitacora/server';
import { SkippedEntries } from './skipped-entries.ts';

/** How long requests in flight may take after a signal, in milliseconds; then their connections are closed. */
const GRACE_MS = 25_000;

/** Runs the server until a signal; resolves when all is answered, checkpointed and closed. */
export async function serve(config: Config): Promise<void> {
  const skipped = new SkippedEntries();
  const opened = await openStore(config.backend, {
    schema: config.schema,
    addsIndexes: false,
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
      config.servesArtifacts
        ? hidePassword(config.artifactsDestination)
        : `${hidePassword(config.artifactRoot)} (not served)`,
    ],
    ['API', `http://${host}:${port}${config.staticPrefix}/api-docs`],
  ]);

  const stopIndexes = addIndexesSoon(opened);

  await signalled();
  const indexed = stopIndexes();
  const timer = setTimeout(() => app.server.closeAllConnections(), GRACE_MS);
  // A connection that was busy at the signal is idle once its request has been answered; clients keep it open.
  const sweep = setInterval(() => app.server.closeIdleConnections(), 50);
  await app.close();
  clearInterval(sweep);
  clearTimeout(timer);
  await indexed;
  await store.close();
}

/** What is asked in the first moments, when whoever started the server looks at it, does not share the machine. */
const CALM_MS = 1500;

function addIndexesSoon({ addIndexes, missingIndexes = [] }: OpenedStore): () => Promise<void> | undefined {
  let work: ReturnType<NonNullable<typeof addIndexes>> | undefined;
  const timer = setTimeout(() => {
    work = addIndexes?.();
    if (work) void announceIndexes(missingIndexes, work.done);
  }, CALM_MS);
  return () => {
    clearTimeout(timer);
    return work?.stop();
  };
}

/** Whoever looks at searches of a large database in its first seconds here should know why they are slow. */
async function announceIndexes(names: readonly string[], done: Promise<void>): Promise<void> {
  process.stdout.write(
    `Adding ${names.length} indexes to the database, once; searches are quick when they are there.\n`,
  );
  try {
    await done;
    process.stdout.write('The indexes are there.\n');
  } catch (error) {
    process.stdout.write(
      `Indexes could not be added, and searches stay slow: ${error instanceof Error ? error.message : error}. The next start tries again.\n`,
    );
  }
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
