"""Drives the official client, unmodified, against servers whose artifacts are in a store, and against the store itself."""

import contextlib
import hashlib
import json
import os
import pathlib
import re
import subprocess
import sys
import threading
import urllib.request

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import mlflow
import numpy as np
import pytest
from mlflow import MlflowClient
from mlflow.exceptions import MlflowException
from sklearn.linear_model import LogisticRegression

ROOT = pathlib.Path(__file__).resolve().parents[2]
NODE = os.environ.get("BITACORA_NODE", str(ROOT / "node_modules/.bin/node"))

os.environ["MLFLOW_HTTP_REQUEST_MAX_RETRIES"] = "2"
os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"
os.environ["GIT_PYTHON_REFRESH"] = "quiet"

# A store joins by its name in peers.ts, with what it can do: sign parts of uploads, sign downloads.
PEERS = {
    "local": {"parts": False, "downloads": False},
    "s3": {"parts": True, "downloads": True},
    "azure": {"parts": True, "downloads": True},
    # Without the key of a service account nobody can sign.
    "gcs": {"parts": False, "downloads": False},
    "sftp": {"parts": False, "downloads": False},
}
BIG = os.urandom(1 << 20) * 60


class Peer:
    def __init__(self, name, environment, roots):
        self.name, self.environment, self.roots = name, environment, roots
        self.can = PEERS[name]


@pytest.fixture(scope="module", params=PEERS)
def peer(request):
    command = [NODE, str(ROOT / "compat/stores/serve-peer.ts"), request.param, "8"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        said = read(process)
        if "missing" in said:
            process.stdin.close()
            if os.environ.get("CI") == "true":
                pytest.fail(said["missing"])
            pytest.skip(said["missing"])
        try:
            yield Peer(request.param, said["environment"], said["roots"])
        finally:
            process.stdin.close()
            process.wait()


def read(process):
    for line in process.stdout:
        if line.startswith("{"):
            return json.loads(line)
    raise RuntimeError("the store did not start")


@contextlib.contextmanager
def server(peer, folder, *options):
    command = [
        *[NODE, str(ROOT / "packages/cli/src/bin.mjs"), "server", "--port", "0", "--log-level", "warn"],
        *["--backend-store-uri", f"sqlite:///{folder}/mlflow.db", *options],
    ]
    environment = {**os.environ, **peer.environment}
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment) as process:
        try:
            for line in process.stdout:
                if found := re.search(r"is ready at (http:\S+)", line):
                    break
            else:
                raise RuntimeError("the server did not start")
            # A server whose output nobody reads stands still once there is much of it.
            threading.Thread(target=process.stdout.read, daemon=True).start()
            mlflow.set_tracking_uri(found[1])
            yield found[1]
        finally:
            process.terminate()
            process.wait()


@pytest.fixture
def in_environment(peer, monkeypatch):
    for name, value in peer.environment.items():
        monkeypatch.setenv(name, value)


def digest(path):
    return hashlib.sha256(pathlib.Path(path).read_bytes()).hexdigest()


def log_and_read_back(folder):
    """What people do with artifacts, by way of whatever the URI of the run leads to."""
    client = MlflowClient()
    source = folder / "source"
    (source / "deep/er").mkdir(parents=True)
    (source / "top 100%.txt").write_text("top")
    (source / "deep/er/größe +&.bin").write_bytes(bytes(range(256)))
    (source / "empty").write_bytes(b"")
    big = folder / "big.bin"
    big.write_bytes(BIG)
    mlflow.set_experiment("files")
    with mlflow.start_run() as run:
        mlflow.log_artifacts(str(source), "tree")
        mlflow.log_artifact(str(big), "models")
        mlflow.log_dict({"a": 1}, "config.json")
        figure, axes = plt.subplots()
        axes.plot([1, 2])
        mlflow.log_figure(figure, "plots/line.png")
        plt.close(figure)
    run_id = run.info.run_id
    listed = {path: [(f.path, f.is_dir, f.file_size) for f in client.list_artifacts(run_id, path)] for path in ("tree", "models", "none")}
    assert listed == {
        "tree": [("tree/deep", True, None), ("tree/empty", False, 0), ("tree/top 100%.txt", False, 3)],
        "models": [("models/big.bin", False, len(BIG))],
        "none": [],
    }
    target = folder / "target"
    target.mkdir()
    local = pathlib.Path(client.download_artifacts(run_id, "", str(target)))
    assert digest(local / "models/big.bin") == hashlib.sha256(BIG).hexdigest()
    assert (local / "tree/deep/er/größe +&.bin").read_bytes() == bytes(range(256))
    assert (local / "tree/empty").read_bytes() == b""
    assert (local / "plots/line.png").read_bytes().startswith(b"\x89PNG")
    assert mlflow.artifacts.load_dict(f"{run.info.artifact_uri}/config.json") == {"a": 1}
    return run


def log_and_load_a_model():
    """A model is a folder of files, which the client lists and reads one by one."""
    mlflow.set_experiment("models")
    model = LogisticRegression().fit([[0.0], [1.0], [2.0], [3.0]], [0, 0, 1, 1])
    with mlflow.start_run():
        info = mlflow.sklearn.log_model(model, name="model", input_example=np.array([[1.0]]), pip_requirements=[])
    loaded = mlflow.sklearn.load_model(info.model_uri)
    assert loaded.predict([[0.0], [3.0]]).tolist() == [0, 1]
    assert mlflow.pyfunc.load_model(info.model_uri).predict(np.array([[3.0]])).tolist() == [1]


def test_through_the_proxy(peer, tmp_path):
    with server(peer, tmp_path, "--artifacts-destination", peer.roots[0]):
        log_and_load_a_model()
        run = log_and_read_back(tmp_path)
        assert run.info.artifact_uri.startswith("mlflow-artifacts:/")
        repository = mlflow.store.artifact.artifact_repository_registry.get_artifact_repository(run.info.artifact_uri)
        repository.delete_artifacts("tree")
        assert [f.path for f in MlflowClient().list_artifacts(run.info.run_id)] == ["config.json", "models", "plots"]
        with pytest.raises(MlflowException, match="Failed to download artifacts"):
            MlflowClient().download_artifacts(run.info.run_id, "tree/empty", str(tmp_path))


def test_in_parts_through_the_proxy(peer, tmp_path, monkeypatch, caplog):
    """The client's own multipart code, both ways; where the store has none it sends files whole."""
    monkeypatch.setenv("MLFLOW_ENABLE_PROXY_MULTIPART_UPLOAD", "true")
    monkeypatch.setenv("MLFLOW_ENABLE_PROXY_MULTIPART_DOWNLOAD", "true")
    monkeypatch.setenv("MLFLOW_MULTIPART_UPLOAD_MINIMUM_FILE_SIZE", str(6 << 20))
    monkeypatch.setenv("MLFLOW_MULTIPART_UPLOAD_CHUNK_SIZE", str(7 << 20))
    monkeypatch.setenv("MLFLOW_MULTIPART_DOWNLOAD_CHUNK_SIZE", str(7 << 20))
    used = {"parts": 0, "chunks": 0}
    http = mlflow.store.artifact.http_artifact_repo
    upload, download = http.HttpArtifactRepository._upload_part, http.download_chunk

    def count_parts(*args, **kwargs):
        used["parts"] += 1
        return upload(*args, **kwargs)

    def count_chunks(*args, **kwargs):
        used["chunks"] += 1
        return download(*args, **kwargs)

    monkeypatch.setattr(http.HttpArtifactRepository, "_upload_part", staticmethod(count_parts))
    monkeypatch.setattr(http, "download_chunk", count_chunks)
    with server(peer, tmp_path, "--artifacts-destination", peer.roots[1]):
        log_and_read_back(tmp_path)
    # 60 MiB in parts of 7, and each of the small files that are not empty as one.
    assert used["parts"] == (9 if peer.can["parts"] else 0)
    assert used["chunks"] >= 9 if peer.can["downloads"] else used["chunks"] == 0


def test_by_what_the_server_says_it_can(peer, tmp_path, monkeypatch):
    monkeypatch.setenv("MLFLOW_MULTIPART_UPLOAD_MINIMUM_FILE_SIZE", str(6 << 20))
    with server(peer, tmp_path, "--artifacts-destination", peer.roots[2]) as uri:
        with urllib.request.urlopen(f"{uri}/api/3.0/mlflow/server-info") as response:
            info = json.load(response)
        assert info["multipart_uploads_enabled"] == peer.can["parts"]
        assert info["multipart_downloads_enabled"] == peer.can["downloads"]
        log_and_read_back(tmp_path)


def test_directly(peer, tmp_path, in_environment):
    """The client opens the store by its own library; the server's pages read the same files."""
    options = ["--no-serve-artifacts", "--default-artifact-root", peer.roots[3]]
    with server(peer, tmp_path, *options) as uri:
        log_and_load_a_model()
        run = log_and_read_back(tmp_path)
        assert run.info.artifact_uri.startswith(peer.roots[3])
        if peer.name == "local":
            return
        listing = f"{uri}/api/2.0/mlflow/artifacts/list?run_id={run.info.run_id}&path=tree"
        with urllib.request.urlopen(listing) as response:
            names = [file["path"] for file in json.load(response)["files"]]
        assert sorted(names) == ["tree/deep", "tree/empty", "tree/top 100%.txt"]
        file = f"{uri}/get-artifact?run_uuid={run.info.run_id}&path=models/big.bin"
        with urllib.request.urlopen(file) as response:
            assert hashlib.sha256(response.read()).digest() == hashlib.sha256(BIG).digest()


def test_with_a_server_for_artifacts_alone(peer, tmp_path):
    (tmp_path / "tracking").mkdir()
    with server(peer, tmp_path, "--artifacts-only", "--artifacts-destination", peer.roots[4]) as artifacts:
        host = artifacts.removeprefix("http://")
        root = f"mlflow-artifacts://{host}/shared"
        repository = mlflow.store.artifact.artifact_repository_registry.get_artifact_repository(root)
        (tmp_path / "f.txt").write_text("only")
        repository.log_artifact(str(tmp_path / "f.txt"), "a")
        assert [f.path for f in repository.list_artifacts("a")] == ["a/f.txt"]
        assert open(repository.download_artifacts("a/f.txt", str(tmp_path / "tracking"))).read() == "only"


@pytest.mark.parametrize("way", ["through the proxy", "directly"])
def test_the_java_client(peer, tmp_path, way):
    """It sends and fetches files by the Python client's command line, which opens what the URI of the run names."""
    class_path = os.environ.get("JAVA_CLASS_PATH")
    if class_path is None:
        if os.environ.get("CI") == "true":
            pytest.fail("there is no Java client")
        pytest.skip("there is no Java client: compat/java/pom.xml tells how to compile it, JAVA_CLASS_PATH names it")
    # Of Azure the sixth root is one for its Data Lake client, which takes no key.
    root = peer.roots[6 if way == "directly" else 5]
    proxied, direct = ["--artifacts-destination", root], ["--no-serve-artifacts", "--default-artifact-root", root]
    with server(peer, tmp_path, *(direct if way == "directly" else proxied)) as uri:
        ran = subprocess.run(
            [
                *["java", "-cp", class_path, "org.junit.platform.console.ConsoleLauncher", "execute"],
                *["--select-method", "bitacora.RegistryTest#filesGoThereAndComeBack"],
                *["--disable-banner", "--disable-ansi-colors", "--details", "tree", "--fail-if-no-tests"],
            ],
            env={
                **os.environ,
                **peer.environment,
                "MLFLOW_TRACKING_URI": uri,
                "PATH": f"{pathlib.Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
                "PYTHONWARNINGS": "ignore",
            },
            capture_output=True,
            text=True,
        )
        assert ran.returncode == 0, ran.stdout + ran.stderr
