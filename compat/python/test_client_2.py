"""What a 2.x client does differently: models are artifacts of their run, and the registry works by stages.

Newer clients can still do all of it, so it runs with them too.
"""

import uuid

import mlflow
import pytest
from numpy.testing import assert_allclose
from sklearn.datasets import load_diabetes
from sklearn.linear_model import Ridge


@pytest.fixture
def name():
    return f"ridge-{uuid.uuid4().hex[:8]}"


@pytest.fixture
def fitted():
    features, target = load_diabetes(return_X_y=True, as_frame=True)
    return Ridge(alpha=0.5).fit(features, target), features


def log(fitted, name=None):
    model, features = fitted
    with mlflow.start_run() as run:
        mlflow.sklearn.log_model(model, artifact_path="model", input_example=features[:3], registered_model_name=name)
    return run.info.run_id


def test_autologging_keeps_params_metrics_and_the_model(client, experiment):
    mlflow.sklearn.autolog(silent=True)
    try:
        with mlflow.start_run() as run:
            features, target = load_diabetes(return_X_y=True)
            model = Ridge(alpha=2.0).fit(features, target)
    finally:
        mlflow.sklearn.autolog(disable=True)
    data = client.get_run(run.info.run_id).data
    assert data.params["alpha"] == "2.0"
    assert "training_r2_score" in data.metrics
    loaded = mlflow.sklearn.load_model(f"runs:/{run.info.run_id}/model")
    assert_allclose(loaded.predict(features), model.predict(features))


def test_a_model_is_loaded_back_from_its_run(client, experiment, fitted):
    run_id = log(fitted)
    model, features = fitted
    for load in (mlflow.sklearn.load_model, mlflow.pyfunc.load_model):
        assert_allclose(load(f"runs:/{run_id}/model").predict(features), model.predict(features))
    assert mlflow.models.get_model_info(f"runs:/{run_id}/model").signature.inputs is not None


def test_a_registered_model_moves_through_stages(client, experiment, fitted, name):
    run_ids = [log(fitted, name) for _ in range(2)]
    assert [v.run_id for v in sorted(client.search_model_versions(f"name = '{name}'"), key=lambda v: int(v.version))] == run_ids
    client.transition_model_version_stage(name, "1", "Production")
    client.transition_model_version_stage(name, "2", "Production", archive_existing_versions=True)
    assert {v.version: v.current_stage for v in client.search_model_versions(f"name = '{name}'")} == {"1": "Archived", "2": "Production"}
    assert [v.version for v in client.get_latest_versions(name, ["Production"])] == ["2"]
    client.set_registered_model_alias(name, "champion", "1")
    model, features = fitted
    for uri in (f"models:/{name}/1", f"models:/{name}/Production", f"models:/{name}@champion", f"models:/{name}/latest"):
        assert_allclose(mlflow.pyfunc.load_model(uri).predict(features), model.predict(features))
    copied = client.copy_model_version(f"models:/{name}/2", f"{name}-copy")
    assert (copied.version, copied.source) == ("1", f"models:/{name}/2")


def test_a_trace_is_kept_and_found(client, experiment):
    @mlflow.trace(name="outer", attributes={"kind": "test"})
    def outer(x):
        with mlflow.start_span("inner") as span:
            span.set_inputs({"x": x})
            span.set_outputs(x * 2)
        return x * 2

    assert outer(21) == 42
    if hasattr(mlflow, "flush_trace_async_logging"):
        mlflow.flush_trace_async_logging()
    [trace] = client.search_traces([experiment])
    assert trace.info.status == "OK"
    assert [span.name for span in trace.data.spans] == ["outer", "inner"]
    assert trace.data.spans[1].outputs == 42
