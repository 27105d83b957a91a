import mlflow
import mlflow.data
import numpy as np
import pandas as pd
import pytest
from mlflow.entities import LoggedModelStatus, Metric
from mlflow.exceptions import MlflowException
from sklearn.datasets import load_breast_cancer, load_diabetes
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import Ridge
from sklearn.model_selection import GridSearchCV


@pytest.fixture
def autolog():
    mlflow.sklearn.autolog(log_datasets=True, silent=True)
    yield
    mlflow.sklearn.autolog(disable=True)


def test_autologging_keeps_a_model_that_predicts_the_same(client, experiment, autolog):
    features, target = load_breast_cancer(return_X_y=True, as_frame=True)
    with mlflow.start_run() as run:
        forest = RandomForestClassifier(n_estimators=10, random_state=0).fit(features, target)
    data = client.get_run(run.info.run_id).data
    assert data.params["n_estimators"] == "10"
    assert data.metrics["training_accuracy_score"] > 0.9
    [dataset] = client.get_run(run.info.run_id).inputs.dataset_inputs
    assert [tag.value for tag in dataset.tags if tag.key == "mlflow.data.context"] == ["train"]

    [model] = mlflow.search_logged_models([experiment], output_format="list")
    assert model.status == LoggedModelStatus.READY
    assert model.source_run_id == run.info.run_id
    assert {m.key for m in model.metrics} >= {"training_accuracy_score"}
    assert [o.model_id for o in client.get_run(run.info.run_id).outputs.model_outputs] == [model.model_id]
    for uri in (f"models:/{model.model_id}", f"runs:/{run.info.run_id}/model"):
        assert (mlflow.sklearn.load_model(uri).predict(features) == forest.predict(features)).all()
        assert (mlflow.pyfunc.load_model(uri).predict(features) == forest.predict(features)).all()


def test_a_grid_search_leaves_its_children(client, experiment, autolog):
    features, target = load_diabetes(return_X_y=True)
    with mlflow.start_run() as run:
        GridSearchCV(Ridge(), {"alpha": [0.1, 1.0, 10.0]}, cv=2).fit(features, target)
    children = client.search_runs([experiment], f"tags.mlflow.parentRunId = '{run.info.run_id}'")
    assert sorted(child.data.params["alpha"] for child in children) == ["0.1", "1.0", "10.0"]


def test_a_logged_model_goes_through_its_life(client, experiment):
    with mlflow.start_run() as run:
        model = mlflow.initialize_logged_model("net", params={"depth": "3"}, tags={"a": "1"}, model_type="cnn")
        assert model.status == LoggedModelStatus.PENDING
        mlflow.log_model_params({"width": "64"}, model_id=model.model_id)
        mlflow.set_logged_model_tags(model.model_id, {"a": "2", "b": "3"})
        mlflow.finalize_logged_model(model.model_id, LoggedModelStatus.READY)
        mlflow.log_metric("acc", 0.7, step=1, model_id=model.model_id)
        frame = mlflow.data.from_pandas(pd.DataFrame({"x": [1, 2]}), name="held out")
        mlflow.log_metrics({"acc": 0.8}, step=2, dataset=frame, model_id=model.model_id)
    model = mlflow.get_logged_model(model.model_id)
    assert (model.status, model.params, model.tags["a"], model.tags["b"]) == (
        LoggedModelStatus.READY,
        {"depth": "3", "width": "64"},
        "2",
        "3",
    )
    assert {(m.key, m.value, m.step, m.dataset_name, m.run_id) for m in model.metrics} == {
        ("acc", 0.7, 1, None, run.info.run_id),
        ("acc", 0.8, 2, "held out", run.info.run_id),
    }
    with pytest.raises(MlflowException) as error:
        client.log_model_params(model.model_id, {"width": "65"})
    assert error.value.error_code == "BAD_REQUEST"
    client.delete_logged_model_tag(model.model_id, "b")
    client.delete_logged_model(model.model_id)
    client.delete_logged_model(model.model_id)
    with pytest.raises(MlflowException) as error:
        client.get_logged_model(model.model_id)
    assert error.value.error_code == "RESOURCE_DOES_NOT_EXIST"


def test_logged_models_are_searched(client, experiment):
    run_id = client.create_run(experiment).info.run_id
    ids = []
    for i in range(5):
        model = client.create_logged_model(experiment, name=f"net{i}", source_run_id=run_id, params={"i": str(i)}, tags={"odd": str(i % 2)})
        client.log_batch(run_id, [Metric("acc", i / 10, 1, 1, model_id=model.model_id, dataset_name="d", dataset_digest=f"v{i % 2}", run_id=run_id)])
        ids.append(model.model_id)
    client.finalize_logged_model(ids[0], LoggedModelStatus.READY)

    def found(**options):
        return [ids.index(m.model_id) for m in client.search_logged_models([experiment], **options)]

    assert sorted(found()) == [0, 1, 2, 3, 4]
    assert found(filter_string="metrics.acc > 0.25", order_by=[{"field_name": "metrics.acc", "ascending": False}]) == [4, 3]
    assert found(filter_string="name = 'net2'") == [2]
    assert found(filter_string="params.i = '3' AND tags.odd = '1'") == [3]
    assert found(filter_string="name LIKE 'net%'", order_by=[{"field_name": "name"}]) == [0, 1, 2, 3, 4]
    assert found(filter_string="metrics.acc >= 0", datasets=[{"dataset_name": "d", "dataset_digest": "v1"}], order_by=[{"field_name": "name"}]) == [1, 3]
    assert found(filter_string=f"source_run_id = '{run_id}' AND name IN ('net0', 'net4')", order_by=[{"field_name": "name"}]) == [0, 4]
    first = client.search_logged_models([experiment], max_results=2, order_by=[{"field_name": "name"}])
    second = client.search_logged_models([experiment], max_results=3, order_by=[{"field_name": "name"}], page_token=first.token)
    assert [m.name for m in [*first, *second]] == [f"net{i}" for i in range(5)]
    with pytest.raises(MlflowException) as error:
        client.search_logged_models([experiment], page_token=first.token)
    assert error.value.error_code == "INVALID_PARAMETER_VALUE"


def test_data_sets_are_recorded_once_and_found(client, experiment):
    frame = mlflow.data.from_pandas(pd.DataFrame({"x": [1.5, 2.5], "y": ["a", "b"]}), source="https://example.org/d.csv", name="points")
    array = mlflow.data.from_numpy(np.arange(6).reshape(3, 2), name="grid")
    with mlflow.start_run() as run:
        mlflow.log_input(frame, context="training", tags={"split": "a"})
        mlflow.log_input(frame, context="testing")
        mlflow.log_input(array, context="testing")
    with mlflow.start_run():
        mlflow.log_input(frame, context="training")
    inputs = {i.dataset.name: i for i in client.get_run(run.info.run_id).inputs.dataset_inputs}
    assert set(inputs) == {"points", "grid"}
    assert {(t.key, t.value) for t in inputs["points"].tags} == {("mlflow.data.context", "training"), ("split", "a")}
    assert inputs["points"].dataset.digest == frame.digest
    assert "https://example.org/d.csv" in inputs["points"].dataset.source
    assert len(client.search_runs([experiment], "dataset.name = 'points' AND dataset.context = 'training'")) == 2
    assert [r.info.run_id for r in client.search_runs([experiment], "datasets.name IN ('grid')")] == [run.info.run_id]
    assert client.search_runs([experiment], f"dataset.digest = '{frame.digest}x'") == []
