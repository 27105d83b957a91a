"""A server that may read the tables of a test, and what logs data sets to it: the official client, unmodified."""

import contextlib
import json
import os
import pathlib
import secrets
import socket
import subprocess
import time
import urllib.request

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
NODE = os.environ.get("BITACORA_NODE", str(ROOT / "node_modules/.bin/node"))

os.environ["MLFLOW_HTTP_REQUEST_MAX_RETRIES"] = "2"
os.environ["MLFLOW_HTTP_REQUEST_TIMEOUT"] = "60"
os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"
os.environ["DO_NOT_TRACK"] = "true"
os.environ["GIT_PYTHON_REFRESH"] = "quiet"
os.environ.pop("MLFLOW_TRACKING_URI", None)

# Who takes longer to start or stop hangs, however busy the machine is.
HANG_S = 300


# TEST_PORTS, such as `12000-14000`, are this suite's own; all are below those that systems give to outgoing connections.
FIRST_PORT, BEYOND_PORTS = (int(port) for port in os.environ.get("TEST_PORTS", "12000-32000").split("-"))


def free_port():
    while True:
        port = FIRST_PORT + secrets.randbelow(BEYOND_PORTS - FIRST_PORT)
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


class Server:
    """A server process; `uri` is what a client is pointed at, and `tables` where it may read tables."""

    def __init__(self, folder):
        self.tables = folder / "tables"
        self.tables.mkdir()
        port = free_port()
        self.uri = f"http://127.0.0.1:{port}"
        self.log = folder / "server.log"
        options = {
            "--port": str(port),
            "--log-level": "warn",
            "--backend-store-uri": f"sqlite:///{folder}/mlflow.db",
            "--artifacts-destination": f"{folder}/mlartifacts",
            "--delta-table-locations": str(self.tables),
        }
        command = [NODE, str(ROOT / "packages/cli/src/bin.mjs"), "server", *(word for pair in options.items() for word in pair)]
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(command, cwd=folder, stdout=log, stderr=log)
        deadline = time.monotonic() + HANG_S
        while True:
            try:
                urllib.request.urlopen(f"{self.uri}/health", timeout=1).read()
                return
            except OSError:
                assert self.process.poll() is None and time.monotonic() < deadline, self.log.read_text()
                time.sleep(0.02)

    def ask(self, path, body=None):
        """The answer to a call of the server's own API."""
        request = urllib.request.Request(
            f"{self.uri}/api/2.0/bitacora/{path}",
            data=None if body is None else json.dumps(body).encode(),
            headers={"content-type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.load(answer)

    def delta_inputs(self, run_id):
        """The Delta tables that a run has read, once the server knows what there is to know."""
        deadline = time.monotonic() + HANG_S
        while True:
            found = self.ask(f"runs/{run_id}/delta-inputs")["delta_inputs"]
            if all(each["status"] != "PENDING" for each in found):
                return found
            assert time.monotonic() < deadline, found
            time.sleep(0.05)

    def stop(self):
        self.process.terminate()
        return self.process.wait(timeout=HANG_S)


@pytest.fixture(scope="session")
def server(tmp_path_factory):
    server = Server(tmp_path_factory.mktemp("server"))
    yield server
    assert server.stop() == 0, server.log.read_text()


@pytest.fixture
def mlflow(server):
    import mlflow

    mlflow.set_tracking_uri(server.uri)
    return mlflow
