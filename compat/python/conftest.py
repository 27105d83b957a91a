"""Drives the official MLflow client, unmodified, against a real server process."""

import contextlib
import importlib.util
import os
import pathlib
import secrets
import shlex
import signal
import socket
import subprocess
import sys
import time
import urllib.request
import uuid

import pytest
from databases import IS_SQLITE, uri_of
from mlflow import version as mlflow_version
from packaging.version import Version

ROOT = pathlib.Path(__file__).resolve().parents[2]

# A new database gets the schema of the release under test where there is one, so that its own server can open it.
IS_3_18 = mlflow_version.VERSION.startswith("3.18.")
if IS_3_18:
    os.environ.setdefault("BITACORA_SCHEMA", "3.18")

# A client that retries for minutes would hide an error behind a timeout.
os.environ["MLFLOW_HTTP_REQUEST_MAX_RETRIES"] = "2"
os.environ["MLFLOW_HTTP_REQUEST_TIMEOUT"] = "60"
os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"
os.environ["DO_NOT_TRACK"] = "true"
os.environ["GIT_PYTHON_REFRESH"] = "quiet"
# Six processes of the Python server that no test asks for, and half of what its start costs.
os.environ["MLFLOW_SERVER_ENABLE_JOB_EXECUTION"] = "false"
os.environ.pop("MLFLOW_TRACKING_URI", None)

NODE = os.environ.get("BITACORA_NODE", str(ROOT / "node_modules/.bin/node"))
OURS = (
    f"{NODE} {ROOT}/packages/cli/src/bin.mjs server --host 127.0.0.1 --port {{port}} --log-level warn "
    "--backend-store-uri {database} --artifacts-destination {dir}/mlartifacts"
)
# The server of the package itself, with the same folders: what ours is compared with.
THEIRS = (
    f"{pathlib.Path(sys.executable).parent}/mlflow server --host 127.0.0.1 --port {{port}} --workers 1 "
    "--backend-store-uri {database} --artifacts-destination {dir}/mlartifacts"
)


# Who takes longer to start or stop hangs, however busy the machine is.
HANG_S = 300


# TEST_PORTS, such as `12000-14000`, are this suite's own; all are below those that systems give to outgoing connections.
FIRST_PORT, BEYOND_PORTS = (int(port) for port in os.environ.get("TEST_PORTS", "12000-32000").split("-"))
given_ports = set()


def free_port():
    """A port that nobody listens on, nor was given before: so it stays free until it is taken."""
    while True:
        port = FIRST_PORT + secrets.randbelow(BEYOND_PORTS - FIRST_PORT)
        if port in given_ports:
            continue
        given_ports.add(port)
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


def pytest_configure(config):
    config.addinivalue_line("markers", "server: about databases that several servers share; left out on SQLite")
    config.addinivalue_line("markers", "sqlite: about files of SQLite; left out on other engines")
    config.addinivalue_line("markers", "once: about what neither the engine nor the release has a part in; run with SQLite and 3.17")
    config.addinivalue_line("markers", "needs(packages): left out where these are not installed")
    config.addinivalue_line("markers", "since(version): about what clients before this version cannot do; left out with them")


def pytest_collection_modifyitems(items):
    items[:] = [item for item in items if is_meant(item)]


def is_meant(item):
    since = item.get_closest_marker("since")
    if since and Version(mlflow_version.VERSION) < Version(since.args[0]):
        return False
    needs = item.get_closest_marker("needs")
    if needs and not all(importlib.util.find_spec(package) for package in needs.args):
        return False
    if item.get_closest_marker("once") and not (IS_SQLITE and mlflow_version.VERSION.startswith("3.17.")):
        return False
    return not item.get_closest_marker("server" if IS_SQLITE else "sqlite")


class Server:
    """A server process on a folder; `uri` is what a client is pointed at."""

    def __init__(self, command, folder):
        self.folder = pathlib.Path(folder)
        self.port = free_port()
        self.uri = f"http://127.0.0.1:{self.port}"
        self.log = open(self.folder / f"server-{self.port}.log", "wb")
        line = command.replace("{port}", str(self.port)).replace("{dir}", str(self.folder))
        if "{database}" in line:
            line = line.replace("{database}", uri_of(self.folder))
        self.process = subprocess.Popen(
            shlex.split(line), cwd=self.folder, stdout=self.log, stderr=self.log, start_new_session=True
        )
        deadline = time.monotonic() + HANG_S
        while True:
            try:
                urllib.request.urlopen(f"{self.uri}/health", timeout=1).read()
                return
            except OSError:
                if self.process.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError(f"the server did not start:\n{self.output()}") from None
                time.sleep(0.02)

    def output(self):
        self.log.flush()
        return (self.folder / f"server-{self.port}.log").read_text(errors="replace")

    def kill(self):
        """As loss of power to the process: no handler runs."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def stop(self):
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGTERM)
            try:
                self.process.wait(timeout=HANG_S)
            except subprocess.TimeoutExpired:
                self.kill()
                raise
        self.log.close()
        return self.process.returncode


@pytest.fixture(scope="session")
def server(tmp_path_factory):
    server = Server(os.environ.get("BITACORA_COMMAND", OURS), tmp_path_factory.mktemp("server"))
    yield server
    assert server.stop() == 0, server.output()


@pytest.fixture
def servers():
    """Starts servers on folders; all are stopped in the end, and none may have ended badly."""
    started = []

    def start(command, folder):
        started.append(Server(command, folder))
        return started[-1]

    yield start
    for server in started:
        assert server.process.returncode == -9 or server.stop() == 0, server.output()


@pytest.fixture(scope="module")
def both_servers(tmp_path_factory):
    """The Python server and ours, each on a folder of its own: what they answer is compared."""
    theirs = Server(THEIRS, tmp_path_factory.mktemp("theirs"))
    ours = Server(OURS, tmp_path_factory.mktemp("ours"))
    yield theirs, ours
    theirs.stop()
    assert ours.stop() == 0


@pytest.fixture
def file_store(monkeypatch):
    """Lets MLflow keep what it is given in a folder."""
    import mlflow

    monkeypatch.setenv("MLFLOW_ALLOW_FILE_STORE", "true")
    yield
    while mlflow.active_run():
        mlflow.end_run()


@pytest.fixture(autouse=True)
def registry_of_the_tracking_server():
    """A registry of its own, once named, would stay for every client that follows."""
    import mlflow

    yield
    mlflow.set_registry_uri(None)
    os.environ.pop("MLFLOW_REGISTRY_URI", None)


@pytest.fixture
def client(server):
    import mlflow

    mlflow.set_tracking_uri(server.uri)
    yield mlflow.MlflowClient(server.uri)
    while mlflow.active_run():
        mlflow.end_run()


@pytest.fixture
def experiment(client):
    """The id of a fresh experiment, which the fluent calls use too."""
    import mlflow

    experiment_id = client.create_experiment(f"experiment {uuid.uuid4().hex}")
    mlflow.set_experiment(experiment_id=experiment_id)
    return experiment_id
