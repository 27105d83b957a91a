"""Issues that traces of an experiment have."""

from .sequence import V3, Step, Text

PATH = f"{V3}/issues"


def create(s):
    fields = {"experiment_id": s.ref("experiment"), "name": s.name(), "description": s.text()}
    fields |= s.perhaps(status=s.one("pending", "resolved", "rejected", "x"), severity=s.one("low", "high", "not_an_issue", "LOW", ""), root_causes=s.some(s.text), categories=["c"], created_by=s.one("ana", ""))
    if s.chance(0.3):
        fields["source_run_id"] = s.ref("run")
    return Step("POST", PATH, fields, [("issue", ["issue", "issue_id"])])


def update(s):
    issue = s.ref("issue")
    fields = s.perhaps(name=s.name(), description=s.text(), status=s.one("resolved", "pending", "bogus"), severity=s.one("medium", "bogus"))
    return Step("PATCH", f"{PATH}/{{issue_id}}", {"issue_id": issue, **fields}, ids={"issue_id": issue})


def search(s):
    fields = {"experiment_id": s.ref("experiment"), **s.perhaps(include_trace_count=s.one(True, False), max_results=s.one(1, 2, 100, 0))}
    if s.chance(0.5):
        fields["filter_string"] = s.one("status = 'resolved'", "status != 'pending'", "status = 'x'", "severity = 'low'", "name = 'x'", "status", "")
    elif s.chance(0.3):
        fields["filter_string"] = Text("source_run_id = '{}'", s.ref("run"))
    return Step("POST", f"{PATH}/search", fields, narrows="experiment_id")


UNKNOWN = {"issue": "iss-" + "0" * 32}
CREATE = {"issue": create}
CALLS = [*[create] * 4, *[update] * 3, *[lambda s: Step("GET", f"{PATH}/{{issue_id}}", ids={"issue_id": s.ref("issue")})] * 2, *[search] * 3]
