import { invalidParameter, preview } from '@bitacora/protocol';

export const STAGES = ['None', 'Staging', 'Production', 'Archived'] as const;
export type Stage = (typeof STAGES)[number];

/** Stages whose versions can be archived in favour of a new one. */
const ACTIVE: readonly Stage[] = ['Staging', 'Production'];

/** @throws MlflowError INVALID_PARAMETER_VALUE */
export function parseStage(text: string): Stage {
  const stage = STAGES.find((name) => name.toLowerCase() === text.toLowerCase());
  if (stage) return stage;
  throw invalidParameter(
    `Invalid Model Version stage: ${preview(text)}. Value must be one of ${STAGES.join(', ')}.`,
  );
}

/** @throws MlflowError INVALID_PARAMETER_VALUE; MLflow itself answers 500, which its clients retry for minutes. */
export function checkArchives(stage: Stage): void {
  if (ACTIVE.includes(stage)) return;
  throw invalidParameter(
    `Model version transition cannot archive existing model versions because '${stage}' is not an Active stage. Valid stages are ${ACTIVE.join(', ')}.`,
  );
}
