import math
import time

import mlflow
import pytest
import requests
from mlflow.entities import Metric, Param, RunTag, ViewType
from mlflow.exceptions import MlflowException


@pytest.mark.needs("numpy", "pandas")
def test_a_fluent_run_keeps_everything_that_was_logged(client, experiment):
    with mlflow.start_run(run_name="parent", tags={"kind": "sweep"}, description="a note") as parent:
        mlflow.log_params({"lr": 0.1, "layers": 3, "name": "größe 模型"})
        mlflow.log_metrics({"loss": 0.5, "acc": 0.9}, step=3)
        mlflow.set_tags({"stage": "dev", "with space": "x"})
        with mlflow.start_run(nested=True) as child:
            mlflow.log_metric("loss", 0.25)
    run = client.get_run(parent.info.run_id)
    assert run.info.status == "FINISHED"
    assert run.info.run_name == "parent"
    assert run.info.end_time >= run.info.start_time
    assert run.data.params == {"lr": "0.1", "layers": "3", "name": "größe 模型"}
    assert run.data.metrics == {"loss": 0.5, "acc": 0.9}
    assert run.data.tags["with space"] == "x"
    assert run.data.tags["mlflow.note.content"] == "a note"
    assert client.get_run(child.info.run_id).data.tags["mlflow.parentRunId"] == parent.info.run_id
    children = mlflow.search_runs(filter_string=f"tags.mlflow.parentRunId = '{parent.info.run_id}'")
    assert list(children.run_id) == [child.info.run_id]


def test_a_failing_run_is_marked_failed(client, experiment):
    with pytest.raises(ZeroDivisionError), mlflow.start_run() as run:
        _ = 1 / 0
    assert client.get_run(run.info.run_id).info.status == "FAILED"


def test_params_are_written_once(client, experiment):
    run_id = client.create_run(experiment).info.run_id
    client.log_param(run_id, "lr", 0.1)
    client.log_param(run_id, "lr", 0.1)
    with pytest.raises(MlflowException) as error:
        client.log_param(run_id, "lr", 0.2)
    assert error.value.error_code == "INVALID_PARAMETER_VALUE"
    with pytest.raises(MlflowException):
        client.log_batch(run_id, params=[Param("lr", "0.3")], tags=[RunTag("not", "stored")])
    run = client.get_run(run_id)
    assert run.data.params == {"lr": "0.1"}
    assert "not" not in run.data.tags


def test_values_that_are_too_long_are_cut_as_the_server_does(client, experiment):
    run_id = client.create_run(experiment).info.run_id
    client.log_batch(run_id, params=[Param("long", "é" * 7000)])
    client.set_tag(run_id, "long", "x" * 9000)
    run = client.get_run(run_id)
    assert len(run.data.params["long"]) == 6000
    assert len(run.data.tags["long"]) == 8000


def test_nan_and_infinity_come_back_as_the_server_keeps_them(client, experiment):
    run_id = client.create_run(experiment).info.run_id
    for key, value in {"nan": math.nan, "inf": math.inf, "ninf": -math.inf, "tiny": 5e-324}.items():
        client.log_metric(run_id, key, value)
    metrics = client.get_run(run_id).data.metrics
    assert math.isnan(metrics["nan"])
    assert (metrics["inf"], metrics["ninf"], metrics["tiny"]) == (1.7976931348623157e308, -1.7976931348623157e308, 5e-324)


def test_the_latest_point_is_the_one_with_the_greatest_step(client, experiment):
    run_id = client.create_run(experiment).info.run_id
    client.log_metric(run_id, "m", 1.0, timestamp=1000, step=5)
    client.log_metric(run_id, "m", 2.0, timestamp=9000, step=-3)
    client.log_metric(run_id, "m", 3.0, timestamp=500, step=5)
    assert client.get_run(run_id).data.metrics["m"] == 1.0
    client.log_metric(run_id, "m", 0.5, timestamp=1001, step=5)
    assert client.get_run(run_id).data.metrics["m"] == 0.5
    assert [(p.step, p.timestamp) for p in client.get_metric_history(run_id, "m")] == [(5, 500), (5, 1000), (5, 1001), (-3, 9000)]


def test_integers_beyond_2_to_the_53_stay_exact(client, experiment):
    run_id = client.create_run(experiment, start_time=9007199254740993).info.run_id
    client.log_metric(run_id, "m", 1.0, timestamp=9007199254740995, step=9223372036854775807)
    [point] = client.get_metric_history(run_id, "m")
    assert (point.timestamp, point.step) == (9007199254740995, 9223372036854775807)
    assert client.get_run(run_id).info.start_time == 9007199254740993


def test_a_history_of_50_000_points_comes_back_whole_and_in_order(client, experiment):
    run_id = client.create_run(experiment).info.run_id
    now = int(time.time() * 1000)
    for start in range(0, 50_000, 1000):
        client.log_batch(run_id, metrics=[Metric("loss", 1 / (i + 1), now + i, i) for i in range(start, start + 1000)])
    history = client.get_metric_history(run_id, "loss")
    assert [(p.step, p.timestamp, p.value) for p in history] == [(i, now + i, 1 / (i + 1)) for i in range(50_000)]
    sampled = requests.get(
        f"{client.tracking_uri}/ajax-api/2.0/mlflow/metrics/get-history-bulk-interval",
        params={"run_ids": run_id, "metric_key": "loss", "max_results": 5},
    ).json()["metrics"]
    assert [p["step"] for p in sampled] == [0, 10_000, 20_000, 30_000, 49_999]


def test_logging_a_point_twice_keeps_one(client, experiment):
    run_id = client.create_run(experiment).info.run_id
    for _ in range(3):
        client.log_batch(run_id, metrics=[Metric("m", 1.0, 5, 1), Metric("m", 2.0, 5, 1)])
    assert [p.value for p in client.get_metric_history(run_id, "m")] == [1.0, 2.0]


def test_batches_beyond_the_limits_are_refused_whole(client, experiment):
    run_id = client.create_run(experiment).info.run_id
    with pytest.raises(MlflowException) as error:
        client._tracking_client.store.log_batch(run_id, [Metric(f"m{i}", 1.0, 1, 1) for i in range(1001)], [], [])
    assert error.value.error_code == "INVALID_PARAMETER_VALUE"
    with pytest.raises(MlflowException):
        client._tracking_client.store.log_batch(run_id, [], [Param(f"p{i}", "1") for i in range(101)], [])
    run = client.get_run(run_id)
    assert run.data.metrics == {} and run.data.params == {}


def test_runs_are_updated_deleted_and_restored(client, experiment):
    run_id = client.create_run(experiment, run_name="before").info.run_id
    client.update_run(run_id, status="KILLED", name="after")
    run = client.get_run(run_id)
    assert (run.info.status, run.info.run_name, run.data.tags["mlflow.runName"]) == ("KILLED", "after", "after")
    client.set_tag(run_id, "mlflow.runName", "by tag")
    assert client.get_run(run_id).info.run_name == "by tag"
    client.delete_run(run_id)
    with pytest.raises(MlflowException) as error:
        client.log_metric(run_id, "m", 1)
    assert error.value.error_code == "INVALID_PARAMETER_VALUE"
    assert client.search_runs([experiment]) == []
    assert [r.info.run_id for r in client.search_runs([experiment], run_view_type=ViewType.DELETED_ONLY)] == [run_id]
    client.restore_run(run_id)
    assert client.get_run(run_id).info.lifecycle_stage == "active"


def test_tags_are_deleted_and_a_missing_one_is_not_found(client, experiment):
    run_id = client.create_run(experiment, tags={"a": "1"}).info.run_id
    client.delete_tag(run_id, "a")
    assert "a" not in client.get_run(run_id).data.tags
    with pytest.raises(MlflowException) as error:
        client.delete_tag(run_id, "a")
    assert error.value.error_code == "RESOURCE_DOES_NOT_EXIST"


@pytest.mark.parametrize("key", ["a//b", "../x", "/abs", "a/", "$x", "k" * 251, "."])
def test_keys_that_are_no_safe_names_are_refused(client, experiment, key):
    run_id = client.create_run(experiment).info.run_id
    with pytest.raises(MlflowException) as error:
        client._tracking_client.store.log_param(run_id, Param(key, "v"))
    assert error.value.error_code == "INVALID_PARAMETER_VALUE"


def test_logging_without_waiting_arrives(client, experiment):
    with mlflow.start_run() as run:
        for i in range(100):
            mlflow.log_metric("m", i, step=i, synchronous=False)
        mlflow.flush_async_logging()
    assert len(client.get_metric_history(run.info.run_id, "m")) == 100


def test_unknown_runs_are_not_found_and_their_history_is_empty(client):
    with pytest.raises(MlflowException) as error:
        client.get_run("0" * 32)
    assert error.value.error_code == "RESOURCE_DOES_NOT_EXIST"
    assert client.get_metric_history("0" * 32, "m") == []
