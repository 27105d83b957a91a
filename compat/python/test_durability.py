"""What was acknowledged is there after kill -9 in the middle of load."""

import random
import threading

import pytest
import requests
from conftest import HANG_S, OURS, Server
from databases import IS_SQLITE, rows

ROUNDS = 5
CALLERS = 8


class Caller(threading.Thread):
    """Writes without pause and notes what the server acknowledged, until the server is gone."""

    def __init__(self, uri, run_id, name):
        super().__init__(daemon=True)
        self.api = f"{uri}/api/2.0/mlflow/runs"
        self.run_id = run_id
        self.label = name
        self.acknowledged = []
        self.session = requests.Session()

    def run(self):
        step = 0
        try:
            while True:
                step += 1
                kind = random.choice(["metric", "batch", "param", "tag"])
                key = f"{self.label}.{kind}.{step}"
                if self.write(kind, key, step).status_code != 200:
                    raise AssertionError("a write was refused")
                self.acknowledged.append((kind, key, step))
        except requests.exceptions.RequestException:
            return

    def write(self, kind, key, step):
        common = {"run_id": self.run_id}
        if kind == "metric":
            return self.session.post(f"{self.api}/log-metric", json={**common, "key": key, "value": step / 7, "timestamp": step, "step": step})
        if kind == "param":
            return self.session.post(f"{self.api}/log-parameter", json={**common, "key": key, "value": str(step)})
        if kind == "tag":
            return self.session.post(f"{self.api}/set-tag", json={**common, "key": key, "value": str(step)})
        metrics = [{"key": key, "value": i, "timestamp": step, "step": i} for i in range(50)]
        return self.session.post(f"{self.api}/log-batch", json={**common, "metrics": metrics})


@pytest.mark.parametrize("round_number", range(ROUNDS))
def test_every_acknowledged_write_survives_kill_9(tmp_path_factory, round_number):
    folder = tmp_path_factory.mktemp(f"kill{round_number}")
    server = Server(OURS, folder)
    created = requests.post(f"{server.uri}/api/2.0/mlflow/runs/create", json={"experiment_id": "0"}).json()
    run_id = created["run"]["info"]["run_id"]
    callers = [Caller(server.uri, run_id, f"c{i}") for i in range(CALLERS)]
    for caller in callers:
        caller.start()
    # The moment differs from round to round; enough has been written by then to be in the middle of it.
    wanted = random.Random(round_number).randint(200, 900)
    while sum(len(caller.acknowledged) for caller in callers) < wanted:
        assert any(caller.is_alive() for caller in callers)
    server.kill()
    for caller in callers:
        caller.join(timeout=HANG_S)
        assert not caller.is_alive()

    server = Server(OURS, folder)
    data = requests.get(f"{server.uri}/api/2.0/mlflow/runs/get", params={"run_id": run_id}).json()["run"]["data"]
    metrics = {m["key"]: m["value"] for m in data["metrics"]}
    params = {p["key"]: p["value"] for p in data["params"]}
    tags = {t["key"]: t["value"] for t in data["tags"]}
    acknowledged = [entry for caller in callers for entry in caller.acknowledged]
    assert len(acknowledged) >= wanted
    for kind, key, step in acknowledged:
        if kind == "metric":
            assert metrics[key] == step / 7
        elif kind == "batch":
            assert metrics[key] == 49
        else:
            assert (params if kind == "param" else tags)[key] == str(step)
    assert server.stop() == 0
    if IS_SQLITE:
        assert rows(folder, "PRAGMA integrity_check") == [("ok",)]
    whole = rows(folder, "SELECT metrics.key, count(*) FROM metrics WHERE metrics.key LIKE '%batch%' GROUP BY metrics.key")
    assert {count for _, count in whole} <= {50}, "a batch is stored whole or not at all"
