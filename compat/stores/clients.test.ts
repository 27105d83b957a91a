import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { startServer } from '../../scripts/test-server.ts';
import { onEachStore } from './suite.ts';

const exec = promisify(execFile);

/** What a user does with artifacts, through the server. Tells what it saw. */
const SCRIPT = `
import hashlib, os, sys, mlflow
from mlflow.artifacts import download_artifacts, list_artifacts
mlflow.set_tracking_uri(sys.argv[1])
os.makedirs("in/nested/deep")
content = {"a b.txt": b"text", "nested/100% ü.bin": os.urandom(100_000), "nested/deep/large.bin": os.urandom(12_000_000), "empty": b""}
for name, data in content.items():
    with open(f"in/{name}", "wb") as file:
        file.write(data)
with mlflow.start_run() as run:
    mlflow.log_artifacts("in", "all")
    mlflow.log_text("one", "notes.txt")
    mlflow.log_text("two", "notes.txt")
    mlflow.log_dict({"a": [1]}, "all/nested/d.json")
root = run.info.artifact_uri
names = lambda path: sorted((f.path, f.is_dir, f.file_size) for f in list_artifacts(run_id=run.info.run_id, artifact_path=path))
print(names(None))
print([name for name, *_ in names("all")], [name for name, *_ in names("all/nested")])
got = download_artifacts(run_id=run.info.run_id, artifact_path="all", dst_path="out")
for name, data in content.items():
    with open(f"{got}/{name}", "rb") as file:
        assert file.read() == data, name
print(mlflow.artifacts.load_text(f"{root}/notes.txt"), mlflow.artifacts.load_dict(f"{root}/all/nested/d.json"))
from mlflow.store.artifact.artifact_repository_registry import get_artifact_repository
repository = get_artifact_repository(root)
repository.delete_artifacts("all/nested")
print([name for name, *_ in names("all")])
repository.delete_artifacts()
print(names(None))
`;

const python = process.env.MLFLOW_PYTHON;

await onEachStore((peer) => {
  test.skipIf(python === undefined && process.env.CI !== 'true')(
    'the official Python client keeps its artifacts there through the server',
    async ({ onTestFinished }) => {
      const root = await peer.root('through-the-server');
      const server = await startServer(undefined, ['--artifacts-destination', root], {
        ...process.env,
        ...peer.environment,
      });
      onTestFinished(() => server.stop());
      const cwd = await mkdtemp(join(tmpdir(), 'bitacora-client-'));
      onTestFinished(() => rm(cwd, { recursive: true }));
      const { stdout } = await exec(String(python), ['-c', SCRIPT, server.uri], {
        cwd,
        env: {
          ...process.env,
          MLFLOW_DISABLE_TELEMETRY: 'true',
          // The server says that S3 signs URLs; where the peer then refuses them, files come through the server.
          ...(peer.signsUrls === false && { MLFLOW_ENABLE_PROXY_MULTIPART_DOWNLOAD: 'false' }),
          PYTHONWARNINGS: 'ignore',
          GIT_PYTHON_REFRESH: 'quiet',
        },
      });
      expect(stdout.split('\n').filter((line) => /^(?:\[|two)/.test(line))).toEqual([
        "[('all', True, None), ('notes.txt', False, 3)]",
        "['all/a b.txt', 'all/empty', 'all/nested'] ['all/nested/100% ü.bin', 'all/nested/d.json', 'all/nested/deep']",
        "two {'a': [1]}",
        "['all/a b.txt', 'all/empty']",
        '[]',
      ]);
      expect(await peer.raw(root)).toEqual([]);
    },
  );
});
