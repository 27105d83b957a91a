"""What docs/delta-tables.md shows is run as it stands, with this server and a table of this test in place of the reader's."""

import re
import uuid

import pyarrow as pa
from conftest import ROOT
from deltalake import write_deltalake

PYTHON = re.compile(r"^```python\n(.*?)^```", re.MULTILINE | re.DOTALL)


def test_the_python_of_the_page_does_what_it_says(server, mlflow):
    path = str(server.tables / uuid.uuid4().hex / "orders")
    for number in range(14):
        write_deltalake(path, pa.table({"id": [number]}), mode="append")
    page = (ROOT / "docs/delta-tables.md").read_text()
    blocks = [code.replace("/data/lake/orders", path).replace("http://localhost:5000", server.uri) for code in PYTHON.findall(page)]
    logging, searching = blocks
    names = {}
    exec(logging, names)  # noqa: S102
    run_id = names["run"].info.run_id
    (found,) = server.delta_inputs(run_id)
    assert (found["status"], found["version"], found["dataset_name"]) == ("RECORDED", 13, "orders")
    for _ in range(6):
        write_deltalake(path, pa.table({"id": [0]}), mode="append")
    server.ask(f"runs/{run_id}/delta-inputs/{found['delta_input_id']}/refresh", {})
    searches = searching.strip().splitlines()
    assert len(searches) == 3
    for line in searches:
        assert run_id in set(eval(line, {"mlflow": mlflow})["run_id"])  # noqa: S307
