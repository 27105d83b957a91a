"""Queues of traces that people review."""

from .sequence import V3, Step

PATH = f"{V3}/review-queues"


def create(s):
    kind = s.one("CUSTOM", "CUSTOM", "USER")
    fields = {"experiment_id": s.ref("experiment"), "name": s.one("Weekly", "weekly", "ana", f"queue {s.next()}"), "queue_type": kind}
    fields |= s.perhaps(users=s.some(lambda: s.one("Ana", "bob", " ü ", "")), schema_ids=s.some(lambda: s.ref("schema"), 2))
    return Step("POST", f"{PATH}/create", fields, [("queue", ["review_queue", "queue_id"])])


def of_user(s):
    return Step("POST", f"{PATH}/get-or-create-user", {"experiment_id": s.ref("experiment"), "user": s.one("Zoe", "zoe", "ana", " ")})


def update(s):
    fields = {"queue_id": s.ref("queue"), **s.perhaps(name=s.one("Monthly", "weekly", f"queue {s.next()}"), new_owner=s.one("ana", ""))}
    if s.chance(0.4):
        fields |= {"update_users": True, "users": s.some(lambda: s.one("Cy", "bob"))}
    if s.chance(0.3):
        fields |= {"update_schema_ids": True, "schema_ids": s.some(lambda: s.ref("schema"), 1)}
    return Step("POST", f"{PATH}/update", fields)


def list_queues(s):
    return Step("GET", f"{PATH}/list", {"experiment_id": s.ref("experiment"), **s.perhaps(user=s.one("ANA", "bob"), max_results=s.one(1, 100, 0))})


def items(path, make):
    return lambda s: Step("POST", f"{PATH}/items/{path}", {"queue_id": s.ref("queue"), **make(s)})


def status(s):
    return {"item_id": s.ref("trace"), "status": s.one("PENDING", "COMPLETE", "DECLINED"), **s.perhaps(completed_by=s.one("Ana", ""))}


UNKNOWN = {"queue": "rq-" + "0" * 32}
CREATE = {"queue": create}
CALLS = [
    *[create] * 4,
    *[of_user] * 2,
    *[update] * 2,
    list_queues,
    lambda s: Step("GET", f"{PATH}/get", {"queue_id": s.ref("queue")}),
    lambda s: Step("GET", f"{PATH}/get-by-name", {"experiment_id": s.ref("experiment"), "name": s.one("WEEKLY", "zoe", "nothing")}),
    lambda s: Step("POST", f"{PATH}/delete", {"queue_id": s.ref("queue")}),
    *[items("add", lambda s: {"item_ids": s.some(lambda: s.ref("trace"), 2)})] * 3,
    items("remove", lambda s: {"item_ids": s.some(lambda: s.ref("trace"), 1)}),
    *[items("set-status", status)] * 2,
    lambda s: Step("GET", f"{PATH}/items/list", {"queue_id": s.ref("queue"), **s.perhaps(status=s.one("PENDING", "COMPLETE"), max_results=s.one(1, 100))}),
]
