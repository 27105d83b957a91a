"""A large folder."""

import json
import os
import time

import mlflow
import pytest
from file_store.clients import OURS_ON_FOLDER, direct

# The folder needs no database, so once is enough.
pytestmark = [pytest.mark.sqlite, pytest.mark.usefixtures("file_store")]


def make_many(root, count):
    """A folder of many runs as MLflow writes them, made at the speed of a script."""
    client = mlflow.MlflowClient(str(root))
    experiment = client.create_experiment("many")
    model = client.create_run(experiment).info.run_id
    meta = (root / experiment / model / "meta.yaml").read_text()
    for i in range(count):
        run_id = f"{i:032x}"
        folder = root / experiment / run_id
        for name in ("metrics", "params", "tags", "artifacts"):
            (folder / name).mkdir(parents=True)
        (folder / "meta.yaml").write_text(meta.replace(model, run_id).replace("status: 1", "status: 3"))
        for k in range(5):
            (folder / "metrics" / f"m{k}").write_text("".join(f"{1000 + s} {(i * 7 + s) % 100 / 100} {s}\n" for s in range(3)))
            (folder / "params" / f"p{k}").write_text(str(i % (k + 2)))
        for k in range(4):
            (folder / "tags" / f"t{k}").write_text(str(i))
    return experiment


@pytest.mark.once
def test_ten_thousand_runs_stay_usable(tmp_path, servers, record_property):
    root = tmp_path / "mlruns"
    direct(tmp_path)
    count = int(os.environ.get("BITACORA_TEST_RUNS", "10000"))
    experiment = make_many(root, count)
    figures = {}

    def timed(name, work):
        start = time.perf_counter()
        result = work()
        figures[name] = round(time.perf_counter() - start, 3)
        return result

    server = timed("cold start", lambda: servers(OURS_ON_FOLDER, tmp_path))
    client = mlflow.MlflowClient(server.uri)
    search = lambda where: client.search_runs([experiment], where, max_results=100, order_by=["metrics.m0 DESC"])
    assert len(timed("first search", lambda: search("params.p0 = '1' AND metrics.m1 > 0.5"))) == 100
    assert len(timed("second search", lambda: search("params.p0 = '1' AND metrics.m1 > 0.5"))) == 100
    assert server.stop() == 0
    (root / experiment / f"{5:032x}" / "tags" / "t0").write_text("changed while nobody looked")
    server = timed("warm start", lambda: servers(OURS_ON_FOLDER, tmp_path))
    client = mlflow.MlflowClient(server.uri)
    assert [r.info.run_id for r in timed("first search after it", lambda: search("tags.t0 LIKE 'changed%'"))] == [f"{5:032x}"]
    assert len(timed("search", lambda: search("metrics.m1 > 0.5"))) == 100
    assert timed("one run", lambda: client.get_run(f"{7:032x}")).data.params["p0"] == "1"
    timed("log a metric", lambda: client.log_metric(f"{7:032x}", "m0", 2.0, step=9))
    assert timed("search by what was logged", lambda: search("metrics.m0 > 1"))[0].info.run_id == f"{7:032x}"
    record_property("figures", json.dumps(figures))
    print(f"\n{count} runs, seconds: {figures}")
