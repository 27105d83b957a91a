"""Traces whose spans a Python server has moved to its archive: read by ours as by that server."""

import json
import pathlib

import mlflow
import pytest
import requests
from alike import as_3_17
from conftest import OURS, THEIRS, Server
from databases import execute, uri_of
from mlflow.entities import SpanType
from test_in_place import ask

pytestmark = pytest.mark.since("3.17")

V3 = "/api/3.0/mlflow"


def fill(uri):
    """Traces with what spans may hold: nested and empty values, events, links, errors, text that looks like JSON."""
    mlflow.set_tracking_uri(uri)
    client = mlflow.MlflowClient(uri)
    experiment = client.create_experiment("archived")
    mlflow.set_experiment(experiment_id=experiment)
    values = {"a": [1, 2.5, None, True, {"b": {}}], "empty": [], "text": "größe 名 \u2028", "json": '{"x": 1}', "large": 2**53 + 1, "tiny": 1e-7, "nan": float("nan"), "number": "12"}

    @mlflow.trace(name="llm", span_type=SpanType.CHAT_MODEL, attributes=values)
    def llm(i):
        span = mlflow.get_current_active_span()
        span.set_attribute("mlflow.chat.tokenUsage", {"input_tokens": 10 + i, "output_tokens": i, "total_tokens": 10 + 2 * i})
        span.add_event(mlflow.entities.SpanEvent("note", attributes={"at": i, "words": ["a", "b"], "share": 0.5}))
        if i == 2:
            raise ValueError("nein: ü")
        return {"answer": f"größe {i}", "score": i / 4}

    @mlflow.trace
    def chat(i):
        mlflow.update_current_trace(tags={"i": str(i)})
        for _ in range(i):
            llm(i)
        return llm(0)

    for i in range(4):
        if i == 2:
            with pytest.raises(ValueError):
                chat(i)
        else:
            chat(i)
        mlflow.flush_trace_async_logging()
    # A root that links to another trace, and a child that was there before it.
    first = client.search_traces(locations=[experiment], filter_string="tags.i = '0'", include_spans=False)[0].info.trace_id
    span = client.start_trace("linked", inputs={"q": "?"})
    span.add_link(mlflow.entities.Link(trace_id=first, span_id="ab" * 8, attributes={"why": "because"}))
    child = client.start_span("child", span.trace_id, span.span_id)
    client.end_span(child.trace_id, child.span_id)
    client.end_trace(span.trace_id)
    mlflow.flush_trace_async_logging()
    return experiment, sorted(t.info.trace_id for t in client.search_traces(locations=[experiment], include_spans=False))


def archive(folder, experiment, location):
    """Runs the archival of the Python server itself, which its scheduler calls, for all traces there are."""
    from mlflow.store.tracking.sqlalchemy_store import SqlAlchemyStore
    from mlflow.entities import ExperimentTag

    store = SqlAlchemyStore(uri_of(folder), str(folder / "mlartifacts"))
    store.set_experiment_tag(experiment, ExperimentTag("mlflow.trace.archiveNow", "{}"))
    return store.archive_traces(resolved_trace_archival_location=location, broader_retention="30d")


def questions(experiment, ids):
    for trace_id in ids:
        yield "GET", f"{V3}/traces/{trace_id}", {}
        yield "GET", f"{V3}/traces/get", {"trace_id": trace_id}
        yield "GET", f"{V3}/traces/get", {"trace_id": trace_id, "allow_partial": "true"}
        yield "GET", "/ajax-api/2.0/mlflow/get-trace-artifact", {"request_id": trace_id}
    yield "GET", f"{V3}/traces/batchGet", {"trace_ids": [*ids, "tr-nothing"]}
    locations = [{"type": "MLFLOW_EXPERIMENT", "mlflow_experiment": {"experiment_id": experiment}}]
    for where in ("", "tags.i = '1'", "span.name = 'llm'", "status = 'ERROR'"):
        yield "POST", f"{V3}/traces/search", {"locations": locations, "filter": where}


def without_previews(answer):
    """The Python server leaves them out where it answers spans too; docs/differences.md. A file is text until here."""
    status, found = answer
    found = json.loads(found) if isinstance(found, str) and found.startswith("{") else found
    for trace in [found.get("trace", {}), *found.get("traces", [])] if isinstance(found, dict) else []:
        for key in ("request_preview", "response_preview"):
            trace.get("trace_info", {}).pop(key, None)
    return status, found


def spans_of(uri, experiment):
    mlflow.set_tracking_uri(uri)
    traces = mlflow.search_traces(locations=[experiment], return_type="list")
    return {trace.info.trace_id: json.loads(trace.to_json())["data"] for trace in traces}


def test_archived_spans_are_read_as_the_python_server_reads_them(tmp_path):
    theirs = Server(THEIRS, tmp_path)
    try:
        experiment, ids = fill(theirs.uri)
        before = spans_of(theirs.uri, experiment)
        assert archive(tmp_path, experiment, f"{(tmp_path / 'mlartifacts').as_uri()}/archive") == len(ids) == 5
        ours = Server(OURS, tmp_path)
        for question in questions(experiment, ids):
            expected, found = (as_3_17(without_previews(ask(server.uri, *question))) for server in (theirs, ours))
            assert found == expected, question
            assert expected[0] == 200
        assert spans_of(ours.uri, experiment) == spans_of(theirs.uri, experiment)
        # Nothing was lost on the way through the archive.
        assert {k: [s["name"] for s in v["spans"]] for k, v in spans_of(ours.uri, experiment).items()} == {k: [s["name"] for s in v["spans"]] for k, v in before.items()}
        assert ours.stop() == 0
    finally:
        theirs.stop()


def test_an_archive_that_cannot_be_read_is_named_and_keeps_no_other_trace_from_being_read(tmp_path):
    ours = Server(OURS, tmp_path)
    experiment, ids = fill(ours.uri)
    assert archive(tmp_path, experiment, f"{(tmp_path / 'mlartifacts').as_uri()}/archive") == len(ids)
    file_of = {path.parts[-3]: path for path in (tmp_path / "mlartifacts").rglob("traces.pb")}
    assert sorted(file_of) == ids
    missing, damaged, outside, other, whole = ids
    file_of[missing].unlink()
    file_of[damaged].write_bytes(file_of[damaged].read_bytes()[:-20])
    secret = tmp_path / "outside"
    secret.mkdir()
    (secret / "traces.pb").write_bytes(file_of[outside].read_bytes())
    for trace_id, location in ((outside, secret.as_uri()), (other, "dbfs:/archive")):
        execute(uri_of(tmp_path), f"UPDATE trace_tags SET value = '{location}' WHERE request_id = '{trace_id}' AND {'`key`' if 'mysql' in uri_of(tmp_path) else 'key'} = 'mlflow.trace.archiveLocation'")

    def get(trace_id):
        answers = [
            requests.get(f"{ours.uri}{V3}/traces/get", params={"trace_id": trace_id}),
            requests.get(f"{ours.uri}/ajax-api/2.0/mlflow/get-trace-artifact", params={"request_id": trace_id}),
        ]
        assert answers[0].status_code == answers[1].status_code
        return [answers[0].status_code, answers[0].json().get("error_code"), answers[0].json().get("message", "")]

    for trace_id, status, code, word in (
        (missing, 404, "RESOURCE_DOES_NOT_EXIST", "no longer"),
        (damaged, 400, "INVALID_STATE", "damaged"),
        (outside, 501, "NOT_IMPLEMENTED", "does not serve"),
        (other, 501, "NOT_IMPLEMENTED", "dbfs:/archive"),
        (whole, 200, None, ""),
    ):
        found = get(trace_id)
        assert found[:2] == [status, code] and word in found[2], found
    answer = requests.get(f"{ours.uri}{V3}/traces/batchGet", params={"trace_ids": ids}).json()
    found = {trace["trace_info"]["trace_id"]: len(trace.get("spans", [])) for trace in answer["traces"]}
    # Where the file has gone, MLflow shows the trace without spans.
    assert set(found) == {missing, whole} and found[missing] == 0 and found[whole] > 0
    assert pathlib.Path(file_of[whole]).exists()
    assert ours.stop() == 0
