"""Webhooks: created, listed, changed and deleted. No delivery goes out; `test_webhooks.py` compares those."""

from .sequence import V2, Step

PATH = f"{V2}/webhooks"

EVENTS = [("REGISTERED_MODEL", "CREATED"), ("MODEL_VERSION_TAG", "SET"), ("PROMPT_ALIAS", "DELETED"), ("REGISTERED_MODEL", "DELETED"), ("PROMPT", "SET"), ("BUDGET_POLICY", "EXCEEDED")]


def event(s):
    # Most are events that there are.
    entity, action = s.random.choice(EVENTS if s.chance(0.2) else EVENTS[:3])
    return {"entity": entity, "action": action}


def events(s):
    found = s.some(lambda: event(s), 2)
    return [item for index, item in enumerate(found) if item not in found[:index]]


def url(s):
    return s.one("https://1.1.1.1/hook", "https://1.1.1.1:8443/a?b=c", "http://1.1.1.1/", "https://127.0.0.1/", "https://10.0.0.8/", "https://", "nonsense", "https://[::1]/")


def name(s):
    return s.one("hook", "a-b_c.d", f"hook-{s.next()}", "-", "ü", "x" * 64, "a b")


def create(s):
    fields = {"name": name(s), "url": url(s) if s.chance(0.4) else "https://1.1.1.1/hook", "events": events(s) or [{"entity": "PROMPT", "action": "CREATED"}]}
    fields |= s.perhaps(description=s.text(), status=s.one("ACTIVE", "DISABLED"), secret=s.one("hidden", ""))
    return Step("POST", PATH, fields, [("webhook", ["webhook", "webhook_id"])])


def update(s):
    fields = s.perhaps(name=name(s), url=url(s), description=s.text(), status=s.one("ACTIVE", "DISABLED"), events=events(s))
    return Step("PATCH", f"{PATH}/{{webhook_id}}", fields, ids={"webhook_id": s.ref("webhook")})


def on(method):
    return lambda s: Step(method, f"{PATH}/{{webhook_id}}", ids={"webhook_id": s.ref("webhook")})


UNKNOWN = {"webhook": "00000000-0000-0000-0000-000000000000"}
CREATE = {"webhook": create}
CALLS = [*[create] * 5, *[update] * 4, *[on("GET")] * 3, *[on("DELETE")] * 2, lambda s: Step("GET", PATH, {"max_results": s.one(1000, 1001, -1)})]
