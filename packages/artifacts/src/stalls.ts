/** So long a store may be silent while something is waited for. */
const MOST_SILENCE_MS = 60_000;

/** MLFLOW_ARTIFACT_UPLOAD_DOWNLOAD_TIMEOUT is in seconds; what is not above 0 sets no limit in MLflow, and ours here. */
export function silenceAllowed(environment: Readonly<Record<string, string | undefined>>): number {
  const seconds = Number(environment.MLFLOW_ARTIFACT_UPLOAD_DOWNLOAD_TIMEOUT ?? '');
  return seconds > 0 ? Math.min(seconds, 86_400) * 1000 : MOST_SILENCE_MS;
}
