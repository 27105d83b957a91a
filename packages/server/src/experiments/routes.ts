import { experimentEndpoints, notFound } from '@bitacora/protocol';
import { handle, longRead } from '../http/routes.ts';
import { toExperiments } from './experiment.ts';
import { parseExperimentId } from './ids.ts';
import { findExperiment, findExperimentByName } from './queries.ts';
import { search } from './search.ts';
import * as service from './service.ts';

export const experimentRoutes = handle(experimentEndpoints, {
  createExperiment: service.create,
  updateExperiment: service.rename,
  deleteExperiment: service.remove,
  restoreExperiment: service.restore,
  setExperimentTag: service.setTag,
  deleteExperimentTag: service.deleteTag,
  searchExperiments: longRead(search),
  getExperiment: async ({ db, scope }, { experiment_id }) => {
    const row = await findExperiment(db, scope, parseExperimentId(experiment_id));
    if (!row) throw notFound('Experiment', experiment_id);
    const [experiment] = await toExperiments(db, [row]);
    return { experiment: experiment! };
  },
  getExperimentByName: async ({ db, workspace }, { experiment_name }) => {
    const row = await findExperimentByName(db, workspace, experiment_name);
    if (!row) throw notFound('Experiment', experiment_name, 'name');
    const [experiment] = await toExperiments(db, [row]);
    return { experiment: experiment! };
  },
});
