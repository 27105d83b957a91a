"""Workspaces with the official client: what each holds is its own, beside the Python server and on each other's databases."""

import json

import mlflow
import pytest
import requests
from alike import answer_alike, asking, both_on
from conftest import OURS, THEIRS, Server
from databases import rows, share
from mlflow.exceptions import MlflowException

pytestmark = pytest.mark.since("3.17")

ON = " --enable-workspaces"


@pytest.fixture(autouse=True)
def no_workspace_left():
    yield
    while mlflow.active_run():
        mlflow.end_run()
    mlflow.set_workspace(None)


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    server = Server(OURS + ON, tmp_path_factory.mktemp("workspaces"))
    yield server
    assert server.stop() == 0, server.output()


def fill(uri):
    """The same names in two workspaces and in the default one; each with runs, files, a model and a prompt of its own."""
    mlflow.set_tracking_uri(uri)
    mlflow.set_workspace(None)
    mlflow.create_workspace("team-a", description="A")
    mlflow.create_workspace("team-b", default_artifact_root="mlflow-artifacts:/of-b")
    made = {}
    for name in ("default", "team-a", "team-b"):
        mlflow.set_workspace(name)
        experiment = mlflow.set_experiment("same name")
        with mlflow.start_run(run_name=f"run of {name}") as run:
            mlflow.log_params({"workspace": name})
            mlflow.log_metric("loss", len(name))
            mlflow.log_text(f"written in {name}", "note.txt")
            model = mlflow.initialize_logged_model(name="net")
            mlflow.finalize_logged_model(model.model_id, "READY")
        client = mlflow.MlflowClient()
        client.create_registered_model("model", tags={"workspace": name})
        client.create_model_version("model", f"{run.info.artifact_uri}/note.txt", run.info.run_id, tags={"workspace": name})
        client.set_registered_model_alias("model", "best", 1)
        mlflow.genai.register_prompt("prompt", f"Say {name}")
        made[name] = {"experiment": experiment.experiment_id, "run": run.info.run_id, "model": model.model_id, "uri": run.info.artifact_uri}
    mlflow.set_workspace(None)
    return made


def test_each_workspace_holds_its_own(shared):
    made = fill(shared.uri)
    assert {w.name for w in mlflow.list_workspaces()} >= {"default", "team-a", "team-b"}
    assert (mlflow.get_workspace("team-a").description, mlflow.get_workspace("team-b").default_artifact_root) == ("A", "mlflow-artifacts:/of-b")
    for name, own in made.items():
        mlflow.set_workspace(name)
        client = mlflow.MlflowClient()
        assert client.get_experiment_by_name("same name").experiment_id == own["experiment"]
        assert client.get_experiment(own["experiment"]).workspace == name
        found = client.search_runs([each["experiment"] for each in made.values()])
        assert [(run.info.run_id, run.data.params, run.data.metrics) for run in found] == [(own["run"], {"workspace": name}, {"loss": len(name)})]
        assert mlflow.artifacts.load_text(f"runs:/{own['run']}/note.txt") == f"written in {name}"
        assert [file.path for file in client.list_artifacts(own["run"])] == ["note.txt"]
        assert [each.model_id for each in client.search_logged_models([each["experiment"] for each in made.values()])] == [own["model"]]
        assert client.get_registered_model("model").tags == {"workspace": name}
        assert [version.run_id for version in client.search_model_versions()] == [own["run"]]
        assert client.get_model_version_by_alias("model", "best").tags["workspace"] == name
        assert mlflow.genai.load_prompt("prompt", version=1).template == f"Say {name}"
        for other in set(made) - {name}:
            for ask in (
                lambda: client.get_run(made[other]["run"]),
                lambda: client.get_experiment(made[other]["experiment"]),
                lambda: client.get_logged_model(made[other]["model"]),
                lambda: client.log_metric(made[other]["run"], "loss", 0),
                lambda: client.set_experiment_tag(made[other]["experiment"], "k", "v"),
                lambda: client.delete_run(made[other]["run"]),
            ):
                with pytest.raises(MlflowException) as refusal:
                    ask()
                assert refusal.value.error_code == "RESOURCE_DOES_NOT_EXIST"
            if made[other]["uri"].startswith("mlflow-artifacts:/workspaces/"):
                with pytest.raises((MlflowException, requests.HTTPError), match="in the workspace"):
                    mlflow.artifacts.load_text(f"{made[other]['uri']}/note.txt")
    assert made["team-a"]["uri"].startswith("mlflow-artifacts:/workspaces/team-a/")
    assert made["team-b"]["uri"].startswith("mlflow-artifacts:/of-b/")


def test_the_workspace_comes_from_the_environment_too(shared, monkeypatch):
    mlflow.set_tracking_uri(shared.uri)
    mlflow.create_workspace("from-env")
    monkeypatch.setenv("MLFLOW_WORKSPACE", "from-env")
    experiment = mlflow.MlflowClient().create_experiment("by environment")
    assert mlflow.get_experiment(experiment).workspace == "from-env"
    monkeypatch.delenv("MLFLOW_WORKSPACE")
    with pytest.raises(MlflowException, match="No Experiment"):
        mlflow.MlflowClient().get_experiment(experiment)


def test_workspaces_are_changed_and_deleted(shared):
    mlflow.set_tracking_uri(shared.uri)
    mlflow.create_workspace("short-lived", description="x")
    with pytest.raises(MlflowException) as refusal:
        mlflow.create_workspace("short-lived")
    assert refusal.value.error_code == "RESOURCE_ALREADY_EXISTS"
    config = mlflow.entities.workspace.TraceArchivalConfig(location="s3://bucket/traces", retention="30d")
    changed = mlflow.update_workspace("short-lived", description="y", trace_archival_config=config)
    assert (changed.description, changed.trace_archival_location, changed.trace_archival_retention) == ("y", "s3://bucket/traces", "30d")
    assert mlflow.update_workspace("short-lived", trace_archival_config=mlflow.entities.workspace.TraceArchivalConfig(location="")).trace_archival_location is None
    mlflow.set_workspace("short-lived")
    moved = mlflow.MlflowClient().create_experiment("moves on")
    run = mlflow.MlflowClient().create_run(moved)
    mlflow.MlflowClient().log_text(run.info.run_id, "kept", "note.txt")
    mlflow.set_workspace(None)
    with pytest.raises(MlflowException) as refusal:
        mlflow.delete_workspace("short-lived")
    assert refusal.value.error_code == "INVALID_STATE"
    mlflow.delete_workspace("short-lived", mode="SET_DEFAULT")
    assert mlflow.get_experiment(moved).workspace == "default"
    assert mlflow.artifacts.load_text(f"runs:/{run.info.run_id}/note.txt") == "kept"
    mlflow.create_workspace("short-lived")
    mlflow.set_workspace("short-lived")
    gone = mlflow.MlflowClient().create_experiment("goes")
    for _ in range(45):
        run_id = mlflow.MlflowClient().create_run(gone).info.run_id
    mlflow.MlflowClient().log_metric(run_id, "m", 1)
    mlflow.MlflowClient().create_registered_model("goes")
    mlflow.set_workspace(None)
    mlflow.delete_workspace("short-lived", mode="CASCADE")
    assert "short-lived" not in {w.name for w in mlflow.list_workspaces()}
    assert rows(shared.folder, f"SELECT count(*) FROM runs WHERE experiment_id = {gone}") == [(0,)]
    mlflow.set_workspace("short-lived")
    with pytest.raises(MlflowException, match="short-lived"):
        mlflow.MlflowClient().search_experiments()


def test_a_server_without_workspaces_says_so_at_once(server):
    mlflow.set_tracking_uri(server.uri)
    for ask in (mlflow.list_workspaces, lambda: mlflow.create_workspace("team-a"), lambda: mlflow.delete_workspace("team-a")):
        with pytest.raises(MlflowException) as refusal:
            ask()
        assert refusal.value.error_code == "FEATURE_DISABLED"
    mlflow.set_workspace("team-a")
    with pytest.raises(MlflowException) as refusal:
        mlflow.MlflowClient().search_experiments()
    assert refusal.value.error_code == "FEATURE_DISABLED"


API, WORKSPACES = "/api/2.0/mlflow", "/api/3.0/mlflow/workspaces"

# Each is asked of both servers in turn; what changes something changes both.
QUESTIONS = [
    ("GET", WORKSPACES, None),
    *[("POST", WORKSPACES, body) for body in (
        {"name": "new"}, {"name": "new"}, {"name": "default"}, {"name": "A"}, {"name": "api"}, {"name": "x_y"}, {"name": "a"}, {}, {"name": 5},
        {"name": "rich", "description": "", "default_artifact_root": " s3://bucket/x ", "trace_archival_config": {"location": "s3://bucket/t", "retention": "7d"}},
        {"name": "no", "default_artifact_root": "relative"}, {"name": "no", "default_artifact_root": "http://host/x"}, {"name": "no", "default_artifact_root": "s3://b/x#f"},
        {"name": "no", "trace_archival_config": {"retention": "30x"}}, {"name": "no", "trace_archival_config": {"location": "/tmp/x"}},
        {"name": "no", "trace_archival_config": {"location": "mlflow-artifacts:/x"}}, {"name": "no", "trace_archival_config": "x"},
        {"name": "blank", "default_artifact_root": "  ", "trace_archival_config": {"location": "", "retention": ""}},
    )],
    *[("GET", f"{WORKSPACES}/{name}", None) for name in ("new", "rich", "blank", "nobody", "BAD")],
    *[("PATCH", f"{WORKSPACES}/{name}", body) for name, body in (
        ("rich", {}), ("rich", {"description": "d", "name": "other"}), ("rich", {"default_artifact_root": ""}), ("rich", {"trace_archival_config": {"retention": ""}}),
        ("rich", {"trace_archival_config": {}}), ("default", {"description": "ours"}), ("nobody", {"description": "d"}), ("BAD", {"description": "d"}),
    )],
    *[("DELETE", f"{WORKSPACES}/{name}", None) for name in ("default", "nobody", "new?mode=cascade", "new?mode=", "new", "new")],
    ("GET", WORKSPACES, None),
]


def ask(uri, method, path, fields, workspace=None):
    headers = {} if workspace is None else {"X-MLFLOW-WORKSPACE": workspace}
    options = {"params": fields} if method == "GET" else {} if fields is None else {"json": fields}
    response = requests.request(method, uri + path, headers=headers, **options)
    if response.status_code >= 400:
        body = response.json() if "json" in response.headers["content-type"] else {}
        # A mistake of the caller is no failure of the server: docs/differences.md.
        status = 400 if body.get("error_code") == "INVALID_STATE" else response.status_code
        return status, body.get("error_code")
    return response.status_code, json.loads(response.text) if response.text.startswith("{") else response.text


@pytest.fixture(scope="module")
def made_by_python(tmp_path_factory):
    folder = tmp_path_factory.mktemp("python")
    server = Server(THEIRS + ON, folder)
    try:
        made = fill(server.uri)
    finally:
        server.stop()
    return folder, made


@pytest.mark.once
def test_both_servers_answer_alike_about_workspaces(tmp_path):
    servers = []
    for name, command in (("theirs", THEIRS), ("ours", OURS)):
        (tmp_path / name).mkdir()
        servers.append(Server(command + ON, tmp_path / name))
    try:
        answer_alike(asking(servers, ask), QUESTIONS)
        paths = ("/health", "/version", f"{API}/registered-models/search", "/api/3.0/mlflow/server-info", WORKSPACES)
        answer_alike(
            asking(servers, lambda uri, path, workspace: ask(uri, "GET", path, None, workspace)),
            [(path, workspace) for workspace in ("nobody", "BAD", "rich", "default", "api") for path in paths],
            # What the server has is its own: only whether it says so is compared.
            is_meant=lambda expected, answered: isinstance(answered[1], dict) and "trace_archival_enabled" in answered[1] and expected[0] == answered[0],
        )
    finally:
        for server in servers:
            server.stop()


def test_both_servers_answer_alike_on_workspaces_of_python(made_by_python, tmp_path):
    folder, made = made_by_python
    experiments = [each["experiment"] for each in made.values()] + ["0"]
    questions = [("POST", f"{API}/experiments/search", {"max_results": 100, "view_type": "ALL"}), ("GET", WORKSPACES, None)]
    questions += [("GET", f"{API}/experiments/get", {"experiment_id": each}) for each in experiments]
    questions += [("GET", f"{API}/experiments/get-by-name", {"experiment_name": "same name"})]
    questions += [("POST", f"{API}/runs/search", {"experiment_ids": experiments}), ("POST", f"{API}/logged-models/search", {"experiment_ids": experiments})]
    questions += [("GET", f"{API}/registered-models/{what}", {"name": name}) for what in ("get", "alias") for name in ("model", "prompt")]
    questions += [("GET", f"{API}/registered-models/search", {}), ("GET", f"{API}/model-versions/search", {})]
    for each in made.values():
        questions += [("GET", f"{API}/runs/get", {"run_id": each["run"]}), ("GET", f"{API}/artifacts/list", {"run_id": each["run"]})]
        questions += [("GET", f"{API}/logged-models/{each['model']}", None), ("GET", f"{API}/metrics/get-history", {"run_id": each["run"], "metric_key": "loss"})]
        questions += [("GET", "/get-artifact", {"run_id": each["run"], "path": "note.txt"})]
        path = each["uri"].removeprefix("mlflow-artifacts:/")
        questions += [("GET", f"/api/2.0/mlflow-artifacts/artifacts/{path}/note.txt", None), ("GET", "/api/2.0/mlflow-artifacts/artifacts", {"path": path})]
    with both_on(folder, tmp_path, ON) as servers:
        both = asking(servers, lambda *question: unordered(ask(*question)))
        asked = answer_alike(both, [(*question, workspace) for workspace in (None, *made) for question in questions])
    assert asked > 120


def unordered(value):
    """Tags and the like have no promised order."""
    if isinstance(value, dict):
        return {key: unordered(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        items = [unordered(each) for each in value]
        return sorted(items, key=lambda item: json.dumps(item, sort_keys=True)) if items and isinstance(items[0], dict) else items
    return value


def test_python_goes_on_with_workspaces_of_ours(tmp_path):
    ours = Server(OURS + ON, tmp_path)
    try:
        made = fill(ours.uri)
    finally:
        assert ours.stop() == 0
    theirs = Server(THEIRS + ON, tmp_path)
    try:
        mlflow.set_tracking_uri(theirs.uri)
        assert {w.name: w.description for w in mlflow.list_workspaces()}["team-a"] == "A"
        for name, own in made.items():
            mlflow.set_workspace(name)
            client = mlflow.MlflowClient()
            assert [run.info.run_id for run in client.search_runs([each["experiment"] for each in made.values()])] == [own["run"]]
            assert mlflow.artifacts.load_text(f"runs:/{own['run']}/note.txt") == f"written in {name}"
            assert client.get_registered_model("model").tags["workspace"] == name
            client.log_metric(own["run"], "later", 2)
        mlflow.set_workspace(None)
        mlflow.delete_workspace("team-b", mode="CASCADE")
    finally:
        theirs.stop()
    ours = Server(OURS + ON, tmp_path)
    mlflow.set_tracking_uri(ours.uri)
    mlflow.set_workspace("team-a")
    assert mlflow.MlflowClient().get_run(made["team-a"]["run"]).data.metrics["later"] == 2
    mlflow.set_workspace(None)
    assert [w.name for w in mlflow.list_workspaces()] == ["default", "team-a"]
    assert ours.stop() == 0


def test_what_workspaces_hold_is_not_shown_without_them(made_by_python, tmp_path):
    folder = share(made_by_python[0], tmp_path / "off")
    with pytest.raises(RuntimeError, match="workspaces are off. Start with --enable-workspaces"):
        Server(OURS, folder)
