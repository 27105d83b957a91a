import { FRESH, type Revision } from './revisions.ts';

/**
 * The interpreter that has this MLflow, for tests: MLFLOW_PYTHON has the release of fresh databases, MLFLOW_PYTHON_3_18 that of 3.18.
 */
export const pythonOf = ({ mlflow }: Revision): string | undefined =>
  process.env[`MLFLOW_PYTHON_${mlflow.replace('.', '_')}`] ??
  (mlflow === FRESH.mlflow ? process.env.MLFLOW_PYTHON : undefined);
