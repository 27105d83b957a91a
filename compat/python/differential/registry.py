"""Registered models and their versions."""

from .sequence import V2, Step
from .tracking import pair


def create_registered(s):
    name = s.name().replace("/", "")
    return Step(
        "POST",
        f"{V2}/registered-models/create",
        {"name": name, "description": s.text(), "tags": s.tags()},
        [("registered", ["registered_model", "name"])],
    )


def create_version(s):
    run = s.ref("run")
    fields = {"name": s.ref("registered"), "source": s.one("s3://bucket/model", "runs:/x/model", "mlflow-artifacts:/a/model")}
    if s.chance(0.5):
        fields["run_id"] = run
    fields["tags"] = s.tags()
    return Step("POST", f"{V2}/model-versions/create", fields, [("version", ["model_version", "version"])])


def of_registered(method, path, make=lambda s: {}):
    return lambda s: Step(method, f"{V2}/registered-models/{path}", {"name": s.ref("registered"), **make(s)})


def of_version(method, path, make=lambda s: {}):
    return lambda s: Step(
        method,
        f"{V2}/model-versions/{path}",
        {"name": s.ref("registered"), "version": s.one("1", "2", "3"), **make(s)},
    )


def search_registry(kind):
    def make(s):
        where = [f"name LIKE '{s.prefix}%'"]
        if s.chance(0.6):
            where.append(s.one("tags.t0 = 'a'", "name ILIKE '%A%'", "tags.t1 != 'b'", "run_id = 'x'", "version_number > 1", "bogus = 'a'", "name ="))
        order = s.some(lambda: s.one("name", "name DESC", "version_number", "bogus"), 1)
        return Step("GET", f"{V2}/{kind}/search", {"filter": " AND ".join(where), "max_results": s.one(1, 2, 100), "order_by": [*order, "name ASC"] if order and not order[0].startswith("name") else order})

    return make


STAGES = ["None", "Staging", "production", "Archived", "Bogus"]

UNKNOWN = {"registered": "nobody", "version": "77"}
CREATE = {"registered": create_registered, "version": create_version}
CALLS = [
    *[create_registered] * 4,
    *[create_version] * 8,
    of_registered("GET", "get"),
    of_registered("PATCH", "update", lambda s: {"description": s.text()}),
    of_registered("POST", "rename", lambda s: {"new_name": s.name()}),
    of_registered("POST", "set-tag", pair),
    of_registered("DELETE", "delete-tag", lambda s: {"key": "t0"}),
    of_registered("POST", "get-latest-versions", lambda s: {"stages": s.some(lambda: s.random.choice(STAGES), 2)}),
    of_registered("POST", "alias", lambda s: {"alias": s.one("champion", "v1", "latest", "a b", "Ünï"), "version": s.one("1", "2", "x")}),
    of_registered("GET", "alias", lambda s: {"alias": "champion"}),
    of_registered("DELETE", "alias", lambda s: {"alias": "champion"}),
    of_registered("DELETE", "delete"),
    of_version("GET", "get"),
    of_version("PATCH", "update", lambda s: {"description": s.text()}),
    of_version("POST", "transition-stage", lambda s: {"stage": s.random.choice(STAGES), "archive_existing_versions": s.one(True, False)}),
    of_version("POST", "set-tag", pair),
    of_version("DELETE", "delete-tag", lambda s: {"key": "t0"}),
    of_version("GET", "get-download-uri"),
    of_version("DELETE", "delete"),
    search_registry("registered-models"),
    search_registry("model-versions"),
]


