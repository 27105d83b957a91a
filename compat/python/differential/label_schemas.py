"""The questions that reviewers answer."""

from .sequence import V3, Step

PATH = f"{V3}/label-schemas"


def question(s):
    return s.one(
        {"pass_fail": {"positive_label": s.one("yes", "ü"), "negative_label": s.one("no", "yes", "x" * 65)}},
        {"categorical": {"options": s.some(lambda: s.one("a", "b", "ü", ""), 4), **s.perhaps(multi_select=s.one(True, False))}},
        {"numeric": s.perhaps(min_value=s.one(0, -1.5, 7), max_value=s.one(1, 10))},
        {"text": s.perhaps(max_length=s.one(0, 1, 500, -1))},
    )


def create(s):
    fields = {
        "experiment_id": s.ref("experiment"),
        "name": s.one("polite", "short", "ü?", f"q{s.next()}", "Feedback", "x" * 300),
        "type": s.one("FEEDBACK", "EXPECTATION"),
        "input": question(s),
        **s.perhaps(instruction=s.text(), enable_comment=s.one(True, False)),
    }
    return Step("POST", f"{PATH}/create", fields, [("schema", ["label_schema", "schema_id"])])


def update(s):
    fields = {"schema_id": s.ref("schema"), **s.perhaps(name=s.one("polite", f"q{s.next()}", "feedback"), instruction=s.text(), enable_comment=True, input=question(s))}
    return Step("PATCH", f"{PATH}/update", fields)


# What is created within a millisecond is ordered by ids, which differ: the list is asked for while there is no page.
UNKNOWN = {"schema": "ls-" + "0" * 32}
CREATE = {"schema": create}
CALLS = [
    *[create] * 5,
    *[update] * 3,
    *[lambda s: Step("GET", f"{PATH}/get", {"schema_id": s.ref("schema")})] * 2,
    lambda s: Step("GET", f"{PATH}/get-by-name", {"experiment_id": s.ref("experiment"), "name": s.one("polite", "POLITE", "nothing", "Feedback")}),
    lambda s: Step("GET", f"{PATH}/list", {"experiment_id": s.ref("experiment"), "max_results": s.one(1, 100, 0, 50_001)}),
    lambda s: Step("DELETE", f"{PATH}/delete", {"schema_id": s.ref("schema")}),
]
