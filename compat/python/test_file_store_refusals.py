"""What a folder has no place for."""

import mlflow
import pytest
import requests
from file_store.clients import OURS_ON_FOLDER, direct
from file_store.traces import start_trace

# The folder needs no database, so once is enough.
pytestmark = [pytest.mark.sqlite, pytest.mark.usefixtures("file_store")]


def test_what_a_file_store_has_no_place_for_is_refused(tmp_path, servers):
    server = servers(OURS_ON_FOLDER, tmp_path)
    ours = mlflow.MlflowClient(server.uri, server.uri)
    run_id = ours.create_run("0").info.run_id
    answer = requests.post(f"{server.uri}/api/2.0/mlflow/webhooks", json={"name": "hook", "url": "https://1.1.1.1/", "events": [{"entity": "REGISTERED_MODEL", "action": "CREATED"}]})
    assert answer.status_code == 501 and "database" in answer.json()["message"]
    trace_id = start_trace(ours, "0")
    link = requests.post(f"{server.uri}/api/2.0/mlflow/traces/link-to-run", json={"trace_ids": [trace_id], "run_id": run_id})
    assert link.status_code == 501 and "database" in link.json()["message"]
    span = {"traceId": "ab" * 16, "spanId": "cd" * 8, "name": "s", "startTimeUnixNano": "1", "endTimeUnixNano": "2"}
    sent = {"resourceSpans": [{"scopeSpans": [{"spans": [span]}]}]}
    otlp = requests.post(f"{server.uri}/v1/traces", json=sent, headers={"x-mlflow-experiment-id": "0"})
    assert otlp.status_code == 501, otlp.text
    judge = {"assessment": {"assessment_id": "a.b", "assessment_name": "x", "source": {"source_type": "CODE"}, "feedback": {"value": 1}}}
    assert requests.post(f"{server.uri}/api/3.0/mlflow/traces/{trace_id}/assessments", json=judge).status_code == 400
    assert [t.info.trace_id for t in ours.search_traces(locations=["0"], include_spans=False)] == [trace_id]
    for name in ("a%b", "a\\b"):
        with pytest.raises(mlflow.MlflowException, match="must not hold"):
            ours.create_registered_model(name)
    # One key is a folder where the other is a file.
    ours.set_tag(run_id, "a", "1")
    with pytest.raises(mlflow.MlflowException, match="Choose a key"):
        ours.set_tag(run_id, "a/b", "1")
    outside = tmp_path / "outside"
    outside.mkdir()
    for key in ("../../../outside/x", "/etc/x", "a//b", "..", "a\nb", "x" * 251):
        response = requests.post(f"{server.uri}/api/2.0/mlflow/runs/create", json={"experiment_id": "0", "tags": [{"key": key, "value": "x"}]})
        assert response.status_code == 400, key
    (tmp_path / "mlruns/0" / run_id / "params").rmdir()
    (tmp_path / "mlruns/0" / run_id / "params").symlink_to(outside)
    with pytest.raises(mlflow.MlflowException, match="link"):
        ours.log_param(run_id, "p", "1")
    assert list(outside.iterdir()) == []
    assert [r.info.run_id for r in direct(tmp_path).search_runs(["0"])] == [run_id]
