import type { Method } from '@bitacora/protocol';

/**
 * Capabilities that MLflow has and this server does not yet, with their routes. Each answers what MLflow's server
 * answers where the capability is switched off, so that clients fall back as they do there; the generated table of
 * endpoints lists them as such.
 */
export interface AbsentFeature {
  readonly name: string;
  /** Told to the caller after "This server has no". */
  readonly message: string;
  /** MLflow's error envelope, or FastAPI's `{"detail": …}` where MLflow serves the route through FastAPI. */
  readonly dialect: 'envelope' | 'detail';
  readonly routes: readonly (readonly [method: Method, path: string])[];
}

const GATEWAY = '/api/3.0/mlflow/gateway';
const AJAX = '/ajax-api/3.0/mlflow';

export const absentFeatures: readonly AbsentFeature[] = [
  {
    name: 'AI gateway',
    message: 'AI gateway. Call the provider directly.',
    dialect: 'envelope',
    routes: [
      ['POST', `${GATEWAY}/secrets/create`],
      ['GET', `${GATEWAY}/secrets/get`],
      ['POST', `${GATEWAY}/secrets/update`],
      ['DELETE', `${GATEWAY}/secrets/delete`],
      ['GET', `${GATEWAY}/secrets/list`],
      ['POST', `${GATEWAY}/endpoints/create`],
      ['GET', `${GATEWAY}/endpoints/get`],
      ['POST', `${GATEWAY}/endpoints/update`],
      ['DELETE', `${GATEWAY}/endpoints/delete`],
      ['GET', `${GATEWAY}/endpoints/list`],
      ['POST', `${GATEWAY}/model-definitions/create`],
      ['GET', `${GATEWAY}/model-definitions/get`],
      ['GET', `${GATEWAY}/model-definitions/list`],
      ['POST', `${GATEWAY}/model-definitions/update`],
      ['DELETE', `${GATEWAY}/model-definitions/delete`],
      ['POST', `${GATEWAY}/endpoints/models/attach`],
      ['POST', `${GATEWAY}/endpoints/models/detach`],
      ['POST', `${GATEWAY}/endpoints/bindings/create`],
      ['DELETE', `${GATEWAY}/endpoints/bindings/delete`],
      ['GET', `${GATEWAY}/endpoints/bindings/list`],
      ['POST', `${GATEWAY}/endpoints/set-tag`],
      ['DELETE', `${GATEWAY}/endpoints/delete-tag`],
      ['POST', `${GATEWAY}/budgets/create`],
      ['GET', `${GATEWAY}/budgets/get`],
      ['POST', `${GATEWAY}/budgets/update`],
      ['DELETE', `${GATEWAY}/budgets/delete`],
      ['GET', `${GATEWAY}/budgets/list`],
      ['GET', `${GATEWAY}/budgets/windows`],
      ['POST', `${GATEWAY}/guardrails/create`],
      ['GET', `${GATEWAY}/guardrails/get`],
      ['DELETE', `${GATEWAY}/guardrails/delete`],
      ['GET', `${GATEWAY}/guardrails/list`],
      ['POST', `${GATEWAY}/guardrails/add-to-endpoint`],
      ['DELETE', `${GATEWAY}/guardrails/remove-from-endpoint`],
      ['GET', `${GATEWAY}/guardrails/list-for-endpoint`],
      ['PATCH', `${GATEWAY}/guardrails/update-config`],
      ['GET', `${AJAX}/gateway/supported-providers`],
      ['GET', `${AJAX}/gateway/supported-models`],
      ['GET', `${AJAX}/gateway/provider-config`],
      ['GET', `${AJAX}/gateway/secrets/config`],
    ],
  },
  {
    name: 'AI gateway',
    message: 'AI gateway. Call the provider directly.',
    dialect: 'detail',
    routes: [
      ['POST', '/gateway/{endpoint_name}/mlflow/invocations'],
      ['POST', '/gateway/mlflow/v1/chat/completions'],
      ['GET', '/gateway/mlflow/v1/models'],
      ['POST', '/gateway/openai/v1/chat/completions'],
      ['POST', '/gateway/openai/v1/embeddings'],
      ['POST', '/gateway/typesafe/v1/systemone'],
      ['POST', '/gateway/openai/v1/responses'],
      ['POST', '/gateway/openai/v1/responses/compact'],
      ['POST', '/gateway/anthropic/v1/messages'],
      // `<endpoint>:generateContent` and `<endpoint>:streamGenerateContent` are one segment.
      ['POST', '/gateway/gemini/v1beta/models/{endpoint_name}'],
      ['POST', '/gateway/proxy/{endpoint_name}/{path}'],
    ],
  },
  {
    name: 'job execution',
    message: 'execution of jobs. Run the work with the client instead.',
    dialect: 'envelope',
    routes: [
      ['POST', '/api/3.0/mlflow/prompt-optimization/jobs'],
      ['GET', '/api/3.0/mlflow/prompt-optimization/jobs/{job_id}'],
      ['POST', '/api/3.0/mlflow/prompt-optimization/jobs/search'],
      ['GET', '/api/3.0/mlflow/prompt-optimization/jobs/search'],
      ['POST', '/api/3.0/mlflow/prompt-optimization/jobs/{job_id}/cancel'],
      ['DELETE', '/api/3.0/mlflow/prompt-optimization/jobs/{job_id}'],
      ['POST', `${AJAX}/scorer/invoke`],
      ['POST', `${AJAX}/genai/evaluate/invoke`],
      ['POST', `${AJAX}/issues/invoke`],
      ['GET', `${AJAX}/jobs/{job_id}`],
      ['PATCH', `${AJAX}/jobs/cancel/{job_id}`],
    ],
  },
  {
    name: 'job execution',
    message: 'execution of jobs. Run the work with the client instead.',
    dialect: 'detail',
    routes: [
      ['GET', '/ajax-api/3.0/jobs/{job_id}'],
      ['POST', '/ajax-api/3.0/jobs/'],
      ['PATCH', '/ajax-api/3.0/jobs/cancel/{job_id}'],
      ['POST', '/ajax-api/3.0/jobs/search'],
    ],
  },
];
