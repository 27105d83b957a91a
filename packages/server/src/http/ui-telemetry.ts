import type { FastifyInstance } from 'fastify';

const PATH = '/ajax-api/3.0/mlflow/ui-telemetry';

/**
 * Nothing is gathered here about those who use the server. MLflow's pages ask whether they may send what they notice,
 * and are told not to; what an older page sends all the same is thrown away unread.
 */
export function mountUiTelemetry(app: FastifyInstance): void {
  app.get(PATH, () => ({ disable_ui_telemetry: true, disable_ui_events: [], ui_rollout_percentage: 0 }));
  app.post(
    PATH,
    { onRequest: (_request, reply) => void reply.send({ status: 'disabled' }) },
    () => undefined,
  );
}
