"""The official Databricks SDK, unmodified, for the calls that open MLflow has too."""

import json
import math
import time

import pytest
from databricks.sdk import WorkspaceClient
from databricks.sdk.core import Config
from databricks.sdk.errors import BadRequest, NotFound, ResourceAlreadyExists
from databricks.sdk.service import ml


@pytest.fixture(scope="module")
def workspace(uri):
    # The SDK insists on credentials; the server asks for none here.
    return WorkspaceClient(config=Config(host=uri, token="unused", auth_type="pat", retry_timeout_seconds=5))


@pytest.fixture
def experiments(workspace):
    return workspace.experiments


@pytest.fixture
def registry(workspace):
    return workspace.model_registry


@pytest.fixture
def experiment_id(experiments, unique):
    tags = [ml.ExperimentTag(key="team", value="platform")]
    return experiments.create_experiment(f"sdk {unique}", tags=tags).experiment_id


@pytest.fixture
def run_id(experiments, experiment_id):
    return experiments.create_run(
        experiment_id=experiment_id, run_name="from the SDK", start_time=1_700_000_000_123
    ).run.info.run_id


def test_experiments_live_die_and_come_back(experiments, experiment_id, unique):
    experiment = experiments.get_experiment(experiment_id).experiment
    assert (experiment.name, experiment.lifecycle_stage) == (f"sdk {unique}", "active")
    assert [(t.key, t.value) for t in experiment.tags] == [("team", "platform")]
    experiments.set_experiment_tag(experiment_id, "lang", "python")
    experiments.update_experiment(experiment_id, new_name=f"sdk renamed {unique}")
    found = experiments.get_by_name(f"sdk renamed {unique}").experiment
    assert found.experiment_id == experiment_id and len(found.tags) == 2
    experiments.delete_experiment(experiment_id)
    assert experiments.get_experiment(experiment_id).experiment.lifecycle_stage == "deleted"
    experiments.restore_experiment(experiment_id)
    assert experiments.get_experiment(experiment_id).experiment.lifecycle_stage == "active"


def test_experiments_are_searched_over_all_pages(experiments, unique):
    for index in range(5):
        experiments.create_experiment(f"paged {unique} {index}")
    found = experiments.search_experiments(
        filter=f"name LIKE 'paged {unique}%'", max_results=2, order_by=["name ASC"], view_type=ml.ViewType.ACTIVE_ONLY
    )
    assert [e.name for e in found] == [f"paged {unique} {index}" for index in range(5)]


def test_errors_arrive_as_the_sdks_own(experiments, unique):
    experiments.create_experiment(f"taken {unique}")
    with pytest.raises(ResourceAlreadyExists, match=unique):
        experiments.create_experiment(f"taken {unique}")
    with pytest.raises(NotFound):
        experiments.get_run("0" * 32)


def test_a_run_keeps_what_is_logged(experiments, run_id):
    experiments.log_metric(key="loss", value=0.5, timestamp=1_700_000_000_200, run_id=run_id, step=0)
    experiments.log_param(key="alpha", value="0.1", run_id=run_id)
    experiments.set_tag(key="stage", value="draft", run_id=run_id)
    experiments.set_tag(key="gone", value="soon", run_id=run_id)
    experiments.delete_tag(run_id, "gone")
    experiments.log_batch(
        run_id=run_id,
        metrics=[ml.Metric(key="loss", value=1 / step, timestamp=1_700_000_000_200 + step, step=step) for step in range(1, 100)],
        params=[ml.Param(key="beta", value="2")],
        tags=[ml.RunTag(key="batch", value="ja")],
    )
    experiments.log_inputs(
        run_id,
        datasets=[ml.DatasetInput(dataset=ml.Dataset(name="d", digest="1", source_type="local", source="{}"))],
    )
    experiments.log_model(
        run_id=run_id,
        model_json=json.dumps(
            {"artifact_path": "model", "flavors": {}, "run_id": run_id, "utc_time_created": "2026-01-01 00:00:00"}
        ),
    )
    experiments.update_run(run_id=run_id, status=ml.UpdateRunStatus.FINISHED, end_time=1_700_000_009_999)
    run = experiments.get_run(run_id).run
    assert (run.info.run_name, run.info.status, run.info.end_time) == (
        "from the SDK",
        ml.RunInfoStatus.FINISHED,
        1_700_000_009_999,
    )
    assert {p.key: p.value for p in run.data.params} == {"alpha": "0.1", "beta": "2"}
    tags = {t.key: t.value for t in run.data.tags}
    assert (tags["stage"], tags["batch"]) == ("draft", "ja") and "gone" not in tags
    assert run.inputs.dataset_inputs[0].dataset.name == "d"
    history = list(experiments.get_history("loss", run_id=run_id, max_results=30))
    assert len(history) == 100 and math.isclose(history[-1].value, 1 / 99)


def test_runs_are_searched_deleted_and_restored(experiments, experiment_id):
    for index in range(7):
        run_id = experiments.create_run(experiment_id=experiment_id).run.info.run_id
        experiments.log_metric(key="score", value=index, timestamp=index, run_id=run_id)
    ordered = list(
        experiments.search_runs(
            experiment_ids=[experiment_id], filter="metrics.score > 1", order_by=["metrics.score DESC"], max_results=2
        )
    )
    assert [run.data.metrics[0].value for run in ordered] == [6, 5, 4, 3, 2]
    experiments.delete_run(ordered[0].info.run_id)
    assert len(list(experiments.search_runs(experiment_ids=[experiment_id]))) == 6
    experiments.restore_run(ordered[0].info.run_id)
    assert len(list(experiments.search_runs(experiment_ids=[experiment_id]))) == 7


def test_artifacts_are_listed(experiments, run_id):
    assert list(experiments.list_artifacts(run_id=run_id)) == []


def test_logged_models_are_made_finished_tagged_and_found(experiments, experiment_id, run_id):
    model = experiments.create_logged_model(
        experiment_id,
        name="sdk-model",
        source_run_id=run_id,
        params=[ml.LoggedModelParameter(key="depth", value="3")],
        tags=[ml.LoggedModelTag(key="kind", value="tree")],
    ).model
    model_id = model.info.model_id
    experiments.log_logged_model_params(model_id, params=[ml.LoggedModelParameter(key="more", value="4")])
    experiments.finalize_logged_model(model_id, ml.LoggedModelStatus.LOGGED_MODEL_READY)
    experiments.set_logged_model_tags(model_id, tags=[ml.LoggedModelTag(key="extra", value="1")])
    experiments.delete_logged_model_tag(model_id, "kind")
    experiments.log_outputs(run_id, models=[ml.ModelOutput(model_id=model_id, step=5)])
    found = experiments.get_logged_model(model_id).model
    assert found.info.status == ml.LoggedModelStatus.LOGGED_MODEL_READY
    assert [(t.key, t.value) for t in found.info.tags] == [("extra", "1")]
    assert {p.key for p in found.data.params} == {"depth", "more"}
    listed = experiments.search_logged_models(experiment_ids=[experiment_id], filter="name = 'sdk-model'").models
    assert [m.info.model_id for m in listed] == [model_id]
    experiments.delete_logged_model(model_id)
    assert not experiments.search_logged_models(experiment_ids=[experiment_id]).models


def test_models_and_versions_are_registered_tagged_and_found(registry, run_id, unique):
    name = f"sdk-{unique}"
    registry.create_model(name, description="first", tags=[ml.ModelTag(key="owner", value="ada")])
    version = registry.create_model_version(name, f"runs:/{run_id}/model", run_id=run_id).model_version
    assert version.version == "1"
    registry.update_model(name, description="second")
    registry.update_model_version(name, "1", description="the first")
    registry.set_model_tag(name, "k", "v")
    registry.set_model_version_tag(name, "1", "kv", "vv")
    found = registry.get_model_version(name, "1").model_version
    assert (found.description, found.run_id) == ("the first", run_id)
    assert [(t.key, t.value) for t in found.tags] == [("kv", "vv")]
    assert registry.get_model_version_download_uri(name, "1").artifact_uri.endswith("/model")
    assert [v.version for v in registry.get_latest_versions(name)] == ["1"]
    assert [m.description for m in registry.search_models(filter=f"name = '{name}'")] == ["second"]
    assert [v.version for v in registry.search_model_versions(filter=f"name = '{name}'")] == ["1"]
    registry.delete_model_tag(name, "k")
    registry.delete_model_version_tag(name, "1", "kv")
    registry.rename_model(name, new_name=f"{name}-renamed")
    registry.delete_model_version(f"{name}-renamed", "1")
    registry.delete_model(f"{name}-renamed")
    assert list(registry.search_models(filter=f"name LIKE '{name}%'")) == []


def test_a_refusal_that_lasts_is_not_retried(experiments):
    begun = time.monotonic()
    with pytest.raises(BadRequest):
        list(experiments.search_experiments(filter="nonsense ===", max_results=5))
    assert time.monotonic() - begun < 30
