import { runEndpoints } from '@bitacora/protocol';
import { handle, longRead } from '../http/routes.ts';
import * as params from '../params/service.ts';
import * as tags from '../tags/service.ts';
import { requireRun } from './active.ts';
import * as batch from './batch.ts';
import * as modelHistory from './model-history.ts';
import { loadRun } from './run.ts';
import { search } from './search.ts';
import * as service from './service.ts';

export const runRoutes = handle(runEndpoints, {
  createRun: service.create,
  updateRun: service.update,
  deleteRun: service.remove,
  restoreRun: service.restore,
  searchRuns: longRead(search),
  logParam: params.log,
  setTag: tags.set,
  deleteTag: tags.remove,
  logBatch: batch.log,
  logModel: modelHistory.append,
  getRun: async ({ db, scope }, { run_id }) => {
    return { run: await loadRun(db, await requireRun(db, scope, run_id)) };
  },
});
