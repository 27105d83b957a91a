"""A folder that the official client and our server write in turn."""

import time

import mlflow
import pytest
from conftest import HANG_S
from file_store.clients import OURS_ON_FOLDER, direct
from file_store.traces import start_trace
from mlflow.entities import Feedback, TraceState, ViewType

# The folder needs no database, so once is enough.
pytestmark = [pytest.mark.sqlite, pytest.mark.usefixtures("file_store")]


def soon(search, expected):
    """Whether a search comes to this: where looking over the folder takes long, not every search does."""
    deadline = time.monotonic() + HANG_S
    while (found := search()) != expected and time.monotonic() < deadline:
        time.sleep(0.01)
    return found == expected


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
    runs = lambda client, experiment: [r.info.run_id for r in client.search_runs([experiment])]
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
            assert soon(lambda: runs(second, experiment), [])
            second.restore_run(run_id)
            assert soon(lambda: runs(first, experiment), [run_id])
            first.delete_run(run_id)
    for first, second in ((python, ours), (ours, python)):
        first.delete_experiment(by_us)
        assert second.get_experiment(by_us).lifecycle_stage == "deleted"
        assert soon(lambda: [e.experiment_id for e in second.search_experiments(ViewType.DELETED_ONLY)], [by_us])
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
        assert soon(lambda: second.search_registered_models(f"name = '{name}'"), [])
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
        search = lambda: client.search_traces(locations=[experiment], filter_string=where, include_spans=False)
        return soon(lambda: [t.info.trace_id for t in search()], expected)

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
