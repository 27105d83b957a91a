import type { Run, RunStatus } from '@bitacora/protocol';

interface BuildRun {
  readonly status?: RunStatus;
  readonly params?: Readonly<Record<string, string>>;
  readonly metrics?: Readonly<Record<string, number>>;
}

/** A run for tests, which name only what they are about. */
export const buildRun = (
  id: string,
  { status = 'FINISHED', params = {}, metrics = {} }: BuildRun = {},
): Run => ({
  info: { run_id: id, run_uuid: id, experiment_id: '1', status, lifecycle_stage: 'active' },
  data: {
    params: Object.entries(params).map(([key, value]) => ({ key, value })),
    metrics: Object.entries(metrics).map(([key, value]) => ({ key, value, timestamp: 1, step: 0 })),
  },
});
