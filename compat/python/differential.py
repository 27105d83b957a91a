"""Sequences of requests, valid and broken, that are the same for two servers, and answers made comparable.

A sequence works on things of its own, whose names begin with its prefix. What a server gives out (ids, page tokens)
stands in requests as a Ref and is filled in for each server with what that server gave.
"""

import copy
import json
import re
import time

import requests

API = "/api/2.0/mlflow"
UNKNOWN = {
    "experiment": "987654321",
    "run": "f" * 32,
    "model": "m-" + "0" * 32,
    "registered": "nobody",
    "version": "77",
    "token": "bm90IGEgdG9rZW4=",
}


class Ref:
    """Something that each server has under an id of its own."""

    def __init__(self, kind, number):
        self.kind, self.number = kind, number

    def __repr__(self):
        return f"<{self.kind} {self.number}>"


class Step:
    """One request. `gives` says which of the answer's fields are ids to go on with: kind to path of keys."""

    def __init__(self, method, path, fields, gives=(), mutation=None, has_wrong_type=False):
        self.method, self.path, self.fields, self.gives = method, path, fields, gives
        self.mutation, self.has_wrong_type = mutation, has_wrong_type

    def __repr__(self):
        mutation = f"  [{self.mutation}]" if self.mutation else ""
        return f"{self.method} {self.path} {json.dumps(self.fields, default=repr, ensure_ascii=False)[:600]}{mutation}"


class Lacking(Exception):
    """There is nothing of this kind to ask about yet."""

    def __init__(self, kind):
        super().__init__(kind)
        self.kind = kind


class Sequence:
    """Chooses requests one by one, with what the servers have given so far."""

    def __init__(self, random, prefix):
        self.random, self.prefix = random, prefix
        self.known = {}
        self.count = 0

    def choose(self, mutations):
        call = self.random.choice(CALLS)
        while True:
            try:
                step = call(self)
                break
            except Lacking as lacking:
                call = CREATE[lacking.kind]
        return self.mutate(step) if self.random.random() < mutations else step

    def ref(self, kind):
        if self.random.random() < 0.04:
            return UNKNOWN[kind]
        if kind not in self.known:
            raise Lacking(kind)
        return self.random.choice(self.known[kind])

    def learn(self, kind):
        ref = Ref(kind, len(self.known.get(kind, [])))
        self.known.setdefault(kind, []).append(ref)
        return ref

    def name(self):
        self.count += 1
        return f"{self.prefix} {self.random.choice(['a', 'b', 'ü', 'Große Änderung', 'x_y.z-1'])} {self.count}"

    def key(self):
        return self.random.choice(["loss", "acc", "val/acc", "with space", "ünï", "a.b-c_d", "p1", "p2"])

    def text(self):
        return self.random.choice(["", "a", "b", "CNN", "ü 模型", "0.5", "x" * 300, "it's", '"quoted"', "100%", "line\nbreak"])

    def number(self):
        return self.random.choice([0, 1, -1, 0.5, 1e300, -1e-300, 3.25, "NaN", "Infinity", "-Infinity"])

    def instant(self):
        return self.random.choice([0, 1, 1_700_000_000_000, 1_700_000_000_001, 2**53 + 1])

    def some(self, make, most=3):
        return [make() for _ in range(self.random.randint(0, most))]

    def tags(self):
        return [{"key": f"t{index}", "value": self.text()} for index in range(self.random.randint(0, 3))]

    def mutate(self, step):
        """The same request with one field spoilt."""
        fields = copy.copy(step.fields)
        if not fields:
            return step
        key = self.random.choice(sorted(fields))
        name, value = self.random.choice(MUTATIONS)
        has_wrong_type = False
        if name == "absent":
            del fields[key]
        elif name == "unknown field":
            fields["no_such_field"] = 1
        else:
            has_wrong_type = value is not None and (name == "list" or kind_of(value) != kind_of(fields[key]))
            fields[key] = value
        return Step(step.method, step.path, fields, step.gives, f"{key}: {name}", has_wrong_type)


def kind_of(value):
    """The JSON type of a field; what may be chosen among texts, such as an order or a status, counts as its own."""
    if isinstance(value, (bool, dict, list)):
        return type(value)
    return str if isinstance(value, (str, Ref)) else float


MUTATIONS = [
    ("absent", None),
    ("unknown field", None),
    ("null", None),
    ("empty", ""),
    ("spaces", "   "),
    ("long", "y" * 6000),
    ("dots", "../../etc"),
    ("object", {"a": 1}),
    ("list", ["a"]),
    ("number", 7),
    ("negative", -5),
    ("text", "nonsense"),
    ("true", True),
]


def create_experiment(s):
    fields = {"name": s.name()}
    if s.random.random() < 0.3:
        fields["tags"] = s.tags()
    if s.random.random() < 0.2:
        fields["artifact_location"] = s.random.choice(["s3://bucket/path", "mlflow-artifacts:/own", "gs://b/c/"])
    return Step("POST", f"{API}/experiments/create", fields, [("experiment", ["experiment_id"])])


def create_run(s):
    # Runs that start together are ordered by their ids, which differ.
    s.count += 1
    fields = {"experiment_id": s.ref("experiment"), "start_time": s.instant() + 7 * s.count}
    if s.random.random() < 0.5:
        fields["run_name"] = s.text() or "named"
    if s.random.random() < 0.5:
        fields["tags"] = s.tags()
    if s.random.random() < 0.2:
        fields["user_id"] = s.text()
    return Step("POST", f"{API}/runs/create", fields, [("run", ["run", "info", "run_id"])])


def on_run(path, make):
    return lambda s: Step("POST", f"{API}/runs/{path}", {"run_id": s.ref("run"), **make(s)})


def of_experiment(path, make=lambda s: {}):
    return lambda s: Step("POST", f"{API}/experiments/{path}", {"experiment_id": s.ref("experiment"), **make(s)})


def metric(s):
    return {"key": s.key(), "value": s.number(), "timestamp": s.instant(), "step": s.random.choice([0, 1, -3, 2**40])}


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
    fields = {"experiment_ids": [s.ref("experiment")], "max_results": s.random.choice([1, 2, 3, 100])}
    if s.random.random() < 0.6:
        fields["filter"] = s.random.choice(FILTERS)
    fields["order_by"] = s.some(lambda: s.random.choice(ORDERS), 2)
    fields["run_view_type"] = s.random.choice(["ACTIVE_ONLY", "DELETED_ONLY", "ALL"])
    return Step("POST", f"{API}/runs/search", fields)


def search_experiments(s):
    where = [f"name LIKE '{s.prefix}%'"]
    if s.random.random() < 0.5:
        where.append(s.random.choice(["name ILIKE '%A%'", "tags.t0 IS NULL", "creation_time > 5", "tags.t1 = 'a'", "name <> 'x'", "bogus = 'a'", "name ="]))
    order = s.some(lambda: s.random.choice(["name", "name DESC", "experiment_id", "last_update_time DESC", "bogus"]), 2)
    return Step(
        "POST",
        f"{API}/experiments/search",
        {
            "filter": " AND ".join(where),
            # What is made within a millisecond has no order by time: the id decides.
            "order_by": [*order, "experiment_id"] if "experiment_id" not in order else order,
            "max_results": s.random.choice([1, 2, 100]),
            "view_type": s.random.choice(["ACTIVE_ONLY", "DELETED_ONLY", "ALL"]),
        },
    )


def get(path, **kinds):
    return lambda s: Step("GET", f"{API}/{path}", {field: s.ref(kind) for field, kind in kinds.items()})


def history(s):
    return Step("GET", f"{API}/metrics/get-history", {"run_id": s.ref("run"), "metric_key": s.key()})


def create_logged_model(s):
    fields = {"experiment_id": s.ref("experiment"), "name": s.random.choice(["net", "tree", "a b"])}
    if s.random.random() < 0.5:
        fields["source_run_id"] = s.ref("run")
    fields["params"] = [{"key": "depth", "value": "3"}]
    fields["tags"] = s.tags()
    return Step("POST", f"{API}/logged-models", fields, [("model", ["model", "info", "model_id"])])


def log_inputs(s):
    dataset = {"name": s.random.choice(["d1", "d2"]), "digest": s.random.choice(["1", "2"]), "source_type": "local", "source": "{}"}
    return {"datasets": [{"dataset": dataset, "tags": [{"key": "mlflow.data.context", "value": "training"}]}]}


def create_registered(s):
    name = s.name().replace("/", "")
    return Step(
        "POST",
        f"{API}/registered-models/create",
        {"name": name, "description": s.text(), "tags": s.tags()},
        [("registered", ["registered_model", "name"])],
    )


def create_version(s):
    run = s.ref("run")
    fields = {"name": s.ref("registered"), "source": s.random.choice(["s3://bucket/model", "runs:/x/model", "mlflow-artifacts:/a/model"])}
    if s.random.random() < 0.5:
        fields["run_id"] = run
    fields["tags"] = s.tags()
    return Step("POST", f"{API}/model-versions/create", fields, [("version", ["model_version", "version"])])


def of_registered(method, path, make=lambda s: {}):
    return lambda s: Step(method, f"{API}/registered-models/{path}", {"name": s.ref("registered"), **make(s)})


def of_version(method, path, make=lambda s: {}):
    return lambda s: Step(
        method,
        f"{API}/model-versions/{path}",
        {"name": s.ref("registered"), "version": s.random.choice(["1", "2", "3"]), **make(s)},
    )


def search_registry(kind):
    def make(s):
        where = [f"name LIKE '{s.prefix}%'"]
        if s.random.random() < 0.6:
            where.append(s.random.choice(["tags.t0 = 'a'", "name ILIKE '%A%'", "tags.t1 != 'b'", "run_id = 'x'", "version_number > 1", "bogus = 'a'", "name ="]))
        order = s.some(lambda: s.random.choice(["name", "name DESC", "version_number", "bogus"]), 1)
        return Step("GET", f"{API}/{kind}/search", {"filter": " AND ".join(where), "max_results": s.random.choice([1, 2, 100]), "order_by": [*order, "name ASC"] if order and not order[0].startswith("name") else order})

    return make


STAGES = ["None", "Staging", "production", "Archived", "Bogus"]

CREATE = {
    "experiment": create_experiment,
    "run": create_run,
    "model": create_logged_model,
    "registered": create_registered,
    "version": create_version,
}
CALLS = [
    create_experiment,
    *[create_run] * 8,
    *[on_run("log-metric", metric)] * 5,
    on_run("log-parameter", pair),
    on_run("set-tag", pair),
    on_run("delete-tag", lambda s: {"key": s.key()}),
    *[on_run("log-batch", batch)] * 5,
    on_run("log-inputs", log_inputs),
    on_run("update", lambda s: {"status": s.random.choice(["FINISHED", "FAILED", "KILLED", "RUNNING"]), "end_time": s.instant()}),
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
    lambda s: Step("POST", f"{API}/logged-models/search", {"experiment_ids": [s.ref("experiment")], "filter": s.random.choice(["", "name = 'net'", "params.depth = '3'", "bogus = 1"]), "order_by": [{"field_name": "name"}]}),
    *[create_registered] * 4,
    *[create_version] * 8,
    of_registered("GET", "get"),
    of_registered("PATCH", "update", lambda s: {"description": s.text()}),
    of_registered("POST", "rename", lambda s: {"new_name": s.name()}),
    of_registered("POST", "set-tag", pair),
    of_registered("DELETE", "delete-tag", lambda s: {"key": "t0"}),
    of_registered("POST", "get-latest-versions", lambda s: {"stages": s.some(lambda: s.random.choice(STAGES), 2)}),
    of_registered("POST", "alias", lambda s: {"alias": s.random.choice(["champion", "v1", "latest", "a b", "Ünï"]), "version": s.random.choice(["1", "2", "x"])}),
    of_registered("GET", "alias", lambda s: {"alias": "champion"}),
    of_registered("DELETE", "alias", lambda s: {"alias": "champion"}),
    of_registered("DELETE", "delete"),
    of_version("GET", "get"),
    of_version("PATCH", "update", lambda s: {"description": s.text()}),
    of_version("POST", "transition-stage", lambda s: {"stage": s.random.choice(STAGES), "archive_existing_versions": s.random.choice([True, False])}),
    of_version("POST", "set-tag", pair),
    of_version("DELETE", "delete-tag", lambda s: {"key": "t0"}),
    of_version("GET", "get-download-uri"),
    of_version("DELETE", "delete"),
    search_registry("registered-models"),
    search_registry("model-versions"),
]


class Asked:
    """One of the servers: what it has given, and its answers with that taken out again."""

    def __init__(self, uri):
        self.uri = uri
        self.given = {}
        self.session = requests.Session()

    def ask(self, step):
        fields = self.fill(step.fields)
        if step.method == "GET":
            params = {k: (v if isinstance(v, (str, int, float, list)) else json.dumps(v)) for k, v in fields.items() if v is not None}
            answer = self.session.get(self.uri + step.path, params=params, timeout=120)
        else:
            answer = self.session.request(step.method, self.uri + step.path, json=fields, timeout=120)
        is_json = "json" in answer.headers.get("content-type", "")
        body = json.loads(answer.text) if is_json else answer.text
        return answer.status_code, body

    def fill(self, value):
        if isinstance(value, Ref):
            return self.given[repr(value)]
        if isinstance(value, dict):
            return {key: self.fill(inner) for key, inner in value.items()}
        return [self.fill(inner) for inner in value] if isinstance(value, list) else value

    def keep(self, ref, path, body):
        for key in path:
            body = body[key]
        self.given[repr(ref)] = body

    def comparable(self, status, body):
        if status >= 400:
            return status, body.get("error_code") if isinstance(body, dict) else "no JSON"
        names = {}
        for ref, value in self.given.items():
            names.setdefault(str(value), ref)
        return status, plain(body, names)


RANDOM_NAME = re.compile(r"^[a-z]+-[a-z]+-\d+$")
UNORDERED = {"tags", "params", "metrics", "dataset_inputs", "aliases", "latest_versions"}


def plain(value, names, key=None):
    """Ids as references, times of now and random names as such; lists of entries with keys have no promised order."""
    if isinstance(value, dict):
        return {k: plain(v, names, k) for k, v in value.items()}
    if isinstance(value, list):
        items = [plain(item, names, key) for item in value]
        return sorted(items, key=lambda item: json.dumps(item, sort_keys=True)) if key in UNORDERED else items
    if key == "next_page_token":
        return "<token>"
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return "<now>" if abs(value - time.time() * 1000) < 3_600_000 else value
    if isinstance(value, str):
        if key == "experiment_id":
            return names.get(value, value)
        if RANDOM_NAME.match(value):
            return "<random>"
        value = re.sub(r"mlflow-artifacts:/(\d+)(?=/|$)", lambda m: f"mlflow-artifacts:/{names.get(m[1], m[1])}", value)
        for known, ref in names.items():
            if len(known) >= 32:
                value = value.replace(known, ref)
    return value
