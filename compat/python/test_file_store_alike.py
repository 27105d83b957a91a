"""A folder of MLflow's file store, written by the official client itself or by our server, is answered alike by both."""

import shutil

import pytest
import requests
from file_store.clients import OURS_ON_FOLDER, THEIRS_ON_FOLDER, direct, through
from file_store.fill import fill
from file_store.questions import assert_alike
from file_store.traces import spans_of

# The folder needs no database, so once is enough.
pytestmark = [pytest.mark.sqlite, pytest.mark.usefixtures("file_store")]


def test_a_folder_that_python_wrote_is_answered_as_python_answers_it(tmp_path, servers):
    fill(direct(tmp_path))
    ours, theirs = servers(OURS_ON_FOLDER, tmp_path), servers(THEIRS_ON_FOLDER, tmp_path)
    assert_alike(tmp_path, theirs, ours)
    spans = spans_of(direct(tmp_path), tmp_path)
    assert spans_of(through(ours), tmp_path) == spans and {len(each) for each in spans.values()} == {2}
    for trace_id in spans:
        answer = requests.get(f"{ours.uri}/api/3.0/mlflow/traces/get", params={"trace_id": trace_id}).json()
        assert [span["name"] for span in answer["trace"]["spans"]] == ["answer", "inner"]
        answer = requests.get(f"{ours.uri}/ajax-api/2.0/mlflow/get-trace-artifact", params={"request_id": trace_id})
        assert answer.content == next((tmp_path / "mlruns").rglob(f"{trace_id}/artifacts/traces.json")).read_bytes()
    # A file that the run itself keeps in the folder is served from there.
    run = next(r for r in direct(tmp_path).search_runs([e.experiment_id for e in direct(tmp_path).search_experiments()]) if r.inputs.dataset_inputs)
    answer = requests.get(f"{ours.uri}/get-artifact", params={"run_uuid": run.info.run_id, "path": "folder/hello.txt"})
    assert answer.text == "hello"
    assert "Skipped" not in ours.output()


def test_a_folder_that_we_wrote_is_answered_by_python_as_we_answer_it(tmp_path, servers):
    ours = servers(OURS_ON_FOLDER, tmp_path)
    fill(through(ours))
    theirs = servers(THEIRS_ON_FOLDER, tmp_path)
    assert_alike(tmp_path, theirs, ours)
    assert spans_of(through(ours), tmp_path) == spans_of(through(theirs), tmp_path)
    # Nothing in the folder is ours alone.
    names = {p.name for p in (tmp_path / "mlruns").rglob("*")}
    assert not [name for name in names if "bitacora" in name]
    # An index that is made anew from the files says the same.
    ours.stop()
    shutil.rmtree(tmp_path / "cache")
    again = servers(OURS_ON_FOLDER, tmp_path)
    assert_alike(tmp_path, theirs, again)
