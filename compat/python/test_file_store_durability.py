"""A folder whose server is killed while it writes."""

import random
import threading

import mlflow
import pytest
import requests
from conftest import HANG_S
from file_store.clients import OURS_ON_FOLDER, direct
from file_store.traces import start_trace

# The folder needs no database, so once is enough.
pytestmark = [pytest.mark.sqlite, pytest.mark.usefixtures("file_store")]


class Caller(threading.Thread):
    """Writes without pause and notes what the server acknowledged, until the server is gone."""

    def __init__(self, uri, run_id, trace_id, label):
        super().__init__(daemon=True)
        self.traces, self.trace_id = f"{uri}/api/3.0/mlflow/traces", trace_id
        self.api, self.run_id, self.label = f"{uri}/api/2.0/mlflow/runs", run_id, label
        self.acknowledged = []

    def run(self):
        session, step = requests.Session(), 0
        try:
            while True:
                step += 1
                kind = random.choice(["log-metric", "log-parameter", "set-tag", "log-batch", "trace", "trace-tag", "assessment"])
                key = f"{self.label}/{kind}/{step}"
                body = {"run_id": self.run_id, "key": key, "value": str(step)}
                if kind == "log-metric":
                    body = {"run_id": self.run_id, "key": self.label, "value": step / 7, "timestamp": step, "step": step}
                elif kind == "log-batch":
                    body = {"run_id": self.run_id, "metrics": [{"key": f"{self.label}b", "value": i, "timestamp": step, "step": i} for i in range(20)]}
                if kind == "trace":
                    key = f"tr-{self.label}-{step}"
                    location = {"type": "MLFLOW_EXPERIMENT", "mlflow_experiment": {"experiment_id": "0"}}
                    info = {"trace_id": key, "trace_location": location, "request_time": "2026-01-01T00:00:00Z", "state": "OK", "tags": {"step": str(step)}}
                    answer = session.post(self.traces, json={"trace": {"trace_info": info}})
                elif kind == "trace-tag":
                    answer = session.patch(f"{self.traces}/{self.trace_id}/tags", json={"key": key.replace("/", "."), "value": str(step)})
                elif kind == "assessment":
                    body = {"assessment": {"assessment_name": key, "source": {"source_type": "CODE"}, "feedback": {"value": step}}}
                    answer = session.post(f"{self.traces}/{self.trace_id}/assessments", json=body)
                else:
                    answer = session.post(f"{self.api}/{kind}", json=body)
                assert answer.status_code == 200
                self.acknowledged.append((kind, key, step))
        except requests.exceptions.RequestException:
            return


@pytest.mark.parametrize("round_number", range(2))
def test_python_reads_every_acknowledged_value_after_kill_9(tmp_path, servers, round_number):
    server = servers(OURS_ON_FOLDER, tmp_path)
    run_id = mlflow.MlflowClient(server.uri).create_run("0").info.run_id
    trace_id = start_trace(mlflow.MlflowClient(server.uri), "0")
    callers = [Caller(server.uri, run_id, trace_id, f"c{i}") for i in range(4)]
    for caller in callers:
        caller.start()
    wanted = random.Random(round_number).randint(60, 160)
    while sum(len(caller.acknowledged) for caller in callers) < wanted:
        assert any(caller.is_alive() for caller in callers)
    server.kill()
    for caller in callers:
        caller.join(timeout=HANG_S)
        assert not caller.is_alive()
    python = direct(tmp_path)
    again = servers(OURS_ON_FOLDER, tmp_path)
    for client in (python, mlflow.MlflowClient(again.uri)):
        run = client.get_run(run_id)
        trace = client._tracing_client.store.get_trace_info(trace_id)
        judged = {a.name: a.value for a in trace.assessments}
        for caller in callers:
            steps = {m.step for m in client.get_metric_history(run_id, caller.label)}
            for kind, key, step in caller.acknowledged:
                if kind == "log-metric":
                    assert step in steps
                elif kind == "log-batch":
                    assert run.data.metrics[f"{caller.label}b"] == 19
                elif kind == "trace":
                    assert client._tracing_client.store.get_trace_info(key).tags["step"] == str(step)
                elif kind == "trace-tag":
                    assert trace.tags[key.replace("/", ".")] == str(step)
                elif kind == "assessment":
                    assert judged[key] == step
                else:
                    assert (run.data.params if kind == "log-parameter" else run.data.tags)[key] == str(step)
        python.log_param(run_id, f"after {client is python}", "1")
    assert not [p for p in (tmp_path / "mlruns" / "0" / run_id / "tags").rglob("*.tmp")]
