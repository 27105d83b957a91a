"""What MLflow's R client sends, byte for byte as R's httr and jsonlite wrote it (compat/r), and its way to the artifacts."""

import json
import math
import os
import subprocess
import sys
import uuid

import pytest
import requests
from conftest import ROOT

REQUESTS = json.loads((ROOT / "compat/r/requests.json").read_text())


@pytest.fixture(scope="module")
def replayed(server):
    """All recorded requests in order, with names of its own; the answers by request, and the ids they gave."""
    unique = uuid.uuid4().hex[:8]
    given = {}
    answers = []

    def fill(text):
        for name in ("from R", "from%20R", "renamed in R", "r-model"):
            text = text.replace(name, f"{name}-{unique}")
        for name, value in given.items():
            text = text.replace(name, value)
        return text

    for request in REQUESTS:
        answer = requests.request(
            request["method"],
            server.uri + fill(request["url"]),
            headers=request["headers"],
            data=fill(request["body"]).encode() if "body" in request else None,
            timeout=60,
        )
        body = answer.json()
        if request["url"].endswith("experiments/create"):
            given["{experiment_id}"] = body["experiment_id"]
        if request["url"].endswith("runs/create"):
            given["{run_id}"] = body["run"]["info"]["run_uuid"]
        answers.append((request, answer.status_code, body))
    return answers, given


def test_every_request_is_answered_as_when_it_was_recorded(replayed):
    answers, _ = replayed
    for request, status, body in answers:
        assert status == request["status"], (request, body)


def find(replayed, ending, index=0):
    return [body for request, _, body in replayed[0] if request["url"].split("?")[0].endswith(ending)][index]


def test_what_the_r_client_reads_is_there(replayed):
    run_id = replayed[1]["{run_id}"]
    assert find(replayed, "runs/search") == {}, "the latest mae is NaN, which is greater than nothing"
    run = find(replayed, "runs/search", 1)["runs"][0]
    assert run["info"]["run_uuid"] == run["info"]["run_id"] == run_id
    assert run["info"]["status"] == "FINISHED"
    assert (run["info"]["start_time"], run["info"]["end_time"]) == (1700000000123, 1700000009999)
    assert {p["key"]: p["value"] for p in run["data"]["params"]} == {"alpha": "0.5", "lambda": "1", "größe": "zwölf"}
    tags = {t["key"]: t["value"] for t in run["data"]["tags"]}
    assert tags["stage"] == "draft" and tags["batch"] == "yes" and "gone" not in tags
    metrics = {m["key"]: m for m in run["data"]["metrics"]}
    assert metrics["rmse"]["value"] == 1e-300 and metrics["rmse"]["step"] == 3
    history = find(replayed, "metrics/get-history")["metrics"]
    assert [(m["step"], math.isnan(float(m["value"]))) for m in history] == [(1, False), (2, True)]
    assert find(replayed, "artifacts/list")["root_uri"].endswith(f"{run_id}/artifacts")
    assert find(replayed, "registered-models/search")["registered_models"][0]["description"] == "changed in R"
    assert find(replayed, "model-versions/transition-stage")["model_version"]["current_stage"] == "Production"
    assert find(replayed, "get-latest-versions")["model_versions"][0]["tags"] == [{"key": "checked", "value": "yes"}]
    assert find(replayed, "registered-models/alias", 1)["model_version"]["version"] == "1"


def test_files_go_through_the_command_line_that_the_r_client_starts(client, experiment, server, tmp_path):
    run_id = client.create_run(experiment).info.run_id
    (tmp_path / "plot.png").write_bytes(b"\x89PNG")
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder/data.csv").write_text("a,b\n")

    def mlflow_cli(*args):
        done = subprocess.run(
            [sys.executable, "-m", "mlflow", "artifacts", *args],
            env={**os.environ, "MLFLOW_TRACKING_URI": server.uri},
            capture_output=True,
            text=True,
            timeout=300,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    mlflow_cli("log-artifact", "--local-file", str(tmp_path / "plot.png"), "--run-id", run_id)
    mlflow_cli(
        "log-artifacts", "--local-dir", str(tmp_path / "folder"), "--artifact-path", "model", "--run-id", run_id
    )
    assert [f.path for f in client.list_artifacts(run_id)] == ["model", "plot.png"]
    local = mlflow_cli("download", "--run-id", run_id, "--artifact-path", "model").splitlines()[-1]
    assert (tmp_path / "folder/data.csv").read_text() == open(f"{local}/data.csv").read()
