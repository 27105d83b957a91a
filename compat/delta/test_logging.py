"""Tables of delta-rs that the official client logs as inputs of runs, and what the server then knows of them."""

import json
import os
import subprocess
import uuid

import pyarrow as pa
import pytest
from conftest import NODE, ROOT
from deltalake import DeltaTable, write_deltalake


def orders(first, count):
    return pa.table({
        "id": pa.array(range(first, first + count), pa.int64()),
        "customer": [f"customer {number % 3}" for number in range(count)],
        "amount": pa.array([number / 4 for number in range(count)], pa.float64()),
    })


@pytest.fixture
def table(server):
    """A table of three versions, of 10, 15 and 20 rows."""
    path = str(server.tables / uuid.uuid4().hex)
    write_deltalake(path, orders(0, 10))
    write_deltalake(path, orders(10, 5), mode="append")
    write_deltalake(path, orders(15, 5), mode="append")
    return path


def log(mlflow, path, version=None, **options):
    """Logs the rows of a version as pandas reads them; the run's id."""
    from mlflow.data.delta_dataset_source import DeltaDatasetSource

    rows = DeltaTable(path, version=version).to_pyarrow_table().to_pandas()
    source = DeltaDatasetSource(path=path, delta_table_version=version)
    dataset = mlflow.data.from_pandas(rows, source=source, **options)
    with mlflow.start_run() as run:
        mlflow.log_input(dataset, context="training")
    return run.info.run_id


def test_the_version_that_the_client_names_is_recorded_with_its_rows(server, mlflow, table):
    run_id = log(mlflow, table, 1, name="orders")
    (found,) = server.delta_inputs(run_id)
    assert (found["status"], found["version"], found["named_version"]) == ("RECORDED", 1, 1)
    assert (found["dataset_name"], found["table"]) == ("orders", table)
    snapshot = found["snapshot"]
    assert (snapshot["row_count"], snapshot["file_count"]) == (15, 2)
    assert snapshot["table_id"] == str(DeltaTable(table).metadata().id)
    commit = os.stat(f"{table}/_delta_log/{1:020}.json")
    assert snapshot["timestamp"] == commit.st_mtime_ns // 1_000_000
    assert [(c["name"], c["type"]) for c in snapshot["columns"]] == [("id", "long"), ("customer", "string"), ("amount", "double")]
    (of_id, *_) = snapshot["statistics"]
    assert (of_id["min"], of_id["max"], of_id["null_count"]) == (0, 14, 0)
    assert found["versions_behind"] == 1
    read = []
    token = ""
    while token is not None:
        page = server.ask(f"runs/{run_id}/delta-inputs/{found['delta_input_id']}/rows?max_results=4&page_token={token}")
        read += page["rows"]
        token = page.get("next_page_token")
    expected = DeltaTable(table, version=1).to_pyarrow_table().to_pylist()
    assert sorted(read) == sorted([row["id"], row["customer"], row["amount"]] for row in expected)


@pytest.mark.parametrize("version", [None, 0])
def test_a_client_that_names_no_version_is_pinned_to_the_current_one(server, mlflow, table, version):
    # The client leaves out a version 0 too.
    run_id = log(mlflow, table, version)
    (found,) = server.delta_inputs(run_id)
    assert "named_version" not in found
    assert (found["status"], found["version"]) == ("RECORDED", 2)
    source = mlflow.get_run(run_id).inputs.dataset_inputs[0].dataset.source
    assert json.loads(source) == {"path": table}


def test_runs_are_found_by_table_and_version_and_by_how_far_it_has_moved_on(server, mlflow, table):
    old, new = log(mlflow, table, 1), log(mlflow, table, 2)
    for run_id in (old, new):
        assert server.delta_inputs(run_id)[0]["status"] == "RECORDED"

    def found(filter_string):
        return {run.info.run_id for run in mlflow.search_runs(["0"], filter_string, output_format="list")}

    assert found(f"dataset.table = '{table}'") == {old, new}
    assert found(f"dataset.table = '{table}' AND dataset.version >= 2") == {new}
    assert found(f"dataset.table LIKE '{table}%' AND dataset.versions_behind >= 1") == {old}
    assert found("dataset.name = 'dataset' AND dataset.version = 1") >= {old}
    for number in range(4):
        write_deltalake(table, orders(100 + number, 1), mode="append")
    (input_id,) = (each["delta_input_id"] for each in server.delta_inputs(old))
    server.ask(f"runs/{old}/delta-inputs/{input_id}/refresh", {})
    assert found(f"dataset.table = '{table}' AND dataset.versions_behind >= 5") == {old}
    assert found(f"dataset.table = '{table}' AND dataset.versions_behind >= 4") == {old, new}


def test_what_changed_since_and_what_a_vacuum_has_removed(server, mlflow, table):
    run_id = log(mlflow, table, 1)
    (found,) = server.delta_inputs(run_id)
    DeltaTable(table).delete("id < 5")
    path = f"experiments/0/delta-inputs/{found['delta_input_id']}/difference"
    difference = server.ask(path)
    assert (difference["before"]["row_count"], difference["after"]["row_count"]) == (15, 15)
    assert difference["rows_added"] - difference["rows_removed"] == 0
    assert (difference["files_added_count"], difference["files_removed_count"]) == (2, 1)
    files = f"runs/{run_id}/delta-inputs/{found['delta_input_id']}/availability"
    assert server.ask(files)["is_available"] is True
    DeltaTable(table).vacuum(retention_hours=0, dry_run=False, enforce_retention_duration=False)
    gone = server.ask(files)
    assert (gone["is_available"], gone["missing_count"]) == (False, 1)
    assert "VACUUM" in gone["warning"]


@pytest.mark.parametrize("version", [None, 0, 1])
def test_a_table_that_typescript_logs_is_loaded_back_by_python(server, mlflow, table, version):
    command = [NODE, str(ROOT / "compat/delta/dataset.ts"), server.uri, table, *([] if version is None else [str(version)])]
    run_id = subprocess.run(command, capture_output=True, text=True, check=True, timeout=300).stdout
    (logged,) = mlflow.get_run(run_id).inputs.dataset_inputs
    source = mlflow.data.get_source(logged)
    pinned = 2 if version is None else version
    assert type(source).__name__ == "DeltaDatasetSource"
    assert (source.path, source.delta_table_version) == (table, pinned)
    schema = mlflow.types.Schema.from_json(json.dumps(json.loads(logged.dataset.schema)["mlflow_colspec"]))
    assert [(c.name, str(c.type), c.required) for c in schema.inputs] == [
        ("id", "DataType.long", False),
        ("customer", "DataType.string", False),
        ("amount", "DataType.double", False),
    ]
    assert json.loads(logged.dataset.profile)["num_rows"] == [10, 15, 20][pinned]
    assert logged.tags[0].value == "training"
    (found,) = server.delta_inputs(run_id)
    assert (found["status"], found["version"], found["named_version"]) == ("RECORDED", pinned, pinned)
