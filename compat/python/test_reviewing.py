"""Scorers, label schemas, review queues and issues through the official client."""

import mlflow
import pytest
from mlflow.entities.issue import IssueSeverity, IssueStatus
from mlflow.exceptions import MlflowException
from mlflow.genai import label_schemas, make_judge, review_queues
from mlflow.genai.label_schemas import InputCategorical, InputNumeric, InputPassFail, InputText
from mlflow.genai.scorers import Guidelines, ScorerSamplingConfig, delete_scorer, get_scorer, list_scorers, scorer
from mlflow.tracking._tracking_service.utils import _get_store


def test_scorers_are_registered_by_version_and_come_back_as_objects(client, experiment):
    judge = make_judge(name="polite", instructions="Is {{ outputs }} polite? ü", model="openai:/gpt-4")
    judge.register(experiment_id=experiment)
    make_judge(name="polite", instructions="Is {{ outputs }} very polite?", model="openai:/gpt-4").register(experiment_id=experiment)
    Guidelines(name="brief", guidelines="Be brief.").register(experiment_id=experiment)

    assert "very polite" in get_scorer(name="polite", experiment_id=experiment).instructions
    assert get_scorer(name="polite", experiment_id=experiment, version=1).instructions.endswith("polite? ü")
    assert [s.name for s in list_scorers(experiment_id=experiment)] == ["brief", "polite"]
    assert get_scorer(name="brief", experiment_id=experiment).guidelines == "Be brief."

    delete_scorer(name="polite", experiment_id=experiment, version=2)
    assert "very" not in get_scorer(name="polite", experiment_id=experiment).instructions
    delete_scorer(name="polite", experiment_id=experiment, version="all")
    with pytest.raises(MlflowException, match="polite"):
        get_scorer(name="polite", experiment_id=experiment)


def test_scorers_that_could_not_be_asked_do_not_judge_by_themselves(client, experiment):
    registered = make_judge(name="direct", instructions="Is {{ outputs }} fine?", model="openai:/gpt-4").register(experiment_id=experiment)
    with pytest.raises(MlflowException, match="gateway"):
        registered.start(experiment_id=experiment, sampling_config=ScorerSamplingConfig(sample_rate=0.5))

    @scorer
    def own(outputs):
        return True

    with pytest.raises(MlflowException, match="(?i)custom scorer|code"):
        own.register(experiment_id=experiment)


def test_label_schemas_go_through_their_life(client, experiment):
    inputs = {
        "pass": InputPassFail(positive_label="yes", negative_label="no"),
        "choice": InputCategorical(options=["a", "ü"], multi_select=True),
        "score": InputNumeric(min_value=0, max_value=1.5),
        "words": InputText(max_length=100),
    }
    for name, given in inputs.items():
        made = label_schemas.create_label_schema(name, type="feedback", input=given, instruction=f"About {name}", enable_comment=True, experiment_id=experiment)
        assert (made.name, made.input, made.instruction, made.enable_comment) == (name, given, f"About {name}", True)
        assert label_schemas.get_label_schema(name, experiment_id=experiment).schema_id == made.schema_id
    listed = label_schemas.list_label_schemas(experiment_id=experiment)
    assert {s.name for s in listed} == {*inputs, "Feedback"}
    changed = label_schemas.update_label_schema(made.schema_id, name="text", input=InputText(max_length=5))
    assert (changed.name, changed.input.max_length) == ("text", 5)
    with pytest.raises(MlflowException, match="already"):
        label_schemas.create_label_schema("text", type="feedback", input=InputText(), experiment_id=experiment)
    with pytest.raises(MlflowException, match="kind|type"):
        label_schemas.update_label_schema(made.schema_id, input=InputNumeric())
    label_schemas.delete_label_schema(schema_id=made.schema_id)
    with pytest.raises(MlflowException, match=made.schema_id):
        label_schemas.get_label_schema(schema_id=made.schema_id)


def test_review_queues_hold_traces_until_they_are_done(client, experiment):
    with mlflow.start_span("asked"):
        pass
    trace_id = mlflow.get_last_active_trace_id()
    mlflow.flush_trace_async_logging()
    question = label_schemas.create_label_schema("polite", type="feedback", input=InputText(), experiment_id=experiment)
    queue = review_queues.create_review_queue("Weekly", queue_type="custom", users=["Ana", "bob"], schema_ids=[question.schema_id], experiment_id=experiment)
    assert (queue.name, queue.users, queue.schema_ids) == ("Weekly", ["ana", "bob"], [question.schema_id])
    mine = review_queues.get_or_create_user_queue("Zoe", experiment_id=experiment)
    assert review_queues.get_or_create_user_queue("zoe", experiment_id=experiment) == mine
    assert [q.name for q in review_queues.list_review_queues(user="ANA", experiment_id=experiment)] == ["Weekly"]

    [item] = review_queues.add_items_to_review_queue(queue.queue_id, item_ids=[trace_id, trace_id])
    assert (item.item_id, str(item.status)) == (trace_id, "pending")
    with pytest.raises(MlflowException, match="tr-nobody"):
        review_queues.add_items_to_review_queue(queue.queue_id, item_ids=["tr-nobody"])
    done = review_queues.set_review_queue_item_status(queue.queue_id, item_id=trace_id, status="complete", completed_by="Ana")
    assert (str(done.status), done.completed_by) == ("complete", "ana")
    assert list(review_queues.list_review_queue_items(queue.queue_id, status="pending")) == []
    with pytest.raises(MlflowException, match="(?i)questions"):
        review_queues.update_review_queue(queue.queue_id, schema_ids=[])
    client.delete_traces(experiment_id=experiment, trace_ids=[trace_id])
    assert list(review_queues.list_review_queue_items(queue.queue_id)) == []
    assert review_queues.update_review_queue(queue.queue_id, name="Monthly", users=[]).name == "Monthly"
    review_queues.delete_review_queue(queue.queue_id)
    assert [q.name for q in review_queues.list_review_queues(experiment_id=experiment)] == ["zoe"]


def test_issues_are_noted_and_found_with_the_traces_that_have_them(client, experiment):
    store = _get_store()
    made = store.create_issue(experiment, "slow", "Answers late.", severity=IssueSeverity.HIGH, root_causes=["a", "ü"], categories=["c"], created_by="ana")
    store.create_issue(experiment, "odd", "Answers oddly.", status=IssueStatus.REJECTED)
    assert (made.name, made.severity, made.root_causes, made.status) == ("slow", IssueSeverity.HIGH, ["a", "ü"], IssueStatus.PENDING)
    assert store.get_issue(made.issue_id).description == "Answers late."
    changed = store.update_issue(made.issue_id, status=IssueStatus.RESOLVED, severity=IssueSeverity.LOW)
    assert (changed.status, changed.severity, changed.name) == (IssueStatus.RESOLVED, IssueSeverity.LOW, "slow")
    assert [i.name for i in store.search_issues(experiment)] == ["slow", "odd"]
    assert [i.name for i in store.search_issues(experiment, filter_string="status = 'rejected'")] == ["odd"]
    assert [i.trace_count for i in store.search_issues(experiment, include_trace_count=True)] == [0, 0]
    page = store.search_issues(experiment, max_results=1)
    assert [i.name for i in store.search_issues(experiment, max_results=1, page_token=page.token)] == ["odd"]


@pytest.mark.since("3.18")
def test_issues_are_observed_changed_entry_by_entry_and_found_in_any_order(client, experiment):
    store = _get_store()
    mine = f"iss-{experiment}"
    made = store.create_issue(experiment, "Slow 50%", "Answers late.", issue_id=mine, categories=["Latency"], metadata={"a": "1", "ü": "2"}, created_by="ana")
    assert (made.issue_id, made.last_seen_timestamp, made.last_updated_by, made.metadata) == (mine, made.created_timestamp, "ana", {"a": "1", "ü": "2"})
    with pytest.raises(MlflowException, match="(?i)exists"):
        store.create_issue(experiment, "again", "d", issue_id=mine)
    later = made.last_seen_timestamp + 5
    changed = store.update_issue(mine, categories=[], metadata={"b": "3"}, delete_metadata_keys=["a"], last_seen_timestamp=later, last_updated_by="bob")
    assert (changed.categories, changed.metadata, changed.last_seen_timestamp, changed.last_updated_by) == (None, {"ü": "2", "b": "3"}, later, "bob")
    assert store.update_issue(mine, last_seen_timestamp=1).last_seen_timestamp == later
    for name, categories in (("b", ["cost "]), ("c", ["x", "COST"])):
        store.create_issue(experiment, name, "d", categories=categories, severity=IssueSeverity.LOW, last_seen_timestamp=7)
    found = store.search_issues(experiment, categories=["Cost"], order_by=["name DESC"], include_total_count=True, view="basic", max_results=1)
    assert ([i.name for i in found], found.total_count, found[0].description) == (["c"], 2, "")
    rest = store.search_issues(experiment, categories=["Cost"], order_by=["name DESC"], include_total_count=True, view="basic", max_results=1, page_token=found.token)
    assert ([i.name for i in rest], rest.total_count, rest.token or None) == (["b"], 2, None)
    assert [i.name for i in store.search_issues(experiment, name="low 5")] == ["Slow 50%"]
    assert [i.name for i in store.search_issues(experiment, severities=["low"], statuses=["pending"], order_by=["last_seen_timestamp", "name"])] == ["b", "c"]
