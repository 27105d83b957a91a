"""Assessments through the official client, and on each other's databases."""

import mlflow
import pytest
import requests
from alike import as_3_17
from conftest import OURS, THEIRS, Server
from databases import share
from mlflow.entities import AssessmentError, AssessmentSource, Expectation, Feedback


@pytest.fixture
def trace_id(client, experiment):
    @mlflow.trace
    def answer(question):
        return f"answer to {question}"

    answer("what?")
    mlflow.flush_trace_async_logging()
    return mlflow.get_last_active_trace_id()


def assessments(trace_id):
    return {each.name: each for each in mlflow.get_trace(trace_id).info.assessments}


@pytest.mark.parametrize("value", [True, 4, 0.5, "good", ["a", 1.5], {"a": True, "b": [1, None]}])
def test_feedback_comes_back_as_it_was(client, trace_id, value):
    made = mlflow.log_feedback(
        trace_id=trace_id,
        name="quality",
        value=value,
        rationale="because",
        source=AssessmentSource("HUMAN", "ana@example.org"),
        metadata={"team": "ü"},
    )
    found = mlflow.get_assessment(trace_id, made.assessment_id)
    assert found == made == assessments(trace_id)["quality"]
    assert (found.value, found.rationale, found.metadata, found.valid) == (value, "because", {"team": "ü"}, True)
    assert (found.source.source_type, found.source.source_id) == ("HUMAN", "ana@example.org")


def test_feedback_of_a_judge_that_failed(client, trace_id):
    mlflow.log_feedback(trace_id=trace_id, name="judge", error=AssessmentError("RATE_LIMIT", "too many"))
    mlflow.log_feedback(trace_id=trace_id, name="crash", error=ValueError("no"))
    found = assessments(trace_id)
    assert (found["judge"].value, found["judge"].feedback.error.error_code) == (None, "RATE_LIMIT")
    assert (found["crash"].feedback.error.error_code, found["crash"].feedback.error.error_message) == ("ValueError", "no")


@pytest.mark.parametrize("value", ["paris", 7, [1, 2], {"a": [1, 2.0]}])
def test_an_expectation_is_any_json(client, trace_id, value):
    made = mlflow.log_expectation(trace_id=trace_id, name="capital", value=value)
    assert mlflow.get_assessment(trace_id, made.assessment_id).value == value
    assert assessments(trace_id)["capital"].source.source_type == "HUMAN"


def test_an_assessment_of_a_span(client, trace_id):
    span_id = mlflow.get_trace(trace_id).data.spans[0].span_id
    made = mlflow.log_assessment(trace_id, Feedback(name="span", value=1.0, span_id=span_id))
    assert mlflow.get_assessment(trace_id, made.assessment_id).span_id == span_id


def test_an_update_changes_what_it_names_and_merges_metadata(client, trace_id):
    made = mlflow.log_feedback(trace_id=trace_id, name="a", value=1.0, rationale="r", metadata={"x": "1", "y": "2"})
    updated = mlflow.update_assessment(trace_id, made.assessment_id, Feedback(name="b", value=2.0, metadata={"y": "3"}))
    assert (updated.name, updated.value, updated.rationale) == ("b", 2.0, "r")
    assert updated.metadata == {"x": "1", "y": "3"}
    assert updated.last_update_time_ms >= made.last_update_time_ms
    assert updated.create_time_ms == made.create_time_ms
    expected = mlflow.log_expectation(trace_id=trace_id, name="e", value=[1])
    assert mlflow.update_assessment(trace_id, expected.assessment_id, Expectation(name="e", value={"k": 2})).value == {"k": 2}


def test_an_override_hides_the_older_one_until_it_is_deleted(client, trace_id):
    older = mlflow.log_feedback(trace_id=trace_id, name="a", value="no")
    newer = mlflow.override_feedback(trace_id=trace_id, assessment_id=older.assessment_id, value="yes", rationale="looked again")
    assert newer.overrides == older.assessment_id
    assert mlflow.get_assessment(trace_id, older.assessment_id).valid is False
    # Only the newer one counts.
    assert [each.assessment_id for each in mlflow.get_trace(trace_id).search_assessments("a")] == [newer.assessment_id]
    mlflow.delete_assessment(trace_id, newer.assessment_id)
    assert mlflow.get_assessment(trace_id, older.assessment_id).valid is True
    mlflow.delete_assessment(trace_id, newer.assessment_id)


def test_deleting_a_run_deletes_the_assessments_that_it_made(client, experiment, trace_id):
    run_id = client.create_run(experiment).info.run_id
    mlflow.log_feedback(trace_id=trace_id, name="of the run", value=1, metadata={"mlflow.assessment.sourceRunId": run_id})
    mlflow.log_feedback(trace_id=trace_id, name="of nobody", value=1)
    client.delete_run(run_id)
    assert list(assessments(trace_id)) == ["of nobody"]


def test_errors_say_what_is_missing(client, trace_id):
    with pytest.raises(mlflow.MlflowException, match="tr-none"):
        mlflow.log_feedback(trace_id="tr-none", name="a", value=1)
    with pytest.raises(mlflow.MlflowException, match="a-none"):
        mlflow.get_assessment(trace_id, "a-none")


def fill(uri):
    mlflow.set_tracking_uri(uri)
    experiment = mlflow.create_experiment("assessed")
    mlflow.set_experiment(experiment_id=experiment)
    with mlflow.start_span("root") as span:
        span.set_inputs({"q": "é"})
    mlflow.flush_trace_async_logging()
    trace_id = span.trace_id
    for index, value in enumerate([True, 4, 0.5, "yes", "é模", ["a", 1.5], {"a": None}, 1e300, None]):
        mlflow.log_feedback(trace_id=trace_id, name=f"f{index}", value=value, error="missing" if value is None else None)
    for index, value in enumerate(["x", 7, [1, 2.0], {"b": {"c": 1}}]):
        mlflow.log_expectation(trace_id=trace_id, name=f"e{index}", value=value, metadata={"k": "ü"})
    older = mlflow.log_feedback(trace_id=trace_id, name="o", value="no", source=AssessmentSource("LLM_JUDGE", "gpt"))
    mlflow.override_feedback(trace_id=trace_id, assessment_id=older.assessment_id, value="yes")
    return trace_id


@pytest.mark.parametrize("writer, reader", [(THEIRS, OURS), (OURS, THEIRS)], ids=["theirs in ours", "ours in theirs"])
def test_each_reads_what_the_other_wrote(tmp_path, writer, reader):
    """Assessments and spans: the same answers by both, on one and the same database."""

    def answers(server, trace_id):
        base = f"{server.uri}/api/3.0/mlflow/traces"
        found = requests.get(f"{base}/get", params={"trace_id": trace_id}).json()["trace"]
        info = found["trace_info"]
        # MLflow leaves them out where the spans are: docs/differences.md.
        for preview in ("request_preview", "response_preview"):
            info.pop(preview, None)
        one = [requests.get(f"{base}/{trace_id}/assessments/{each['assessment_id']}").json()["assessment"] for each in info["assessments"]]
        info["assessments"].sort(key=lambda each: each["assessment_id"])
        return as_3_17(found), sorted(one, key=lambda each: each["assessment_id"])

    folder = tmp_path / "first"
    folder.mkdir()
    first = Server(writer, folder)
    try:
        trace_id = fill(first.uri)
        wrote = answers(first, trace_id)
    finally:
        first.kill() if writer is THEIRS else first.stop()
    (folder / "mlartifacts").mkdir(exist_ok=True)
    second = Server(reader, share(folder, tmp_path / "second"))
    try:
        assert answers(second, trace_id) == wrote
    finally:
        second.kill() if reader is THEIRS else second.stop()
