import math

import mlflow
import pytest
from databases import IS_MYSQL
from mlflow.entities import Metric, Param, RunTag
from mlflow.exceptions import MlflowException


@pytest.fixture
def runs(client, experiment):
    """Twelve runs, `run 0` the oldest; every third lacks `acc`, run 5 has NaN as its loss, run 7 has no loss."""
    ids = []
    for i in range(12):
        run_id = client.create_run(experiment, start_time=1000 + i, run_name=f"run {i}").info.run_id
        metrics = [Metric("loss", math.nan if i == 5 else i / 10, 1, 1)] if i != 7 else []
        if i % 3:
            metrics.append(Metric("val/acc", 1 - i / 100, 1, 1))
        client.log_batch(
            run_id,
            metrics,
            [Param("model", ["CNN", "cnn", "mlp"][i % 3]), Param("i", str(i))],
            [RunTag("stage", "prod" if i % 2 else "dev")],
        )
        ids.append(run_id)
    client.update_run(ids[3], status="FINISHED")
    return ids


@pytest.mark.parametrize(
    ("filter_string", "expected"),
    [
        ("metrics.loss < 0.3", [2, 1, 0]),
        ("metrics.loss >= 1.0 and metrics.loss != 1.1", [10]),
        ("metrics.loss != 0.1", [11, 10, 9, 8, 6, 5, 4, 3, 2, 0]),
        ("metrics.`val/acc` > 0.95", [4, 2, 1]),
        ('metrics."val/acc" > 0.95', [4, 2, 1]),
        ("params.model = 'cnn'", [10, 7, 4, 1]),
        ("params.model LIKE 'c%'", [10, 7, 4, 1]),
        ("params.model ILIKE 'C%'", [10, 9, 7, 6, 4, 3, 1, 0]),
        ("params.model != 'cnn' and tags.stage = 'prod'", [11, 9, 5, 3]),
        ("tags.nothing != 'x'", []),
        ("tags.nothing IS NULL and metrics.loss = 0.4", [4]),
        ("params.i IS NOT NULL and params.i = '7'", [7]),
        ("attributes.status = 'FINISHED'", [3]),
        ("status = 'finished'", []),
        ("start_time > 1009", [11, 10]),
        ("attributes.run_name = 'run 4'", [4]),
        ("run_name ILIKE 'RUN 1%'", [11, 10, 1]),
        ("`run name` = 'run 2'", [2]),
        ("tag.stage = \"dev\" AND metric.loss > 0.7", [10, 8]),
    ],
)
def test_filters_select_what_they_say(client, experiment, runs, filter_string, expected):
    found = client.search_runs([experiment], filter_string)
    assert [runs.index(r.info.run_id) for r in found] == expected


@pytest.mark.parametrize(
    ("order_by", "expected"),
    [
        (None, [11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0]),
        (["metrics.loss"], [0, 1, 2, 3, 4, 6, 8, 9, 10, 11, 5, 7]),
        (["metrics.loss DESC"], [11, 10, 9, 8, 6, 4, 3, 2, 1, 0, 5, 7]),
        # MySQL's collations see no difference between CNN and cnn.
        (["params.model ASC", "metrics.loss desc"], [10, 9, 6, 4, 3, 1, 0, 7, 11, 8, 2, 5] if IS_MYSQL else [9, 6, 3, 0, 10, 4, 1, 7, 11, 8, 2, 5]),
        (["start_time"], list(range(12))),
        (["metrics.`val/acc`"], [11, 10, 8, 7, 5, 4, 2, 1, 9, 6, 3, 0]),
        (["tags.stage", "attributes.start_time DESC"], [10, 8, 6, 4, 2, 0, 11, 9, 7, 5, 3, 1]),
    ],
)
def test_orders_put_the_missing_last_and_nan_before_them(client, experiment, runs, order_by, expected):
    found = client.search_runs([experiment], order_by=order_by)
    assert [runs.index(r.info.run_id) for r in found] == expected


@pytest.mark.parametrize("order_by", [["metrics.loss DESC"], ["params.i"], None, ["end_time"]])
@pytest.mark.parametrize("size", [1, 5, 12])
def test_pages_join_to_the_whole(client, experiment, runs, order_by, size):
    whole = [r.info.run_id for r in client.search_runs([experiment], order_by=order_by)]
    pages, token = [], None
    while True:
        page = client.search_runs([experiment], order_by=order_by, max_results=size, page_token=token)
        pages.extend(r.info.run_id for r in page)
        token = page.token
        if not token:
            break
    assert pages == whole


def test_run_ids_are_searched_as_a_list(client, experiment, runs):
    wanted = f"run_id IN ('{runs[2]}', '{runs[9]}')"
    assert [r.info.run_id for r in client.search_runs([experiment], wanted)] == [runs[9], runs[2]]
    assert len(client.search_runs([experiment], f"run_id NOT IN ('{runs[2]}')")) == 11


@pytest.mark.needs("numpy", "pandas")
def test_a_data_frame_of_runs_has_a_column_for_each_key(client, experiment, runs):
    frame = mlflow.search_runs([experiment], filter_string="params.model = 'mlp'", order_by=["metrics.loss"])
    assert list(frame["params.i"]) == ["2", "8", "11", "5"]
    assert frame["metrics.loss"].iloc[0] == 0.2
    assert math.isnan(frame["metrics.loss"].iloc[3])


@pytest.mark.parametrize(
    "filter_string",
    [
        "metrics.loss > 'a'",
        "params.model = cnn",
        "params.model > 'a'",
        "bogus.x = 'a'",
        "metrics.loss > 0.1 OR metrics.loss < 0",
        "(metrics.loss > 0.1)",
        "metrics.loss",
        "params.model = 'a';",
        "lifecycle_stage = 'active'",
        "run_id IN ()",
        "tags.x = 'unclosed",
        "   ",
    ],
)
def test_filters_that_make_no_sense_are_refused(client, experiment, filter_string):
    with pytest.raises(MlflowException) as error:
        client.search_runs([experiment], filter_string)
    assert error.value.error_code == "INVALID_PARAMETER_VALUE"
