"""Assessments of traces: feedback, expectations and issues."""

from .sequence import V3, Json, Step

PATH = f"{V3}/traces/{{trace_id}}/assessments"


def source(s):
    return {"source_type": s.one("HUMAN", "LLM_JUDGE", "CODE", "SOURCE_TYPE_UNSPECIFIED"), "source_id": s.one("ana", "gpt-4", "")}


def any_value(s):
    return s.one("yes", "ü", "", True, False, 0.5, 1, -3, 1e300, None, ["a", 1.5, None], {"a": {"b": [True]}})


def feedback(s):
    given = {"value": any_value(s)}
    if s.chance(0.2):
        given["error"] = {"error_code": s.one("RATE_LIMIT", ""), **s.perhaps(error_message="too many", stack_trace="at line 1")}
    return {"feedback": given}


def expectation(s):
    if s.chance(0.3):
        return {"expectation": {"serialized_value": {"serialization_format": "JSON_FORMAT", "value": Json(any_value(s))}}}
    return {"expectation": {"value": s.one("x", 7, 0.25, True)}}


def issue(s):
    return {"issue": {"issue_name": s.one("slow", "")}}


def kind(s):
    return s.one(feedback, feedback, expectation, issue)(s)


def create(s):
    trace = s.ref("trace")
    assessment = {
        "assessment_name": s.one("score", "good", "fact", "ü", "a b"),
        "trace_id": trace,
        "source": source(s),
        **kind(s),
        **s.perhaps(rationale=s.text(), metadata={"k": s.text()}, span_id=s.hex(16)),
    }
    if s.chance(0.2):
        assessment |= {"create_time": "2024-01-02T03:04:05.678Z", "last_update_time": "2024-01-02T03:04:05.678Z"}
    if s.chance(0.2) and "assessment" in s.known:
        assessment["overrides"] = s.ref("assessment")
    return Step("POST", PATH, {"assessment": assessment}, [("assessment", ["assessment", "assessment_id"])], ids={"trace_id": trace})


def update(s):
    trace, given = s.ref("trace"), s.ref("assessment")
    changes = {"assessment_name": s.one("renamed", "ü"), "rationale": s.text(), "metadata": {"more": s.text()}, **kind(s)}
    chosen = [name for name in changes if name != "issue" and s.chance(0.5)] or ["rationale"]
    mask = ",".join(chosen)
    words = mask.split("_")
    mask = words[0] + "".join(word[:1].upper() + word[1:] for word in words[1:])
    return Step("PATCH", f"{PATH}/{{assessment_id}}", {"assessment": {"trace_id": trace, "assessment_id": given, **changes}, "update_mask": mask}, ids={"trace_id": trace, "assessment_id": given})


def on(method):
    return lambda s: Step(method, f"{PATH}/{{assessment_id}}", ids={"trace_id": s.ref("trace"), "assessment_id": s.ref("assessment")})


UNKNOWN = {"assessment": "a-" + "0" * 32}
CREATE = {"assessment": create}
CALLS = [*[create] * 5, *[update] * 3, *[on("GET")] * 3, on("DELETE")]
