"""Scorers of an experiment and their versions."""

from .sequence import V3, Json, Step

PATH = f"{V3}/scorers"


def serialized(s):
    return Json({"name": "polite", "mlflow_version": "3.17.2", "instructions_judge_pydantic_data": {"instructions": s.one("Is {{ outputs }} polite?", "ü {{ inputs }}"), "model": "openai:/gpt-4"}})


def named(s):
    return {"experiment_id": s.ref("experiment"), "name": s.one("polite", "brief", "ü", "a b")}


def register(s):
    return Step("POST", f"{PATH}/register", {**named(s), "serialized_scorer": serialized(s)}, [("scorer", ["scorer_id"])])


def versioned(s):
    return {**named(s), **({"version": s.one(1, 2, 3, 0)} if s.chance(0.6) else {})}


def online(s):
    fields = {**named(s), "sample_rate": s.one(0, 0.5, 1, 1.5, -1), **s.perhaps(filter_string=s.one("", "status = 'OK'", "bogus = 1"))}
    return Step("PUT", f"{PATH}/online-config", fields)


UNKNOWN = {"scorer": "00000000-0000-0000-0000-000000000000"}
CREATE = {"scorer": register}
# A list of all scorers would have those of other sequences.
CALLS = [
    *[register] * 5,
    lambda s: Step("GET", f"{PATH}/list", {"experiment_id": s.ref("experiment")}, narrows="experiment_id"),
    lambda s: Step("GET", f"{PATH}/list", {"experiment_ids": [s.ref("experiment"), s.ref("experiment")]}, narrows="experiment_ids"),
    lambda s: Step("GET", f"{PATH}/versions", named(s)),
    *[lambda s: Step("GET", f"{PATH}/get", versioned(s))] * 2,
    lambda s: Step("DELETE", f"{PATH}/delete", versioned(s)),
    online,
    lambda s: Step("GET", f"{PATH}/online-configs", {"scorer_ids": [s.ref("scorer")]}),
]
