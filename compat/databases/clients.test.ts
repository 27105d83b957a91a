import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { startPostgresql } from '../../scripts/test-databases.ts';
import { startServer } from '../../scripts/test-server.ts';
import { newName, valueIfThere } from './servers.ts';

/** A training script of a user: it knows nothing of retries. Tells its progress, line by line. */
const SCRIPT = `
import sys, mlflow
mlflow.set_tracking_uri(sys.argv[1])
with mlflow.start_run() as run:
    for step in range(150):
        mlflow.log_metric("loss", 1 / (step + 1), step=step)
        mlflow.log_param(f"p{step}", step)
        print(step, flush=True)
    print("history", len(mlflow.MlflowClient().get_metric_history(run.info.run_id, "loss")), flush=True)
    print("found", len(mlflow.search_runs(filter_string="metrics.loss > 0")), flush=True)
print(mlflow.get_run(run.info.run_id).info.status, len(mlflow.get_run(run.info.run_id).data.params))
`;

// Mostly they wait, so all at once, and each with a database server of its own to restart.
describe.concurrent('the official client', () => {
  for (const [release, python] of [
    ['3.17', process.env.MLFLOW_PYTHON],
    ['3.18', process.env.MLFLOW_PYTHON_3_18],
  ] as const) {
    const isMissing = python === undefined && process.env.CI !== 'true';
    test.skipIf(isMissing)(
      `${release} trains on through restarts of the database`,
      async ({ skip, onTestFinished }) => {
        const database = valueIfThere(await startPostgresql()) ?? skip();
        onTestFinished(() => database.stop());
        const server = await startServer(await database.createDatabase(newName()));
        onTestFinished(() => server.stop());
        // Its own retries as they are: up to seven, waiting longer each time.
        const training = promisify(execFile)(String(python), ['-c', SCRIPT, server.uri], {
          env: {
            ...process.env,
            MLFLOW_DISABLE_TELEMETRY: 'true',
            PYTHONWARNINGS: 'ignore',
            GIT_PYTHON_REFRESH: 'quiet',
          },
        });
        let progress = '';
        training.child.stdout?.on('data', (text: string) => {
          progress += text;
        });
        const reached = async (step: number) => {
          while (!progress.includes(`\n${step}\n`) && training.child.exitCode === null)
            await new Promise((resolve) => setTimeout(resolve, 20));
        };
        for (const step of [20, 60, 100]) {
          await reached(step);
          await database.crash();
          // Once for longer than the server waits by itself, so that the client has to ask again.
          await new Promise((resolve) => setTimeout(resolve, step === 60 ? 8000 : 500));
          await database.start();
        }
        const { stdout } = await training;
        const said = stdout.split('\n').filter((line) => /^(history|found|FINISHED)/.test(line));
        expect(said).toEqual(['history 150', 'found 1', 'FINISHED 150']);
      },
    );
  }
});
