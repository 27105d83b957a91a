import time
import uuid

import pytest
from mlflow.entities import ViewType
from mlflow.exceptions import MlflowException


def name():
    return f"exp {uuid.uuid4().hex}"


def test_an_experiment_is_created_read_renamed_deleted_and_restored(client):
    first = name()
    experiment_id = client.create_experiment(first, tags={"team": "vision"})
    experiment = client.get_experiment(experiment_id)
    assert (experiment.name, experiment.tags, experiment.lifecycle_stage) == (first, {"team": "vision"}, "active")
    assert experiment.artifact_location == f"mlflow-artifacts:/{experiment_id}"
    assert client.get_experiment_by_name(first).experiment_id == experiment_id

    second = name()
    client.rename_experiment(experiment_id, second)
    assert client.get_experiment_by_name(first) is None
    assert client.get_experiment(experiment_id).name == second
    assert client.get_experiment(experiment_id).last_update_time >= experiment.last_update_time

    client.delete_experiment(experiment_id)
    assert client.get_experiment(experiment_id).lifecycle_stage == "deleted"
    with pytest.raises(MlflowException) as again:
        client.delete_experiment(experiment_id)
    assert again.value.error_code == "RESOURCE_DOES_NOT_EXIST"
    client.restore_experiment(experiment_id)
    assert client.get_experiment(experiment_id).lifecycle_stage == "active"


def test_the_name_of_a_deleted_experiment_stays_taken(client):
    taken = name()
    client.delete_experiment(client.create_experiment(taken))
    with pytest.raises(MlflowException) as error:
        client.create_experiment(taken)
    assert error.value.error_code == "RESOURCE_ALREADY_EXISTS"


def test_deleting_an_experiment_takes_its_runs_along_and_restoring_brings_all_back(client):
    experiment_id = client.create_experiment(name())
    kept, dropped = (client.create_run(experiment_id).info.run_id for _ in range(2))
    client.delete_run(dropped)
    client.delete_experiment(experiment_id)
    assert client.get_run(kept).info.lifecycle_stage == "deleted"
    client.restore_experiment(experiment_id)
    assert {client.get_run(run).info.lifecycle_stage for run in (kept, dropped)} == {"active"}


def test_experiments_are_searched_by_name_tag_and_time(client):
    mark = uuid.uuid4().hex
    ids = []
    for i in range(5):
        ids.append(client.create_experiment(f"{mark} {i}", tags={"mark": mark, "i": str(i)}))
        time.sleep(0.002)  # Experiments of the same millisecond have no order by time.
    client.delete_experiment(ids[4])

    def found(**options):
        return [e.experiment_id for e in client.search_experiments(**options)]

    assert found(filter_string=f"tags.mark = '{mark}'") == ids[3::-1]
    assert found(filter_string=f"name LIKE '{mark}%'", order_by=["name ASC"]) == ids[:4]
    assert found(filter_string=f"name ILIKE '{mark.upper()} 2'") == [ids[2]]
    assert found(filter_string=f"name = '{mark} 1' AND tag.i = '1'") == [ids[1]]
    assert found(filter_string=f"tags.mark = '{mark}'", view_type=ViewType.DELETED_ONLY) == [ids[4]]
    assert len(found(filter_string=f"tags.mark = '{mark}'", view_type=ViewType.ALL)) == 5
    assert found(filter_string=f"experiment_id IN ('{ids[0]}', '{ids[2]}')", order_by=["experiment_id"]) == [ids[0], ids[2]]
    created = client.get_experiment(ids[0]).creation_time
    assert ids[0] in found(filter_string=f"creation_time >= {created}", max_results=1000)

    pages, token = [], None
    while True:
        page = client.search_experiments(filter_string=f"tags.mark = '{mark}'", max_results=3, page_token=token)
        pages.append(len(page))
        token = page.token
        if not token:
            break
    assert pages == [3, 1]


@pytest.mark.since("3.0")
def test_experiment_tags_are_set_and_deleted(client, experiment):
    client.set_experiment_tag(experiment, "owner", "ana")
    client.set_experiment_tag(experiment, "owner", "eva")
    assert client.get_experiment(experiment).tags == {"owner": "eva"}
    client.delete_experiment_tag(experiment, "owner")
    assert client.get_experiment(experiment).tags == {}
    with pytest.raises(MlflowException) as error:
        client.delete_experiment_tag(experiment, "owner")
    assert error.value.error_code == "RESOURCE_DOES_NOT_EXIST"


@pytest.mark.parametrize(
    ("call", "code"),
    [
        (lambda c: c.get_experiment("987654321"), "RESOURCE_DOES_NOT_EXIST"),
        (lambda c: c.get_experiment("not-a-number"), "INVALID_PARAMETER_VALUE"),
        (lambda c: c.search_experiments(filter_string="bogus = 'x'"), "INVALID_PARAMETER_VALUE"),
        (lambda c: c.search_experiments(filter_string="name = 'a' OR name = 'b'"), "INVALID_PARAMETER_VALUE"),
        (lambda c: c.create_experiment("x" * 501), "INVALID_PARAMETER_VALUE"),
        (lambda c: c.create_run("987654321"), "RESOURCE_DOES_NOT_EXIST"),
    ],
)
def test_mistakes_carry_the_code_that_clients_act_on(client, call, code):
    with pytest.raises(MlflowException) as error:
        call(client)
    assert error.value.error_code == code
