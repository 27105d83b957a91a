import os
import pathlib
import subprocess
import sys

import mlflow
from conftest import ROOT


def test_the_quickstart_runs_and_leaves_what_it_promises(server, tmp_path):
    environment = {**os.environ, "MLFLOW_TRACKING_URI": server.uri, "QUICKSTART_PAUSE": "0"}
    done = subprocess.run(
        [sys.executable, str(ROOT / "examples/quickstart.py")],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    assert "The best model" in done.stdout

    client = mlflow.MlflowClient(server.uri)
    experiment = client.get_experiment_by_name("Quickstart: handwritten digits")
    runs = client.search_runs([experiment.experiment_id], order_by=["metrics.`test/accuracy` DESC"])
    assert len(runs) == 3
    assert {run.info.status for run in runs} == {"FINISHED"}
    assert runs[0].data.metrics["test/accuracy"] > 0.9
    assert len(client.get_metric_history(runs[0].info.run_id, "test/loss")) == 15
    assert [i.dataset.name for i in runs[0].inputs.dataset_inputs] == ["digits"]
    assert len(client.search_logged_models([experiment.experiment_id])) == 3
    assert pathlib.Path(client.download_artifacts(runs[0].info.run_id, "plots/confusion_matrix.png", str(tmp_path))).stat().st_size > 5000
    assert not list(tmp_path.glob("mlruns")), "nothing is left beside the server"
