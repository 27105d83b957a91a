"""All that mlflow.data logs is stored, found and given back as by the Python server, and can be loaded again."""

import functools
import http.server
import json
import pathlib
import threading
import uuid

import mlflow
import numpy as np
import pandas as pd
import pytest
import requests
from alike import differing
from mlflow import MlflowClient
from mlflow.data.delta_dataset_source import DeltaDatasetSource
from mlflow.data.meta_dataset import MetaDataset
from mlflow.data.spark_dataset_source import SparkDatasetSource
from mlflow.data.uc_volume_dataset_source import UCVolumeDatasetSource
from mlflow.entities import Dataset, DatasetInput, InputTag
from mlflow.types import ColSpec, DataType, Schema
from mlflow.types.schema import Array, Object, Property

pytestmark = pytest.mark.filterwarnings("ignore")

ROWS = pd.DataFrame({
    "amount": [1.5, None, -3.0],
    "city": ["Bilbao", "ñ'\"; --", ""],
    "day": pd.to_datetime(["2024-01-01", "2024-01-02", "2024-02-29"]),
    "count": [1, 2, 3],
    "label": [True, False, True],
    "guess": [True, True, True],
})


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """A folder with the rows as files, and the address of a web server on it."""
    folder = tmp_path_factory.mktemp("files")
    ROWS.to_csv(folder / "rows.csv", index=False)
    (folder / "rows.jsonl").write_text("".join(json.dumps({"text": f"row {i}", "n": i}) + "\n" for i in range(3)))

    class Handler(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Handler, directory=folder)) as web:
        threading.Thread(target=web.serve_forever, daemon=True).start()
        yield folder, f"http://127.0.0.1:{web.server_port}"
        web.shutdown()


KINDS = {}


def kind(make):
    """A data set by the name of what makes it, with what it is made from: a folder of files, and where it is on the web."""
    KINDS[make.__name__] = make
    return make


@kind
def pandas_from_files(folder, _web):
    return mlflow.data.from_pandas(ROWS, source=str(folder / "rows.csv"), targets="label", predictions="guess", name="rows ñ")


@kind
def pandas_from_code(_folder, _web):
    return mlflow.data.from_pandas(ROWS)


@kind
def pandas_from_the_web(_folder, web):
    return mlflow.data.from_pandas(ROWS, source=f"{web}/rows.csv", digest="a digest of one's own")


@kind
def pandas_with_columns_of_several_levels(_folder, _web):
    columns = pd.MultiIndex.from_tuples([("2024", "sum"), ("2024", "mean"), ("2025", "sum")])
    return mlflow.data.from_pandas(pd.DataFrame([[1, 2.5, 3]], columns=columns), source="s3://bucket/key ñ/file.parquet")


@kind
def pandas_with_nested_values(_folder, _web):
    rows = pd.DataFrame({"who": [{"name": "ana", "at": {"zip": "1"}}, {"name": "bo"}], "scores": [[1.5, 2.0], []], 0: [1, 2]})
    return mlflow.data.from_pandas(rows, source="gs://bucket/rows.parquet")


@kind
def numpy_arrays(folder, _web):
    return mlflow.data.from_numpy(np.zeros((4, 28, 28), np.float32), targets=np.arange(4, dtype=np.int8), source=folder.as_uri())


@kind
def numpy_by_name(_folder, _web):
    features = {"image": np.zeros((4, 2), np.uint8), "age": np.ones(4)}
    return mlflow.data.from_numpy(features, targets={"label": np.array(["a", "bb", "c", "d"])}, source="abfss://files@account.dfs.core.windows.net/a")


@kind
def only_described(_folder, web):
    return MetaDataset(mlflow.data.http_dataset_source.HTTPDatasetSource(f"{web}/rows.csv"), name="described")


@kind
def only_described_with_a_schema(_folder, _web):
    address = Object([Property("zip", DataType.string), Property("street", DataType.string, required=False)])
    schema = Schema([ColSpec(Array(address), "addresses"), ColSpec(DataType.long, "n", required=False)])
    return MetaDataset(DeltaDatasetSource(path="/lake/orders", delta_table_version=7), schema=schema)


@kind
def only_described_on_spark(_folder, _web):
    return MetaDataset(SparkDatasetSource(sql="SELECT 'ñ' AS \"a\""), name="query")


@kind
def only_described_in_a_volume(_folder, _web):
    return MetaDataset(UCVolumeDatasetSource("/Volumes/main/default/files/a.json"), name="volume")


@kind
def polars(folder, _web):
    import polars as pl

    rows = pl.from_dicts([{"a": 1, "b": "x", "c": {"d": [1.5]}}, {"a": None, "b": "y", "c": {"d": []}}])
    return mlflow.data.from_polars(rows, source=str(folder / "rows.csv"), targets="a", name="polar")


@kind
def hugging_face_from_files(folder, _web):
    import datasets

    files = [str(folder / "rows.jsonl")]
    rows = datasets.load_dataset("json", data_files=files, split="train", cache_dir=str(folder / "cache"))
    return mlflow.data.from_huggingface(rows, path="json", data_files=files, targets="n", name="lines")


@kind
def hugging_face_from_the_hub(_folder, _web):
    import datasets

    rows = datasets.Dataset.from_dict({"text": ["a", "b"], "label": [0, 1]})
    return mlflow.data.from_huggingface(rows, path="owner/name", revision="main", trust_remote_code=False)


@kind
def hugging_face_from_code(_folder, _web):
    import datasets

    return mlflow.data.from_huggingface(datasets.Dataset.from_dict({"text": ["a"], "label": [0]}))


NEEDS = {"polars": "polars", "hugging_face_from_files": "datasets", "hugging_face_from_the_hub": "datasets", "hugging_face_from_code": "datasets"}
ALL = [pytest.param(name, marks=pytest.mark.needs(NEEDS[name]) if name in NEEDS else ()) for name in KINDS]


def ask_both(both_servers, ask):
    """What each server's part of the questions is answered with; both must be alike."""
    expected, answered = (ask(server.uri, MlflowClient(server.uri)) for server in both_servers)
    assert not list(differing(expected, answered))
    return answered


def log(uri, client, inputs):
    """A fresh experiment with a run that has read the data sets, in turn."""
    experiment_id = client.create_experiment(f"data {uuid.uuid4().hex}")
    mlflow.set_tracking_uri(uri)
    with mlflow.start_run(experiment_id=experiment_id) as run:
        for dataset, context, tags in inputs:
            mlflow.log_input(dataset, context, tags)
    return experiment_id, run.info.run_id


def inputs_of(client, run_id):
    inputs = client.get_run(run_id).inputs.to_dictionary()["dataset_inputs"]
    return sorted(inputs, key=lambda each: (each["dataset"]["name"], each["dataset"]["digest"]))


@pytest.mark.parametrize("name", ALL)
def test_a_data_set_is_kept_and_found_as_by_the_python_server(both_servers, files, name):
    dataset = KINDS[name](*files)

    def ask(uri, client):
        experiment_id, run_id = log(uri, client, [(dataset, "training", {"part": "first ñ"})])
        source = mlflow.data.get_source(client.get_run(run_id).inputs.dataset_inputs[0])
        summaries = requests.post(f"{uri}/ajax-api/2.0/mlflow/experiments/search-datasets", json={"experiment_ids": [experiment_id]}, timeout=60)
        return {
            "inputs": inputs_of(client, run_id),
            "source": [type(source).__name__, source.to_dict()],
            "found": {text: len(client.search_runs([experiment_id], text)) for text in filters(dataset)},
            "searched": client.search_runs([experiment_id])[0].inputs.to_dictionary(),
            "summaries": [{k: v for k, v in each.items() if k != "experiment_id"} for each in summaries.json()["dataset_summaries"]],
        }

    kept = ask_both(both_servers, ask)
    sent = dataset.to_dict()
    assert kept["inputs"] == [
        {"dataset": {"schema": None, "profile": None, **sent}, "tags": {"mlflow.data.context": "training", "part": "first ñ"}}
    ]
    assert kept["source"] == [type(dataset.source).__name__, json.loads(sent["source"])]
    assert list(kept["found"].values()) == [1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0]
    assert kept["summaries"] == [{"name": dataset.name, "digest": dataset.digest, "context": "training"}]


def filters(dataset):
    """Seven that find its run, and then those that do not."""
    name, digest = dataset.name, dataset.digest.replace("'", "_")
    quoted = f"'{digest}'" if "'" not in dataset.digest else f'"{dataset.digest}"'
    return [
        f"dataset.name = '{name}'",
        f"dataset.digest = {quoted}",
        "dataset.context = 'training'",
        f"dataset.name = '{name}' AND dataset.digest = {quoted} AND dataset.context = 'training'",
        f"datasets.name LIKE '{name[:3]}%' AND datasets.digest LIKE '{digest}'",
        f"dataset.name IN ('other', '{name}')",
        "dataset.context ILIKE 'TRAIN%' AND dataset.name != 'other'",
        f"dataset.name = '{name}x'",
        "dataset.context = 'eval'",
        f"dataset.name = '{name}' AND dataset.digest = 'other'",
        f"dataset.name NOT IN ('other', '{name}')",
    ]


def test_a_data_set_of_tensorflow_is_kept_as_it_is_sent(both_servers):
    """What mlflow.data.from_tensorflow of the official client has logged with TensorFlow, which is too large to be fetched for one test."""
    recorded = json.loads((pathlib.Path(__file__).parent / "tensorflow-inputs.json").read_text())
    assert len(recorded) == 3

    def ask(uri, client):
        experiment_id = client.create_experiment(f"data {uuid.uuid4().hex}")
        run_id = client.create_run(experiment_id).info.run_id
        client.log_inputs(run_id, [DatasetInput(Dataset(**each), [InputTag("mlflow.data.context", "training")]) for each in recorded])
        return inputs_of(client, run_id)

    kept = ask_both(both_servers, ask)
    assert [each["dataset"] for each in kept] == sorted(recorded, key=lambda each: (each["name"], each["digest"]))


def test_a_run_reads_several_data_sets_and_each_once(both_servers, files):
    folder, _ = files
    path = str(folder / "rows.csv")
    rows = mlflow.data.from_pandas(ROWS, source=path, name="rows")
    first = mlflow.data.from_pandas(ROWS[:1], source=path, name="rows")

    def ask(uri, client):
        again = (rows, "eval", None)
        experiment_id, run_id = log(uri, client, [(rows, "training", None), (first, "eval", None), again, (first, None, None)])
        _, other = log(uri, client, [(rows, None, None)])
        both = ["dataset.context = 'training' AND dataset.context = 'eval'", f"dataset.digest = '{rows.digest}' AND dataset.context = 'eval'"]
        return [inputs_of(client, run_id), inputs_of(client, other), [len(client.search_runs([experiment_id], text)) for text in both]]

    of_run, of_other, _ = ask_both(both_servers, ask)
    assert sorted(each["tags"]["mlflow.data.context"] for each in of_run) == ["eval", "training"]
    assert [each["tags"] for each in of_other] == [{}]


def test_a_source_that_is_found_through_a_run_gives_the_data(both_servers, files):
    folder, _ = files
    _, ours = both_servers
    client = MlflowClient(ours.uri)
    for name in ("pandas_from_files", "pandas_from_the_web"):
        _, run_id = log(ours.uri, client, [(KINDS[name](*files), "training", None)])
        path = mlflow.data.get_source(client.get_run(run_id).inputs.dataset_inputs[0]).load()
        assert pathlib.Path(path).read_bytes() == (folder / "rows.csv").read_bytes()


@pytest.mark.needs("datasets")
def test_a_source_of_hugging_face_that_is_found_through_a_run_gives_the_data(both_servers, files):
    folder, _ = files
    _, ours = both_servers
    client = MlflowClient(ours.uri)
    _, run_id = log(ours.uri, client, [(KINDS["hugging_face_from_files"](*files), "training", None)])
    source = mlflow.data.get_source(client.get_run(run_id).inputs.dataset_inputs[0])
    assert source.load(cache_dir=str(folder / "cache")).to_list() == [{"text": f"row {i}", "n": i} for i in range(3)]
