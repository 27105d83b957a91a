"""The model registry through the official client: from a trained model to a version, an alias, and back to predictions."""

import threading
import time
import uuid

import mlflow
import numpy as np
import pytest
import requests
from conftest import OURS, Server
from mlflow.entities.model_registry import ModelVersionTag, RegisteredModelTag
from mlflow.exceptions import MlflowException, RestException
from mlflow.models import infer_signature
from sklearn.linear_model import LinearRegression


class Doubler(mlflow.pyfunc.PythonModel):
    def __init__(self, factor):
        self.factor = factor

    def predict(self, context, model_input: list[int]) -> list[int]:
        return [self.factor * value for value in model_input]


@pytest.fixture
def name(client):
    return f"model {uuid.uuid4().hex}"


def log_model(factor, **options):
    with mlflow.start_run() as run:
        info = mlflow.pyfunc.log_model(name="net", python_model=Doubler(factor), **options)
    return run.info.run_id, info



class Refused:
    """The client raised an error with this code."""

    def __init__(self, code):
        self.code = code

    def __enter__(self):
        return self

    def __exit__(self, kind, error, _):
        assert isinstance(error, MlflowException), f"nothing was refused with {self.code}"
        assert error.error_code == self.code, error
        self.message = str(error)
        return True


def test_a_model_is_registered_while_it_is_logged_and_loaded_by_version_stage_and_alias(client, experiment, name):
    first, info = log_model(2, registered_model_name=name)
    assert int(info.registered_model_version) == 1
    second, _ = log_model(3, registered_model_name=name)
    client.set_registered_model_alias(name, "champion", "1")
    client.transition_model_version_stage(name, "2", "Staging")

    def loaded(suffix):
        return mlflow.pyfunc.load_model(f"models:/{name}{suffix}").predict([1, 2])

    assert loaded("/1") == loaded("@champion") == [2, 4]
    assert loaded("/2") == loaded("/latest") == loaded("/Staging") == loaded("@latest") == [3, 6]
    client.set_registered_model_alias(name, "champion", "2")
    assert loaded("@champion") == [3, 6]

    assert {int(v.version): v.run_id for v in client.search_model_versions(f"name = '{name}'")} == {1: first, 2: second}
    assert client.get_model_version(name, "2").aliases == ["champion"]
    assert client.get_registered_model(name).aliases == {"champion": "2"}


def test_lineage_goes_from_run_to_logged_model_to_version(client, experiment, name):
    run_id, info = log_model(2)
    version = mlflow.register_model(f"models:/{info.model_id}", name, tags={"by": "model"})
    assert (int(version.version), version.run_id, version.status, version.tags) == (1, run_id, "READY", {"by": "model"})
    logged = client.get_logged_model(info.model_id)
    assert f'"name": "{name}"' in logged.tags["mlflow.modelVersions"]
    assert client.get_model_version_download_uri(name, "1") == logged.artifact_location
    assert [v.name for v in client.search_model_versions(f"run_id = '{run_id}'")] == [name]
    # A run's path leads to the model that the run has logged under this name.
    again = mlflow.register_model(f"runs:/{run_id}/net", name)
    assert int(again.version) == 2
    assert client.get_model_version(name, "2").run_id == run_id
    assert mlflow.pyfunc.load_model(f"models:/{name}/2").predict([5]) == [10]
    assert int(client.get_model_version_by_alias(name, "latest").version) == 2


def test_a_model_saved_among_a_runs_artifacts_is_registered(client, experiment, name, tmp_path):
    features = np.arange(6).reshape(-1, 1)
    fitted = LinearRegression().fit(features, 2 * features)
    mlflow.sklearn.save_model(fitted, tmp_path / "saved", signature=infer_signature(features, fitted.predict(features)))
    with mlflow.start_run() as run:
        mlflow.log_artifacts(tmp_path / "saved", "saved")
    version = mlflow.register_model(f"runs:/{run.info.run_id}/saved", name)
    assert version.source == f"{run.info.artifact_uri}/saved"
    np.testing.assert_allclose(mlflow.sklearn.load_model(f"models:/{name}/1").predict(features), fitted.predict(features))
    downloaded = mlflow.artifacts.download_artifacts(f"models:/{name}/1/MLmodel", dst_path=str(tmp_path / "down"))
    assert "sklearn" in open(downloaded).read()
    page = requests.get(f"{client.tracking_uri}/model-versions/get-artifact", params={"name": name, "version": "1", "path": "MLmodel"})
    assert page.status_code == 200 and page.text == open(downloaded).read()


def test_a_version_is_copied_to_another_model(client, experiment, name):
    run_id, _ = log_model(4, registered_model_name=name)
    client.set_model_version_tag(name, "1", "checked", "yes")
    client.update_model_version(name, "1", "the first")
    for source in (f"models:/{name}/1", f"models:/{name}@latest"):
        copy = client.copy_model_version(source, f"{name} copied")
    assert (int(copy.version), copy.source, copy.run_id, copy.description, copy.tags) == (2, f"models:/{name}/1", run_id, "the first", {"checked": "yes"})
    assert mlflow.pyfunc.load_model(f"models:/{name} copied/2").predict([1]) == [4]
    assert client.get_model_version_download_uri(f"{name} copied", "2") == client.get_model_version_download_uri(name, "1")
    # A copy of a copy leads to the same files, also once the original is gone.
    client.copy_model_version(f"models:/{name} copied/2", f"{name} copied twice")
    client.delete_model_version(name, "1")
    assert mlflow.pyfunc.load_model(f"models:/{name} copied twice/1").predict([1]) == [4]
    with pytest.raises(MlflowException, match="RESOURCE_DOES_NOT_EXIST"):
        client.copy_model_version(f"models:/{name}/1", f"{name} again")


def test_a_registered_model_lives(client, name):
    made = client.create_registered_model(name, tags={"team": "a", "ü/b c": "ö"}, description="Said *what* it does.\n" * 50)
    assert (made.name, made.tags, made.latest_versions) == (name, {"team": "a", "ü/b c": "ö"}, [])
    assert abs(made.creation_timestamp - time.time() * 1000) < 60_000
    with Refused("RESOURCE_ALREADY_EXISTS") as error:
        client.create_registered_model(name)
    assert name in error.message
    client.set_registered_model_tag(name, "team", "b")
    client.delete_registered_model_tag(name, "ü/b c")
    client.delete_registered_model_tag(name, "ü/b c")
    updated = client.update_registered_model(name, "short")
    assert updated.description == "short"
    assert updated.last_updated_timestamp >= made.last_updated_timestamp
    client.create_model_version(name, "s3://bucket/a")
    client.set_registered_model_alias(name, "best", "1")
    client.set_model_version_tag(name, "1", "k", "v")
    client.rename_registered_model(name, f"{name} renamed")
    with Refused("RESOURCE_DOES_NOT_EXIST"):
        client.get_registered_model(name)
    got = client.get_registered_model(f"{name} renamed")
    assert (got.tags, got.aliases, got.description) == ({"team": "b"}, {"best": "1"}, "short")
    assert client.get_model_version(f"{name} renamed", "1").tags == {"k": "v"}
    assert client.get_model_version_by_alias(f"{name} renamed", "best").source == "s3://bucket/a"
    client.create_registered_model(name)
    with Refused("RESOURCE_ALREADY_EXISTS"):
        client.rename_registered_model(name, f"{name} renamed")
    client.delete_registered_model(f"{name} renamed")
    with Refused("RESOURCE_DOES_NOT_EXIST"):
        client.get_model_version(f"{name} renamed", "1")
    with Refused("RESOURCE_DOES_NOT_EXIST"):
        client.delete_registered_model(f"{name} renamed")
    assert client.search_model_versions(f"name = '{name} renamed'") == []


def test_versions_move_through_stages(client, name):
    client.create_registered_model(name)
    for i in range(4):
        client.create_model_version(name, f"s3://bucket/{i}")
    client.transition_model_version_stage(name, "1", "production")
    client.transition_model_version_stage(name, "2", "Production")
    client.transition_model_version_stage(name, "3", "Staging")
    moved = client.transition_model_version_stage(name, "3", "Production", archive_existing_versions=True)
    assert moved.current_stage == "Production"
    assert {int(v.version): v.current_stage for v in client.search_model_versions(f"name = '{name}'")} == {1: "Archived", 2: "Archived", 3: "Production", 4: "None"}

    def latest(*stages):
        return sorted((v.current_stage, int(v.version)) for v in client.get_latest_versions(name, list(stages) or None))

    assert latest() == [("Archived", 2), ("None", 4), ("Production", 3)]
    assert latest("Production", "staging") == [("Production", 3)]
    assert sorted((v.current_stage, int(v.version)) for v in client.get_registered_model(name).latest_versions) == latest()
    for stage, archive in (("Archived", True), ("Retired", False)):
        with Refused("INVALID_PARAMETER_VALUE"):
            client.transition_model_version_stage(name, "4", stage, archive_existing_versions=archive)
    with Refused("INVALID_PARAMETER_VALUE"):
        client.get_latest_versions(name, ["Retired"])


def test_a_deleted_versions_number_is_not_given_again(client, name):
    client.create_registered_model(name)
    for i in range(3):
        client.create_model_version(name, f"s3://bucket/{i}", tags={"i": str(i)}, description=f"number {i}")
    client.set_registered_model_alias(name, "gone", "3")
    client.set_registered_model_alias(name, "stays", "1")
    client.delete_model_version(name, "3")
    with Refused("RESOURCE_DOES_NOT_EXIST"):
        client.get_model_version(name, "3")
    with Refused("RESOURCE_DOES_NOT_EXIST"):
        client.delete_model_version(name, "3")
    with Refused("RESOURCE_DOES_NOT_EXIST"):
        client.set_registered_model_alias(name, "back", "3")
    with Refused("INVALID_PARAMETER_VALUE"):
        client.get_model_version_by_alias(name, "gone")
    assert client.get_registered_model(name).aliases == {"stays": "1"}
    assert [int(v.version) for v in client.search_model_versions(f"name = '{name}'", order_by=["version_number"])] == [1, 2]
    assert client.search_model_versions(f"name = '{name}' AND tags.i = '2'") == []
    assert int(client.create_model_version(name, "s3://bucket/next").version) == 4


@pytest.fixture(scope="module")
def shelf(server):
    """Models that the searches below go through, under a prefix of their own."""
    mlflow.set_tracking_uri(server.uri)
    client = mlflow.MlflowClient(server.uri)
    prefix = uuid.uuid4().hex
    for i in range(12):
        name = f"{prefix}-{'abc'[i % 3]}{i:02}"
        client.create_registered_model(name, tags={"kind": "Tree" if i % 2 else "net", "i": str(i), **({"with space": "ü"} if i > 9 else {})})
        for j in range(i % 3):
            client.create_model_version(name, f"s3://bucket/{prefix}/{j}", run_id=f"{i:032x}", tags={"j": str(j)}, description="")
    return client, prefix


def numbers(found):
    return [int(model.name[-2:]) for model in found]


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ("tags.kind = 'net'", [0, 2, 4, 6, 8, 10]),
        ("tags.kind != 'net'", [1, 3, 5, 7, 9, 11]),
        ("tags.kind LIKE 't%'", []),
        ("tags.kind ILIKE 't%'", [1, 3, 5, 7, 9, 11]),
        ("tag.`with space` = 'ü'", [10, 11]),
        ("tags.kind = 'net' AND tags.i != '4' and tags.i ILIKE '_'", [0, 2, 6, 8]),
        ("tags.absent != 'x'", []),
        ("name LIKE '%-a%'", [0, 3, 6, 9]),
        ("name ILIKE '%-A0%'", [0, 3, 6, 9]),
        ("name LIKE '%-A%'", []),
    ],
)
def test_registered_models_are_searched(shelf, where, expected):
    client, prefix = shelf
    found = client.search_registered_models(f"name LIKE '{prefix}%' AND {where}")
    assert sorted(numbers(found)) == expected


def test_registered_models_are_searched_by_names_and_ordered(shelf):
    client, prefix = shelf
    ours = f"name LIKE '{prefix}%'"
    assert numbers(client.search_registered_models(ours)) == [0, 3, 6, 9, 1, 4, 7, 10, 2, 5, 8, 11]
    assert numbers(client.search_registered_models(ours, order_by=["name DESC"])) == [11, 8, 5, 2, 10, 7, 4, 1, 9, 6, 3, 0]
    by_time = client.search_registered_models(ours, order_by=["last_updated_timestamp DESC", "name"])
    times = [model.last_updated_timestamp for model in by_time]
    assert times == sorted(times, reverse=True)
    assert numbers(client.search_registered_models(f"name = '{prefix}-a03'")) == [3]
    assert numbers(client.search_registered_models(f"name IN ('{prefix}-a03', '{prefix}-b01', 'x')")) == [3, 1]
    assert numbers(client.search_registered_models(f"{ours} AND name NOT IN ('{prefix}-a03', '{prefix}-b01') AND tags.i LIKE '_'")) == [0, 6, 9, 4, 7, 2, 5, 8]
    [model] = client.search_registered_models(f"name = '{prefix}-c11'")
    assert (model.tags["i"], [int(v.version) for v in model.latest_versions]) == ("11", [2])


def test_versions_are_searched(shelf):
    client, prefix = shelf
    ours = f"name LIKE '{prefix}%'"

    def found(where, **options):
        return [(int(v.name[-2:]), int(v.version)) for v in client.search_model_versions(where, **options)]

    everything = found(ours, order_by=["name", "version_number"])
    assert everything == [(1, 1), (4, 1), (7, 1), (10, 1), (2, 1), (2, 2), (5, 1), (5, 2), (8, 1), (8, 2), (11, 1), (11, 2)]
    assert found(f"{ours} AND version_number > 1", order_by=["name"]) == [(2, 2), (5, 2), (8, 2), (11, 2)]
    assert found(f"{ours} AND version_number = '1' AND tags.j = '0'", order_by=["name DESC"]) == [(11, 1), (8, 1), (5, 1), (2, 1), (10, 1), (7, 1), (4, 1), (1, 1)]
    assert found(f"run_id = '{5:032x}' AND {ours}") in ([(5, 2), (5, 1)], [(5, 1), (5, 2)])
    assert found(f"{ours} AND run_id IN ('{5:032x}', '{1:032x}')", order_by=["name", "version_number DESC"]) == [(1, 1), (5, 2), (5, 1)]
    assert found(f"source_path = 's3://bucket/{prefix}/1'", order_by=["name"]) == [(2, 2), (5, 2), (8, 2), (11, 2)]
    assert found(f"source_path LIKE 's3://bucket/{prefix}/%' AND name = '{prefix}-c02'", order_by=["creation_timestamp", "version_number"]) == [(2, 1), (2, 2)]
    assert found(f"{ours} AND version_number < 1") == []


def test_pages_hold_everything_once(shelf):
    client, prefix = shelf
    for search, total in ((client.search_registered_models, 12), (client.search_model_versions, 12)):
        for size in (1, 5, 12, 13):
            token, found = None, []
            while True:
                page = search(f"name LIKE '{prefix}%'", max_results=size, page_token=token)
                assert len(page) <= size
                found += [(item.name, getattr(item, "version", None)) for item in page]
                token = page.token
                if not token:
                    break
            assert len(found) == len(set(found)) == total
    assert len(mlflow.search_registered_models(filter_string=f"name LIKE '{prefix}%'")) == 12
    assert len(mlflow.search_model_versions(filter_string=f"name LIKE '{prefix}%'")) == 12


@pytest.mark.parametrize("where", ["name", "name = x", "bogus = 'x'", "tags.a > 'x'", "name = 'a' OR name = 'b'", "name IS NULL", "creation_timestamp > 5", "name IN ()"])
def test_a_filter_that_is_none_is_refused(client, where):
    for search in (client.search_registered_models, client.search_model_versions):
        with Refused("INVALID_PARAMETER_VALUE"):
            search(where)


def test_what_cannot_be_is_refused_with_the_codes_that_clients_know(client, experiment, name):
    for bad in ("a/b", "a:b", " ", ".."):
        with Refused("INVALID_PARAMETER_VALUE"):
            client.create_registered_model(bad)
    client.create_registered_model(name)
    client.create_model_version(name, "s3://bucket/a")
    for alias in ("latest", "LATEST", "v1", "a b", "a/b"):
        with Refused("INVALID_PARAMETER_VALUE"):
            client.set_registered_model_alias(name, alias, "1")
    with Refused("INVALID_PARAMETER_VALUE"):
        client.get_model_version_by_alias(name, "unknown")
    client.delete_registered_model_alias(name, "unknown")
    for number in ("x", "1.5"):
        with Refused("INVALID_PARAMETER_VALUE"):
            client.get_model_version(name, number)
    for source in ("/etc", "file:///etc", "http://127.0.0.1/x", "mlflow-artifacts:/x", "s3://bucket/../x", "relative"):
        with Refused("INVALID_PARAMETER_VALUE"):
            client.create_model_version(name, source)
    with Refused("INVALID_PARAMETER_VALUE"):
        client.set_registered_model_tag(name, "k", "v" * 100_001)
    with Refused("RESOURCE_DOES_NOT_EXIST"):
        client.set_model_version_tag(name, "9", "k", "v")
    client.set_model_version_tag(name, "1", "k", "v" * 50_000)
    assert len(client.get_model_version(name, "1").tags["k"]) == 50_000


def test_of_racing_creates_exactly_one_wins_and_versions_count_without_gaps(client, name):
    outcomes, numbers = [], []
    start = threading.Barrier(8)

    def create():
        start.wait()
        try:
            mlflow.MlflowClient(client.tracking_uri).create_registered_model(name)
            outcomes.append("made")
        except RestException as error:
            outcomes.append(error.error_code)
        numbers.append(int(mlflow.MlflowClient(client.tracking_uri).create_model_version(name, "s3://bucket/a").version))

    threads = [threading.Thread(target=create) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["RESOURCE_ALREADY_EXISTS"] * 7 + ["made"]
    assert sorted(numbers) == list(range(1, 9))


def test_tags_given_as_entities_and_deployment_jobs_are_taken(client, name):
    store = client._get_registry_client().store
    made = store.create_registered_model(name, [RegisteredModelTag("a", "1")], "about", deployment_job_id="77")
    assert made.tags == {"a": "1"}
    assert store.update_registered_model(name, "more", deployment_job_id="78").description == "more"
    version = store.create_model_version(name, "s3://bucket/a", tags=[ModelVersionTag("b", "2")], run_link="http://host/run")
    assert (version.tags, version.run_link) == ({"b": "2"}, "http://host/run")


@pytest.mark.server
def test_two_servers_on_one_database_count_and_archive_as_one(tmp_path):
    (tmp_path / "mlartifacts").mkdir()
    servers = [Server(OURS, tmp_path) for _ in range(2)]
    clients = [mlflow.MlflowClient(server.uri) for server in servers]
    outcomes, failures = [], []

    def on_both(work, times=6):
        start = threading.Barrier(2 * times)

        def run(client, i):
            start.wait()
            try:
                outcomes.append(work(client, i))
            except MlflowException as error:
                failures.append(error.error_code)

        threads = [threading.Thread(target=run, args=(client, i)) for client in clients for i in range(times)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        found = (list(outcomes), list(failures))
        outcomes.clear()
        failures.clear()
        return found

    try:
        made, refused = on_both(lambda client, i: client.create_registered_model("one").name)
        assert (made, set(refused)) == (["one"], {"RESOURCE_ALREADY_EXISTS"})
        numbers, refused = on_both(lambda client, i: int(client.create_model_version("one", f"s3://bucket/{i}").version))
        assert (sorted(numbers), refused) == (list(range(1, 13)), [])
        _, refused = on_both(lambda client, i: client.transition_model_version_stage("one", str(i + 1), "Production", archive_existing_versions=True))
        assert refused == []
        stages = [v.current_stage for v in clients[0].search_model_versions("name = 'one'")]
        assert stages.count("Production") == 1
        _, refused = on_both(lambda client, i: client.set_registered_model_alias("one", "best", str(i + 1)))
        assert refused == []
        # What is deleted in between is missing, and never a failure of the server.
        _, refused = on_both(lambda client, i: client.delete_registered_model("one") if i == 3 else client.create_model_version("one", "s3://bucket/late"))
        assert set(refused) <= {"RESOURCE_DOES_NOT_EXIST"}
        assert clients[1].search_model_versions("name = 'one'") == []
    finally:
        assert [server.stop() for server in servers] == [0, 0]
