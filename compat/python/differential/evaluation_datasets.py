"""Evaluation data sets, their records, tags and experiments."""

from .sequence import V3, Json, Step

PATH = f"{V3}/datasets"
ONE = f"{PATH}/{{dataset_id}}"


def json_tags(s):
    return Json({key: s.text() for key in ("team", "ü", "mlflow.user") if s.chance(0.4)})


def create(s):
    fields = {"name": s.name(), **s.perhaps(experiment_ids=s.some(lambda: s.ref("experiment"), 2), tags=json_tags(s))}
    return Step("POST", f"{PATH}/create", fields, [("dataset", ["dataset", "dataset_id"])])


def scalar(s):
    return s.one("why?", "ü", 1, 1.0, -0.0, 1e16, 1e-7, 12345678901234567890, True, None)


def inner(s):
    return s.one(scalar(s), ["a", 1, None], {"b": scalar(s)}, [])


def record(s):
    made = {"inputs": {"q": s.one("a", "b", "c"), **s.perhaps(n=scalar(s), deep=inner(s))}}
    source = s.one({"source_type": "TRACE", "source_data": {"trace_id": "tr-1"}}, {"source_type": "human", "source_data": {"user": "ana"}}, {"source_type": "CODE"})
    return made | s.perhaps(outputs=s.one(inner(s), {"answer": inner(s)}), expectations={"fact": inner(s)}, tags={"t": s.text(), **s.perhaps(**{"mlflow.user": "bob"})}, source=source)


def upsert(s):
    return Step("POST", f"{ONE}/records", {"records": Json([record(s)])}, ids={"dataset_id": s.ref("dataset")})


def upsert_many(s):
    """One record in pieces: different ones of one call have one time, and are then ordered by ids of the server's."""
    first = record(s)
    return Step("POST", f"{ONE}/records", {"records": Json(s.some(lambda: {**record(s), "inputs": first["inputs"]}))}, ids={"dataset_id": s.ref("dataset")}, whole="records.inputs")


def records(s):
    return Step("GET", f"{ONE}/records", s.perhaps(max_results=s.one(0, 1, 2, 1000)), ids={"dataset_id": s.ref("dataset")})


def of(method, end="", make=lambda s: {}):
    return lambda s: Step(method, f"{ONE}{end}", make(s), ids={"dataset_id": s.ref("dataset")})


def search(s):
    where = [f"name LIKE '{s.prefix}%'"]
    if s.chance(0.6):
        where.append(s.one("name != 'x'", "name ILIKE '%A%'", "tags.team = 'a'", "tags.team != 'b'", "tags.`ü` LIKE '%'", "created_time > 5", "last_update_time > 5", "created_by = 'ana'", "bogus = 'a'", "name =", "created_time > 'a'"))
    order = s.some(lambda: s.one("name", "name DESC", "bogus", "name SIDEWAYS"), 1)
    fields = {"filter_string": " AND ".join(where), "order_by": order or ["name"], "max_results": s.one(1, 2, 100)}
    if s.chance(0.3):
        fields["experiment_ids"] = [s.ref("experiment")]
    return Step("POST", f"{PATH}/search", fields)


def experiments(s):
    return {"experiment_ids": s.some(lambda: s.ref("experiment"), 2)}


def delete_tag(s):
    return Step("DELETE", f"{ONE}/tags/{{key}}", ids={"dataset_id": s.ref("dataset"), "key": s.one("team", "nothing")})


UNKNOWN = {"dataset": "d-" + "0" * 32}
CREATE = {"dataset": create}
CALLS = [
    *[create] * 4,
    *[upsert] * 6,
    *[upsert_many] * 2,
    *[records] * 4,
    *[of("GET")] * 3,
    of("DELETE"),
    of("PATCH", "/tags", lambda s: {"tags": json_tags(s)}),
    delete_tag,
    of("DELETE", "/records", lambda s: {"dataset_record_ids": s.one([], ["dr-x"])}),
    of("GET", "/experiment-ids"),
    of("POST", "/add-experiments", experiments),
    of("POST", "/remove-experiments", experiments),
    *[search] * 4,
]
