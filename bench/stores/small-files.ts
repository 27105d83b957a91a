import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { Target, targetNamed } from '../targets.ts';

const BYTES = 1000;
const FOLDERS = 20;

export interface SmallFiles {
  readonly files: number;
  readonly bitacora_per_s: number;
  readonly mlflow_per_s: number;
  /** Against a server that throws all away at once: no server makes the client quicker than this. */
  readonly nobody_per_s: number;
}

const UPLOAD = `
import sys, time
import mlflow
mlflow.set_tracking_uri(sys.argv[1])
from mlflow.store.artifact.mlflow_artifacts_repo import MlflowArtifactsRepository
repository = MlflowArtifactsRepository("mlflow-artifacts:/bench/" + sys.argv[3])
begun = time.perf_counter()
repository.log_artifacts(sys.argv[2])
print(time.perf_counter() - begun)
`;

/** Small files by the official Python client, one after the other as it sends them: to us, to MLflow's server and to nobody. */
export async function smallFiles(files: number): Promise<SmallFiles> {
  const folder = mkdtempSync(join(tmpdir(), 'bench-small-'));
  const source = join(folder, 'source');
  for (let at = 0; at < files; at++) {
    const within = join(source, `folder ${at % FOLDERS}`);
    if (at < FOLDERS) mkdirSync(within, { recursive: true });
    writeFileSync(join(within, `file ${at}.txt`), 'x'.repeat(BYTES));
  }
  const [ours, theirs] = [new Target(targetNamed('bitacora')), new Target(targetNamed('mlflow'))];
  const nobody = createServer((request, response) => {
    request.resume().once('end', () => response.setHeader('content-type', 'application/json').end('{}'));
  });
  const python = join(dirname(theirs.kind.command.split(' ')[0] ?? ''), 'python');
  const rate = async (url: string) => {
    const { stdout } = await promisify(execFile)(python, ['-c', UPLOAD, url, source, 'a']);
    return files / Number(stdout);
  };
  try {
    await ours.start();
    await theirs.start();
    await new Promise<void>((resolve) => nobody.listen(0, '127.0.0.1', resolve));
    return {
      files,
      bitacora_per_s: await rate(ours.url),
      mlflow_per_s: await rate(theirs.url),
      nobody_per_s: await rate(`http://127.0.0.1:${(nobody.address() as AddressInfo).port}`),
    };
  } finally {
    nobody.close();
    for (const target of [ours, theirs]) {
      await target.stop();
      target.remove();
    }
    rmSync(folder, { recursive: true });
  }
}
