"""Evaluation data sets through the official client's `mlflow.genai.datasets`."""

import mlflow
import pandas as pd
import pytest
from mlflow.exceptions import MlflowException
from mlflow.genai import datasets


def records_of(client, dataset):
    return client.get_dataset(dataset.dataset_id).records


def test_a_data_set_goes_through_its_life(client, experiment):
    made = datasets.create_dataset(name="questions", experiment_id=[experiment, "0"], tags={"team": "ä", "mlflow.user": "ana"})
    assert (made.name, made.tags["team"], made.created_by) == ("questions", "ä", "ana")
    assert made.experiment_ids == [experiment, "0"]
    found = datasets.get_dataset(dataset_id=made.dataset_id)
    assert (found.name, found.digest, found.experiment_ids) == ("questions", made.digest, ["0", experiment])

    datasets.set_dataset_tags(dataset_id=made.dataset_id, tags={"team": "b", "n": "1"})
    datasets.delete_dataset_tag(dataset_id=made.dataset_id, key="n")
    assert datasets.get_dataset(dataset_id=made.dataset_id).tags == {"team": "b", "mlflow.user": "ana"}

    other = client.create_experiment(f"other of {experiment}")
    datasets.add_dataset_to_experiments(dataset_id=made.dataset_id, experiment_ids=[other])
    datasets.remove_dataset_from_experiments(dataset_id=made.dataset_id, experiment_ids=["0"])
    assert set(datasets.get_dataset(dataset_id=made.dataset_id).experiment_ids) == {experiment, other}
    with pytest.raises(MlflowException, match="4242"):
        datasets.add_dataset_to_experiments(dataset_id=made.dataset_id, experiment_ids=["4242"])

    datasets.delete_dataset(dataset_id=made.dataset_id)
    with pytest.raises(MlflowException, match=made.dataset_id):
        datasets.get_dataset(dataset_id=made.dataset_id)


def test_records_are_merged_by_their_inputs(client, experiment):
    dataset = datasets.create_dataset(name="records", experiment_id=experiment)
    dataset.merge_records(
        [
            {"inputs": {"question": "why ü?", "n": 1}, "expectations": {"answer": "so"}, "tags": {"a": "1"}},
            {"inputs": {"question": "how?", "n": 1.0}, "outputs": {"text": ["x", None, 1e-7]}},
        ]
    )
    dataset.merge_records([{"inputs": {"n": 1, "question": "why ü?"}, "expectations": {"score": 0.5}}])
    frame = datasets.get_dataset(dataset_id=dataset.dataset_id).to_df()
    assert len(frame) == 2
    by_question = {row["inputs"]["question"]: row for _, row in frame.iterrows()}
    assert by_question["why ü?"]["expectations"] == {"answer": "so", "score": 0.5}
    assert by_question["why ü?"]["tags"]["a"] == "1"
    assert by_question["how?"]["outputs"] == {"text": ["x", None, 1e-7]}
    assert isinstance(by_question["how?"]["inputs"]["n"], float)

    dataset.merge_records(pd.DataFrame({"inputs": [{"question": f"{i}", "n": i} for i in range(1500)], "expectations": [{"answer": str(i)} for i in range(1500)]}))
    again = datasets.get_dataset(dataset_id=dataset.dataset_id)
    assert len(again.to_df()) == 1502
    assert '"num_records": 1502' in again.profile
    assert '"n": "integer"' in again.schema
    ids = [record.dataset_record_id for record in records_of(client, dataset)][:10]
    assert again.delete_records(ids) == 10
    assert len(datasets.get_dataset(dataset_id=dataset.dataset_id).to_df()) == 1492


def test_records_come_from_what_a_person_wrote_or_code_made(client, experiment):
    dataset = datasets.create_dataset(name="sources", experiment_id=experiment)
    dataset.merge_records(
        [
            {"inputs": {"q": "a"}, "expectations": {"x": 1}},
            {"inputs": {"q": "b"}},
            {"inputs": {"q": "c"}, "source": {"source_type": "DOCUMENT", "source_data": {"doc_uri": "s3://b/k"}}},
        ]
    )
    kinds = {r.inputs["q"]: (r.source.source_type.value, r.source.source_data) for r in records_of(client, dataset)}
    assert kinds == {"a": ("HUMAN", {}), "b": ("CODE", {}), "c": ("DOCUMENT", {"doc_uri": "s3://b/k"})}


def test_search_filters_orders_and_pages(client, experiment):
    for i in range(5):
        datasets.create_dataset(name=f"set {i}", experiment_id=experiment, tags={"parity": "even" if i % 2 == 0 else "odd"})
    names = lambda **kwargs: [d.name for d in datasets.search_datasets(experiment_ids=[experiment], **kwargs)]
    assert names(order_by=["name"]) == [f"set {i}" for i in range(5)]
    assert names(filter_string="tags.parity = 'even' AND name != 'set 0'", order_by=["name DESC"]) == ["set 4", "set 2"]
    assert names(order_by=["name"], max_results=3) == ["set 0", "set 1", "set 2"]
    first = client.search_datasets(experiment_ids=[experiment], order_by=["name"], max_results=2)
    rest = client.search_datasets(experiment_ids=[experiment], order_by=["name"], max_results=2, page_token=first.token)
    assert [d.name for d in [*first, *rest]] == [f"set {i}" for i in range(4)]
    with pytest.raises(MlflowException, match="bogus"):
        names(filter_string="bogus = 'x'")
    assert mlflow.get_tracking_uri().startswith("http")
