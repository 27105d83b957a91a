import { testApp } from '@bitacora/testkit';
import { expect, test } from 'vitest';
import { type Settings, WEBHOOK_DEFAULTS } from '../deps.ts';
import type { Outcome } from './messages.ts';
import { type Reader, threads } from './start.ts';

/** However busy the machine is. */
const WITHOUT_HASTE_MS = 60_000;

test('a reader thread that is told to end answers what it has begun, closes its database and goes', async () => {
  await using app = await testApp();
  const { config } = app;
  const settings: Settings = {
    ...config,
    artifactReach: { homes: [config.artifactsDestination], anyHost: [] },
    webhooks: WEBHOOK_DEFAULTS,
    fileStore: undefined,
  };
  const said: unknown[] = [];
  let told = (): void => undefined;
  const reader: Reader = threads(
    { backend: config.backend, settings },
    WITHOUT_HASTE_MS,
  )({
    outcome: (outcome: Outcome) => said.push(outcome.kind),
    died: (reason) => {
      said.push(String(reason));
      told();
    },
  });
  const died = new Promise<void>((resolve) => {
    told = resolve;
  });
  reader.send({
    kind: 'run',
    name: 'searchRuns',
    workspace: 'default',
    input: { experiment_ids: ['0'], max_results: 10, order_by: [], run_view_type: 'ACTIVE_ONLY' },
  });
  await Promise.all([reader.end(), died]);
  expect(said).toEqual(['answer', 'Error: A reader thread ended with code 0.']);
});
