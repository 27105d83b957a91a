"""Experiments, runs and logged models."""

from .sequence import V2, Step


def create_experiment(s):
    fields = {"name": s.name()}
    if s.chance(0.3):
        fields["tags"] = s.tags()
    if s.chance(0.2):
        fields["artifact_location"] = s.one("dbfs:/path", "mlflow-artifacts:/own", "dbfs:/b/c/")
    return Step("POST", f"{V2}/experiments/create", fields, [("experiment", ["experiment_id"])])


def create_run(s):
    # Runs that start together are ordered by their ids, which differ.
    s.count += 1
    fields = {"experiment_id": s.ref("experiment"), "start_time": s.instant() + 7 * s.count}
    if s.chance(0.5):
        fields["run_name"] = s.text() or "named"
    if s.chance(0.5):
        fields["tags"] = s.tags()
    if s.chance(0.2):
        fields["user_id"] = s.text()
    return Step("POST", f"{V2}/runs/create", fields, [("run", ["run", "info", "run_id"])])


def on_run(path, make):
    return lambda s: Step("POST", f"{V2}/runs/{path}", {"run_id": s.ref("run"), **make(s)})


def of_experiment(path, make=lambda s: {}):
    return lambda s: Step("POST", f"{V2}/experiments/{path}", {"experiment_id": s.ref("experiment"), **make(s)})


def metric(s):
    return {"key": s.key(), "value": s.number(), "timestamp": s.instant(), "step": s.one(0, 1, -3, 2**40)}


def pair(s):
    return {"key": s.key(), "value": s.text()}


def batch(s):
    fields = {"metrics": s.some(lambda: metric(s), 5)}
    # A param twice with other values is refused, and MLflow has then kept what came before it.
    fields["params"] = [{"key": f"p{index}", "value": "fixed"} for index in range(s.random.randint(0, 3))]
    fields["tags"] = s.tags()
    return fields


FILTERS = [
    "metrics.loss > 0.4",
    "metrics.loss != 1 AND metrics.acc <= 3.25",
    "params.p1 = 'fixed'",
    "params.p1 ILIKE 'FIX%'",
    "tags.t0 IS NOT NULL",
    "tags.`with space` = 'a'",
    "attributes.status = 'FINISHED'",
    "status != 'RUNNING' and start_time >= 1",
    "run_name LIKE '%ü%'",
    "metrics.loss = 'a'",
    "params.p1 = 5",
    "params.p1 > 'a'",
    "nonsense",
    "metrics.loss >",
    "a = 1 OR b = 2",
    "tags.a = 'unterminated",
    "attribute.bogus = 'x'",
    "",
]
ORDERS = ["metrics.loss DESC", "metrics.acc", "params.p1 ASC", "start_time", "tags.t0 DESC", "bogus", "metrics.loss SIDEWAYS"]


def search_runs(s):
    fields = {"experiment_ids": [s.ref("experiment")], "max_results": s.one(1, 2, 3, 100)}
    if s.chance(0.6):
        fields["filter"] = s.random.choice(FILTERS)
    fields["order_by"] = s.some(lambda: s.random.choice(ORDERS), 2)
    fields["run_view_type"] = s.one("ACTIVE_ONLY", "DELETED_ONLY", "ALL")
    return Step("POST", f"{V2}/runs/search", fields)


def search_experiments(s):
    where = [f"name LIKE '{s.prefix}%'"]
    if s.chance(0.5):
        where.append(s.one("name ILIKE '%A%'", "tags.t0 IS NULL", "creation_time > 5", "tags.t1 = 'a'", "name <> 'x'", "bogus = 'a'", "name ="))
    order = s.some(lambda: s.one("name", "name DESC", "experiment_id", "last_update_time DESC", "bogus"), 2)
    return Step(
        "POST",
        f"{V2}/experiments/search",
        {
            "filter": " AND ".join(where),
            # What is made within a millisecond has no order by time: the id decides.
            "order_by": [*order, "experiment_id"] if "experiment_id" not in order else order,
            "max_results": s.one(1, 2, 100),
            "view_type": s.one("ACTIVE_ONLY", "DELETED_ONLY", "ALL"),
        },
    )


def get(path, **kinds):
    return lambda s: Step("GET", f"{V2}/{path}", {field: s.ref(kind) for field, kind in kinds.items()})


def history(s):
    return Step("GET", f"{V2}/metrics/get-history", {"run_id": s.ref("run"), "metric_key": s.key()})


def create_logged_model(s):
    fields = {"experiment_id": s.ref("experiment"), "name": s.one("net", "tree", "a b")}
    if s.chance(0.5):
        fields["source_run_id"] = s.ref("run")
    fields["params"] = [{"key": "depth", "value": "3"}]
    fields["tags"] = s.tags()
    return Step("POST", f"{V2}/logged-models", fields, [("model", ["model", "info", "model_id"])])


def log_inputs(s):
    dataset = {"name": s.one("d1", "d2"), "digest": s.one("1", "2"), "source_type": "local", "source": "{}"}
    return {"datasets": [{"dataset": dataset, "tags": [{"key": "mlflow.data.context", "value": "training"}]}]}


UNKNOWN = {"experiment": "987654321", "run": "f" * 32, "model": "m-" + "0" * 32}
CREATE = {"experiment": create_experiment, "run": create_run, "model": create_logged_model}
CALLS = [
    create_experiment,
    *[create_run] * 8,
    *[on_run("log-metric", metric)] * 5,
    on_run("log-parameter", pair),
    on_run("set-tag", pair),
    on_run("delete-tag", lambda s: {"key": s.key()}),
    *[on_run("log-batch", batch)] * 5,
    on_run("log-inputs", log_inputs),
    on_run("update", lambda s: {"status": s.one("FINISHED", "FAILED", "KILLED", "RUNNING"), "end_time": s.instant()}),
    on_run("delete", lambda s: {}),
    on_run("restore", lambda s: {}),
    of_experiment("update", lambda s: {"new_name": s.name()}),
    of_experiment("set-experiment-tag", pair),
    of_experiment("delete-experiment-tag", lambda s: {"key": s.key()}),
    of_experiment("delete"),
    *[of_experiment("restore")] * 2,
    *[search_runs] * 8,
    search_experiments,
    get("experiments/get", experiment_id="experiment"),
    get("runs/get", run_id="run"),
    get("runs/get", run_id="run"),
    get("artifacts/list", run_id="run"),
    history,
    create_logged_model,
    lambda s: Step("POST", f"{V2}/logged-models/search", {"experiment_ids": [s.ref("experiment")], "filter": s.one("", "name = 'net'", "params.depth = '3'", "bogus = 1"), "order_by": [{"field_name": "name"}]}),
]
