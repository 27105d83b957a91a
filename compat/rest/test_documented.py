"""The example of docs/clients.md, line by line."""

import pathlib
import re

ROOT = pathlib.Path(__file__).resolve().parents[2]


def test_the_databricks_example_leaves_a_run(uri, unique):
    page = (ROOT / "docs/clients.md").read_text()
    [example] = re.findall(r"<!-- compat/rest/test_documented.py -->\n```python\n(.*?)```", page, re.DOTALL)
    names = {}
    exec(example.replace("http://127.0.0.1:5000", uri).replace("churn from the SDK", f"churn {unique}"), names)
    run = names["workspace"].experiments.get_run(names["run"].info.run_id).run
    assert run.data.metrics[0].value == 0.25
