import { scorerEndpoints } from '@bitacora/protocol';
import { handle, longRead } from '../http/routes.ts';
import * as online from './online.ts';
import * as service from './service.ts';

export const scorerRoutes = handle(scorerEndpoints, {
  registerScorer: service.register,
  listScorers: longRead(service.listAll),
  listScorerVersions: longRead(service.listVersions),
  getScorer: service.get,
  deleteScorer: service.remove,
  upsertOnlineScoringConfig: online.upsert,
  getOnlineScoringConfigs: online.listByScorers,
});
