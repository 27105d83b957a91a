"""What mlflow-skinny can do, without a data science package in its environment: files, registry, nested runs."""

import uuid

import mlflow


def test_texts_and_dictionaries_go_up_and_come_back(client, experiment):
    with mlflow.start_run() as run:
        mlflow.log_text("grüße", "notes/hello.txt")
        mlflow.log_dict({"a": [1, 2.5, None]}, "config.json")
        with mlflow.start_run(nested=True) as child:
            mlflow.log_metric("m", 1)
    assert [f.path for f in client.list_artifacts(run.info.run_id)] == ["config.json", "notes"]
    assert mlflow.artifacts.load_text(f"{run.info.artifact_uri}/notes/hello.txt") == "grüße"
    assert mlflow.artifacts.load_dict(f"runs:/{run.info.run_id}/config.json") == {"a": [1, 2.5, None]}
    assert client.get_run(child.info.run_id).data.tags["mlflow.parentRunId"] == run.info.run_id


def test_versions_are_registered_and_told_apart(client, experiment):
    name = f"bare-{uuid.uuid4().hex[:8]}"
    run_id = client.create_run(experiment).info.run_id
    client.log_text(run_id, "flavors: {}", "model/MLmodel")
    client.create_registered_model(name, tags={"team": "edge"}, description="bare")
    for _ in range(2):
        client.create_model_version(name, f"runs:/{run_id}/model", run_id)
    client.set_registered_model_alias(name, "champion", "2")
    client.set_model_version_tag(name, "1", "checked", "no")
    assert client.get_model_version_by_alias(name, "champion").version == "2"
    assert client.get_model_version(name, "1").tags == {"checked": "no"}
    assert client.get_registered_model(name).aliases == {"champion": "2"}
    [found] = client.search_registered_models(f"name = '{name}'")
    assert (found.description, found.tags) == ("bare", {"team": "edge"})
    assert client.get_model_version_download_uri(name, "1").endswith("/model")
