"""Traces by the calls of both generations, their tags and links, and searches with filters made up of parts."""

from datetime import datetime, timezone

from .sequence import V2, V3, Step, Text


def instant(s):
    """Milliseconds; no two traces begin together: those would be ordered by their ids, of which the server makes some."""
    return s.one(1, 1_500_000_000_000, 1_700_000_000_000) + 7 * s.next()


def rfc3339(ms):
    """Times are told to the millisecond: 1970-01-01T00:00:00.001Z."""
    return datetime.fromtimestamp(ms / 1000, timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def metadata(s):
    choice = {
        "customer": s.text(),
        "mlflow.trace.session": s.one("s1", "s2"),
        "mlflow.trace.user": s.one("ana", "bob"),
        "mlflow.trace.tokenUsage": s.one('{"input_tokens": 3, "output_tokens": 4, "total_tokens": 7}', "no JSON", "{}", "[1]"),
        "mlflow.trace.cost": '{"input_cost": 0.5, "output_cost": 0.25, "total_cost": 0.75}',
        "mlflow.sourceRun": s.one("x", ""),
    }
    return {key: value for key, value in choice.items() if s.chance(0.25)}


def trace_tags(s):
    choice = {"env": s.one("prod", "dev"), "mlflow.traceName": s.one("chat", "größe", "a b"), "t1": s.text()}
    return {key: value for key, value in choice.items() if s.chance(0.5)}


def pairs(values):
    return [{"key": key, "value": value} for key, value in values.items()]


def start_v2(s):
    fields = {"experiment_id": s.ref("experiment"), "timestamp_ms": instant(s), "request_metadata": pairs(metadata(s)), "tags": pairs(trace_tags(s))}
    return Step("POST", f"{V2}/traces", fields, [("trace", ["trace_info", "request_id"])])


def end_v2(s):
    fields = {"timestamp_ms": instant(s) + 100, "status": s.one("OK", "ERROR", "IN_PROGRESS"), **s.perhaps(request_metadata=pairs(metadata(s)), tags=pairs(trace_tags(s)))}
    return Step("PATCH", f"{V2}/traces/{{request_id}}", fields, ids={"request_id": s.ref("trace")})


def info(s):
    return {
        "trace_id": f"tr-{s.hex(32)}",
        "trace_location": {"type": "MLFLOW_EXPERIMENT", "mlflow_experiment": {"experiment_id": s.ref("experiment")}},
        "request_time": rfc3339(instant(s)),
        "state": s.one("OK", "OK", "ERROR", "IN_PROGRESS", "STATE_UNSPECIFIED"),
        **s.perhaps(
            execution_duration=s.one("0.001s", "1.5s", "3s", "86400s"),
            client_request_id=s.one("r1", "ü", ""),
            request_preview=s.text(),
            response_preview=s.text(),
            trace_metadata=metadata(s),
            tags=trace_tags(s),
        ),
    }


def start_v3(s):
    return Step("POST", f"{V3}/traces", {"trace": {"trace_info": info(s)}}, [("trace", ["trace", "trace_info", "trace_id"])])


def start_again(s):
    """The header of a trace that is there already."""
    return Step("POST", f"{V3}/traces", {"trace": {"trace_info": {**info(s), "trace_id": s.ref("trace")}}})


def clause(s):
    texts = ["=", "!=", "LIKE", "ILIKE"] if s.chance(0.9) else [">", "<=", "IN", "<>"]
    subject, comparators, values = s.one(
        ("status", ["=", "!="], ["'OK'", "'ERROR'", "'ok'", "'x'"]),
        ("attributes.status", ["=", "!=", "IN"], ["'OK'", "('OK', 'ERROR')"]),
        ("name", texts, ["'chat'", "'%a%'", "'GRÖSSE'", "5"]),
        ("trace.name", texts, ["'chat'", "'C%'"]),
        ("timestamp_ms", [">", "<", ">=", "<=", "=", "!="], ["1", "1500000000000", "1700000000100", "1.5"]),
        ("timestamp", [">", "<"], ["1600000000000"]),
        ("execution_time_ms", [">", "<", "="], ["0", "100", "1500"]),
        ("execution_time", [">=", "!="], ["100"]),
        ("end_time_ms", [">", "<="], ["1600000000000"]),
        ("client_request_id", texts, ["'r1'", "'R%'", "''"]),
        ("tags.env", texts, ["'prod'", "'p%'", "'D%'"]),
        ("tag.t1", texts, ["'a'", "''", "'%'"]),
        ("tags.`t1`", texts, ["'0.5'"]),
        ("tags.env IS", ["NULL", "NOT NULL"], [""]),
        ("metadata.customer", texts, ["'a'", "'CNN'", "'%x%'"]),
        ("request_metadata.customer", texts, ["'b'"]),
        ("metadata.`mlflow.trace.session`", ["=", "!=", "IN"], ["'s1'", "('s1', 's3')"]),
        ("metadata.`mlflow.trace.user`", ["=", "!=", "LIKE"], ["'ana'", "'%b'"]),
        ("metadata.`mlflow.trace.tokenUsage`", ["=", "LIKE"], ["'{}'", "'%3%'"]),
        ("metadata.customer IS", ["NULL", "NOT NULL"], [""]),
        ("span.name", texts, ["'llm'", "'%o%'", "'ROOT'"]),
        ("span.type", ["=", "!=", "IN", "LIKE"], ["'LLM'", "'TOOL'", "('LLM', 'CHAT_MODEL')"]),
        ("span.status", ["=", "!="], ["'OK'", "'ERROR'"]),
        ("feedback.score", ["=", "!=", ">", "<", ">=", "<="], ["0.5", "1", "'yes'"]),
        ("feedback.good", ["=", "!="], ["'yes'", "'no'", "'true'"]),
        ("feedback.score IS", ["NULL", "NOT NULL"], [""]),
        ("expectation.fact", ["=", "!="], ["'x'", "'7'"]),
        ("expectation.fact IS", ["NULL", "NOT NULL"], [""]),
        ("issue.id", ["="], ["'x'"]),
        ("prompt", ["=", "!="], ["'a/1'", "'a'", "'a/x'"]),
        ("bogus", ["="], ["'a'"]),
        ("span.colour", ["="], ["'a'"]),
        ("metrics.loss", [">"], ["1"]),
        ("nonsense", [""], [""]),
    )
    return f"{subject} {s.random.choice(comparators)} {s.random.choice(values)}".strip()


def trace_filter(s):
    if s.chance(0.15):
        return Text(s.one("run_id = '{}'", "attributes.run_id = '{}'", "metadata.`mlflow.sourceRun` = '{}'"), s.ref("run"))
    if s.chance(0.1):
        return Text(s.one("request_id = '{}'", "trace_id = '{}'", "request_id != '{}'", "request_id IN ('{}', 'tr-x')"), s.ref("trace"))
    return s.one(" AND ", " AND ", " and ", " OR ").join(s.some(lambda: clause(s), 2))


ORDERS = ["timestamp_ms", "timestamp DESC", "timestamp_ms ASC", "status", "name DESC", "execution_time_ms", "execution_time DESC", "tags.env", "metadata.customer DESC", "client_request_id", "bogus", "timestamp SIDEWAYS", "span.name", "feedback.score"]


def search(s):
    fields = {"filter": trace_filter(s), "order_by": s.some(lambda: s.random.choice(ORDERS), 2), "max_results": s.one(1, 2, 3, 100, 500)}
    fields = {key: value for key, value in fields.items() if s.chance(0.8)}
    if s.chance(0.3):
        return Step("GET", f"{V2}/traces", {"experiment_ids": [s.ref("experiment")], **fields})
    location = {"type": "MLFLOW_EXPERIMENT", "mlflow_experiment": {"experiment_id": s.ref("experiment")}}
    return Step("POST", f"{V3}/traces/search", {"locations": [location], **fields})


def get_v3(s):
    return Step("GET", f"{V3}/traces/{{trace_id}}", ids={"trace_id": s.ref("trace")})


def get_v2(s):
    return Step("GET", f"{V2}/traces/{{request_id}}/info", ids={"request_id": s.ref("trace")})


def get_whole(s):
    # Without `allow_partial` the Python server waits three seconds for spans that never come.
    return Step("GET", f"{V3}/traces/get", {"trace_id": s.ref("trace"), "allow_partial": "true"})


def batch(s):
    fields = {"trace_ids": [s.ref("trace") for _ in range(s.one(1, 2, 3))]}
    if s.chance(0.3):
        fields["experiment_ids"] = [s.ref("experiment")]
    return Step("GET", f"{V3}/traces/batchGet", fields) if s.chance(0.5) else Step("POST", f"{V3}/traces/batchGetInfos", fields)


def set_tag(s):
    fields = {"key": s.one("env", "t1", "mlflow.traceName", "ü k", "k" * 251), "value": s.text()}
    version, name = s.one((V2, "request_id"), (V3, "trace_id"))
    return Step("PATCH", f"{version}/traces/{{{name}}}/tags", fields, ids={name: s.ref("trace")})


def delete_tag(s):
    version, name = s.one((V2, "request_id"), (V3, "trace_id"))
    return Step("DELETE", f"{version}/traces/{{{name}}}/tags", {"key": s.one("env", "t1", "nothing")}, ids={name: s.ref("trace")})


def link_to_run(s):
    return Step("POST", f"{V2}/traces/link-to-run", {"trace_ids": s.some(lambda: s.ref("trace")), "run_id": s.ref("run")})


def link_prompts(s):
    versions = s.some(lambda: {"name": s.one("a", "b/ü"), "version": s.one("1", "2", "x")}, 2)
    return Step("POST", f"{V2}/traces/link-prompts", {"trace_id": s.ref("trace"), "prompt_versions": versions})


def delete(s):
    fields = {"experiment_id": s.ref("experiment")}
    if s.chance(0.6):
        fields["request_ids"] = [s.ref("trace")]
    if s.chance(0.4):
        fields["max_timestamp_millis"] = s.one(1, 1_500_000_000_000)
    if s.chance(0.3):
        fields["max_traces"] = s.one(0, 1, -1)
    return Step("POST", f"{s.one(V2, V3)}/traces/delete-traces", fields)


def metrics(s):
    view, metric = s.one(("TRACES", "trace_count"), ("TRACES", "latency"), ("TRACES", "total_tokens"), ("SPANS", "span_count"), ("SPANS", "latency"), ("ASSESSMENTS", "assessment_count"), ("ASSESSMENTS", "assessment_value"), ("TRACES", "colour"))
    kinds = [{"aggregation_type": "COUNT"}, {"aggregation_type": "AVG"}, {"aggregation_type": "SUM"}, {"aggregation_type": "MAX"}, {"aggregation_type": "PERCENTILE", "percentile_value": 90}]
    counts = metric.endswith("_count") and s.chance(0.9)
    fields = {
        "experiment_ids": [s.ref("experiment")],
        "view_type": view,
        "metric_name": metric,
        "aggregations": kinds[:1] if counts else [s.random.choice(kinds)],
        "dimensions": s.some(lambda: s.one("trace_name", "trace_status", "span_name", "assessment_name"), 1),
    }
    if s.chance(0.4):
        fields["filters"] = [s.one("trace.status = 'OK'", "trace.tag.env = 'dev'", "trace.metadata.customer = 'a'", "span.name = 'llm'", "bogus = 'x'", "trace.status")]
    if s.chance(0.3):
        fields |= {"time_interval_seconds": s.one(3600, 86400 * 365), "start_time_ms": 0, "end_time_ms": 1_800_000_000_000}
    return Step("POST", f"{V3}/traces/metrics", fields)


def correlation(s):
    fields = {"experiment_ids": [s.ref("experiment")], "filter_string1": clause(s), "filter_string2": clause(s)}
    return Step("POST", f"{V3}/traces/calculate-filter-correlation", fields)


UNKNOWN = {"trace": "tr-" + "0" * 32}
CREATE = {"trace": start_v3}
CALLS = [
    *[start_v3] * 8,
    *[start_v2] * 3,
    *[end_v2] * 2,
    *[start_again] * 2,
    *[search] * 14,
    *[get_v3] * 2,
    get_v2,
    *[get_whole] * 2,
    *[batch] * 2,
    *[set_tag] * 2,
    delete_tag,
    *[link_to_run] * 2,
    link_prompts,
    delete,
    *[metrics] * 3,
    correlation,
]
