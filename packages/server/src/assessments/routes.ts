import { assessmentEndpoints } from '@bitacora/protocol';
import { handle } from '../http/routes.ts';
import * as service from './service.ts';

export const assessmentRoutes = handle(assessmentEndpoints, {
  createAssessment: service.create,
  getAssessment: service.get,
  updateAssessment: service.update,
  deleteAssessment: service.remove,
});
