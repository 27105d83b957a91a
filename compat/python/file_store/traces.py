"""Traces in a folder of MLflow's file store: what is put there, asked about, and broken."""

import contextlib
import json
import random
import time

import mlflow
from mlflow.entities import AssessmentSource, Feedback, TraceInfo, TraceLocation, TraceState


def fill_traces(client):
    """Traces as applications send them, judged and tagged; the spans are a file of each."""
    experiment, trash = client.create_experiment("traces"), client.create_experiment("trashed traces")
    mlflow.set_experiment(experiment_id=experiment)

    @mlflow.trace(span_type="LLM", attributes={"a": 1})
    def answer(question):
        with mlflow.start_span("inner") as span:
            span.set_attributes({"mlflow.chat.tokenUsage": {"input_tokens": 5, "output_tokens": len(question), "total_tokens": 5 + len(question)}})
            metadata = {"mlflow.trace.session": f"s{len(question) % 2}", "mlflow.trace.user": "ana ü", "mlflow.trace.cost": '{"input_cost": 1e-05, "output_cost": 1.0, "total_cost": 1.00001}'}
            mlflow.update_current_trace(tags={"k ü": question, "deep": "1e3"}, metadata=metadata, client_request_id=f"cr-{len(question)}")
            if question == "bad":
                raise ValueError("it's: bad")
            return f"{question}: it's # what\n\nyou 'ask' for " + "again and again " * len(question)

    for question in ("1", "two", "three ü 😀", "bad", "a longer question: with # and more"):
        with contextlib.suppress(ValueError):
            answer(question)
        time.sleep(0.005)
    mlflow.set_experiment(experiment_id=trash)
    answer("trash")
    mlflow.set_experiment(experiment_id=experiment)
    span = client.start_trace("manual", inputs={"a": 1}, tags={"t": "v"})
    client.end_trace(span.trace_id, outputs=3)
    mlflow.flush_trace_async_logging()
    by_request = {t.info.request_preview: t.info.trace_id for t in mlflow.search_traces(locations=[experiment], return_type="list")}
    assert len(by_request) == 6
    first, second, bad = (by_request[json.dumps({"question": q})] for q in ("1", "two", "bad"))
    human = AssessmentSource("HUMAN", "ana")
    mlflow.log_feedback(trace_id=first, name="fb", value=1, rationale="because: it's\nnot # one line " * 9, source=human, metadata={"m": "1e3", "mlflow.assessment.sourceRunId": "r" * 32})
    nested = mlflow.log_feedback(trace_id=first, name="nested", value={"a": [1, 2.5, "yes", "1e3", None, True, "x: y"], "b": {}, "c d": [[]]}, span_id="abc")
    mlflow.override_feedback(trace_id=first, assessment_id=nested.assessment_id, value=0.25)
    mlflow.log_feedback(trace_id=first, name="failed", error=ValueError("no"))
    mlflow.log_feedback(trace_id=second, name="fb", value="yes", source=human)
    for name, value in (("list", {"q": [1, 2, {"a": 1}]}), ("date", "2024-01-01"), ("number", 1e20), ("small", 1e-7), ("word", "no"), ("truth", True)):
        mlflow.log_expectation(trace_id=second, name=name, value=value, source=human)
    changed = mlflow.log_feedback(trace_id=bad, name="changed", value=True, source=human)
    mlflow.update_assessment(trace_id=bad, assessment_id=changed.assessment_id, assessment=Feedback(name="renamed", value=False, rationale="null"))
    gone = mlflow.log_feedback(trace_id=bad, name="gone", value=5)
    mlflow.delete_assessment(trace_id=bad, assessment_id=gone.assessment_id)
    mlflow.set_trace_tag(second, "later", "null")
    mlflow.set_trace_tag(second, "deep", "changed")
    mlflow.set_trace_tag(second, "mlflow.traceName", "renamed")
    mlflow.delete_trace_tag(first, "deep")
    client.delete_traces(experiment, trace_ids=[span.trace_id])
    client.delete_experiment(trash)


def trace_questions(root):
    experiments = sorted(p.parent.name for p in root.rglob("traces") if p.parent.name.isdigit())
    traces = sorted(p.parent.name for p in root.rglob("trace_info.yaml"))
    assessments = sorted((p.parent.parent.name, p.stem) for p in root.rglob("assessments/*.yaml"))
    assert len(experiments) == 2 and len(traces) == 6 and len(assessments) == 12
    v2, v3 = "/api/2.0/mlflow/traces", "/api/3.0/mlflow/traces"
    for trace_id in [*traces, "tr-" + "0" * 32]:
        yield "GET", f"{v3}/{trace_id}", {}
        yield "GET", f"{v2}/{trace_id}/info", {}
        for assessment_id in ["a-" + "0" * 32, *(a for t, a in assessments if t == trace_id)]:
            yield "GET", f"{v3}/{trace_id}/assessments/{assessment_id}", {}
    filters = [
        "",
        "status = 'ERROR'",
        "tags.deep = 'changed'",
        "tags.`k ü` = 'two'",
        "tags.mlflow.traceName = 'renamed'",
        "name = 'answer'",
        "metadata.`mlflow.trace.session` = 's1'",
        "metadata.`mlflow.trace.user` = 'ana ü'",
        "timestamp_ms > 5",
        "execution_time_ms > 1000000",
        "tags.deep != 'changed'",
    ]
    for where in filters:
        for order in ([], ["execution_time_ms DESC", "timestamp_ms"]):
            yield "GET", f"{v2}", {"experiment_ids": experiments, "filter": where, "order_by": order, "max_results": 10}
            locations = [{"type": "MLFLOW_EXPERIMENT", "mlflow_experiment": {"experiment_id": e}} for e in experiments]
            yield "POST", f"{v3}/search", {"locations": locations, "filter": where, "order_by": order, "max_results": 10}


def spans_of(client, folder):
    """The spans of all traces in the folder, as the client reads them. With an experiment in the trash, its files have moved."""
    traces = sorted(p.parent.name for p in (folder / "mlruns").glob("[0-9]*/traces/*/trace_info.yaml"))
    assert len(traces) == 5
    return {trace_id: [span.to_dict() for span in client.get_trace(trace_id).data.spans] for trace_id in traces}


def start_trace(client, experiment, state="OK", **pairs):
    info = TraceInfo(
        trace_id=f"tr-{random.getrandbits(128):032x}",
        trace_location=TraceLocation.from_experiment_id(experiment),
        request_time=1_700_000_000_000 + random.randint(0, 999),
        execution_duration=5,
        state=TraceState(state),
        request_preview="what?",
        **pairs,
    )
    return client._tracing_client.store.start_trace(info).trace_id


def spoil_traces(root, client, experiment):
    """@returns those that stay whole, and the paths of what is broken."""
    traces = [start_trace(client, experiment, tags={"i": str(i)}) for i in range(8)]
    folder = root / experiment / "traces"
    info = (folder / traces[0] / "trace_info.yaml").read_text()
    (folder / traces[0] / "trace_info.yaml").write_text("")
    (folder / traces[1] / "trace_info.yaml").write_text(info[: len(info) // 2])
    (folder / traces[2] / "trace_info.yaml").unlink()
    (folder / traces[3] / "trace_info.yaml").write_text(info)
    (folder / traces[4] / "trace_info.yaml").write_text(info.replace("state: OK", "state: WELL").replace(traces[0], traces[4]))
    (folder / traces[5] / "tags/binary").write_bytes(b"\xff\xff")
    judged = client._tracing_client.store.create_assessment(Feedback(name="half", value=1, trace_id=traces[6])).assessment_id
    file = folder / traces[6] / "assessments" / f"{judged}.yaml"
    file.write_text(file.read_text()[:60])
    (folder / "early" / "artifacts").mkdir(parents=True)
    return traces[5:], [*(folder / traces[i] / "trace_info.yaml" for i in range(5)), folder / traces[5] / "tags/binary", file]
