"""A database of the Python server opened in place by ours, and given back: answers are compared field by field."""

import hashlib
import json
import math
import shutil
import sqlite3

import mlflow
import numpy as np
import pandas as pd
import pytest
import requests
from alike import answer_alike, asking, both_on, made_with
from conftest import OURS, THEIRS, Server
from databases import rows, share
from mlflow.entities import DatasetInput, InputTag, LoggedModelOutput, LoggedModelStatus, Metric, Param, RunTag, ViewType


def fill(uri):
    """Everything a tracking database may hold, written by the official client through the given server."""
    client = mlflow.MlflowClient(uri)
    mlflow.set_tracking_uri(uri)
    first = client.create_experiment("first ü 模型", tags={"team": "a", "note": "x" * 5000})
    second = client.create_experiment("second")
    trash = client.create_experiment("trash")
    for i in range(30):
        run_id = client.create_run(first, start_time=1_700_000_000_000 + i // 2, run_name=f"run {i}", tags={"i": str(i), "mlflow.user": "ana"}).info.run_id
        client.log_batch(
            run_id,
            [
                Metric("loss", math.nan if i == 3 else (i * 7 % 11) / 10, 1000 + i, i % 4 - 1),
                Metric("huge", math.inf if i % 2 else -math.inf, 2**53 + 1 + i, 2**62 + i),
                *([Metric("val/acc", i / 30, 5, 1)] if i % 3 else []),
            ],
            [Param("model", ["CNN", "cnn", "mlp"][i % 3]), Param("i", str(i)), Param("leer", "")],
            [RunTag("stage", "prod" if i % 2 else "dev"), RunTag("with space", "ü")],
        )
        if i % 5 == 0:
            client.set_terminated(run_id, "FAILED" if i % 2 else "FINISHED", end_time=1_700_000_100_000 + i)
        if i in (7, 8):
            client.delete_run(run_id)
    long_run = client.create_run(second).info.run_id
    client.log_batch(long_run, [Metric("loss", 1 / (i + 1), i // 2, i) for i in range(1000)])
    frame = mlflow.data.from_pandas(pd.DataFrame({"x": [1.0, 2.0]}), source="https://example.org/a.csv", name="points")
    array = mlflow.data.from_numpy(np.arange(4), name="array")
    for dataset, context in ((frame, "training"), (array, "testing")):
        client.log_inputs(long_run, [DatasetInput(dataset._to_mlflow_entity(), [InputTag("mlflow.data.context", context), InputTag("k", "v")])])
    models = []
    for i, status in enumerate([None, LoggedModelStatus.READY, LoggedModelStatus.FAILED, LoggedModelStatus.READY]):
        model = client.create_logged_model(second, name=f"model{i}", source_run_id=long_run, params={"p": str(i)}, tags={"t": "v"}, model_type="net")
        if status:
            client.finalize_logged_model(model.model_id, status)
        client.log_batch(long_run, [Metric("acc", i / 4, 7, i, model_id=model.model_id, dataset_name="points", dataset_digest=frame.digest, run_id=long_run)])
        models.append(model.model_id)
    client.log_outputs(long_run, [LoggedModelOutput(models[1], 3)])
    client.delete_logged_model(models[3])
    client.log_text(long_run, "hello", "folder/hello.txt")
    client.create_run(trash)
    client.delete_experiment(trash)


def questions(folder):
    """Requests that together show all there is, read from the database itself so that nothing is forgotten."""
    experiments = [str(row[0]) for row in rows(folder, "SELECT experiment_id FROM experiments ORDER BY 1")]
    names = [row[0] for row in rows(folder, "SELECT name FROM experiments ORDER BY 1")]
    runs = [row[0] for row in rows(folder, "SELECT run_uuid FROM runs ORDER BY 1")]
    keys = rows(folder, "SELECT DISTINCT run_uuid, metrics.key FROM metrics ORDER BY 1, 2")
    models = [row[0] for row in rows(folder, "SELECT model_id FROM logged_models ORDER BY 1")]
    api, ajax = "/api/2.0/mlflow", "/ajax-api/2.0/mlflow"
    for experiment_id in [*experiments, "4242", "nonsense", ""]:
        yield "GET", f"{api}/experiments/get", {"experiment_id": experiment_id}
    for name in [*names, "nobody"]:
        yield "GET", f"{api}/experiments/get-by-name", {"experiment_name": name}
    for view in ("ACTIVE_ONLY", "DELETED_ONLY", "ALL"):
        yield "POST", f"{api}/experiments/search", {"max_results": 100, "view_type": view}
        yield "GET", f"{api}/experiments/search", {"max_results": 2, "view_type": view, "order_by": "name DESC"}
    for where in ("name LIKE '%s%'", "tags.team = 'a'", "name ILIKE 'SECOND'", "creation_time > 5", "tags.team IS NULL", "name = ", "bogus = '1'"):
        yield "POST", f"{api}/experiments/search", {"max_results": 100, "filter": where}
    for run_id in [*runs, "f" * 32, ""]:
        yield "GET", f"{api}/runs/get", {"run_id": run_id}
        yield "GET", f"{api}/artifacts/list", {"run_id": run_id}
    yield "GET", f"{api}/runs/get", {"run_uuid": runs[0]}
    filters = [
        None,
        "metrics.loss > 0.4",
        "metrics.loss != 0.7",
        "metrics.huge > 0",
        "params.model = 'cnn'",
        "params.model ILIKE 'c%'",
        "params.model LIKE 'c%' AND tags.stage = 'prod'",
        "tags.`with space` = 'ü'",
        "tags.missing IS NULL AND params.leer IS NOT NULL",
        "attributes.status = 'FINISHED'",
        "status != 'RUNNING'",
        "start_time >= 1700000000005",
        "run_name LIKE 'run 1%'",
        "dataset.name = 'points'",
        "dataset.context = 'testing'",
        "dataset.name LIKE '%nts' and dataset.digest != 'x'",
        f"run_id IN ('{runs[0]}', '{runs[1]}')",
        "end_time > 1",
        "user_id = ''",
        "metrics.loss = 'a'",
        "x = 1 OR y = 2",
        "params.a = b",
        "  ",
    ]
    orders = [[], ["metrics.loss"], ["metrics.loss DESC", "params.i"], ["params.model", "start_time DESC"], ["end_time"], ["metrics.`val/acc` DESC"], ["tags.stage"], ["bogus"]]
    for view in ("ACTIVE_ONLY", "DELETED_ONLY", "ALL"):
        for where in filters:
            yield "POST", f"{api}/runs/search", {"experiment_ids": experiments, "run_view_type": view, "filter": where or ""}
        for order in orders:
            yield "POST", f"{api}/runs/search", {"experiment_ids": experiments, "run_view_type": view, "order_by": order, "max_results": 7}
    yield "POST", f"{api}/runs/search", {"experiment_ids": []}
    yield "POST", f"{api}/runs/search", {"experiment_ids": ["x"]}
    yield "POST", f"{api}/runs/search", {"experiment_ids": experiments, "max_results": 0}
    yield "POST", f"{api}/runs/search", {"experiment_ids": experiments, "page_token": "garbage!"}
    for run_id, key in keys:
        yield "GET", f"{api}/metrics/get-history", {"run_id": run_id, "metric_key": key}
        yield "GET", f"{api}/metrics/get-history-bulk-interval", {"run_ids": run_id, "metric_key": key, "max_results": 7}
    yield "GET", f"{api}/metrics/get-history", {"run_id": "f" * 32, "metric_key": "loss"}
    yield "GET", f"{api}/metrics/get-history-bulk-interval", {"run_ids": runs, "metric_key": "loss", "start_step": 0, "end_step": 2}
    yield "GET", f"{api}/metrics/get-history-bulk-interval", {"run_ids": runs, "metric_key": "loss", "start_step": 0}
    for model_id in [*models, "m-" + "0" * 32]:
        yield "GET", f"{api}/logged-models/{model_id}", {}
        yield "GET", f"{api}/logged-models/{model_id}", {"allow_deleted": "true"}
    for where in ("", "metrics.acc > 0.2", "name = 'model1'", "params.p != '2'", "tags.t LIKE 'v%'", "attributes.model_type = 'net'", "tag.t = 'v'"):
        yield "POST", f"{api}/logged-models/search", {"experiment_ids": experiments, "filter": where, "order_by": [{"field_name": "name"}]}
    yield "POST", f"{api}/logged-models/search", {"experiment_ids": experiments, "order_by": [{"field_name": "metrics.acc", "ascending": False}]}
    yield "POST", f"{ajax}/experiments/search-datasets", {"experiment_ids": experiments}
    yield "GET", "/api/3.0/mlflow/server-info", {}
    for path in ("/version", "/health", "/api/2.0/mlflow/nothing", "/api/3.0/mlflow/experiments/get"):
        yield "GET", path, {}


# Differences that are meant, by what is asked: the reason stands in docs/differences.md.
DELIBERATE = {
    ("GET", "/api/3.0/mlflow/server-info"): "features that this server does not have yet",
}
if not mlflow.__version__.startswith("3.17."):
    DELIBERATE["GET", "/version"] = "the release whose behaviour is served: see docs/mlflow-releases.md"


def ask(uri, method, path, fields):
    if method == "GET":
        response = requests.get(uri + path, params=fields)
    else:
        response = requests.post(uri + path, json=fields)
    if response.status_code >= 400:
        code = response.json().get("error_code") if "json" in response.headers["content-type"] else "no JSON"
        return response.status_code, code
    if "json" not in response.headers["content-type"]:
        return response.status_code, response.text
    return response.status_code, normalise(json.loads(response.text))


def normalise(value, key=None):
    """Lists of entries with keys have no promised order; page tokens are opaque."""
    if isinstance(value, dict):
        return {k: normalise(v, k) for k, v in value.items() if k != "next_page_token"}
    if isinstance(value, list):
        items = [normalise(item) for item in value]
        unordered = key in {"tags", "params", "metrics", "dataset_inputs", "dataset_summaries"}
        return sorted(items, key=lambda item: json.dumps(item, sort_keys=True)) if unordered else items
    return value


@pytest.fixture(scope="module")
def made_by_python(tmp_path_factory):
    folder = tmp_path_factory.mktemp("python")
    made_with(THEIRS, folder, fill)
    return folder


def test_both_servers_answer_alike_on_a_database_of_python(made_by_python, tmp_path):
    with both_on(made_by_python, tmp_path) as servers:
        asked = answer_alike(asking(servers, ask), (question for question in questions(made_by_python) if question[:2] not in DELIBERATE))
    assert asked > 300


def test_python_reads_and_extends_what_we_wrote(made_by_python, tmp_path):
    folder = share(made_by_python, tmp_path / "both")
    ours = Server(OURS, folder)
    fill_again = mlflow.MlflowClient(ours.uri)
    old = fill_again.search_runs([fill_again.get_experiment_by_name("second").experiment_id])[0].info.run_id
    experiment_id = fill_again.create_experiment("by ours", tags={"k": "v"})
    run_id = fill_again.create_run(experiment_id, run_name="ours", start_time=123).info.run_id
    fill_again.log_batch(
        run_id,
        [Metric("m", math.nan, 5, 1), Metric("m", 2.5, 6, 2), Metric("far", 1.0, 2**60, -(2**61)), Metric("inf", math.inf, 1, 1)],
        [Param("p", "ü")],
        [RunTag("t", "1")],
    )
    fill_again.log_metric(old, "new", 1.5)
    dataset = mlflow.data.from_numpy(np.arange(3), name="by ours")._to_mlflow_entity()
    fill_again.log_inputs(run_id, [DatasetInput(dataset, [InputTag("mlflow.data.context", "training")])])
    model = fill_again.create_logged_model(experiment_id, name="net", source_run_id=run_id, params={"a": "b"}, tags={"c": "d"})
    fill_again.log_batch(run_id, [Metric("acc", 0.5, 1, 1, model_id=model.model_id, run_id=run_id)])
    fill_again.finalize_logged_model(model.model_id, LoggedModelStatus.READY)
    fill_again.log_text(run_id, "written by ours", "note.txt")
    deleted = fill_again.create_run(experiment_id).info.run_id
    fill_again.delete_run(deleted)
    assert ours.stop() == 0
    assert not list(folder.glob("mlflow.db-*")), "a stopped server leaves one plain file"

    theirs = Server(THEIRS, folder)
    try:
        client = mlflow.MlflowClient(theirs.uri)
        run = client.get_run(run_id)
        assert (run.info.run_name, run.info.start_time, run.data.params, run.data.tags["t"]) == ("ours", 123, {"p": "ü"}, "1")
        assert (run.data.metrics["m"], run.data.metrics["inf"], run.data.metrics["far"]) == (2.5, 1.7976931348623157e308, 1.0)
        assert [(math.isnan(p.value), p.step) for p in client.get_metric_history(run_id, "m")] == [(True, 1), (False, 2)]
        assert [p.step for p in client.get_metric_history(run_id, "far")] == [-(2**61)]
        assert client.get_run(old).data.metrics["new"] == 1.5
        assert [i.dataset.name for i in run.inputs.dataset_inputs] == ["by ours"]
        assert [r.info.run_id for r in client.search_runs([experiment_id], "dataset.context = 'training' and metrics.m > 2")] == [run_id]
        assert [r.info.run_id for r in client.search_runs([experiment_id], run_view_type=ViewType.DELETED_ONLY)] == [deleted]
        [found] = client.search_logged_models([experiment_id], filter_string="metrics.acc > 0.4 AND params.a = 'b'")
        assert (found.model_id, found.status, found.tags["c"]) == (model.model_id, LoggedModelStatus.READY, "d")
        mlflow.set_tracking_uri(theirs.uri)
        assert mlflow.artifacts.load_text(f"{run.info.artifact_uri}/note.txt") == "written by ours"
        client.log_metric(run_id, "m", 9.0, step=3)
        client.set_terminated(run_id, "FINISHED")
        client.restore_run(deleted)
        client.set_experiment_tag(experiment_id, "k", "changed")
    finally:
        theirs.stop()

    ours = Server(OURS, folder)
    client = mlflow.MlflowClient(ours.uri)
    run = client.get_run(run_id)
    assert (run.data.metrics["m"], run.info.status) == (9.0, "FINISHED")
    assert client.get_run(deleted).info.lifecycle_stage == "active"
    assert client.get_experiment(experiment_id).tags == {"k": "changed"}
    assert ours.stop() == 0


def sha256(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.mark.sqlite
@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda path: execute(path, "UPDATE alembic_version SET version_num = 'c8d9e0f1a2b3'"), ["c8d9e0f1a2b3", "dc11669786a5 (MLflow 3.17) and f4a9b2c7d1e6 (MLflow 3.18)", "mlflow db upgrade"]),
        (lambda path: execute(path, "DROP TABLE alembic_version"), ["not one of MLflow"]),
        (lambda path: execute(path, "DROP TABLE spans"), ["lacks the tables spans"]),
        (lambda path: path.write_bytes(b"plain text, no database at all, longer than a header"), ["not an SQLite database"]),
    ],
)
def test_a_database_we_do_not_know_is_refused_and_left_as_it_is(made_by_python, tmp_path, spoil, words):
    path = tmp_path / "mlflow.db"
    shutil.copy(made_by_python / "mlflow.db", path)
    spoil(path)
    before = sha256(path)
    with pytest.raises(RuntimeError) as error:
        Server(OURS, tmp_path)
    for word in words:
        assert word in str(error.value)
    assert sha256(path) == before
    assert [p.name for p in tmp_path.glob("mlflow.db*")] == ["mlflow.db"]


def execute(path, statement):
    with sqlite3.connect(path) as db:
        db.execute("PRAGMA foreign_keys = OFF")
        db.execute(statement)
    db.close()
