"""A folder with entries that cannot be read."""

import json
import os
import time

import mlflow
import pytest
from file_store.clients import OURS_ON_FOLDER, direct
from file_store.traces import spoil_traces

# The folder needs no database, so once is enough.
pytestmark = [pytest.mark.sqlite, pytest.mark.usefixtures("file_store")]


def spoil(root, client):
    """Breaks entries in the ways in which they break, and some that only a person could; what stays whole is returned."""
    experiment = client.create_experiment("spoilt")
    runs = []
    for i in range(12):
        run_id = client.create_run(experiment, run_name=f"run {i}").info.run_id
        client.log_metric(run_id, "loss", 0.5, timestamp=1, step=1)
        client.log_param(run_id, "p", "1")
        runs.append(run_id)
    folder = root / experiment
    (folder / runs[0] / "meta.yaml").write_text("")
    meta = (folder / runs[1] / "meta.yaml").read_text()
    (folder / runs[1] / "meta.yaml").write_text(meta[: len(meta) // 2])
    (folder / runs[2] / "meta.yaml").unlink()
    (folder / runs[3] / "meta.yaml").write_bytes(b"\xff\xfe\x00 not text")
    (folder / runs[4] / "meta.yaml").write_text(meta.replace("status: 1", "status: 99").replace(runs[1], runs[4]))
    (folder / runs[5] / "meta.yaml").write_text(meta)
    (folder / runs[6] / "meta.yaml").write_text("a: [1, 2\nb: {")
    with open(folder / runs[7] / "metrics/loss", "a") as file:
        file.write("12 0.7 2\nnonsense\n13 0.8")
    (folder / runs[8] / "metrics/empty").write_text("")
    (folder / runs[9] / "params/binary").write_bytes(b"\xff\xff")
    (root / "4242").mkdir()
    (root / "4343").mkdir()
    (root / "4343/meta.yaml").write_text("experiment_id: '1'\nname: other\n")
    (root / "models/half").mkdir(parents=True)
    (root / "models/empty").mkdir()
    (root / "models/empty/meta.yaml").write_text("")
    (folder / "stray").mkdir()
    (folder / "stray/file.txt").write_text("not a run")
    (root / "notes.txt").write_text("not an experiment")
    traces, bad_traces = spoil_traces(root, client, experiment)
    old = time.time() - 60
    for path in root.rglob("*"):
        os.utime(path, (old, old))
    bad = [folder / runs[i] / "meta.yaml" for i in range(7)]
    bad += [folder / runs[7] / "metrics/loss", folder / runs[8] / "metrics/empty", folder / runs[9] / "params/binary"]
    bad += [root / "4242/meta.yaml", root / "4343/meta.yaml", root / "models/half/meta.yaml", root / "models/empty/meta.yaml"]
    return experiment, runs, traces, [str(path) for path in [*bad, *bad_traces]]


def test_what_cannot_be_read_is_named_once_and_the_rest_is_there(tmp_path, servers):
    python = direct(tmp_path)
    experiment, runs, traces, bad = spoil(tmp_path / "mlruns", python)
    time.sleep(0.3)
    server = servers(OURS_ON_FOLDER, tmp_path)
    ours = mlflow.MlflowClient(server.uri, server.uri)
    found = {run.info.run_id: run for run in ours.search_runs([experiment])}
    assert set(found) == set(runs[7:])
    assert found[runs[7]].data.metrics == {"loss": 0.7}
    assert found[runs[8]].data.metrics == {"loss": 0.5} and found[runs[9]].data.params == {"p": "1"}
    assert {e.name for e in ours.search_experiments()} == {"Default", "spoilt"}
    assert ours.search_registered_models() == []
    assert {t.info.tags["i"] for t in ours.search_traces(locations=[experiment], include_spans=False)} == {"5", "6", "7"}
    assert ours._tracing_client.store.get_trace_info(traces[1]).assessments == []
    output = server.output()
    assert f"{len(bad)} entries that cannot be read" in output
    told = [json.loads(line) for line in output.splitlines() if "Skipped an entry" in line]
    assert sorted(entry["path"] for entry in told) == sorted(bad)
    assert all(entry["reason"] for entry in told)
    # A line that was left half written does not swallow ours, and what is mended is there again.
    ours.log_metric(runs[7], "loss", 0.9, timestamp=20, step=20)
    assert "\n20 0.9 20\n" in (tmp_path / "mlruns" / experiment / runs[7] / "metrics/loss").read_text()
    mended = (tmp_path / "mlruns" / experiment / runs[7] / "meta.yaml").read_text().replace(runs[7], runs[2])
    (tmp_path / "mlruns" / experiment / runs[2] / "meta.yaml").write_text(mended)
    assert ours.get_run(runs[2]).data.params == {"p": "1"}
    for _ in range(3):
        assert len(ours.search_runs([experiment])) == 6
    time.sleep(1.5)
    assert server.output().count("Skipped an entry") == len(bad)
