"""Traces of the Python server read in place by ours: answers are compared field by field. And back: Python reads ours."""

import json

import mlflow
import pytest
import requests
from alike import answer_alike, asking, both_on, made_with
from conftest import OURS, THEIRS, Server
from databases import IS_MYSQL
from mlflow.entities import SpanType
from test_in_place import ask

V2, V3 = "/api/2.0/mlflow", "/api/3.0/mlflow"


def fill(uri):
    """Traces with children, errors, sessions, tokens, tags, feedback and links, written through the given server."""
    mlflow.set_tracking_uri(uri)
    client = mlflow.MlflowClient(uri)
    experiment = client.create_experiment("traces")
    mlflow.set_experiment(experiment_id=experiment)

    @mlflow.trace(name="llm", span_type=SpanType.CHAT_MODEL, attributes={"model": "gpt-4o", "nested": {"a": [1, 2.5, None, True]}})
    def llm(i):
        span = mlflow.get_current_active_span()
        span.set_attribute("mlflow.chat.tokenUsage", {"input_tokens": 10 + i, "output_tokens": i, "total_tokens": 10 + 2 * i})
        if i == 3:
            raise ValueError("nein: ü")
        return {"answer": f"größe {i} 名", "score": i / 4}

    for i in range(6):

        @mlflow.trace(name=f"chat {i % 3}")
        def chat():
            mlflow.update_current_trace(
                tags={"env": "prod" if i % 2 else "dev", "note": "n" * 300},
                metadata={"mlflow.trace.session": f"s{i // 2}", "mlflow.trace.user": "ana", "customer": "Acme"},
                client_request_id=f"request {i}",
            )
            return llm(i)

        if i == 3:
            with pytest.raises(ValueError):
                chat()
        elif i == 4:
            with mlflow.start_run(run_name="runner") as run:
                chat()
        else:
            chat()
        mlflow.flush_trace_async_logging()
        trace_id = mlflow.get_last_active_trace_id()
        mlflow.log_feedback(trace_id=trace_id, name="score", value=i / 4, rationale="so")
        mlflow.log_feedback(trace_id=trace_id, name="good", value="yes" if i % 2 else "no")
        if i == 5:
            mlflow.log_expectation(trace_id=trace_id, name="fact", value=["a", 1])
            client.link_traces_to_run([trace_id], run.info.run_id)
    store = client._tracking_client.store
    started = store.deprecated_start_trace_v2(experiment, 1_700_000_000_000, {"k": "v"}, {"t": "1"})
    store.deprecated_start_trace_v2(experiment, 1_700_000_000_500, {}, {"mlflow.traceName": "open"})
    from mlflow.entities.trace_status import TraceStatus

    store.deprecated_end_trace_v2(started.request_id, 1_700_000_000_123, TraceStatus.ERROR, {}, {"t": "2"})
    return experiment, run.info.run_id, [trace.info.trace_id for trace in client.search_traces(locations=[experiment], include_spans=False)]


def questions(experiment, run_id, ids):
    for trace_id in [*ids, "tr-nothing"]:
        yield "GET", f"{V3}/traces/{trace_id}", {}
        yield "GET", f"{V2}/traces/{trace_id}/info", {}
    for trace_id in ids[:6]:
        yield "GET", f"{V3}/traces/get", {"trace_id": trace_id}
    yield "GET", f"{V3}/traces/batchGet", {"trace_ids": [*ids[5::-1], "tr-nothing"]}
    yield "POST", f"{V3}/traces/batchGetInfos", {"trace_ids": [*ids, "tr-nothing"]}
    yield "POST", f"{V3}/traces/batchGetInfos", {"trace_ids": ids, "experiment_ids": ["0"]}
    locations = [{"type": "MLFLOW_EXPERIMENT", "mlflow_experiment": {"experiment_id": experiment}}]
    filters = [
        "",
        "status = 'OK'",
        "trace.status IN ('ERROR', 'IN_PROGRESS')",
        "attributes.status != 'OK'",
        "name LIKE 'chat%'",
        "name ILIKE 'CHAT 1'",
        "name RLIKE 'chat [01]'",
        "attribute.name IS NULL",
        "client_request_id = 'request 2'",
        f"request_id = '{ids[0]}'",
        f"request_id IN ('{ids[0]}', '{ids[3]}')",
        "timestamp_ms > 1700000000000",
        "timestamp <= 1700000000000",
        "execution_time_ms = 123",
        "execution_time > 100000",
        "end_time_ms < 1700000001000",
        f"run_id = '{run_id}'",
        f"attributes.run_id != '{run_id}'",
        "tags.env = 'prod'",
        "tag.env != 'prod'",
        "tags.env IS NULL",
        "tags.note LIKE 'nnn%' AND tags.env IS NOT NULL",
        "metadata.customer = 'Acme'",
        "request_metadata.customer ILIKE 'acme'",
        "metadata.`mlflow.trace.session` = 's1'",
        "metadata.`mlflow.trace.session` IS NULL",
        "metadata.`mlflow.trace.user` = 'ana' AND status = 'ERROR'",
        'metadata.`mlflow.trace.tokenUsage` = \'{"input_tokens": 12, "output_tokens": 2, "total_tokens": 14}\'',
        "metadata.`mlflow.trace.tokenUsage` IS NULL",
        "span.name = 'llm'",
        "span.type = 'CHAT_MODEL' AND span.status = 'ERROR'",
        "span.name = 'llm' AND span.type = 'UNKNOWN'",
        "span.type IN ('CHAT_MODEL', 'TOOL')",
        "span.attributes.model LIKE '%gpt%'",
        "trace.text LIKE '%größe 2%'",
        "trace.text ILIKE '%NEIN%'",
        "feedback.score > 0.5",
        "feedback.score <= 0.25",
        "feedback.good = 'yes'",
        "feedback.good != 'yes'",
        "feedback.nothing IS NULL",
        "feedback.good IS NOT NULL AND expectation.fact IS NOT NULL",
        "prompt = 'a/1'",
        "prompt = 'a'",
        "trace_id = 'x'",
        "status = 'OK' OR name = 'x'",
        "span.colour = 'x'",
        "feedback.score > 'a'",
        "metadata.`mlflow.trace.cost` LIKE 'x'",
    ]
    for where in filters:
        yield "POST", f"{V3}/traces/search", {"locations": locations, "filter": where}
        yield "GET", f"{V2}/traces", {"experiment_ids": [experiment], "filter": where, "max_results": 3}
    for order in (["timestamp_ms ASC"], ["name", "timestamp DESC"], ["status DESC", "request_id"], ["tags.env DESC"], ["metadata.customer", "name DESC"], ["client_request_id"], ["metadata.`mlflow.trace.cost`"]):
        yield "POST", f"{V3}/traces/search", {"locations": locations, "order_by": order}
    yield "POST", f"{V3}/traces/search", {"locations": [], "filter": ""}
    yield "POST", f"{V3}/traces/search", {"locations": [{"mlflow_experiment": {"experiment_id": "a.b"}}]}
    yield "POST", f"{V3}/traces/search", {"locations": locations, "max_results": 501}
    yield "POST", f"{V3}/traces/search", {"locations": locations, "max_results": 2, "page_token": "eyJvZmZzZXQiOiAyfQ=="}
    for first, second in (("status = 'ERROR'", "tags.env = 'prod'"), ("status = 'OK'", "name = 'nothing'"), ("status = 'OK'", "status != 'OK'")):
        yield "POST", f"{V3}/traces/calculate-filter-correlation", {"experiment_ids": [experiment], "filter_string1": first, "filter_string2": second}
    count = [{"aggregation_type": "COUNT"}]
    spread = [{"aggregation_type": kind} for kind in ("AVG", "MIN", "MAX")] + [{"aggregation_type": "PERCENTILE", "percentile_value": value} for value in (50, 90, 99.5)]
    amount = [{"aggregation_type": "SUM"}, *spread]
    for view, metric, aggregations, dimensions in (
        ("TRACES", "trace_count", count, ["trace_name", "trace_status"]),
        ("TRACES", "session_count", count, []),
        ("TRACES", "latency", spread, ["trace_name"]),
        ("TRACES", "input_tokens", amount, []),
        ("TRACES", "total_tokens", amount, ["trace_name"]),
        ("SPANS", "span_count", count, ["span_name", "span_type", "span_status"]),
        ("SPANS", "latency", spread, ["span_name"]),
        ("SPANS", "total_cost", amount, []),
        ("ASSESSMENTS", "assessment_count", count, ["assessment_name", "assessment_value"]),
        ("ASSESSMENTS", "assessment_value", spread, ["assessment_name"]),
        ("TRACES", "colour", count, []),
        ("SPANS", "latency", count, []),
        ("TRACES", "trace_count", count, ["span_name"]),
    ):
        asked = {"experiment_ids": [experiment], "view_type": view, "metric_name": metric, "aggregations": aggregations, "dimensions": dimensions}
        yield "POST", f"{V3}/traces/metrics", asked
        yield "POST", f"{V3}/traces/metrics", {**asked, "filters": ["trace.status = 'OK'", "trace.tag.env = 'dev'"]}
        yield "POST", f"{V3}/traces/metrics", {**asked, "time_interval_seconds": 86400, "start_time_ms": 0, "end_time_ms": 4_000_000_000_000}


def plain(value, key=None):
    if isinstance(value, dict):
        # Whole traces of MLflow come without the previews of their header, and its aggregates on MySQL are others:
        # docs/differences.md.
        left_out = {"next_page_token", "request_preview", "response_preview"} if key == "whole" else {"next_page_token"}
        if IS_MYSQL and key == "values":
            left_out |= {name for name in value if name.startswith("P")}
        inner = "whole" if "spans" in value else None
        return {k: plain(v, inner if k == "trace_info" and inner else k) for k, v in value.items() if k not in left_out}
    if isinstance(value, (list, tuple)):
        items = [plain(item) for item in value]
        return sorted(items, key=lambda item: json.dumps(item, sort_keys=True)) if key in {"assessments", "tags", "request_metadata"} else items
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return round(float(value), 4 if IS_MYSQL and key == "AVG" else 9) if abs(value) < 2**53 else value
    return value


@pytest.fixture(scope="module")
def made_by_python(tmp_path_factory):
    folder = tmp_path_factory.mktemp("python")
    return folder, made_with(THEIRS, folder, fill)


def test_both_servers_answer_alike_about_traces_of_python(made_by_python, tmp_path):
    folder, made = made_by_python
    with both_on(folder, tmp_path) as servers:
        asked = answer_alike(asking(servers, lambda *question: plain(ask(*question))), questions(*made))
        for trace_id in made[2][:6]:
            file = "/ajax-api/2.0/mlflow/get-trace-artifact"
            expected, answered = (json.loads(requests.get(server.uri + file, params={"request_id": trace_id}).content) for server in servers)
            assert expected == answered
    assert asked > 150


def test_python_reads_and_changes_traces_that_we_wrote(tmp_path):
    folder = tmp_path / "ours"
    folder.mkdir()
    ours = Server(OURS, folder)
    experiment, run_id, ids = fill(ours.uri)
    before = requests.post(f"{ours.uri}{V3}/traces/batchGetInfos", json={"trace_ids": ids}).json()
    assert ours.stop() == 0
    theirs = Server(THEIRS, folder)
    try:
        after = requests.post(f"{theirs.uri}{V3}/traces/batchGetInfos", json={"trace_ids": ids}).json()
        assert plain(cut(before)) == plain(after)
        client = mlflow.MlflowClient(theirs.uri)
        mlflow.set_tracking_uri(theirs.uri)
        assert len(mlflow.search_traces(locations=[experiment], filter_string=f"run_id = '{run_id}'", return_type="list", include_spans=False)) == 2
        assert client.get_trace(ids[0]).data.spans[0].name == "chat 2"
        client.set_trace_tag(ids[0], "env", "changed")
        assert client.delete_traces(experiment, trace_ids=[ids[1]]) == 1
    finally:
        theirs.stop()
    ours = Server(OURS, folder)
    assert requests.get(f"{ours.uri}{V3}/traces/{ids[0]}").json()["trace"]["trace_info"]["tags"]["env"] == "changed"
    assert requests.get(f"{ours.uri}{V3}/traces/{ids[1]}").status_code == 404
    assert ours.stop() == 0


def cut(answer):
    """MLflow cuts metadata to 250 characters when it answers."""
    for info in answer["trace_infos"]:
        info["trace_metadata"] = {key: value[:250] for key, value in info.get("trace_metadata", {}).items()}
        if not info["trace_metadata"]:
            del info["trace_metadata"]
    return answer
