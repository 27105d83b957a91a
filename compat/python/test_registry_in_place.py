"""The registry of a database that the Python server made, opened in place by ours, extended, and given back."""

import json
import time

import mlflow
import pytest
import requests
from alike import answer_alike, asking, both_on, made_with
from conftest import HANG_S, OURS, THEIRS, Server
from databases import rows, share
from mlflow.entities.model_registry import PromptModelConfig
from mlflow.exceptions import MlflowException

API = "/api/2.0/mlflow"
IS_PROMPT = "tags.`mlflow.prompt.is_prompt` = 'true'"


def fill(uri):
    """Everything a registry may hold, written by the official client through the given server."""
    client = mlflow.MlflowClient(uri)
    mlflow.set_tracking_uri(uri)
    experiment = client.create_experiment("made by python")
    run = client.create_run(experiment, start_time=1).info
    logged = client.create_logged_model(experiment, name="net", source_run_id=run.run_id)
    for name, tags in (("ü 模型", {"team": "a", "b/ü c": ""}), ("second", {"team": "B"}), ("empty", {}), ("to be renamed", {"k": "v"}), ("trash", {})):
        client.create_registered_model(name, tags=tags, description=f"About {name}.\n" * 3)
    name = "ü 模型"
    client.create_model_version(name, "s3://bucket/ü", run.run_id, tags={"a": "1"}, description="first", run_link="http://host/run")
    store = client._get_registry_client().store
    store.create_model_version(name, f"models:/{logged.model_id}", model_id=logged.model_id)
    for i in range(5):
        client.create_model_version(name, f"{run.artifact_uri}/net{i}", run.run_id, tags={"i": str(i), "long": "x" * 5000})
    client.create_model_version(name, f"runs:/{run.run_id}/net", run.run_id)
    client.copy_model_version(f"models:/{name}/2", "second")
    for number, stage in (("1", "Production"), ("2", "Production"), ("3", "Staging"), ("4", "Archived")):
        client.transition_model_version_stage(name, number, stage)
    client.delete_model_version(name, "6")
    client.delete_model_version(name, "8")
    client.set_registered_model_alias(name, "champion", "2")
    client.set_registered_model_alias(name, "ü_1", "3")
    client.update_model_version(name, "5", "said later")
    client.create_model_version("to be renamed", "s3://bucket/r", tags={"r": "1"})
    client.set_registered_model_alias("to be renamed", "kept", "1")
    client.rename_registered_model("to be renamed", "renamed")
    client.create_model_version("trash", "s3://bucket/t")
    client.delete_registered_model("trash")
    client.register_prompt("greet", "Hi {{name}}", commit_message="begin", tags={"author": "ana"})
    client.register_prompt("greet", [{"role": "user", "content": "{{name}}?"}], response_format={"type": "object"}, model_config=PromptModelConfig(model_name="m", temperature=0.5))
    client.set_prompt_alias("greet", "live", 1)
    client.set_prompt_tag("greet", "kind", "both")
    # The client tags a prompt with the experiment from a thread of its own.
    deadline = time.monotonic() + HANG_S
    while "_mlflow_experiment_ids" not in client.get_prompt("greet").tags and time.monotonic() < deadline:
        time.sleep(0.05)


def questions(folder):
    """Requests that together show all there is, read from the database itself so that nothing is forgotten."""
    models = [row[0] for row in rows(folder, "SELECT name FROM registered_models ORDER BY 1")]
    versions = rows(folder, "SELECT name, version FROM model_versions ORDER BY 1, 2")
    aliases = rows(folder, "SELECT name, alias FROM registered_model_aliases ORDER BY 1, 2")
    runs = [row[0] for row in rows(folder, "SELECT DISTINCT run_id FROM model_versions ORDER BY 1")]
    for name in [*models, "nobody", "to be renamed", "trash"]:
        yield "registered-models/get", {"name": name}
        yield "registered-models/get-latest-versions", {"name": name}
        yield "registered-models/get-latest-versions", {"name": name, "stages": ["production", "None"]}
        yield "registered-models/alias", {"name": name, "alias": "latest"}
    for name, version in [*versions, ("second", 99)]:
        yield "model-versions/get", {"name": name, "version": str(version)}
        yield "model-versions/get-download-uri", {"name": name, "version": str(version)}
    for name, alias in [*aliases, ("second", "nothing")]:
        yield "registered-models/alias", {"name": name, "alias": alias}
    for where in ("", "name LIKE '%e%'", "tags.team = 'a'", "tags.team ILIKE 'b'", "tags.team != 'a'", IS_PROMPT, f"{IS_PROMPT} AND tags.kind = 'both'", "name = 'greet'", "name IN ('second', 'renamed')", "bogus = 'x'"):
        for order in ([], ["name DESC"], ["last_updated_timestamp DESC", "name"]):
            yield "registered-models/search", {"filter": where, "order_by": order}
    for where in ("", "name = 'ü 模型'", "version_number > 3", "tags.i = '2'", "tags.i LIKE '%'", "source_path LIKE 's3:%'", IS_PROMPT, f"{IS_PROMPT} AND name = 'greet'", *(f"run_id = '{run}'" for run in runs), "version_number = 'x'"):
        for order in ([], ["name", "version_number"], ["version_number DESC"], ["creation_timestamp", "name", "version_number"]):
            yield "model-versions/search", {"filter": where, "order_by": order}
    for size in (1, 2, 3):
        yield "registered-models/search", {"max_results": size}
        yield "model-versions/search", {"max_results": size}


def ask(uri, path, fields):
    response = requests.get(f"{uri}{API}/{path}", params=fields)
    if response.status_code >= 400:
        return response.status_code, response.json()["error_code"]
    return response.status_code, normalise(json.loads(response.text), ordered=path.endswith("search"))


def normalise(value, key=None, ordered=True):
    """Lists of entries with keys have no promised order, and neither has one version per stage."""
    if isinstance(value, dict):
        return {k: normalise(v, k, ordered) for k, v in value.items()}
    if isinstance(value, list):
        items = [normalise(item, None, ordered) for item in value]
        unordered = key in {"tags", "aliases", "latest_versions"} or (key == "model_versions" and not ordered)
        return sorted(items, key=lambda item: json.dumps(item, sort_keys=True)) if unordered else items
    return value


@pytest.fixture(scope="module")
def made_by_python(tmp_path_factory):
    folder = tmp_path_factory.mktemp("registry")
    made_with(THEIRS, folder, fill)
    return folder


def test_both_servers_answer_alike_on_a_registry_of_python(made_by_python, tmp_path):
    with both_on(made_by_python, tmp_path) as servers:
        asked = answer_alike(asking(servers, ask), questions(made_by_python))
    assert asked > 130


TABLES = {
    "registered_models": "workspace, name, description",
    "registered_model_tags": "workspace, name, key, value",
    "registered_model_aliases": "workspace, name, alias, version",
    "model_versions": "workspace, name, version, description, user_id, current_stage, source, run_id, status, status_message, run_link, storage_location",
    "model_version_tags": "workspace, name, version, key, value",
}


def contents(folder, replacements):
    """All rows of the registry but their times, with what differs by chance under one name."""
    found = {}
    for table, columns in TABLES.items():
        quoted = ", ".join(f"{table}.{column}" for column in columns.split(", "))
        text = json.dumps([[str(value) if value is not None else None for value in row] for row in rows(folder, f"SELECT {quoted} FROM {table}")])
        for actual, name in replacements.items():
            text = text.replace(actual, name)
        found[table] = sorted(json.loads(text), key=str)
    tags = rows(folder, "SELECT tag_value FROM logged_model_tags WHERE tag_key = 'mlflow.modelVersions'")
    return found | {"logged_model_tags": [list(row) for row in tags]}


def test_we_write_the_rows_that_python_would_have_written(made_by_python, tmp_path):
    folder = tmp_path / "ours"
    folder.mkdir()
    (folder / "mlartifacts").mkdir()
    ours = Server(OURS, folder)
    fill(ours.uri)
    assert ours.stop() == 0

    def ids(of):
        [(run,)] = rows(of, "SELECT run_uuid FROM runs")
        [(model,)] = rows(of, "SELECT model_id FROM logged_models")
        return {run: "<run>", model: "<model>"}

    assert contents(folder, ids(folder)) == contents(made_by_python, ids(made_by_python))


def test_python_reads_and_extends_the_registry_that_we_extended(made_by_python, tmp_path):
    folder = share(made_by_python, tmp_path / "both")
    ours = Server(OURS, folder)
    client = mlflow.MlflowClient(ours.uri)
    mlflow.set_tracking_uri(ours.uri)
    name = "ü 模型"
    assert int(client.create_model_version(name, "s3://bucket/by ours", tags={"by": "ours"}).version) == 9
    client.set_registered_model_alias(name, "champion", "9")
    client.transition_model_version_stage(name, "9", "Production", archive_existing_versions=True)
    client.delete_model_version(name, "3")
    client.set_registered_model_tag(name, "by", "ours")
    client.create_registered_model("by ours", tags={"k": "v"})
    client.copy_model_version(f"models:/{name}/9", "by ours")
    client.rename_registered_model("renamed", "renamed by ours")
    client.delete_registered_model("empty")
    client.register_prompt("greet", "By ours {{x}}")
    client.set_prompt_alias("greet", "live", 3)
    client.register_prompt("prompt-by-ours", "text")
    assert ours.stop() == 0

    theirs = Server(THEIRS, folder)
    try:
        client = mlflow.MlflowClient(theirs.uri)
        mlflow.set_tracking_uri(theirs.uri)
        got = client.get_registered_model(name)
        assert (got.aliases, got.tags["by"]) == ({"champion": "9"}, "ours")
        assert {int(v.version): v.current_stage for v in client.search_model_versions(f"name = '{name}'")} == {1: "Archived", 2: "Archived", 4: "Archived", 5: "None", 7: "None", 9: "Production"}
        assert client.get_model_version_by_alias(name, "champion").tags == {"by": "ours"}
        assert client.get_model_version_download_uri("by ours", "1") == "s3://bucket/by ours"
        assert client.get_model_version_by_alias("renamed by ours", "kept").tags == {"r": "1"}
        with pytest.raises(MlflowException):
            client.get_registered_model("empty")
        assert client.load_prompt("prompts:/greet@live").template == "By ours {{x}}"
        assert [p.name for p in client.search_prompts()] == ["greet", "prompt-by-ours"]
        assert [m.name for m in client.search_registered_models()] == ["by ours", "renamed by ours", "second", name]
        assert int(client.create_model_version(name, "s3://bucket/by python").version) == 10
        client.delete_model_version(name, "9")
        client.rename_registered_model("renamed by ours", "renamed back")
        client.register_prompt("greet", "By python")
    finally:
        theirs.stop()

    ours = Server(OURS, folder)
    client = mlflow.MlflowClient(ours.uri)
    mlflow.set_tracking_uri(ours.uri)
    assert client.get_registered_model(name).aliases == {}
    assert int(client.create_model_version(name, "s3://bucket/again").version) == 11
    assert client.get_model_version_by_alias("renamed back", "kept").source == "s3://bucket/r"
    assert client.load_prompt("prompts:/greet/4").template == "By python"
    assert ours.stop() == 0
