"""Questions about a folder that together show all there is, and answers made comparable."""

import json

import requests
from alike import answer_alike, asking

from .traces import trace_questions


def questions(folder):
    """Requests that together show all there is, read from the folder itself so that nothing is forgotten."""
    root = folder / "mlruns"
    experiments = sorted(p.name for p in [*root.iterdir(), *(root / ".trash").iterdir()] if p.name.isdigit())
    runs = sorted(p.parent.name for p in root.rglob("meta.yaml") if len(p.parent.name) == 32 and (p.parent / "params").is_dir())
    models = sorted(p.name for p in root.glob("[0-9]*/models/m-*"))
    keys = sorted((m.parent.name, str(p.relative_to(m))) for m in root.glob("[0-9]*/*/metrics") for p in m.rglob("*") if p.is_file())
    api, ajax = "/api/2.0/mlflow", "/ajax-api/2.0/mlflow"
    assert len(experiments) >= 4 and len(runs) >= 14 and len(models) == 4 and len(keys) > 30
    for experiment_id in [*experiments, "4242", ""]:
        yield "GET", f"{api}/experiments/get", {"experiment_id": experiment_id}
    for name in ("Default", "first ü 模型: 1", "second", "trash", "nobody"):
        yield "GET", f"{api}/experiments/get-by-name", {"experiment_name": name}
    for view in ("ACTIVE_ONLY", "DELETED_ONLY", "ALL"):
        yield "POST", f"{api}/experiments/search", {"max_results": 100, "view_type": view}
        yield "GET", f"{api}/experiments/search", {"max_results": 2, "view_type": view, "order_by": "name DESC"}
    for where in ("name LIKE '%s%'", "tags.team = 'a'", "name ILIKE 'SECOND'", "creation_time > 5", "name = ", "bogus = '1'"):
        yield "POST", f"{api}/experiments/search", {"max_results": 100, "filter": where}
    for run_id in [*runs, "f" * 32]:
        yield "GET", f"{api}/runs/get", {"run_id": run_id}
        yield "GET", f"{api}/artifacts/list", {"run_id": run_id}
        yield "GET", f"{api}/artifacts/list", {"run_id": run_id, "path": "folder"}
    filters = [
        "",
        "metrics.loss > 0.4",
        "metrics.loss != 0.7",
        "metrics.huge > 0",
        "params.model = 'cnn'",
        "params.model ILIKE 'c%'",
        "params.model LIKE 'c%' AND tags.stage = 'prod'",
        "tags.`with space` = 'ü'",
        "tags.`deep/er/tag` = '1'",
        "attributes.status = 'FINISHED'",
        "status != 'RUNNING'",
        "start_time >= 1700000000005",
        "run_name LIKE 'run 1%'",
        "run_name = '1e3'",
        "dataset.name = 'points'",
        "dataset.context = 'testing'",
        f"run_id IN ('{runs[0]}', '{runs[1]}')",
        "metrics.loss = 'a'",
        "x = 1 OR y = 2",
    ]
    orders = [[], ["metrics.loss"], ["metrics.loss DESC", "params.i"], ["params.model", "start_time DESC"], ["metrics.`val/acc` DESC", "params.i"], ["bogus"]]
    for view in ("ACTIVE_ONLY", "DELETED_ONLY", "ALL"):
        for where in filters:
            yield "POST", f"{api}/runs/search", {"experiment_ids": experiments, "run_view_type": view, "filter": where}
        for order in orders:
            yield "POST", f"{api}/runs/search", {"experiment_ids": experiments, "run_view_type": view, "order_by": order, "max_results": 7}
    for run_id, key in keys:
        yield "GET", f"{api}/metrics/get-history", {"run_id": run_id, "metric_key": key}
    for model_id in [*models, "m-" + "0" * 32]:
        yield "GET", f"{api}/logged-models/{model_id}", {}
    for where in ("", "metrics.acc > 0.2", "name = 'model1'", "params.p != '2'", "tags.t LIKE 'v%'"):
        yield "POST", f"{api}/logged-models/search", {"experiment_ids": experiments, "filter": where, "order_by": [{"field_name": "name"}]}
    yield "POST", f"{ajax}/experiments/search-datasets", {"experiment_ids": experiments}
    for name in ("forecast ü", "new name", "old name", "gone", "nobody"):
        yield "GET", f"{api}/registered-models/get", {"name": name}
        yield "GET", f"{api}/registered-models/get-latest-versions", {"name": name}
        for version in ("1", "2", "3", "4", "5", "9"):
            yield "GET", f"{api}/model-versions/get", {"name": name, "version": version}
            yield "GET", f"{api}/model-versions/get-download-uri", {"name": name, "version": version}
        for alias in ("champion", "challenger", "latest"):
            yield "GET", f"{api}/registered-models/alias", {"name": name, "alias": alias}
    for where in ("", "name LIKE 'fore%'", "tags.owner = 'ana'"):
        yield "GET", f"{api}/registered-models/search", {"filter": where, "max_results": 10}
    for where in ("", "name = 'forecast ü'", "tags.n = '1'"):
        yield "GET", f"{api}/model-versions/search", {"filter": where, "max_results": 10}
    yield from trace_questions(root)


def ask(uri, method, path, fields):
    response = requests.get(uri + path, params=fields) if method == "GET" else requests.post(uri + path, json=fields)
    if response.status_code >= 400:
        return response.status_code, response.json().get("error_code")
    answer = response.json()
    if path.endswith("get-latest-versions"):
        answer = {"latest_versions": answer.get("model_versions", [])}
    return response.status_code, normalise(answer)


# Where a file store of MLflow answers otherwise than its databases, ours answers as from a database; docs/differences.md.
OF_MODELS_ALONE = {"run_id", "dataset_name", "dataset_digest"}
WITH_DATA_SET = "acc"


def normalise(value, key=None, above=None):
    """Lists of entries with keys have no promised order; page tokens are opaque."""
    if isinstance(value, dict):
        entry = {k: normalise(v, k, key) for k, v in value.items() if k != "next_page_token"}
        if key == "inputs":
            entry.pop("model_inputs", None)
        if "expectation" in entry:
            entry.pop("valid", None)
        return entry
    if isinstance(value, list):
        items = [normalise(item, None, key) for item in value]
        if key in {"latest_versions", "model_versions"}:
            items = [{k: v for k, v in item.items() if k != "aliases"} for item in items]
        if key == "metrics" and not any("model_id" in item for item in items):
            items = [{k: v for k, v in item.items() if k not in OF_MODELS_ALONE} for item in items]
            items = [{**item, "value": repr(float(item["value"]))} for item in items]
            items = [{**item, "step": None} if item["key"] == WITH_DATA_SET else item for item in items]
        unordered = key in {"tags", "params", "metrics", "dataset_inputs", "dataset_summaries", "aliases", "latest_versions", "assessments", "request_metadata"}
        return sorted(items, key=lambda item: json.dumps(item, sort_keys=True)) if unordered else items
    return value


def assert_alike(folder, theirs, ours):
    assert answer_alike(asking((theirs, ours), ask), questions(folder)) > 250
