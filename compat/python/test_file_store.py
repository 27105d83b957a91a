"""A folder of MLflow's file store, written by the official client itself, by our server, and by both in turn."""

import json
import math
import os
import random
import shutil
import threading
import time

import mlflow
import numpy as np
import pandas as pd
import pytest
import requests
from alike import answer_alike, asking
from conftest import OURS, THEIRS, Server
from folder_traces import fill_traces, spans_of, spoil_traces, start_trace, trace_questions
from mlflow.entities import (
    DatasetInput,
    Feedback,
    InputTag,
    LoggedModelInput,
    LoggedModelOutput,
    LoggedModelStatus,
    Metric,
    Param,
    RunTag,
    TraceState,
    ViewType,
)

# The folder needs no database, so once is enough.
pytestmark = pytest.mark.sqlite

OURS_ON_FOLDER = OURS.replace("{database}", "{dir}/mlruns") + " --file-store-cache {dir}/cache"
THEIRS_ON_FOLDER = THEIRS.replace("{database}", "{dir}/mlruns")


@pytest.fixture(autouse=True)
def allow_file_stores(monkeypatch):
    monkeypatch.setenv("MLFLOW_ALLOW_FILE_STORE", "true")
    yield
    while mlflow.active_run():
        mlflow.end_run()


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


def direct(folder):
    """The client that reads and writes the folder itself, with no server in between."""
    uri = str(folder / "mlruns")
    mlflow.set_tracking_uri(uri)
    mlflow.set_registry_uri(uri)
    return mlflow.MlflowClient(uri, uri)


def through(server):
    mlflow.set_tracking_uri(server.uri)
    mlflow.set_registry_uri(server.uri)
    return mlflow.MlflowClient(server.uri, server.uri)


def fill(client):
    """Everything that a file store may hold. Data sets have names without spaces: MLflow cannot read others back."""
    first = client.create_experiment("first ü 模型: 1", tags={"team": "a", "note": "x" * 5000, "a/b": "nested"})
    second = client.create_experiment("second")
    trash = client.create_experiment("trash")
    parent = None
    for i in range(12):
        tags = {"i": str(i), "mlflow.user": "ana", "deep/er/tag": "1"}
        if parent:
            tags["mlflow.parentRunId"] = parent
        run = client.create_run(first, start_time=1_700_000_000_000 + i // 2, run_name=["1e3", "yes", "ü 😀", "null", f"run {i}"][min(i, 4)], tags=tags)
        run_id = run.info.run_id
        parent = run_id if i % 3 == 0 else parent
        client.log_batch(
            run_id,
            [
                Metric("loss", (i * 7 % 11) / 10, 1000 + i, i % 4 - 1),
                Metric("nan", math.nan, 5, i),
                Metric("huge", math.inf if i % 2 else -math.inf, 2**53 + 1 + i, 2**62 + i),
                *([Metric("val/acc", i / 30, 5, 1)] if i % 3 else []),
            ],
            [Param("model", ["CNN", "cnn", "mlp"][i % 3]), Param("i", str(i)), Param("leer", ""), Param("lines", "a\nb\r\n\n")],
            [RunTag("stage", "prod" if i % 2 else "dev"), RunTag("with space", "ü")],
        )
        if i % 5 == 0:
            client.set_terminated(run_id, "FAILED" if i % 2 else "FINISHED", end_time=1_700_000_100_000 + i)
        if i in (7, 8):
            client.delete_run(run_id)
        if i == 8:
            client.restore_run(run_id)
    long_run = client.create_run(second).info.run_id
    client.log_batch(long_run, [Metric("loss", 1 / (i + 1), 10 + i, i) for i in range(500)])
    frame = mlflow.data.from_pandas(pd.DataFrame({"x": [1.0, 2.0]}), source="https://example.org/a.csv", name="points")
    array = mlflow.data.from_numpy(np.arange(4), name="array")
    for dataset, context in ((frame, "training"), (array, "testing")):
        client.log_inputs(long_run, [DatasetInput(dataset._to_mlflow_entity(), [InputTag("mlflow.data.context", context), InputTag("k", "yes")])])
    models = []
    for i, status in enumerate([None, LoggedModelStatus.READY, LoggedModelStatus.FAILED, LoggedModelStatus.READY]):
        model = client.create_logged_model(second, name=f"model{i}", source_run_id=long_run, params={"p": str(i)}, tags={"t": "v"}, model_type="net")
        if status:
            client.finalize_logged_model(model.model_id, status)
        client.log_metric(long_run, "acc", i / 4, timestamp=7, step=i, model_id=model.model_id, dataset_name="points", dataset_digest=frame.digest)
        models.append(model.model_id)
    client.log_outputs(long_run, [LoggedModelOutput(models[1], 3)])
    client.log_inputs(long_run, models=[LoggedModelInput(models[0])])
    client.delete_logged_model(models[3])
    client.log_text(long_run, "hello", "folder/hello.txt")
    client.create_run(trash)
    client.delete_experiment(trash)
    client.create_registered_model("forecast ü", tags={"owner": "ana", "x/y": "z"}, description="what: it is # for")
    for i in range(4):
        client.create_model_version("forecast ü", f"runs:/{long_run}/model{i}", run_id=long_run, tags={"n": str(i)}, description=None if i else "first")
    client.create_model_version("forecast ü", f"models:/{models[1]}", model_id=models[1])
    client.set_registered_model_alias("forecast ü", "champion", "2")
    client.set_registered_model_alias("forecast ü", "challenger", "3")
    client.delete_registered_model_alias("forecast ü", "challenger")
    client.transition_model_version_stage("forecast ü", "1", "Production")
    client.transition_model_version_stage("forecast ü", "2", "Production", archive_existing_versions=True)
    client.delete_model_version("forecast ü", "3")
    client.create_registered_model("old name")
    client.create_model_version("old name", f"runs:/{long_run}/m", run_id=long_run)
    client.rename_registered_model("old name", "new name")
    client.create_registered_model("gone")
    client.delete_registered_model("gone")
    fill_traces(client)


def questions(folder):
    """Requests that together show all there is, read from the folder itself so that nothing is forgotten."""
    root = folder / "mlruns"
    experiments = sorted(p.name for p in [*root.iterdir(), *(root / ".trash").iterdir()] if p.name.isdigit())
    runs = sorted(p.parent.name for p in root.rglob("meta.yaml") if len(p.parent.name) == 32 and (p.parent / "params").is_dir())
    models = sorted(p.name for p in root.glob("[0-9]*/models/m-*"))
    keys = sorted((m.parent.name, str(p.relative_to(m))) for m in root.glob("[0-9]*/*/metrics") for p in m.rglob("*") if p.is_file())
    api, ajax = "/api/2.0/mlflow", "/ajax-api/2.0/mlflow"
    assert len(experiments) >= 4 and len(runs) >= 14 and len(models) == 4 and len(keys) > 30
    for experiment_id in [*experiments, "4242", ""]:
        yield "GET", f"{api}/experiments/get", {"experiment_id": experiment_id}
    for name in ("Default", "first ü 模型: 1", "second", "trash", "nobody"):
        yield "GET", f"{api}/experiments/get-by-name", {"experiment_name": name}
    for view in ("ACTIVE_ONLY", "DELETED_ONLY", "ALL"):
        yield "POST", f"{api}/experiments/search", {"max_results": 100, "view_type": view}
        yield "GET", f"{api}/experiments/search", {"max_results": 2, "view_type": view, "order_by": "name DESC"}
    for where in ("name LIKE '%s%'", "tags.team = 'a'", "name ILIKE 'SECOND'", "creation_time > 5", "name = ", "bogus = '1'"):
        yield "POST", f"{api}/experiments/search", {"max_results": 100, "filter": where}
    for run_id in [*runs, "f" * 32]:
        yield "GET", f"{api}/runs/get", {"run_id": run_id}
        yield "GET", f"{api}/artifacts/list", {"run_id": run_id}
        yield "GET", f"{api}/artifacts/list", {"run_id": run_id, "path": "folder"}
    filters = [
        "",
        "metrics.loss > 0.4",
        "metrics.loss != 0.7",
        "metrics.huge > 0",
        "params.model = 'cnn'",
        "params.model ILIKE 'c%'",
        "params.model LIKE 'c%' AND tags.stage = 'prod'",
        "tags.`with space` = 'ü'",
        "tags.`deep/er/tag` = '1'",
        "attributes.status = 'FINISHED'",
        "status != 'RUNNING'",
        "start_time >= 1700000000005",
        "run_name LIKE 'run 1%'",
        "run_name = '1e3'",
        "dataset.name = 'points'",
        "dataset.context = 'testing'",
        f"run_id IN ('{runs[0]}', '{runs[1]}')",
        "metrics.loss = 'a'",
        "x = 1 OR y = 2",
    ]
    orders = [[], ["metrics.loss"], ["metrics.loss DESC", "params.i"], ["params.model", "start_time DESC"], ["metrics.`val/acc` DESC", "params.i"], ["bogus"]]
    for view in ("ACTIVE_ONLY", "DELETED_ONLY", "ALL"):
        for where in filters:
            yield "POST", f"{api}/runs/search", {"experiment_ids": experiments, "run_view_type": view, "filter": where}
        for order in orders:
            yield "POST", f"{api}/runs/search", {"experiment_ids": experiments, "run_view_type": view, "order_by": order, "max_results": 7}
    for run_id, key in keys:
        yield "GET", f"{api}/metrics/get-history", {"run_id": run_id, "metric_key": key}
    for model_id in [*models, "m-" + "0" * 32]:
        yield "GET", f"{api}/logged-models/{model_id}", {}
    for where in ("", "metrics.acc > 0.2", "name = 'model1'", "params.p != '2'", "tags.t LIKE 'v%'"):
        yield "POST", f"{api}/logged-models/search", {"experiment_ids": experiments, "filter": where, "order_by": [{"field_name": "name"}]}
    yield "POST", f"{ajax}/experiments/search-datasets", {"experiment_ids": experiments}
    for name in ("forecast ü", "new name", "old name", "gone", "nobody"):
        yield "GET", f"{api}/registered-models/get", {"name": name}
        yield "GET", f"{api}/registered-models/get-latest-versions", {"name": name}
        for version in ("1", "2", "3", "4", "5", "9"):
            yield "GET", f"{api}/model-versions/get", {"name": name, "version": version}
            yield "GET", f"{api}/model-versions/get-download-uri", {"name": name, "version": version}
        for alias in ("champion", "challenger", "latest"):
            yield "GET", f"{api}/registered-models/alias", {"name": name, "alias": alias}
    for where in ("", "name LIKE 'fore%'", "tags.owner = 'ana'"):
        yield "GET", f"{api}/registered-models/search", {"filter": where, "max_results": 10}
    for where in ("", "name = 'forecast ü'", "tags.n = '1'"):
        yield "GET", f"{api}/model-versions/search", {"filter": where, "max_results": 10}
    yield from trace_questions(root)


def ask(uri, method, path, fields):
    response = requests.get(uri + path, params=fields) if method == "GET" else requests.post(uri + path, json=fields)
    if response.status_code >= 400:
        return response.status_code, response.json().get("error_code")
    answer = response.json()
    if path.endswith("get-latest-versions"):
        answer = {"latest_versions": answer.get("model_versions", [])}
    return response.status_code, normalise(answer)


# Where a file store of MLflow answers otherwise than its databases, ours answers as from a database; docs/differences.md.
OF_MODELS_ALONE = {"run_id", "dataset_name", "dataset_digest"}
WITH_DATA_SET = "acc"


def normalise(value, key=None, above=None):
    """Lists of entries with keys have no promised order; page tokens are opaque."""
    if isinstance(value, dict):
        entry = {k: normalise(v, k, key) for k, v in value.items() if k != "next_page_token"}
        if key == "inputs":
            entry.pop("model_inputs", None)
        if "expectation" in entry:
            entry.pop("valid", None)
        return entry
    if isinstance(value, list):
        items = [normalise(item, None, key) for item in value]
        if key in {"latest_versions", "model_versions"}:
            items = [{k: v for k, v in item.items() if k != "aliases"} for item in items]
        if key == "metrics" and not any("model_id" in item for item in items):
            items = [{k: v for k, v in item.items() if k not in OF_MODELS_ALONE} for item in items]
            items = [{**item, "value": repr(float(item["value"]))} for item in items]
            items = [{**item, "step": None} if item["key"] == WITH_DATA_SET else item for item in items]
        unordered = key in {"tags", "params", "metrics", "dataset_inputs", "dataset_summaries", "aliases", "latest_versions", "assessments", "request_metadata"}
        return sorted(items, key=lambda item: json.dumps(item, sort_keys=True)) if unordered else items
    return value


def assert_alike(folder, theirs, ours):
    assert answer_alike(asking((theirs, ours), ask), questions(folder)) > 250


def test_a_folder_that_python_wrote_is_answered_as_python_answers_it(tmp_path, servers):
    fill(direct(tmp_path))
    ours, theirs = servers(OURS_ON_FOLDER, tmp_path), servers(THEIRS_ON_FOLDER, tmp_path)
    assert_alike(tmp_path, theirs, ours)
    spans = spans_of(direct(tmp_path), tmp_path)
    assert spans_of(through(ours), tmp_path) == spans and {len(each) for each in spans.values()} == {2}
    for trace_id in spans:
        answer = requests.get(f"{ours.uri}/api/3.0/mlflow/traces/get", params={"trace_id": trace_id}).json()
        assert [span["name"] for span in answer["trace"]["spans"]] == ["answer", "inner"]
        answer = requests.get(f"{ours.uri}/ajax-api/2.0/mlflow/get-trace-artifact", params={"request_id": trace_id})
        assert answer.content == next((tmp_path / "mlruns").rglob(f"{trace_id}/artifacts/traces.json")).read_bytes()
    # A file that the run itself keeps in the folder is served from there.
    run = next(r for r in direct(tmp_path).search_runs([e.experiment_id for e in direct(tmp_path).search_experiments()]) if r.inputs.dataset_inputs)
    answer = requests.get(f"{ours.uri}/get-artifact", params={"run_uuid": run.info.run_id, "path": "folder/hello.txt"})
    assert answer.text == "hello"
    assert "Skipped" not in ours.output()


def test_a_folder_that_we_wrote_is_answered_by_python_as_we_answer_it(tmp_path, servers):
    ours = servers(OURS_ON_FOLDER, tmp_path)
    fill(through(ours))
    theirs = servers(THEIRS_ON_FOLDER, tmp_path)
    assert_alike(tmp_path, theirs, ours)
    assert spans_of(through(ours), tmp_path) == spans_of(through(theirs), tmp_path)
    # Nothing in the folder is ours alone.
    names = {p.name for p in (tmp_path / "mlruns").rglob("*")}
    assert not [name for name in names if "bitacora" in name]
    # An index that is made anew from the files says the same.
    ours.stop()
    shutil.rmtree(tmp_path / "cache")
    again = servers(OURS_ON_FOLDER, tmp_path)
    assert_alike(tmp_path, theirs, again)


def test_both_write_in_turn_and_each_sees_the_other_at_once(tmp_path, servers):
    python = direct(tmp_path)
    server = servers(OURS_ON_FOLDER, tmp_path)
    ours = mlflow.MlflowClient(server.uri, server.uri)
    by_python, by_us = python.create_experiment("by python"), ours.create_experiment("by us")
    assert ours.get_experiment(by_python).name == "by python" and python.get_experiment(by_us).name == "by us"
    assert ours.get_experiment_by_name("by python").experiment_id == by_python
    with pytest.raises(mlflow.MlflowException, match="exists"):
        ours.create_experiment("by python")
    with pytest.raises(mlflow.MlflowException, match="exists"):
        python.create_experiment("by us")
    for experiment in (by_python, by_us):
        for first, second in ((python, ours), (ours, python)):
            run_id = first.create_run(experiment).info.run_id
            for step in range(6):
                writer, reader = (first, second) if step % 2 else (second, first)
                writer.log_metric(run_id, "loss", step / 3, timestamp=1000 + step, step=step)
                writer.log_param(run_id, f"p/{step}", str(step))
                writer.set_tag(run_id, "turn", str(step))
                run = reader.get_run(run_id)
                assert run.data.metrics["loss"] == step / 3
                assert run.data.params[f"p/{step}"] == str(step) and run.data.tags["turn"] == str(step)
                assert [m.step for m in reader.get_metric_history(run_id, "loss")] == list(range(step + 1))
                with pytest.raises(mlflow.MlflowException, match="not allowed"):
                    reader.log_param(run_id, f"p/{step}", "other")
                found = reader.search_runs([experiment], f"metrics.loss = {step / 3} AND tags.turn = '{step}' AND run_id = '{run_id}'")
                assert [r.info.run_id for r in found] == [run_id]
            second.set_terminated(run_id)
            assert first.get_run(run_id).info.status == "FINISHED"
            first.delete_run(run_id)
            assert second.get_run(run_id).info.lifecycle_stage == "deleted"
            assert second.search_runs([experiment], "") == []
            second.restore_run(run_id)
            assert [r.info.run_id for r in first.search_runs([experiment])] == [run_id]
            first.delete_run(run_id)
    for first, second in ((python, ours), (ours, python)):
        first.delete_experiment(by_us)
        assert second.get_experiment(by_us).lifecycle_stage == "deleted"
        assert [e.experiment_id for e in second.search_experiments(ViewType.DELETED_ONLY)] == [by_us]
        second.restore_experiment(by_us)
        assert first.get_experiment(by_us).lifecycle_stage == "active"
        assert (tmp_path / "mlruns" / by_us / "meta.yaml").exists()
        second.rename_experiment(by_us, f"by us, renamed {first is ours}")
        assert first.get_experiment(by_us).name == f"by us, renamed {first is ours}"
    for first, second in ((python, ours), (ours, python)):
        name = f"model {first is ours}"
        first.create_registered_model(name)
        second.create_model_version(name, "s3://bucket/a", tags={"a": "1"})
        assert first.create_model_version(name, "s3://bucket/b").version in ("2", 2)
        second.set_registered_model_alias(name, "best", "1")
        assert str(first.get_model_version_by_alias(name, "best").version) == "1"
        first.set_registered_model_alias(name, "best", "2")
        assert str(second.get_model_version_by_alias(name, "best").version) == "2"
        first.delete_model_version(name, "2")
        with pytest.raises(mlflow.MlflowException):
            second.get_model_version_by_alias(name, "best")
        # MLflow's own file store stumbles over a model whose versions have tags, half way through.
        ours.rename_registered_model(name, f"{name} renamed")
        assert python.get_model_version(f"{name} renamed", "1").tags == {"a": "1"}
        assert [m.name for m in second.search_registered_models(f"name = '{name}'")] == []
        first.delete_registered_model(f"{name} renamed")
        with pytest.raises(mlflow.MlflowException, match="not found"):
            second.get_registered_model(f"{name} renamed")


def test_both_write_traces_in_turn_and_each_sees_the_other_at_once(tmp_path, servers):
    python = direct(tmp_path)
    server = servers(OURS_ON_FOLDER, tmp_path)
    ours = mlflow.MlflowClient(server.uri, server.uri)
    experiment = python.create_experiment("traces")
    store = lambda client: client._tracing_client.store

    def found(client, where, expected):
        """Where looking over the folder takes long, not every search does."""
        deadline = time.monotonic() + 60
        while True:
            ids = [t.info.trace_id for t in client.search_traces(locations=[experiment], filter_string=where, include_spans=False)]
            if ids == expected or time.monotonic() > deadline:
                return ids == expected

    for first, second in ((python, ours), (ours, python)):
        trace_id = start_trace(first, experiment, trace_metadata={"mlflow.trace.session": "s", "m": "1"}, tags={"mlflow.traceName": "n", "t": "1"})
        for turn in range(4):
            writer, reader = (first, second) if turn % 2 else (second, first)
            info = store(reader).get_trace_info(trace_id)
            assert info.state == TraceState.OK and info.trace_metadata["mlflow.trace.session"] == "s" and info.trace_metadata["m"] == "1"
            writer.set_trace_tag(trace_id, "turn", str(turn))
            writer.set_trace_tag(trace_id, "mlflow.traceName", f"name {turn}")
            writer.set_trace_tag(trace_id, f"tag{turn}", "x")
            judged = store(writer).create_assessment(Feedback(name=f"fb{turn}", value=turn / 2, trace_id=trace_id))
            tags = store(reader).get_trace_info(trace_id).tags
            assert tags["turn"] == str(turn) and tags["mlflow.traceName"] == f"name {turn}"
            assert store(reader).get_assessment(trace_id, judged.assessment_id).value == turn / 2
            store(reader).update_assessment(trace_id, judged.assessment_id, rationale=f"by the other {turn}")
            assert store(writer).get_assessment(trace_id, judged.assessment_id).rationale == f"by the other {turn}"
            over = store(reader).create_assessment(Feedback(name=f"fb{turn}", value="no", trace_id=trace_id, overrides=judged.assessment_id))
            assert store(writer).get_assessment(trace_id, judged.assessment_id).valid is False
            store(writer).delete_assessment(trace_id, over.assessment_id)
            assert store(reader).get_assessment(trace_id, judged.assessment_id).valid is True
            assert found(reader, f"tags.turn = '{turn}' AND tags.mlflow.traceName = 'name {turn}'", [trace_id])
            reader.delete_trace_tag(trace_id, f"tag{turn}")
            assert f"tag{turn}" not in store(writer).get_trace_info(trace_id).tags
        other = start_trace(second, experiment, "ERROR")
        assert found(first, "status = 'ERROR'", [other])
        assert first.delete_traces(experiment, trace_ids=[trace_id]) == 1
        with pytest.raises(mlflow.MlflowException, match="not found|No trace"):
            store(second).get_trace_info(trace_id)
        assert second.delete_traces(experiment, max_timestamp_millis=1_800_000_000_000) == 1
        assert found(first, "", []) and found(second, "", [])
        assert list((tmp_path / "mlruns" / experiment / "traces").iterdir()) == []


def spoil(root, client):
    """Breaks entries in the ways in which they break, and some that only a person could; what stays whole is returned."""
    experiment = client.create_experiment("spoilt")
    runs = []
    for i in range(12):
        run_id = client.create_run(experiment, run_name=f"run {i}").info.run_id
        client.log_metric(run_id, "loss", 0.5, timestamp=1, step=1)
        client.log_param(run_id, "p", "1")
        runs.append(run_id)
    folder = root / experiment
    (folder / runs[0] / "meta.yaml").write_text("")
    meta = (folder / runs[1] / "meta.yaml").read_text()
    (folder / runs[1] / "meta.yaml").write_text(meta[: len(meta) // 2])
    (folder / runs[2] / "meta.yaml").unlink()
    (folder / runs[3] / "meta.yaml").write_bytes(b"\xff\xfe\x00 not text")
    (folder / runs[4] / "meta.yaml").write_text(meta.replace("status: 1", "status: 99").replace(runs[1], runs[4]))
    (folder / runs[5] / "meta.yaml").write_text(meta)
    (folder / runs[6] / "meta.yaml").write_text("a: [1, 2\nb: {")
    with open(folder / runs[7] / "metrics/loss", "a") as file:
        file.write("12 0.7 2\nnonsense\n13 0.8")
    (folder / runs[8] / "metrics/empty").write_text("")
    (folder / runs[9] / "params/binary").write_bytes(b"\xff\xff")
    (root / "4242").mkdir()
    (root / "4343").mkdir()
    (root / "4343/meta.yaml").write_text("experiment_id: '1'\nname: other\n")
    (root / "models/half").mkdir(parents=True)
    (root / "models/empty").mkdir()
    (root / "models/empty/meta.yaml").write_text("")
    (folder / "stray").mkdir()
    (folder / "stray/file.txt").write_text("not a run")
    (root / "notes.txt").write_text("not an experiment")
    traces, bad_traces = spoil_traces(root, client, experiment)
    old = time.time() - 60
    for path in root.rglob("*"):
        os.utime(path, (old, old))
    bad = [folder / runs[i] / "meta.yaml" for i in range(7)]
    bad += [folder / runs[7] / "metrics/loss", folder / runs[8] / "metrics/empty", folder / runs[9] / "params/binary"]
    bad += [root / "4242/meta.yaml", root / "4343/meta.yaml", root / "models/half/meta.yaml", root / "models/empty/meta.yaml"]
    return experiment, runs, traces, [str(path) for path in [*bad, *bad_traces]]


def test_what_cannot_be_read_is_named_once_and_the_rest_is_there(tmp_path, servers):
    python = direct(tmp_path)
    experiment, runs, traces, bad = spoil(tmp_path / "mlruns", python)
    time.sleep(0.3)
    server = servers(OURS_ON_FOLDER, tmp_path)
    ours = mlflow.MlflowClient(server.uri, server.uri)
    found = {run.info.run_id: run for run in ours.search_runs([experiment])}
    assert set(found) == set(runs[7:])
    assert found[runs[7]].data.metrics == {"loss": 0.7}
    assert found[runs[8]].data.metrics == {"loss": 0.5} and found[runs[9]].data.params == {"p": "1"}
    assert {e.name for e in ours.search_experiments()} == {"Default", "spoilt"}
    assert ours.search_registered_models() == []
    assert {t.info.tags["i"] for t in ours.search_traces(locations=[experiment], include_spans=False)} == {"5", "6", "7"}
    assert ours._tracing_client.store.get_trace_info(traces[1]).assessments == []
    output = server.output()
    assert f"{len(bad)} entries that cannot be read" in output
    told = [json.loads(line) for line in output.splitlines() if "Skipped an entry" in line]
    assert sorted(entry["path"] for entry in told) == sorted(bad)
    assert all(entry["reason"] for entry in told)
    # A line that was left half written does not swallow ours, and what is mended is there again.
    ours.log_metric(runs[7], "loss", 0.9, timestamp=20, step=20)
    assert "\n20 0.9 20\n" in (tmp_path / "mlruns" / experiment / runs[7] / "metrics/loss").read_text()
    mended = (tmp_path / "mlruns" / experiment / runs[7] / "meta.yaml").read_text().replace(runs[7], runs[2])
    (tmp_path / "mlruns" / experiment / runs[2] / "meta.yaml").write_text(mended)
    assert ours.get_run(runs[2]).data.params == {"p": "1"}
    for _ in range(3):
        assert len(ours.search_runs([experiment])) == 6
    time.sleep(1.5)
    assert server.output().count("Skipped an entry") == len(bad)


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
        caller.join(timeout=30)
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


def make_many(root, count):
    """A folder of many runs as MLflow writes them, made at the speed of a script."""
    client = mlflow.MlflowClient(str(root))
    experiment = client.create_experiment("many")
    model = client.create_run(experiment).info.run_id
    meta = (root / experiment / model / "meta.yaml").read_text()
    for i in range(count):
        run_id = f"{i:032x}"
        folder = root / experiment / run_id
        for name in ("metrics", "params", "tags", "artifacts"):
            (folder / name).mkdir(parents=True)
        (folder / "meta.yaml").write_text(meta.replace(model, run_id).replace("status: 1", "status: 3"))
        for k in range(5):
            (folder / "metrics" / f"m{k}").write_text("".join(f"{1000 + s} {(i * 7 + s) % 100 / 100} {s}\n" for s in range(3)))
            (folder / "params" / f"p{k}").write_text(str(i % (k + 2)))
        for k in range(4):
            (folder / "tags" / f"t{k}").write_text(str(i))
    return experiment


@pytest.mark.once
def test_ten_thousand_runs_stay_usable(tmp_path, servers, record_property):
    root = tmp_path / "mlruns"
    direct(tmp_path)
    count = int(os.environ.get("BITACORA_TEST_RUNS", "10000"))
    experiment = make_many(root, count)
    figures = {}

    def timed(name, work):
        start = time.perf_counter()
        result = work()
        figures[name] = round(time.perf_counter() - start, 3)
        return result

    server = timed("cold start", lambda: servers(OURS_ON_FOLDER, tmp_path))
    client = mlflow.MlflowClient(server.uri)
    search = lambda where: client.search_runs([experiment], where, max_results=100, order_by=["metrics.m0 DESC"])
    assert len(timed("first search", lambda: search("params.p0 = '1' AND metrics.m1 > 0.5"))) == 100
    assert len(timed("second search", lambda: search("params.p0 = '1' AND metrics.m1 > 0.5"))) == 100
    assert server.stop() == 0
    (root / experiment / f"{5:032x}" / "tags" / "t0").write_text("changed while nobody looked")
    server = timed("warm start", lambda: servers(OURS_ON_FOLDER, tmp_path))
    client = mlflow.MlflowClient(server.uri)
    assert [r.info.run_id for r in timed("first search after it", lambda: search("tags.t0 LIKE 'changed%'"))] == [f"{5:032x}"]
    assert len(timed("search", lambda: search("metrics.m1 > 0.5"))) == 100
    assert timed("one run", lambda: client.get_run(f"{7:032x}")).data.params["p0"] == "1"
    timed("log a metric", lambda: client.log_metric(f"{7:032x}", "m0", 2.0, step=9))
    assert timed("search by what was logged", lambda: search("metrics.m0 > 1"))[0].info.run_id == f"{7:032x}"
    record_property("figures", json.dumps(figures))
    print(f"\n{count} runs, seconds: {figures}")
