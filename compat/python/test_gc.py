"""`bitacora gc`: what the official client has deleted goes for good, with its files, and the Python server goes on."""

import subprocess

import mlflow
import pytest
from alike import made_with
from conftest import NODE, OURS, ROOT, THEIRS, Server
from databases import uri_of
from mlflow import MlflowClient
from mlflow.entities import ViewType
from mlflow.exceptions import MlflowException


def gc(folder, *options, database=None):
    """The command on the database and artifacts of a folder."""
    return subprocess.run(
        [
            *[NODE, f"{ROOT}/packages/cli/src/bin.mjs", "gc", "--backend-store-uri", database or uri_of(folder)],
            *["--artifacts-destination", f"{folder}/mlartifacts", *options],
        ],
        cwd=folder,
        capture_output=True,
        text=True,
    )


def fill(uri):
    """An experiment with a run that stays and one that was deleted; another one that was deleted with all it holds."""
    client = MlflowClient(uri)
    made = {}
    for name in ("stays", "goes"):
        experiment = client.create_experiment(f"gc {name}")
        for run_name in ("kept", "deleted"):
            run_id = client.create_run(experiment, run_name=run_name).info.run_id
            client.log_metric(run_id, "m", 1.5, step=3)
            client.log_param(run_id, "p", "x")
            client.log_text(run_id, "content", "folder/file.txt")
            made[name, run_name] = run_id
        client.delete_run(made[name, "deleted"])
        made[name] = experiment
    client.delete_experiment(made["goes"])
    return made


def artifacts(folder):
    root = folder / "mlartifacts"
    return {part for path in root.rglob("*.txt") for part in path.relative_to(root).parts}


@pytest.mark.parametrize("command", [OURS, THEIRS], ids=["ours", "python"])
def test_what_was_deleted_goes_and_the_python_server_goes_on(tmp_path, command):
    made = made_with(command, tmp_path, fill)
    dry = gc(tmp_path, "--dry-run")
    assert dry.returncode == 0, dry.stderr
    assert dry.stdout.splitlines()[-1] == "Would remove 4."
    assert made["goes", "kept"] in artifacts(tmp_path)
    done = gc(tmp_path)
    assert done.returncode == 0, done.stderr
    assert f"Removed run {made['stays', 'deleted']}" in done.stdout
    assert f"Removed experiment {made['goes']}" in done.stdout
    assert {id for id in made.values() if id in artifacts(tmp_path)} == {made["stays"], made["stays", "kept"]}
    server = Server(THEIRS, tmp_path)
    try:
        client = MlflowClient(server.uri)
        assert [run.info.run_id for run in client.search_runs([made["stays"]], run_view_type=ViewType.ALL)] == [made["stays", "kept"]]
        assert made["goes"] not in [e.experiment_id for e in client.search_experiments(view_type=ViewType.ALL)]
        assert client.get_run(made["stays", "kept"]).data.metrics == {"m": 1.5}
        assert mlflow.MlflowClient(server.uri).download_artifacts(made["stays", "kept"], "folder/file.txt", str(tmp_path))
        assert client.create_experiment("gc goes")
    finally:
        server.stop()


def test_a_server_goes_on_while_it_works_beside_it(tmp_path):
    server = Server(OURS, tmp_path)
    try:
        made = fill(server.uri)
        client = MlflowClient(server.uri)
        active = gc(tmp_path, "--run-ids", made["stays", "kept"])
        assert active.returncode == 1
        assert "is not deleted" in active.stderr
        assert gc(tmp_path, "--older-than", "1h").stdout == "Removed 0.\n"
        only = gc(tmp_path, "--run-ids", made["stays", "deleted"])
        assert only.stdout.splitlines() == [f"Removed run {made['stays', 'deleted']}", "Removed 1."]
        with pytest.raises(MlflowException) as gone:
            client.get_run(made["stays", "deleted"])
        assert gone.value.error_code == "RESOURCE_DOES_NOT_EXIST"
        assert client.get_run(made["goes", "deleted"]).info.lifecycle_stage == "deleted"
        assert gc(tmp_path, "--experiment-ids", made["goes"]).returncode == 0
        assert client.get_run(made["stays", "kept"]).data.params == {"p": "x"}
    finally:
        assert server.stop() == 0


@pytest.mark.sqlite
def test_a_folder_loses_what_was_deleted(tmp_path):
    folder = tmp_path / "mlruns"
    made = made_with(OURS.replace("{database}", f"{tmp_path}/mlruns"), tmp_path, fill)
    assert (folder / made["stays"] / made["stays", "deleted"]).is_dir()
    done = gc(tmp_path, database=str(folder))
    assert done.returncode == 0, done.stderr
    assert not (folder / made["stays"] / made["stays", "deleted"]).exists()
    assert (folder / made["stays"] / made["stays", "kept"] / "meta.yaml").is_file()
    assert not (folder / ".trash" / made["goes"]).exists()


@pytest.mark.once
@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--older-than", "yesterday"], "is no age"),
        (["--experiment-ids", "x"], "whole number"),
        (["--jobs"], "not available yet"),
        (["--workspace", "none"], "none"),
    ],
)
def test_nonsense_is_refused_in_one_line(tmp_path, options, says):
    made_with(OURS, tmp_path, lambda uri: None)
    refused = gc(tmp_path, *options)
    assert refused.returncode != 0
    assert says in refused.stderr
    assert "    at " not in refused.stderr


@pytest.mark.once
def test_no_database_is_made_where_there_is_none(tmp_path):
    refused = gc(tmp_path, database=f"sqlite:///{tmp_path}/none.db")
    assert refused.returncode == 2
    assert "There is no" in refused.stderr
    assert not (tmp_path / "none.db").exists()


def test_orphans_are_listed_first_and_then_removed_and_the_doctor_sees_them(tmp_path):
    made = made_with(OURS, tmp_path, fill)
    lost = tmp_path / "mlartifacts" / made["stays"] / ("0" * 32) / "artifacts"
    lost.mkdir(parents=True)
    (lost / "a.txt").write_text("x")
    examined = doctor(tmp_path)
    assert examined.returncode == 1, examined.stderr
    assert examined.stdout.splitlines()[-1] == "0 without files, 0 not looked at, 1 orphans."
    listed = gc(tmp_path, "--orphans")
    assert f"Found {made['stays']}/{'0' * 32}" in listed.stdout
    assert lost.is_dir()
    removed = gc(tmp_path, "--orphans", "remove")
    assert removed.stdout.splitlines()[-1] == "Removed 1 orphans."
    assert not lost.exists()
    assert made["stays", "kept"] in artifacts(tmp_path)
    assert doctor(tmp_path).returncode == 0


def doctor(folder):
    return subprocess.run(
        [
            *[NODE, f"{ROOT}/packages/cli/src/bin.mjs", "doctor", "--backend-store-uri", uri_of(folder)],
            *["--artifacts-destination", f"{folder}/mlartifacts"],
        ],
        cwd=folder,
        capture_output=True,
        text=True,
    )
