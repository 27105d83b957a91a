"""Everything that a file store may hold."""

import math

import mlflow
import numpy as np
import pandas as pd
from mlflow.entities import DatasetInput, InputTag, LoggedModelInput, LoggedModelOutput, LoggedModelStatus, Metric, Param, RunTag

from .traces import fill_traces


def fill(client):
    """Data sets have names without spaces: MLflow cannot read others back."""
    first = client.create_experiment("first ü 模型: 1", tags={"team": "a", "note": "x" * 5000, "a/b": "nested"})
    second = client.create_experiment("second")
    trash = client.create_experiment("trash")
    parent = None
    for i in range(12):
        tags = {"i": str(i), "mlflow.user": "ana", "deep/er/tag": "1"}
        if parent:
            tags["mlflow.parentRunId"] = parent
        run = client.create_run(first, start_time=1_700_000_000_000 + i // 2, run_name=["1e3", "yes", "ü 😀", "null", f"run {i}"][min(i, 4)], tags=tags)
        run_id = run.info.run_id
        parent = run_id if i % 3 == 0 else parent
        client.log_batch(
            run_id,
            [
                Metric("loss", (i * 7 % 11) / 10, 1000 + i, i % 4 - 1),
                Metric("nan", math.nan, 5, i),
                Metric("huge", math.inf if i % 2 else -math.inf, 2**53 + 1 + i, 2**62 + i),
                *([Metric("val/acc", i / 30, 5, 1)] if i % 3 else []),
            ],
            [Param("model", ["CNN", "cnn", "mlp"][i % 3]), Param("i", str(i)), Param("leer", ""), Param("lines", "a\nb\r\n\n")],
            [RunTag("stage", "prod" if i % 2 else "dev"), RunTag("with space", "ü")],
        )
        if i % 5 == 0:
            client.set_terminated(run_id, "FAILED" if i % 2 else "FINISHED", end_time=1_700_000_100_000 + i)
        if i in (7, 8):
            client.delete_run(run_id)
        if i == 8:
            client.restore_run(run_id)
    long_run = client.create_run(second).info.run_id
    client.log_batch(long_run, [Metric("loss", 1 / (i + 1), 10 + i, i) for i in range(500)])
    frame = mlflow.data.from_pandas(pd.DataFrame({"x": [1.0, 2.0]}), source="https://example.org/a.csv", name="points")
    array = mlflow.data.from_numpy(np.arange(4), name="array")
    for dataset, context in ((frame, "training"), (array, "testing")):
        client.log_inputs(long_run, [DatasetInput(dataset._to_mlflow_entity(), [InputTag("mlflow.data.context", context), InputTag("k", "yes")])])
    models = []
    for i, status in enumerate([None, LoggedModelStatus.READY, LoggedModelStatus.FAILED, LoggedModelStatus.READY]):
        model = client.create_logged_model(second, name=f"model{i}", source_run_id=long_run, params={"p": str(i)}, tags={"t": "v"}, model_type="net")
        if status:
            client.finalize_logged_model(model.model_id, status)
        client.log_metric(long_run, "acc", i / 4, timestamp=7, step=i, model_id=model.model_id, dataset_name="points", dataset_digest=frame.digest)
        models.append(model.model_id)
    client.log_outputs(long_run, [LoggedModelOutput(models[1], 3)])
    client.log_inputs(long_run, models=[LoggedModelInput(models[0])])
    client.delete_logged_model(models[3])
    client.log_text(long_run, "hello", "folder/hello.txt")
    client.create_run(trash)
    client.delete_experiment(trash)
    client.create_registered_model("forecast ü", tags={"owner": "ana", "x/y": "z"}, description="what: it is # for")
    for i in range(4):
        client.create_model_version("forecast ü", f"runs:/{long_run}/model{i}", run_id=long_run, tags={"n": str(i)}, description=None if i else "first")
    client.create_model_version("forecast ü", f"models:/{models[1]}", model_id=models[1])
    client.set_registered_model_alias("forecast ü", "champion", "2")
    client.set_registered_model_alias("forecast ü", "challenger", "3")
    client.delete_registered_model_alias("forecast ü", "challenger")
    client.transition_model_version_stage("forecast ü", "1", "Production")
    client.transition_model_version_stage("forecast ü", "2", "Production", archive_existing_versions=True)
    client.delete_model_version("forecast ü", "3")
    client.create_registered_model("old name")
    client.create_model_version("old name", f"runs:/{long_run}/m", run_id=long_run)
    client.rename_registered_model("old name", "new name")
    client.create_registered_model("gone")
    client.delete_registered_model("gone")
    fill_traces(client)
