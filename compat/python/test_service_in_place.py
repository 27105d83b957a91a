"""Evaluation data sets, scorers, reviews, issues and GraphQL on one database: both servers' answers, field by field."""

import json
import pathlib
import re

import mlflow
import pytest
import requests
from alike import answer_alike, asking, both_on, made_with
from conftest import OURS, THEIRS, Server
from databases import IS_SQLITE, rows, share
from mlflow import version as mlflow_version
from mlflow.entities import Metric
from mlflow.entities.issue import IssueSeverity, IssueStatus
from mlflow.genai import datasets, label_schemas, make_judge, review_queues
from mlflow.genai.label_schemas import InputCategorical, InputNumeric, InputPassFail, InputText
from mlflow.genai.scorers import Guidelines
from mlflow.tracking._tracking_service.utils import _get_store
from packaging.version import Version

API = "/api/3.0/mlflow"
# What issues hold since.
HAS_OBSERVATIONS = Version(mlflow_version.VERSION) >= Version("3.18")


def fill(uri):
    """Something of everything, written by the official client through the given server."""
    mlflow.set_tracking_uri(uri)
    client = mlflow.MlflowClient(uri)
    first, second = client.create_experiment("first ü", tags={"k": "v"}), client.create_experiment("second")
    run = client.create_run(first, run_name="one", tags={"mlflow.user": "ana"}).info.run_id
    client.log_batch(run, [Metric("loss", 0.5, 2**53 + 1, 7), Metric("loss", 0.25, 5, 8)])
    client.log_param(run, "p", "ü")
    client.log_text(run, "hello", "folder/hello.txt")
    client.create_registered_model("net")
    client.create_model_version("net", f"mlflow-artifacts:/{first}/{run}/artifacts/folder", run)

    made = datasets.create_dataset(name="questions", experiment_id=[first, second], tags={"team": "ä", "mlflow.user": "ana"})
    datasets.create_dataset(name="empty")
    not_json = [] if not IS_SQLITE else [{"inputs": {"q": "nan"}, "outputs": float("nan")}]
    made.merge_records(
        [
            {"inputs": {"q": "why ü?", "n": 1}, "expectations": {"answer": "so"}, "tags": {"a": "1", "mlflow.user": "bob"}},
            {"inputs": {"q": "why ü?", "n": 1.0}, "outputs": {"text": ["x", None, 1e-7, 1e16, 12345678901234567890]}},
            {"inputs": {"q": "traced"}, "source": {"source_type": "TRACE", "source_data": {"trace_id": "tr-1"}}},
            {"inputs": {"q": "none"}, "outputs": None},
            {"inputs": {"q": "text"}, "outputs": "text"},
            *not_json,
        ]
    )
    made.merge_records([{"inputs": {"n": 1, "q": "why ü?"}, "expectations": {"score": 0.5}, "outputs": 5}])
    gone = datasets.create_dataset(name="emptied")
    gone.merge_records([{"inputs": {"q": "gone"}}])
    gone.delete_records([r.dataset_record_id for r in client.get_dataset(gone.dataset_id).records])

    for instructions in ("Is {{ outputs }} polite? ü", "Is {{ outputs }} very polite?"):
        make_judge(name="polite", instructions=instructions, model="openai:/gpt-4").register(experiment_id=first)
    Guidelines(name="brief", guidelines="Be brief.").register(experiment_id=second)

    inputs = (InputPassFail("yes", "no"), InputCategorical(["a", "ü"], multi_select=True), InputNumeric(), InputNumeric(0, 1.5), InputText(), InputText(5))
    questions = [
        label_schemas.create_label_schema(f"q{i}", type="feedback" if i % 2 else "expectation", input=given, instruction="i" if i % 3 else None, enable_comment=i % 2 == 0, experiment_id=first)
        for i, given in enumerate(inputs)
    ]
    label_schemas.list_label_schemas(experiment_id=first)
    mlflow.set_experiment(experiment_id=first)
    with mlflow.start_span("asked"):
        pass
    trace = mlflow.get_last_active_trace_id()
    mlflow.flush_trace_async_logging()
    queue = review_queues.create_review_queue("Weekly", queue_type="custom", users=["Ana", "bob"], schema_ids=[q.schema_id for q in questions[:2]], experiment_id=first)
    review_queues.get_or_create_user_queue("Zoe", experiment_id=first)
    review_queues.add_items_to_review_queue(queue.queue_id, item_ids=[trace])
    review_queues.set_review_queue_item_status(queue.queue_id, item_id=trace, status="declined", completed_by="Ana")

    store = _get_store()
    for i, severity in enumerate([None, *IssueSeverity]):
        store.create_issue(first, f"issue {i}", "d ü", severity=severity, root_causes=["a", "ü"] if i % 2 else None, categories=["c"] if i else None, source_run_id=run if i == 1 else None, created_by="ana" if i == 2 else None, status=IssueStatus.RESOLVED if i == 3 else IssueStatus.PENDING)
    if HAS_OBSERVATIONS:
        store.create_issue(first, "Seen ü_%", "d", issue_id="iss-seen", last_seen_timestamp=2**53 + 1, metadata={"team": "ü", "k": "v"}, categories=["Cost", " COST", "ß"], created_by="ana")
        store.update_issue("iss-seen", last_updated_by="bob", metadata={"k": "w", "n": "1"}, delete_metadata_keys=["team"], last_seen_timestamp=5)
        store.create_issue(second, "seen elsewhere", "d", metadata={"k": "v"}, categories=["İ\x1c", "gone"])
        [elsewhere] = store.search_issues(second)
        store.update_issue(elsewhere.issue_id, categories=["ΑΣ", "ας", "kept"], description="", delete_metadata_keys=["k"])


def graphql_of_their_pages():
    """The queries that the pages in the installed package send, as they stand there."""
    folder = pathlib.Path(mlflow.__file__).parent / "server/js/build/static/js"
    found = {}
    for file in folder.glob("*.js"):
        text = file.read_text(errors="replace")
        for match in re.finditer(r"query (\w+)\(\$\w+: Mlflow\w+!\)", text):
            depth, end = 0, text.index("{", match.end())
            while True:
                depth += {"{": 1, "}": -1}.get(text[end], 0)
                end += 1
                if depth == 0:
                    break
            found[match[1]] = text[match.start() : end].replace("\\n", "\n").replace('\\"', '"')
    return found


def questions(folder):
    ids = lambda query: [str(row[0]) for row in rows(folder, query)]
    experiments = ids("SELECT experiment_id FROM experiments ORDER BY 1")
    for dataset_id in [*ids("SELECT dataset_id FROM evaluation_datasets ORDER BY 1"), "d-x"]:
        yield "GET", f"{API}/datasets/{dataset_id}", {}
        yield "GET", f"{API}/datasets/{dataset_id}/records", {}
        yield "GET", f"{API}/datasets/{dataset_id}/records", {"max_results": 2}
        yield "GET", f"{API}/datasets/{dataset_id}/experiment-ids", {}
    for where in ("", "name = 'questions'", "name LIKE '%e%'", "name IN ('empty', 'x')", "tags.team = 'ä'", "tags.team != 'x'", "created_time > 5", "created_by = 'ana'", "tag.team = 'x'", "digest = 'x'", "name = "):
        yield "POST", f"{API}/datasets/search", {"filter_string": where, "order_by": ["name"]}
    yield "GET", f"{API}/datasets/search", {"max_results": 1, "order_by": "created_time DESC"}
    yield "POST", f"{API}/datasets/search", {"experiment_ids": experiments[1:2]}
    yield "POST", f"{API}/datasets/search", {"max_results": 50001}
    yield "POST", f"{API}/datasets/search", {"order_by": ["bogus"]}

    for experiment_id in [*experiments, "4242", "x"]:
        yield "GET", f"{API}/scorers/list", {"experiment_id": experiment_id}
        for name in ("polite", "brief", "nobody"):
            yield "GET", f"{API}/scorers/versions", {"experiment_id": experiment_id, "name": name}
            for version in ({}, {"version": 1}, {"version": 9}):
                yield "GET", f"{API}/scorers/get", {"experiment_id": experiment_id, "name": name, **version}
        yield "GET", f"{API}/label-schemas/get-by-name", {"experiment_id": experiment_id, "name": "q1"}
        yield "GET", f"{API}/review-queues/list", {"experiment_id": experiment_id}
        yield "GET", f"{API}/review-queues/list", {"experiment_id": experiment_id, "user": "ANA", "max_results": 1}
        yield "GET", f"{API}/review-queues/get-by-name", {"experiment_id": experiment_id, "name": "weekly"}
        yield "POST", f"{API}/issues/search", {"experiment_id": experiment_id, "include_trace_count": True}
    yield "GET", f"{API}/scorers/list", {}
    yield "GET", f"{API}/scorers/list", {"experiment_ids": experiments}
    yield "GET", f"{API}/scorers/list", {"experiment_ids": experiments, "experiment_id": "0"}
    yield "GET", f"{API}/scorers/online-configs", {"scorer_ids": ids("SELECT scorer_id FROM scorers")}
    yield "GET", f"{API}/scorers/online-configs", {}

    yield "GET", f"{API}/label-schemas/list", {"experiment_id": experiments[1]}
    yield "GET", f"{API}/label-schemas/list", {"experiment_id": experiments[1], "max_results": 0}
    for schema_id in [*ids("SELECT schema_id FROM label_schemas ORDER BY 1"), "ls-x"]:
        yield "GET", f"{API}/label-schemas/get", {"schema_id": schema_id}
    for queue_id in [*ids("SELECT queue_id FROM review_queues ORDER BY 1"), "rq-x"]:
        yield "GET", f"{API}/review-queues/get", {"queue_id": queue_id}
        for status in ({}, {"status": "DECLINED"}, {"status": "PENDING"}):
            yield "GET", f"{API}/review-queues/items/list", {"queue_id": queue_id, **status}
    for issue_id in [*ids("SELECT issue_id FROM issues ORDER BY 1"), "iss-x"]:
        yield "GET", f"{API}/issues/{issue_id}", {}
    for request in ({}, {"filter_string": "status = 'resolved'"}, {"filter_string": "status != 'pending'"}, {"filter_string": "name = 'x'"}, {"max_results": 2}, {"max_results": 0}):
        yield "POST", f"{API}/issues/search", request
    if HAS_OBSERVATIONS:
        orders = (["name"], ["name DESC"], ["status", "severity DESC"], ["severity", "last_seen_timestamp DESC"], ["last_updated_timestamp desc"], ["created_timestamp", "name"], ["bogus"], ["name UP"])
        for order_by in orders:
            yield "POST", f"{API}/issues/search", {"order_by": order_by, "include_trace_count": True}
            yield "POST", f"{API}/issues/search", {"order_by": order_by, "max_results": 2, "include_total_count": True}
        conditions = ({"name": "SEEN"}, {"name": "_%"}, {"name": ""}, {"statuses": ["resolved", "pending"]}, {"statuses": ["bogus"]}, {"severities": ["high", "low"]}, {"categories": ["cost "]}, {"categories": ["i̇", "ας"]}, {"categories": ["gone"]}, {"categories": [""]}, {"view": "basic"}, {"view": "full"}, {"view": "x"}, {"name": "x" * 251})
        for condition in conditions:
            for more in ({}, {"include_total_count": True}, {"experiment_id": experiments[1], "filter_string": "status != 'rejected'", "max_results": 1}):
                yield "POST", f"{API}/issues/search", {**condition, **more}

    [run] = ids("SELECT run_uuid FROM runs")
    pages = graphql_of_their_pages()
    assert {"GetRun", "SearchRuns", "MlflowGetExperimentQuery", "GetMetricHistoryBulkInterval"} <= set(pages)
    variables = {
        "GetRun": [{"data": {"runId": run}}, {"data": {"runId": "nobody"}}, {}],
        "SearchRuns": [{"data": {"experimentIds": experiments, "orderBy": ["metrics.loss"], "maxResults": 10}}, {"data": {"experimentIds": experiments, "filter": "bogus = 1"}}],
        "MlflowGetExperimentQuery": [{"input": {"experimentId": e}} for e in [*experiments, "4242"]],
        "GetMetricHistoryBulkInterval": [{"data": {"runIds": [run], "metricKey": "loss", "maxResults": 100}}, {"data": {"runIds": [run], "metricKey": "none"}}],
    }
    for name, query in pages.items():
        for values in variables.get(name, []):
            yield "POST", "/graphql", {"query": query, "variables": values}
    yield "POST", "/graphql", {"query": "{ __typename test(inputString: \"x\") { output } bogus }"}
    yield "POST", "/graphql", {"query": f'{{ mlflowListArtifacts(input: {{runId: "{run}"}}) {{ rootUri files {{ path isDir fileSize }} }} }}'}
    yield "POST", "/graphql", {"query": 'mutation { mlflowSearchDatasets(input: {experimentIds: ["0"]}) { datasetSummaries { name } } }'}


def ask(uri, method, path, fields):
    response = requests.request(method, uri + path, **({"params": fields} if method == "GET" else {"json": fields}))
    if response.status_code >= 400:
        return response.status_code, response.json().get("error_code") if "json" in response.headers["content-type"] else "no JSON"
    answer = response.json()
    if path == "/graphql" and answer["errors"]:
        # The words are ours.
        answer["errors"] = len(answer["errors"])
    return response.status_code, normalise(answer)


def normalise(value, key=None):
    if isinstance(value, dict):
        return {k: normalise(v, k) for k, v in value.items() if k != "next_page_token"}
    if isinstance(value, list):
        items = [normalise(item) for item in value]
        return sorted(items, key=lambda item: json.dumps(item, sort_keys=True)) if key in {"tags", "metrics", "params"} else items
    # JSON within JSON.
    if isinstance(value, str) and key in {"tags", "schema", "profile", "records", "serialized_scorer"}:
        return normalise(json.loads(value))
    if isinstance(value, float) and value != value:
        return "NaN"
    return value


@pytest.fixture(scope="module")
def made_by_python(tmp_path_factory):
    folder = tmp_path_factory.mktemp("python")
    made_with(THEIRS, folder, fill)
    return folder


def compare(folder, tmp_path):
    with both_on(folder, tmp_path) as servers:
        asked = answer_alike(asking(servers, ask), questions(folder))
    assert asked > 150


def test_both_servers_answer_alike_on_a_database_of_python(made_by_python, tmp_path):
    compare(made_by_python, tmp_path)


def test_both_servers_answer_alike_on_a_database_of_ours(tmp_path):
    folder = tmp_path / "made"
    made_with(OURS, folder, fill)
    compare(folder, tmp_path)


@pytest.mark.since("3.18")
def test_what_is_wrong_with_an_issue_is_refused_by_both_servers_alike(made_by_python, tmp_path):
    folder = share(made_by_python, tmp_path / "refused")
    [first] = [str(row[0]) for row in rows(folder, "SELECT experiment_id FROM experiments WHERE name = 'second'")]
    [run] = [row[0] for row in rows(folder, "SELECT run_uuid FROM runs")]
    wrong = (
        {"issue_id": "iss-seen"},
        {"issue_id": "mine"},
        {"issue_id": "iss-" + "x" * 33},
        {"last_seen_timestamp": -1},
        {"last_seen_timestamp": 2**63},
        {"categories": ["x"] * 101},
        {"categories": [""]},
        {"metadata": {"k": 1}},
        {"metadata": {"": "v"}},
        {"metadata": {"k": "x" * 65537}},
        {"source_run_id": run},
        {"source_run_id": "nobody"},
        {"created_by": "x" * 256},
    )
    asked = [("POST", f"{API}/issues", {"experiment_id": first, "name": "n", "description": "d", **fields}) for fields in wrong]
    changes = ({"name": ""}, {"status": ""}, {"metadata": {"k": "v"}, "delete_metadata_keys": ["k"]}, {"last_updated_by": "x" * 256}, {"delete_metadata_keys": [""]}, {"last_seen_timestamp": "x"})
    asked += [("PATCH", f"{API}/issues/iss-seen", fields) for fields in changes]
    before = rows(folder, "SELECT count(*), sum(last_updated_timestamp) FROM issues")
    answers = []
    for command in (THEIRS, OURS):
        server = Server(command, folder)
        answers.append([ask(server.uri, *question) for question in asked])
        server.stop()
    for question, theirs, ours in zip(asked, *answers):
        # A value of the wrong type ends in 500 there.
        assert theirs == ours or theirs[0] == 500, f"{question}: {theirs}, {ours}"
        assert ours[0] in (400, 404), f"{question}: {ours}"
    assert rows(folder, "SELECT count(*), sum(last_updated_timestamp) FROM issues") == before


def test_records_that_one_server_wrote_are_the_same_records_to_the_other(made_by_python, tmp_path):
    folder = share(made_by_python, tmp_path / "both")
    records = [
        {"inputs": {"q": "why ü?", "n": 1}, "expectations": {"answer": "changed"}},
        {"inputs": {"q": "😀", "f": [1.0, 1e16, 1e-5, -0.0, 2.5e20], "￮": None}},
    ]
    counts = []
    for command in (OURS, THEIRS, OURS):
        server = Server(command, folder)
        mlflow.set_tracking_uri(server.uri)
        client = mlflow.MlflowClient(server.uri)
        [made] = client.search_datasets(filter_string="name = 'questions'")
        made.merge_records([dict(record) for record in records])
        counts.append(len(client.get_dataset(made.dataset_id).records))
        server.stop()
    assert counts[0] == counts[1] == counts[2]
