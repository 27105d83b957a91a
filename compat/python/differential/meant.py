"""What we answer otherwise on purpose. Each entry has the first words of a row of docs/differences.md."""

import re

WIDE = ("run_name", "user_id", "name", "new_name", "key")


def is_refused(ours):
    # Over OTLP answers have no code.
    return ours in ((400, "INVALID_PARAMETER_VALUE"), (400, None))


def place(step):
    """Which field is spoilt, as in `tags.key`, and how."""
    field, _, how = (step.mutation or "").rpartition(": ")
    return field, how


# Texts of a form; "nonsense" is of none.
FORMED = ("execution_duration", "request_time", "create_time", "last_update_time")


def is_malformed(step):
    field, how = place(step)
    if how in ("unknown field", "object"):
        # In what holds texts under keys of the caller's every key is known; what was added is a number.
        if any(name in ("tags", "metadata", "trace_metadata") for name in field.split(".")):
            return True
    return step.has_wrong_type or (how in ("text", "dots", "spaces", "long", "empty") and field.endswith(FORMED))


def names_the_field(step):
    """Whether our words name the field, or the one that it stands in; or a number that is wrong besides, which Python has lost."""
    names = [name.replace("experiment_ids", "experiment id") for name in place(step)[0].split(".")] + (["max_results"] if step.fields.get("max_results") == 0 else [])
    return any(name in step.our_words for name in names)


def keeps_going(theirs):
    """Python has taken it and done the work, or its database has noticed; what it refuses itself, we refuse alike."""
    return theirs in ((400, "BAD_REQUEST"), (400, "RESOURCE_ALREADY_EXISTS"), (404, "RESOURCE_DOES_NOT_EXIST")) or theirs[0] == 200


def exceeds_a_column(step):
    return place(step)[1] == "long" or any(len(str(step.fields.get(name) or "")) > 250 for name in WIDE)


def lacks_an_inner_field(step):
    field, how = place(step)
    return "." in field and how in ("absent", "null", "empty")


def overrides_unlike_feedback(step):
    assessment = step.fields.get("assessment")
    return isinstance(assessment, dict) and "overrides" in assessment and "feedback" not in assessment


def is_span_of_nonsense(step):
    return step.path == "/v1/traces" and place(step)[0].endswith(("TimeUnixNano", "traceId", "spanId", "parentSpanId"))


def searched(step):
    """The filters of a search."""
    return " ".join(str(value) for name, value in step.fields.items() if name.startswith("filter"))


def stores_a_header(step):
    return step.method == "POST" and step.path == "/api/3.0/mlflow/traces"


# Words, and whether they explain the answers of Python and of ours to a step.
MEANT = [
    (
        "A field of the wrong type",
        lambda step, theirs, ours: is_malformed(step) and keeps_going(theirs) and is_refused(ours) and names_the_field(step),
    ),
    ("An entry of a list without a field that it needs", lambda step, theirs, ours: lacks_an_inner_field(step) and (theirs[0] in (200, 422) or theirs == (404, "RESOURCE_DOES_NOT_EXIST")) and is_refused(ours)),
    (
        "A mistake of the caller that ends in a 500",
        lambda step, theirs, ours: theirs[0] == 500 and (ours[0] < 500 or ours[0] == 501),
    ),
    ("Widths of columns", lambda step, theirs, ours: exceeds_a_column(step) and is_refused(ours)),
    (
        "A mistake of the caller that the database notices",
        lambda step, theirs, ours: theirs == (400, "BAD_REQUEST") and ours in ((400, "INVALID_PARAMETER_VALUE"), (404, "RESOURCE_DOES_NOT_EXIST")),
    ),
    (
        "The same id twice in a list",
        lambda step, theirs, ours: step.path.endswith(("link-to-run", "link-prompts", "datasets/create", "add-experiments")) and theirs == (400, "BAD_REQUEST") and ours[0] == 200,
    ),
    ("An override by an expectation or issue", lambda step, theirs, ours: overrides_unlike_feedback(step) and theirs[0] == 200 and ours[0] in (200, 404)),
    ("The header of a trace that is stored again", lambda step, theirs, ours: stores_a_header(step) and theirs[0] == ours[0] == 200 and says_more(ours[1], theirs[1])),
    (
        "A trace without an id",
        lambda step, theirs, ours: stores_a_header(step) and step.mutation and place(step)[0].endswith("trace_info.trace_id") and theirs[0] in (200, 404) and is_refused(ours),
    ),
    (
        "A slash in an id or a tag's key",
        lambda step, theirs, ours: "%2F" in step.url and theirs == (404, "no JSON"),
    ),
    (
        "An experiment as the location of a trace, without a type",
        lambda step, theirs, ours: stores_a_header(step) and place(step)[0].endswith("trace_location.type") and theirs == (400, "INVALID_PARAMETER_VALUE") and ours[0] == 200,
    ),
    ("An OTLP span that begins at 0", lambda step, theirs, ours: is_span_of_nonsense(step) and theirs[0] in (200, 422) and ours[0] == 400),
    (
        "A tag of an evaluation data set that is no text",
        lambda step, theirs, ours: step.path.endswith("datasets/create") and (step.has_wrong_type or place(step)[1] == "unknown field") and place(step)[0].startswith("tags.") and theirs[0] == ours[0] == 200,
    ),
    (
        "Records for an evaluation data set that does not exist",
        lambda step, theirs, ours: step.method == "POST" and step.path.endswith("/records") and theirs[0] == 200 and ours == (404, "RESOURCE_DOES_NOT_EXIST"),
    ),
    (
        "The calls about workspaces while these are off",
        lambda step, theirs, ours: step.path.startswith("/api/3.0/mlflow/workspaces") and theirs[0] == 503 and (ours == (404, "ENDPOINT_NOT_FOUND") or (step.mutation and is_refused(ours))),
    ),
    (
        "`null` for the tags or metadata of a trace of 2.x",
        lambda step, theirs, ours: step.path.startswith("/api/2.0/mlflow/traces") and step.mutation in ("tags: null", "request_metadata: null") and theirs == (400, "INVALID_PARAMETER_VALUE") and ours[0] == 200,
    ),
    (
        "`name IN (…)`, `run_id IN (…)`",
        lambda step, theirs, ours: "/traces" in step.path and " IN (" in str(step.fields) and theirs == (400, "INVALID_PARAMETER_VALUE") and ours[0] == 200,
    ),
    (
        "`type` in the table of spans",
        lambda step, theirs, ours: step.follows_foreign_types and "span.type" in searched(step) and theirs[0] == ours[0] == 200,
    ),
    (
        "A least `timestamp_ms` beside a clause on spans",
        lambda step, theirs, ours: "span." in searched(step) and re.search("timestamp(_ms)? >", searched(step)) and theirs[0] == ours[0] == 200,
    ),
    (
        "Backticks around the key of a tag in a search of evaluation data sets",
        lambda step, theirs, ours: step.path.endswith("datasets/search") and "tags.`" in searched(step) and theirs[0] == ours[0] == 200,
    ),
    (
        "An issue's id in the body of a change, beside that in the path",
        lambda step, theirs, ours: step.method == "PATCH" and place(step)[0] == "issue_id" and (theirs == (400, "INVALID_PARAMETER_VALUE") or step.has_wrong_type) and (ours[0] in (200, 404) or (is_refused(ours) and "'bogus'" in step.our_words)),
    ),
    (
        "`max_results` of 0 or less when searching registered models",
        lambda step, theirs, ours: step.path.endswith("registered-models/search") and int(step.fields.get("max_results") or 0) < 1 and theirs[0] == 200 and is_refused(ours),
    ),
    (
        "`..` in an `artifact_location`",
        lambda step, theirs, ours: ".." in str(step.fields.get("artifact_location")) and theirs[0] == 200 and is_refused(ours),
    ),
    (
        "No runs in a GraphQL query for the history of a metric",
        lambda step, theirs, ours: step.path == "/graphql" and place(step)[0].endswith("runIds") and place(step)[1] in ("null", "absent") and theirs[0] == ours[0] == 200,
    ),
    (
        "`maxResults` below 1 in a GraphQL query for the history of a metric",
        lambda step, theirs, ours: step.path == "/graphql" and step.mutation == "variables.data.maxResults: negative" and theirs[0] == ours[0] == 200,
    ),
    ("A GraphQL query that cannot be read", lambda step, theirs, ours: step.path == "/graphql" and theirs[0] == 500 and ours[0] == 200),
]


def says_more(ours, theirs):
    """Whether the one has all that the other has."""
    if isinstance(theirs, dict) and isinstance(ours, dict):
        return all(key in ours and says_more(ours[key], inner) for key, inner in theirs.items())
    return ours == theirs


def explains(step, theirs, ours):
    return any(explained(step, theirs, ours) for _, explained in MEANT)


def may_differ_from_here(step, theirs, ours):
    """Whether one of them has perhaps kept what the other has not."""
    if step.method == "GET" or theirs[0] == 503 or step.path.endswith(("/search", "/graphql", "/metrics", "batchGetInfos", "correlation")):
        return False
    # What fails half way in MLflow may have kept the first half.
    return theirs != ours and (theirs[0] < 300 or ours[0] < 300 or theirs[0] >= 500)
