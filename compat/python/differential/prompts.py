"""Prompts, as the client keeps them: registered models and versions with tags that say so."""

from .sequence import V2, Step

IS_PROMPT = {"key": "mlflow.prompt.is_prompt", "value": "true"}


def create_prompt(s):
    fields = {"name": f"{s.prefix}-prompt-{s.next()}", "tags": [IS_PROMPT, *s.tags()], **s.perhaps(description=s.text())}
    return Step("POST", f"{V2}/registered-models/create", fields, [("prompt", ["registered_model", "name"])])


def create_version(s):
    text = s.one("Hi {{name}}", "ü", "", "x" * 5001)
    tags = [IS_PROMPT, {"key": "mlflow.prompt.text", "value": text}, *s.tags()]
    if s.chance(0.2):
        tags = tags[1:]
    fields = {"name": s.ref("prompt"), "source": s.one("prompt-template", "prompt-template", "s3://bucket/x"), "tags": tags, **s.perhaps(description=s.text())}
    return Step("POST", f"{V2}/model-versions/create", fields)


def search(kind):
    def make(s):
        where = [f"name LIKE '{s.prefix}%'"]
        if s.chance(0.7):
            where.append(s.one("tags.`mlflow.prompt.is_prompt` = 'true'", "tags.`mlflow.prompt.is_prompt` = 'false'", "tags.`mlflow.prompt.is_prompt` != 'true'", "tags.t0 = 'a'"))
        # Versions of one model alone have a promised order.
        order = ["name"] if kind == "registered-models" else ["name", "version_number"]
        return Step("GET", f"{V2}/{kind}/search", {"filter": " AND ".join(where), "max_results": s.one(1, 100), "order_by": order})

    return make


def of_prompt(method, path, make=lambda s: {}):
    return lambda s: Step(method, f"{V2}/{path}", {"name": s.ref("prompt"), **make(s)})


def version(s):
    return {"version": s.one("1", "2", "3")}


UNKNOWN = {"prompt": "no-prompt"}
CREATE = {"prompt": create_prompt}
CALLS = [
    *[create_prompt] * 3,
    *[create_version] * 6,
    *[search("registered-models")] * 3,
    *[search("model-versions")] * 3,
    of_prompt("GET", "registered-models/get"),
    of_prompt("GET", "model-versions/get", version),
    of_prompt("POST", "registered-models/alias", lambda s: {"alias": s.one("live", "latest", "v1"), **version(s)}),
    of_prompt("GET", "registered-models/alias", lambda s: {"alias": s.one("live", "latest")}),
    of_prompt("POST", "registered-models/set-tag", lambda s: {"key": s.one("k", IS_PROMPT["key"]), "value": s.text()}),
    of_prompt("POST", "model-versions/set-tag", lambda s: {**version(s), "key": "k", "value": s.text()}),
    of_prompt("POST", "model-versions/transition-stage", lambda s: {**version(s), "stage": "Staging"}),
    of_prompt("POST", "registered-models/rename", lambda s: {"new_name": f"{s.prefix}-prompt-{s.next()}"}),
    of_prompt("DELETE", "model-versions/delete", version),
    of_prompt("DELETE", "registered-models/delete"),
]
