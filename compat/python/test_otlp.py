"""Spans over OTLP: from plain OpenTelemetry exporters, and stored as MLflow's own server stores them."""

import gzip
import json
import os
import threading
import uuid

import mlflow
import pytest
import requests
from conftest import OURS, ROOT, THEIRS, Server
from databases import rows
from opentelemetry.exporter.otlp.proto.http import Compression
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExportResult
from opentelemetry.trace import Link, Status, StatusCode, set_span_in_context

CASES = json.loads((ROOT / "compat/otlp-cases.json").read_text())
GOLDENS = ROOT / "compat/otlp-goldens.json"


def exporter(server, experiment, compression=Compression.NoCompression, **headers):
    return OTLPSpanExporter(
        endpoint=f"{server.uri}/v1/traces",
        headers={"x-mlflow-experiment-id": experiment, **headers},
        compression=compression,
    )


def tracer(span_exporter):
    provider = TracerProvider(resource=Resource.create({"service.name": "checkout"}))
    provider.add_span_processor(BatchSpanProcessor(span_exporter))
    return provider, provider.get_tracer("compat")


def trace_of(span):
    return f"tr-{span.get_span_context().trace_id:032x}"


@pytest.mark.parametrize("compression", [Compression.NoCompression, Compression.Gzip, Compression.Deflate])
def test_a_plain_exporter_brings_a_trace_that_the_client_reads(server, client, experiment, compression):
    provider, trace = tracer(exporter(server, experiment, compression))
    with trace.start_as_current_span("turn", attributes={"session.id": "s-1", "user.id": "ana", "input.value": '{"q": "hi"}'}) as root:
        with trace.start_as_current_span("chat", attributes={"gen_ai.operation.name": "chat", "gen_ai.usage.input_tokens": 1000, "gen_ai.usage.output_tokens": 500, "gen_ai.request.model": "gpt-4o-mini"}) as child:
            child.add_event("first token", {"after_ms": 12.5})
            child.set_attribute("floats", [1.0, 2.5])
        with trace.start_as_current_span("tool", links=[Link(root.get_span_context(), {"why": "because"})]) as tool:
            tool.set_status(Status(StatusCode.ERROR, "no such tool"))
    provider.shutdown()

    found = mlflow.get_trace(trace_of(root))
    spans = {span.name: span for span in found.data.spans}
    assert [span.name for span in found.data.spans] == ["turn", "chat", "tool"]
    assert found.info.state == "OK"
    assert found.info.tags["service.name"] == "checkout"
    assert found.info.trace_metadata["mlflow.trace.session"] == "s-1"
    assert found.info.trace_metadata["mlflow.trace.user"] == "ana"
    assert found.info.token_usage == {"input_tokens": 1000, "output_tokens": 500, "total_tokens": 1500}
    assert found.info.request_preview == '{"q": "hi"}'
    assert (spans["turn"].start_time_ns, spans["turn"].end_time_ns) == (root.start_time, root.end_time)
    assert spans["turn"].inputs == {"q": "hi"}
    assert spans["chat"].span_type == "CHAT_MODEL"
    assert spans["chat"].get_attribute("floats") == [1.0, 2.5]
    assert spans["chat"].events[0].attributes == {"after_ms": 12.5}
    assert spans["chat"].parent_id == spans["turn"].span_id
    assert spans["tool"].status.description == "no such tool"
    assert spans["tool"].links[0].attributes == {"why": "because"}
    assert list(mlflow.search_traces(locations=[experiment]).trace_id) == [trace_of(root)]


def test_spans_of_one_trace_come_from_many_processes_at_once(server, client, experiment):
    """Each child is exported by a thread of its own, in no order, while others make the trace."""
    provider, trace = tracer(exporter(server, experiment))
    root = trace.start_span("root")
    context = set_span_in_context(root)

    def work(index):
        own, tracing = tracer(exporter(server, experiment))
        tracing.start_span(f"child {index}", context=context, attributes={"mlflow.chat.tokenUsage": json.dumps({"input_tokens": 1, "output_tokens": 1, "total_tokens": 2})}).end()
        own.shutdown()

    threads = [threading.Thread(target=work, args=(index,)) for index in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    root.end()
    provider.shutdown()
    found = mlflow.get_trace(trace_of(root))
    assert sorted(span.name for span in found.data.spans) == [*(f"child {index}" for index in range(8)), "root"]
    assert found.info.state == "OK"
    assert found.info.token_usage["total_tokens"] == 16


def test_an_export_is_linked_to_a_run(server, client, experiment):
    run_id = client.create_run(experiment).info.run_id
    provider, trace = tracer(exporter(server, experiment, **{"x-mlflow-run-id": run_id}))
    with trace.start_as_current_span("root") as root:
        pass
    provider.shutdown()
    assert [each.info.trace_id for each in client.search_traces(locations=[experiment], run_id=run_id)] == [trace_of(root)]


def test_an_export_to_no_experiment_fails_at_once(server):
    provider, trace = tracer(exporter(server, "987654"))
    span = trace.start_span("root")
    span.end()
    # Not to be retried: a second try cannot do better.
    assert exporter(server, "987654").export([span]) == SpanExportResult.FAILURE
    provider.shutdown()
    with pytest.raises(mlflow.MlflowException, match="not found|No trace"):
        mlflow.MlflowClient(server.uri).get_trace(trace_of(span))


def stored(folder, trace_id):
    """All rows of a trace, as the server has them in the database."""
    columns = {
        "trace_info": "request_id, experiment_id, timestamp_ms, execution_time_ms, status, client_request_id, request_preview, response_preview, db_payload_generation, trace_name, session_id, input_tokens, output_tokens, total_tokens, cache_read_input_tokens, cache_creation_input_tokens, cache_creation_input_tokens_above_1hr, input_cost, output_cost, total_cost",
        "trace_tags": "t.key, t.value",
        "trace_request_metadata": "t.key, t.value",
        "spans": "span_id, experiment_id, parent_span_id, name, type, status, start_time_unix_nano, end_time_unix_nano, duration_ns, content, input_cost, output_cost, total_cost, model_name, model_provider",
    }
    found = {}
    for table, names in columns.items():
        of = "trace_id" if table == "spans" else "request_id"
        keys = [name.strip().removeprefix("t.") for name in names.split(",")]
        found[table] = sorted((dict(zip(keys, row)) for row in rows(folder, f"SELECT {names} FROM {table} t WHERE {of} = '{trace_id}'")), key=lambda row: str(row[keys[0]]))
    # MLflow's column has the type that the sender named, not the one that it works out itself and keeps in the content.
    for span in found["spans"]:
        type_ = json.loads(json.loads(span["content"])["attributes"].get("mlflow.spanType", "null"))
        span["type"] = type_ if isinstance(type_, str) else None
    return found


@pytest.fixture(scope="module")
def both(tmp_path_factory):
    """The server of the package and ours, each with a database of its own."""
    servers = [Server(command, tmp_path_factory.mktemp(name)) for name, command in (("theirs", THEIRS), ("ours", OURS))]
    yield servers
    for server in servers:
        server.kill()


def test_stores_what_mlflow_stores(both):
    """Each case is sent to both servers; all that they store is compared, field by field."""
    theirs, ours = both
    goldens = {}
    for case in CASES:
        trace_id = None
        for request in case["requests"]:
            body = json.dumps(request).encode()
            trace_id = f"tr-{request['resourceSpans'][0]['scopeSpans'][0]['spans'][0]['traceId']}"
            for server in both:
                answer = requests.post(
                    f"{server.uri}/v1/traces",
                    data=gzip.compress(body),
                    headers={"content-type": "application/json", "content-encoding": "gzip", "x-mlflow-experiment-id": "0"},
                )
                assert (answer.status_code, answer.content) == (200, b""), (case["name"], answer.text)
        goldens[case["name"]] = stored(theirs.folder, trace_id)
        assert stored(ours.folder, trace_id) == goldens[case["name"]], case["name"]
    if os.environ.get("BITACORA_RECORD"):
        GOLDENS.write_text(json.dumps(goldens, ensure_ascii=False, indent=1) + "\n")
    assert json.loads(GOLDENS.read_text()) == goldens


@pytest.mark.once
def test_answers_what_mlflow_answers(both):
    def outcome(server, *, body=b"", **headers):
        headers = {"content-type": "application/x-protobuf", "x-mlflow-experiment-id": "0", **headers}
        return requests.post(f"{server.uri}/v1/traces", data=body, headers={key.replace("_", "-"): value for key, value in headers.items() if value is not None}).status_code

    span = {"traceId": uuid.uuid4().hex, "spanId": "1" * 16, "name": "n", "startTimeUnixNano": "1", "endTimeUnixNano": "2"}
    body = json.dumps({"resourceSpans": [{"scopeSpans": [{"spans": [span]}]}]}).encode()
    empty = b"\x0a\x00"
    for given in (
        dict(),
        dict(body=empty),
        dict(body=b"garbage"),
        dict(body=b"\xff" * 100),
        dict(body=empty, x_mlflow_experiment_id=None),
        dict(body=empty, content_type="text/plain"),
        dict(body=empty, content_type="application/x-protobuf; charset=utf-8"),
        dict(body=empty, content_encoding="br"),
        dict(body=empty, content_encoding="gzip"),
        dict(body=b"{", content_type="application/json"),
        dict(body=b"{}", content_type="application/json"),
        dict(body=body, content_type="application/json", x_mlflow_experiment_id="4711"),
        dict(body=body, content_type="application/json", x_mlflow_experiment_id="nonsense"),
    ):
        codes = [outcome(server, **given) for server in both]
        assert codes[0] == codes[1], (given, codes)
