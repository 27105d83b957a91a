"""The official client's tracing, unmodified: decorated functions, searches, tags, links, deletion, figures."""

import asyncio
import json
import time

import mlflow
import pytest
import requests
from conftest import HANG_S
from mlflow.entities import SpanType
from mlflow.entities.trace_location import TraceLocation
from mlflow.entities.trace_metrics import AggregationType, MetricAggregation, MetricViewType
from mlflow.exceptions import MlflowException
from mlflow.tracing.constant import SpansLocation


def last():
    """The trace that was just made, as the server has it."""
    mlflow.flush_trace_async_logging()
    return mlflow.get_trace(mlflow.get_last_active_trace_id())


def names(experiment, filter_string=None, **options):
    found = mlflow.search_traces(locations=[experiment], filter_string=filter_string, return_type="list", **options)
    return [trace.info.tags.get("mlflow.traceName") for trace in found]


def call(experiment, name, **tags):
    """A trace of this name with a span of this name, and its id."""
    with mlflow.start_span(name) as span:
        span.set_inputs({"q": name})
        span.set_outputs(name.upper())
        mlflow.update_current_trace(tags=tags)
    mlflow.flush_trace_async_logging()
    time.sleep(0.002)  # Traces of the same millisecond have no order.
    return span.trace_id


def test_a_decorated_function_is_traced_with_its_children(experiment):
    @mlflow.trace(name="child", span_type=SpanType.RETRIEVER)
    def child(text):
        return [text, {"ü": "名"}]

    @mlflow.trace(attributes={"model": "gpt-4o", "n": 5})
    def parent(text, *, times=2):
        return [child(text) for _ in range(times)]

    parent("hello", times=2)
    trace = last()
    root, *children = trace.data.spans
    assert (root.name, root.parent_id, root.inputs, root.attributes["model"], root.attributes["n"]) == ("parent", None, {"text": "hello", "times": 2}, "gpt-4o", 5)
    assert [(span.name, span.span_type, span.parent_id, span.outputs) for span in children] == [("child", "RETRIEVER", root.span_id, ["hello", {"ü": "名"}])] * 2
    assert trace.info.state == "OK"
    assert trace.info.experiment_id == experiment
    assert trace.info.request_preview == '{"text": "hello", "times": 2}'
    assert root.start_time_ns // 1_000_000 == trace.info.request_time
    assert root.start_time_ns > 2**53 and root.start_time_ns % 1000 + children[0].start_time_ns % 1000 + children[1].end_time_ns % 1000 > 0
    assert json.loads(trace.info.trace_metadata["mlflow.trace.sizeStats"])["num_spans"] == 3


def test_exceptions_generators_and_coroutines_are_traced(experiment):
    @mlflow.trace
    def fails():
        raise ValueError("no: ü")

    with pytest.raises(ValueError):
        fails()
    trace = last()
    assert (trace.info.state, trace.data.spans[0].status.status_code) == ("ERROR", "ERROR")
    assert trace.data.spans[0].events[0].attributes["exception.message"] == "no: ü"

    @mlflow.trace
    def streams():
        yield from ("a", "b")

    assert list(streams()) == ["a", "b"]
    span = last().data.spans[0]
    assert span.outputs == ["a", "b"]
    assert [event.name for event in span.events] == ["mlflow.chunk.item.0", "mlflow.chunk.item.1"]

    @mlflow.trace
    async def waits(x):
        await asyncio.sleep(0)
        return x + 1

    assert asyncio.run(waits(1)) == 2
    assert last().data.spans[0].outputs == 2
    assert names(experiment) == ["waits", "streams", "fails"]
    assert names(experiment, "status = 'ERROR'") == ["fails"]


def test_a_trace_made_in_a_run_belongs_to_it_and_others_can_be_linked(client, experiment):
    with mlflow.start_run() as run:
        call(experiment, "inside")
    outside = call(experiment, "outside")
    call(experiment, "neither")
    assert names(experiment, run_id=run.info.run_id) == ["inside"]
    client.link_traces_to_run([outside], run.info.run_id)
    client.link_traces_to_run([outside], run.info.run_id)
    assert names(experiment, run_id=run.info.run_id) == ["outside", "inside"]
    with pytest.raises(MlflowException, match="100"):
        client.link_traces_to_run([f"tr-{i}" for i in range(101)], run.info.run_id)


def test_user_session_and_names_are_searched(experiment):
    for i in range(3):

        @mlflow.trace(name=f"chat {i}")
        def chat():
            mlflow.update_current_trace(
                metadata={"mlflow.trace.user": f"user {i % 2}", "mlflow.trace.session": "s 1"},
                client_request_id=f"request-{i}",
                request_preview=f"preview {i}",
            )

        chat()
        time.sleep(0.002)  # Traces of the same millisecond have no order.
    mlflow.flush_trace_async_logging()
    assert names(experiment, "metadata.`mlflow.trace.user` = 'user 0'") == ["chat 2", "chat 0"]
    assert names(experiment, "metadata.`mlflow.trace.session` = 's 1' AND name LIKE '%1'") == ["chat 1"]
    assert names(experiment, "client_request_id = 'request-2'") == ["chat 2"]
    assert names(experiment, order_by=["name ASC"]) == ["chat 0", "chat 1", "chat 2"]
    trace = last()
    assert (trace.info.client_request_id, trace.info.request_preview, trace.info.trace_metadata["mlflow.trace.session"]) == ("request-2", "preview 2", "s 1")


def test_search_pages_orders_and_gives_both_types(client, experiment):
    for i in range(7):
        call(experiment, f"t{i}", parity=str(i % 2))
    frame = mlflow.search_traces(locations=[experiment], max_results=3)
    assert list(frame["response"]) == ["T6", "T5", "T4"]
    assert frame["spans"].map(len).tolist() == [1, 1, 1]
    assert names(experiment, "tag.parity = '1'") == ["t5", "t3", "t1"]
    assert names(experiment, "tags.parity != '1'", order_by=["timestamp_ms ASC"], max_results=2) == ["t0", "t2"]
    without = mlflow.search_traces(locations=[experiment], return_type="list", include_spans=False)
    assert [(len(trace.data.spans), trace.info.request_preview) for trace in without[:1]] == [(0, '{"q": "t6"}')]
    page = client.search_traces(locations=[experiment], max_results=4, include_spans=False)
    rest = client.search_traces(locations=[experiment], max_results=4, include_spans=False, page_token=page.token)
    assert [trace.info.tags["mlflow.traceName"] for trace in [*page, *rest]] == [f"t{i}" for i in range(6, -1, -1)]
    for wrong in ("status = 'OK' OR status = 'ERROR'", "trace_id = 'x'", "span.colour = 'x'"):
        with pytest.raises(MlflowException) as error:
            names(experiment, wrong)
        assert error.value.error_code == "INVALID_PARAMETER_VALUE"


def test_spans_and_feedback_are_searched(experiment):
    @mlflow.trace(name="bot")
    def bot(model):
        with mlflow.start_span("llm", span_type=SpanType.LLM, attributes={"model": model}) as span:
            span.set_outputs({"answer": f"from {model}"})

    for model in ("gpt-4o", "claude"):
        bot(model)
        mlflow.flush_trace_async_logging()
        mlflow.log_feedback(trace_id=mlflow.get_last_active_trace_id(), name="correct", value=model == "claude")
    if mlflow.get_trace(mlflow.get_last_active_trace_id()).info.tags.get("mlflow.trace.spansLocation") == SpansLocation.TRACKING_STORE:
        assert len(names(experiment, "span.type = 'LLM' AND span.attributes.model LIKE '%gpt%'")) == 1
        assert len(names(experiment, "span.name = 'llm'")) == 2
        assert len(names(experiment, "trace.text LIKE '%from claude%'")) == 1
    assert len(names(experiment, "feedback.correct = 'true'")) == 1
    assert len(names(experiment, "feedback.correct IS NOT NULL")) == 2
    assert mlflow.search_traces(locations=[experiment], filter_string="feedback.correct = 'true'", return_type="list")[0].info.assessments[0].value is True


def test_tags_change_and_metadata_does_not(client, experiment):
    trace_id = call(experiment, "tagged", env="dev")
    mlflow.set_trace_tag(trace_id, "env", "prod")
    mlflow.set_trace_tag(trace_id, "ü name", "x" * 9000)
    client.set_trace_tag(trace_id, "mlflow.traceName", "renamed")
    tags = client.get_trace(trace_id).info.tags
    assert (tags["env"], tags["ü name"], tags["mlflow.traceName"]) == ("prod", "x" * len(tags["ü name"]), "renamed")
    assert names(experiment, "tags.env = 'prod'") == ["renamed"]
    mlflow.delete_trace_tag(trace_id, "env")
    assert "env" not in client.get_trace(trace_id).info.tags
    with pytest.raises(MlflowException) as error:
        mlflow.delete_trace_tag(trace_id, "env")
    assert error.value.error_code == "RESOURCE_DOES_NOT_EXIST"
    # The client keeps this key to itself; another caller is refused by the server.
    answer = requests.patch(f"{client.tracking_uri}/api/3.0/mlflow/traces/{trace_id}/tags", json={"key": "mlflow.trace.spansLocation", "value": "x"})
    assert (answer.status_code, "immutable" in answer.json()["message"]) == (400, True)


def test_traces_are_deleted_by_id_and_by_time(client, experiment):
    ids = [call(experiment, f"t{i}") for i in range(4)]
    assert client.delete_traces(experiment, trace_ids=[ids[1]]) == 1
    assert client.delete_traces(experiment, max_timestamp_millis=int(time.time() * 1000) + 1000, max_traces=2) == 2
    assert names(experiment) == ["t3"]
    with pytest.raises(MlflowException):
        client.get_trace(ids[0])
    with pytest.raises(MlflowException):
        client.delete_traces(experiment)


def test_prompts_that_were_loaded_are_linked(client, experiment):
    name = f"greeting-{experiment}"
    mlflow.genai.register_prompt(name, "Hello {{name}}")

    @mlflow.trace(name="greeter")
    def greet():
        return mlflow.genai.load_prompt(name, version=1).format(name="Ana")

    greet()
    call(experiment, "other")
    deadline = time.monotonic() + HANG_S
    while names(experiment, f"prompt = '{name}/1'") != ["greeter"]:
        assert time.monotonic() < deadline
        time.sleep(0.1)


def test_tokens_and_cost_add_up(experiment, client):
    @mlflow.trace(name="agent")
    def agent():
        for i in range(2):
            with mlflow.start_span("llm", span_type=SpanType.CHAT_MODEL) as span:
                span.set_attribute("mlflow.chat.tokenUsage", {"input_tokens": 10 + i, "output_tokens": 5, "total_tokens": 15 + i})
                span.set_attribute("mlflow.llm.cost", {"input_cost": 0.25, "output_cost": 0.5, "total_cost": 0.75})

    agent()
    trace = last()
    assert trace.info.token_usage == {"input_tokens": 21, "output_tokens": 10, "total_tokens": 31}
    # The cost of the client's own spans is added up by whoever stores them.
    if trace.info.tags.get("mlflow.trace.spansLocation") == SpansLocation.TRACKING_STORE:
        assert trace.info.cost == {"input_cost": 0.5, "output_cost": 1.0, "total_cost": 1.5}
    store = client._tracking_client.store
    sums = store.query_trace_metrics([experiment], MetricViewType.TRACES, "total_tokens", [MetricAggregation(AggregationType.SUM), MetricAggregation(AggregationType.PERCENTILE, 95.0)], dimensions=["trace_name"])
    assert [(point.dimensions, point.values) for point in sums] == [({"trace_name": "agent"}, {"SUM": 31.0, "P95.0": 31.0})]
    counts = store.query_trace_metrics([experiment], MetricViewType.TRACES, "trace_count", [MetricAggregation(AggregationType.COUNT)], dimensions=["trace_status"], time_interval_seconds=3600, start_time_ms=trace.info.request_time - 1, end_time_ms=trace.info.request_time + 1)
    assert [(point.dimensions["trace_status"], point.values) for point in counts] == [("OK", {"COUNT": 1.0})]
    result = store.calculate_trace_filter_correlation([experiment], "status = 'OK'", "name = 'agent'")
    assert (result.npmi, result.total_count, result.joint_count) == (1.0, 1, 1)


def test_attachments_and_the_file_of_the_spans_are_served(client, experiment):
    trace_id = call(experiment, "filed")
    host = client.tracking_uri
    for version in ("2.0", "3.0"):
        answer = requests.get(f"{host}/ajax-api/{version}/mlflow/get-trace-artifact", params={"request_id": trace_id})
        assert answer.status_code == 200 and "traces.json" in answer.headers["content-disposition"]
        assert json.loads(answer.text)["spans"][0]["attributes"]["mlflow.spanOutputs"] == '"FILED"'
    assert requests.get(f"{host}/ajax-api/2.0/mlflow/get-trace-artifact", params={"request_id": "tr-0"}).status_code == 404
    assert requests.get(f"{host}/ajax-api/2.0/mlflow/get-trace-artifact", params={"request_id": trace_id, "path": "../traces.json"}).status_code == 400


def test_traces_of_the_older_calls_are_read(client, experiment):
    store = client._tracking_client.store
    from mlflow.entities.trace_status import TraceStatus

    started = store.deprecated_start_trace_v2(experiment, 1_700_000_000_000, {"m": "1"}, {"mlflow.traceName": "old"})
    ended = store.deprecated_end_trace_v2(started.request_id, 1_700_000_000_250, TraceStatus.OK, {"n": "2"}, {"t": "x"})
    assert (ended.execution_time_ms, ended.status, ended.request_metadata["n"]) == (250, TraceStatus.OK, "2")
    info = store.get_trace_info(started.request_id)
    assert (info.execution_duration, info.tags["t"], info.trace_location) == (250, "x", TraceLocation.from_experiment_id(experiment))
    assert [trace.info.trace_id for trace in mlflow.search_traces(locations=[experiment], include_spans=False, return_type="list")] == [started.request_id]
