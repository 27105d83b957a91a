"""The same calls to the registry of the Python server and to ours, one after the other: answers are compared field by field."""

import json

import pytest
import requests
from alike import answer_alike
from conftest import OURS, THEIRS, Server
from databases import IS_MYSQL

API = "/api/2.0/mlflow"
PROMPT = {"key": "mlflow.prompt.is_prompt", "value": "true"}


class Peer:
    """A server, and what the others call by another name: its run, its logged models, its folder."""

    def __init__(self, command, folder):
        folder.mkdir()
        self.server = Server(command, folder)
        self.session = requests.Session()
        self.names = {str(folder): "<folder>"}
        self.values = {"folder": str(folder)}
        self.make()

    def make(self):
        """A run and two logged models in the artifact store, and a run and a logged model in a local folder."""
        for place, location in (("", None), ("local_", f"{self.values['folder']}/local")):
            experiment = self.post("experiments/create", {"name": f"{place}made", **({"artifact_location": location} if location else {})})["experiment_id"]
            run = self.post("runs/create", {"experiment_id": experiment, "start_time": 1})["run"]["info"]
            self.know(f"{place}run", run["run_id"])
            self.know(f"{place}run_root", run["artifact_uri"])
            self.know(f"{place}experiment", experiment)
            for number in (1, 2):
                model = self.post("logged-models", {"experiment_id": experiment, "name": f"net{number}", "source_run_id": run["run_id"]})["model"]["info"]
                self.know(f"{place}model{number}", model["model_id"])
                self.know(f"{place}model{number}_root", model["artifact_uri"])
        gone = self.post("logged-models", {"experiment_id": experiment, "name": "gone"})["model"]["info"]["model_id"]
        self.know("gone", gone)
        assert requests.delete(f"{self.server.uri}{API}/logged-models/{gone}").ok

    def know(self, name, value):
        self.values[name] = value
        if name.endswith(("run", "model1", "model2", "gone")):
            self.names[value] = f"<{name}>"

    def post(self, path, fields):
        response = requests.post(f"{self.server.uri}{API}/{path}", json=fields)
        assert response.ok, response.text
        return response.json()

    def ask(self, method, path, fields):
        self.asked, fields = path, self.filled(fields)
        options = {"params": fields} if method == "GET" else {"json": fields}
        response = self.session.request(method, f"{self.server.uri}{API}/{self.filled(path)}", **options)
        if response.status_code >= 400:
            code = response.json().get("error_code") if "json" in response.headers["content-type"] else "no JSON"
            return response.status_code, code
        return response.status_code, self.normalise(json.loads(response.text))

    def filled(self, value):
        """`{run}` and the like stand for what this server calls so."""
        if isinstance(value, dict):
            return {key: self.filled(item) for key, item in value.items()}
        if isinstance(value, list):
            return [self.filled(item) for item in value]
        if isinstance(value, str):
            for name, known in self.values.items():
                value = value.replace("{" + name + "}", known)
        return value

    def normalise(self, value, key=None):
        if isinstance(value, dict):
            # Whether a time is there counts; when it was does not.
            return {k: ("<time>" if k.endswith("_timestamp") or k.endswith("_timestamp_ms") else self.normalise(v, k)) for k, v in value.items()}
        if isinstance(value, list):
            items = [self.normalise(item) for item in value]
            unordered = key in {"tags", "aliases", "latest_versions"} or (key == "model_versions" and self.asked.endswith("get-latest-versions"))
            return sorted(items, key=lambda item: json.dumps(item, sort_keys=True)) if unordered else items
        if isinstance(value, str):
            for known, name in self.names.items():
                value = value.replace(known, name)
        return value


@pytest.fixture(scope="module")
def peers(tmp_path_factory):
    folder = tmp_path_factory.mktemp("alike")
    both = []
    try:
        for name, command in (("theirs", THEIRS), ("ours", OURS)):
            both.append(Peer(command, folder / name))
        yield both
    finally:
        for peer in both:
            peer.server.stop()


def compare(peers, steps):
    # A mistake of the caller that ends in a 5xx there is a 400 or 404 here: docs/differences.md.
    is_meant = lambda expected, answered: expected[0] >= 500 and answered[0] in (400, 404)
    return answer_alike([peer.ask for peer in peers], steps, is_meant)


def model(name, **fields):
    return "POST", "registered-models/create", {"name": name, **fields}


def version(name, source, **fields):
    return "POST", "model-versions/create", {"name": name, "source": source, **fields}


def get_model(name):
    return "GET", "registered-models/get", {"name": name}


def get_version(name, number):
    return "GET", "model-versions/get", {"name": name, "version": number}


NAMES = ["plain", "with space", "ü 模型 🚀", "a.b", ".hidden", "quote'", 'quote"', "percent%", "back\\slash", "a" * 256, "UPPER", "tab\tname"]
NO_NAMES = ["", " ", "\t", "a/b", "a:b", "/", ":", ".", "..", "..a", "...", "./a", "a/", "\u2003"]


def test_registered_models_alike(peers):
    def steps():
        for name in NAMES:
            yield model(name, description=f"about {name[:20]}", tags=[{"key": "a", "value": "1"}, {"key": "a", "value": "2"}, {"key": "é b", "value": ""}])
            yield get_model(name)
            yield model(name)
        for name in NO_NAMES:
            yield model(name)
            yield get_model(name)
            yield "POST", "registered-models/rename", {"name": "plain", "new_name": name}
            yield "DELETE", "registered-models/delete", {"name": name}
            yield "POST", "registered-models/get-latest-versions", {"name": name}
            yield "POST", "registered-models/alias", {"name": name, "alias": "x", "version": "1"}
            yield get_version(name, "1")
            yield version(name, "s3://bucket/model")
        yield get_model("nobody")
        yield model("no description")
        yield get_model("no description")
        yield model("job", deployment_job_id="123")
        yield get_model("job")
        for fields in ({"name": "plain", "description": "new ü"}, {"name": "plain"}, {"name": "plain", "description": ""}, {"name": "nobody", "description": "x"}, {"name": "plain", "description": "d", "deployment_job_id": "7"}):
            yield "PATCH", "registered-models/update", fields
            yield get_model("plain")
        yield "POST", "registered-models/update", {"name": "plain"}
        for key, value in [("k", "v"), ("k", "w"), ("k", ""), ("ü/b c:d", "1"), ("$", "1"), ("a//b", "1"), ("..", "1"), ("k" * 250, "1"), ("k" * 251, "1"), ("long", "v" * 4000), ("long", "v" * 100_001)]:
            yield "POST", "registered-models/set-tag", {"name": "plain", "key": key, "value": value}
        yield "POST", "registered-models/set-tag", {"name": "plain", "key": "no value"}
        yield "POST", "registered-models/set-tag", {"name": "plain", "value": "no key"}
        yield "POST", "registered-models/set-tag", {"name": "nobody", "key": "k", "value": "v"}
        yield get_model("plain")
        for fields in ({"name": "plain", "key": "k"}, {"name": "plain", "key": "k"}, {"name": "plain", "key": "$"}, {"name": "plain"}, {"name": "nobody", "key": "k"}):
            yield "DELETE", "registered-models/delete-tag", fields
        yield get_model("plain")
        yield "POST", "registered-models/rename", {"name": "plain", "new_name": "UPPER"}
        yield "POST", "registered-models/rename", {"name": "nobody", "new_name": "UPPER"}
        yield "POST", "registered-models/rename", {"name": "plain", "new_name": "plain"}
        yield "POST", "registered-models/rename", {"name": "plain", "new_name": "renamed ü"}
        yield "POST", "registered-models/rename", {"name": "plain"}
        yield get_model("plain")
        yield get_model("renamed ü")
        yield "DELETE", "registered-models/delete", {"name": "renamed ü"}
        yield "DELETE", "registered-models/delete", {"name": "renamed ü"}
        yield get_model("renamed ü")
        yield model("plain")
        for tags in ([{"key": "$", "value": "1"}], [{"key": "", "value": "1"}], [{"key": "a"}], [{"value": "1"}], [{"key": "k" * 251, "value": "1"}], [{"key": "k", "value": "v" * 100_001}], "x"):
            yield model(f"tags {json.dumps(tags)[:20]}".replace(":", ""), tags=tags)
        yield "GET", "registered-models/get", {}
        yield "POST", "registered-models/create", {}
        yield "POST", "registered-models/create", {"name": None}
        yield "POST", "registered-models/create", {"name": 5}
        yield "POST", "registered-models/create", {"name": "camel", "deploymentJobId": "1", "unknown": [1]}

    assert compare(peers, steps()) > 150


def test_versions_alike(peers):
    def steps():
        yield model("m")
        yield version("nobody", "s3://bucket/model")
        yield version("m", "s3://bucket/path/model", run_id="{run}", run_link="http://host/run", description="first", tags=[{"key": "a", "value": "1"}, {"key": "a", "value": "2"}])
        yield version("m", "runs:/{run}/model", run_id="{run}")
        yield version("m", "models:/{model1}", model_id="{model1}")
        yield version("m", "{model1_root}", model_id="{model1}", tags=[{"key": "b", "value": ""}])
        yield version("m", "{run_root}/model", run_id="{run}")
        yield version("m", "{local_run_root}/model", run_id="{local_run}")
        yield version("m", "file://{local_run_root}/model", run_id="{local_run}")
        yield version("m", "{local_model1_root}/x", model_id="{local_model1}", run_id="{run}")
        yield version("m", "models:/m/1")
        yield version("m", "models:/m/3")
        yield version("m", "models:/m/latest")
        yield version("m", "models:/m/None")
        yield version("m", "models:/m/10", run_id="{run}")
        yield version("m", "models:/m/1", run_id="other")
        yield version("m", "models:/m/1", run_id="")
        yield version("m", "models:/m/1", model_id="{model1}")
        yield version("m", "models:/m/1", model_id="")
        for number in range(1, 16):
            yield get_version("m", str(number))
            yield "GET", "model-versions/get-download-uri", {"name": "m", "version": str(number)}
        yield "GET", "logged-models/{model1}", {}
        yield "GET", "logged-models/{local_model1}", {}
        for number in ("0", "-1", "+1", "01", " 1", "1.0", "x", "", "99999", "2147483648", "99999999999999999999", "1e3"):
            yield get_version("m", number)
            yield "GET", "model-versions/get-download-uri", {"name": "m", "version": number}
            yield "PATCH", "model-versions/update", {"name": "m", "version": number, "description": "x"}
            yield "POST", "registered-models/alias", {"name": "m", "alias": "odd", "version": number}
        yield "PATCH", "model-versions/update", {"name": "m", "version": 1, "description": "x"}
        yield get_version("nobody", "1")
        for fields in ({"description": "new"}, {}, {"description": ""}, {"description": "kept"}):
            yield "PATCH", "model-versions/update", {"name": "m", "version": "1", **fields}
        for key, value in [("k", "v"), ("k", "w"), ("ü", ""), ("$", "x"), ("k" * 251, "x"), ("long", "v" * 60_000), ("long", "v" * 100_001)]:
            yield "POST", "model-versions/set-tag", {"name": "m", "version": "1", "key": key, "value": value}
        yield "POST", "model-versions/set-tag", {"name": "m", "version": "99", "key": "k", "value": "v"}
        yield "POST", "model-versions/set-tag", {"name": "m", "version": "1", "key": "no value"}
        yield get_version("m", "1")
        for fields in ({"version": "1", "key": "k"}, {"version": "1", "key": "k"}, {"version": "1", "key": "$"}, {"version": "99", "key": "k"}, {"version": "1"}):
            yield "DELETE", "model-versions/delete-tag", {"name": "m", **fields}
        yield get_model("m")
        yield "DELETE", "model-versions/delete", {"name": "m", "version": "2"}
        yield "DELETE", "model-versions/delete", {"name": "m", "version": "2"}
        yield get_version("m", "2")
        yield "DELETE", "model-versions/delete", {"name": "m", "version": "10"}
        yield version("m", "s3://bucket/after")
        yield version("m", "models:/m/2")
        yield "POST", "registered-models/rename", {"name": "m", "new_name": "m renamed"}
        yield get_version("m", "1")
        yield get_version("m renamed", "1")
        yield get_model("m renamed")
        yield version("m renamed", "s3://bucket/after rename")
        yield "GET", "logged-models/{model1}", {}
        yield "DELETE", "registered-models/delete", {"name": "m renamed"}
        yield get_version("m renamed", "1")
        yield model("m")
        yield version("m", "s3://bucket/again")

    assert compare(peers, steps()) > 100


# Left out, since they are meant to differ (docs/differences.md): a detour that ends within, and a bucket without a path.
SOURCES = [
    "", " ", "relative/path", "/etc", "/", "file:///etc/passwd", "file:/etc", "file://host/etc", "file:relative",
    "{local_run_root}", "{local_run_root}/", "{local_run_root}/../x", "{local_run_root}x", "{local_run_root}/%2e%2e/x", "file://{local_run_root}/../../x",
    "{run_root}", "{run_root}/", "{run_root}/model", "{run_root}/../x", "{run_root}/%2e%2e/x", "{run_root}/%252e%252e/x", "{run_root}x", "{run_root}//model", "{run_root}/./model", "{run_root}/a%20b", "{run_root}/..", "{run_root}/%00",
    "mlflow-artifacts:/", "mlflow-artifacts:", "mlflow-artifacts:/other", "mlflow-artifacts://host/{experiment}/{run}/artifacts/model", "mlflow-artifacts://host:80/{experiment}/{run}/artifacts/model", "MLFLOW-ARTIFACTS:/x",
    "{model1_root}", "{model1_root}/x", "{model2_root}", "{local_model1_root}",
    "runs:/{run}", "runs:/{run}/", "runs:/{run}/model", "runs:/{run}/../x", "runs:/{local_run}/model", "runs://{run}/model", "runs:/x/model", "runs:", "runs:/{run}/model?x=1", "runs:/{run}/model#x",
    "models:/{model1}", "models:/{model1}/", "models:/{model2}", "models:/m-nothing", "models:/{gone}", "models:///{model1}", "models://host/{model1}", "models:", "models:/", "models:/a/b/c",
    "models:/src/1", "models:/src/01", "models:/src/2", "models:/src/9", "models:/nobody/1", "models:/src@best", "models:/src@nothing", "models:/src@latest", "models:/src/latest", "models:/src/Latest", "models:/src/none", "models:/src/staging", "models:/src/Production", "models:/src/bogus", "models:/prompt/1", "models:/prompt@x", "models://host/src/1", "models:///src/1", "models:/src/1/", "models:/ /1", "MODELS:/src/1",
    "s3://bucket/x", "s3://bucket/../x", "s3://bucket/x/../y", "s3://bucket/%2e%2e/x", "s3://bucket/x%2fy", "s3://bucket//x", "s3://bucket/x/", "s3://bucket/./x", "s3://bucket/a b", "s3://bucket/a+b", "s3://bucket/a%25", "s3://bucket/x?versionId=1", "s3://bucket/x#y", "s3://bucket/x;y", "s3:/bucket/x", "s3://bucket/%00", "s3://bucket/back\\slash", "s3://bucket/..x",
    "gs://bucket/x", "dbfs:/x", "dbfs:/../x", "wasbs://c@a.blob.core.windows.net/x", "abfss://c@a.dfs.core.windows.net/x", "hdfs://host/x", "hdfs:/x", "http://host/x", "https://host/x", "http://localhost/api/2.0/mlflow-artifacts/artifacts/{experiment}/{run}/artifacts/model", "https://evil.example/api/2.0/mlflow-artifacts/artifacts/{experiment}/{run}/artifacts/model", "ftp://host/x", "sftp://host/x", "FTP://host/x", "unknown://host/x", "dummy-source", "prompt-template", "x" * 400,
]  # fmt: skip


@pytest.mark.once
def test_sources_alike(peers):
    def steps():
        yield model("src")
        yield version("src", "s3://bucket/src", run_id="{run}")
        yield version("src", "models:/{model1}", model_id="{model1}")
        yield "POST", "model-versions/transition-stage", {"name": "src", "version": "2", "stage": "Staging"}
        yield "POST", "registered-models/alias", {"name": "src", "alias": "best", "version": "1"}
        yield model("prompt", tags=[PROMPT])
        yield version("prompt", "dummy-source", tags=[PROMPT, {"key": "mlflow.prompt.text", "value": "hi"}])
        for number, source in enumerate(SOURCES):
            for turn, owner in enumerate([{}, {"run_id": "{run}"}, {"run_id": "{local_run}"}, {"model_id": "{model1}"}, {"model_id": "{local_model1}", "run_id": "{run}"}, {"run_id": "0" * 32}, {"model_id": "{gone}"}]):
                # A name of its own, so that where one differs the next still has the same number.
                yield model(f"dst {number} {turn}")
                yield version(f"dst {number} {turn}", source, **owner)
            yield model(f"prompt {number}", tags=[PROMPT])
            yield version(f"prompt {number}", source, tags=[PROMPT])

    assert compare(peers, steps()) > 1500


def search(kind, **fields):
    return "GET", f"{kind}/search", fields


def test_stages_and_aliases_alike(peers):
    def steps():
        yield model("staged")
        yield "GET", "registered-models/get-latest-versions", {"name": "staged"}
        yield "GET", "registered-models/alias", {"name": "staged", "alias": "latest"}
        for _ in range(6):
            yield version("staged", "s3://bucket/model")
        move = "POST", "model-versions/transition-stage"
        for number, stage, archive in [("1", "Staging", False), ("2", "staging", False), ("3", "PRODUCTION", False), ("4", "Production", True), ("5", "Archived", False), ("2", "Staging", True), ("6", "None", False), ("6", "production", None)]:
            yield *move, {"name": "staged", "version": number, "stage": stage, **({} if archive is None else {"archive_existing_versions": archive})}
            yield get_model("staged")
        for number, stage, archive in [("1", "Archived", True), ("1", "None", True), ("1", "bogus", False), ("1", "", False), ("1", "Deleted_Internal", False), ("99", "Staging", True), ("x", "Staging", False)]:
            yield *move, {"name": "staged", "version": number, "stage": stage, "archive_existing_versions": archive}
        yield *move, {"name": "nobody", "version": "1", "stage": "Staging", "archive_existing_versions": False}
        yield *move, {"name": "staged", "version": "1", "archive_existing_versions": False}
        for stages in ([], ["Production"], ["production", "None"], ["Archived", "Staging", "Archived"], ["bogus"], [""], "Production", [1]):
            yield "GET", "registered-models/get-latest-versions", {"name": "staged", "stages": stages}
            yield "POST", "registered-models/get-latest-versions", {"name": "staged", "stages": stages}
        for name in ("nobody", "", "a/b"):
            yield "GET", "registered-models/get-latest-versions", {"name": name, "stages": ["bogus"]}
        put = "POST", "registered-models/alias"
        for alias in ("best", "b-e_s-t", "ü模型", "v", "1", "V", "a" * 255, "best", "latest", "LATEST", "v1", "V22", "v1x", "", "a b", "a.b", "a/b", "a" * 256, "🚀", "a\u0301"):
            for number in ("1", "3"):
                yield *put, {"name": "staged", "alias": alias, "version": number}
            yield "GET", "registered-models/alias", {"name": "staged", "alias": alias}
        yield get_model("staged")
        yield get_version("staged", "3")
        yield "GET", "registered-models/get-latest-versions", {"name": "staged"}
        yield *put, {"name": "staged", "alias": "x", "version": "99"}
        yield *put, {"name": "staged", "alias": "x"}
        yield *put, {"name": "staged", "version": "1"}
        for alias in ("best", "best", "nothing", "latest", "a b", ""):
            yield "DELETE", "registered-models/alias", {"name": "staged", "alias": alias}
            yield "GET", "registered-models/alias", {"name": "staged", "alias": alias}
        yield "DELETE", "registered-models/alias", {"name": "nobody", "alias": "x"}
        yield "GET", "registered-models/alias", {"name": "nobody", "alias": "x"}
        yield "GET", "registered-models/alias", {"name": "nobody", "alias": "latest"}
        yield "DELETE", "model-versions/delete", {"name": "staged", "version": "3"}
        yield "DELETE", "model-versions/delete", {"name": "staged", "version": "6"}
        yield "GET", "registered-models/alias", {"name": "staged", "alias": "1"}
        yield "GET", "registered-models/alias", {"name": "staged", "alias": "latest"}
        yield get_model("staged")
        yield "POST", "registered-models/rename", {"name": "staged", "new_name": "staged again"}
        yield "GET", "registered-models/alias", {"name": "staged again", "alias": "ü模型"}
        yield *put, {"name": "staged again", "alias": "ü模型", "version": "1"}
        yield get_model("staged again")

    assert compare(peers, steps()) > 140


# Left out, since they are meant to differ (docs/differences.md): what only one of the two forgives.
VALUES = ["= 'found 1'", "!= 'found 1'", "LIKE 'found%'", "LIKE 'FOUND%'", "ILIKE 'FOUND%'", "LIKE 'found _'", "IN ('found 1', 'found 2')", "NOT IN ('found 1')", "in ('found 1',)", "not in ('found 1')", "IN ()", "IN (1, 2)", "IN 'found 1'", "= found", "= 1", "> 'found'", "IS NULL", "IS NOT NULL", "RLIKE 'x'", '= "found 1"', "=", "", "like 'found%'", "== 'found 1'", "<> 'found 1'"]
NUMBERS = ["= 1", "!= 1", "> 1", ">= 2", "< 2", "<= 1", "= '1'", "> '1'", "= 'x'", "= 1.5", "= -1", "= 99999999999", "IN (1)", "LIKE '1'", "= 1e2", "= '1.0'", "= ' 1'"]
LEFTS = ["name", "attribute.name", "attributes.name", "attr.name", "Name", "tags.k", "tag.k", "tags.`k`", 'tags."k"', "tags.missing", "tags.`a b`", "tags.é", "param.x", "creation_timestamp", "last_updated_timestamp", "version_number", "attribute.version_number", "run_id", "source_path", "source", "current_stage", "status", "description", "user_id", "timestamp", "aliases"]
# These with everything; the others with a few.
EVERY = {"name", "tags.k", "version_number", "run_id", "source_path"}
WHOLE = ["name LIKE 'found%' AND tags.k = 'a'", "tags.k = 'a' and tags.k LIKE 'a%'", "tags.k = 'a' AND tags.k = 'b'", "tags.k = 'a' AND tags.`a b` = 'x'", "name = 'a' OR name = 'b'", "(name = 'a')", "NOT name = 'a'", "name = 'found 1';", "name = 'found 1' AND", "   ", "name", "'found 1' = name", "name = 'it''s'", "tags.k != 'a'", ", name = 'x'"]
PROMPTED = ["= 'true'", "= 'TRUE'", "!= 'true'", "= 'false'", "!= 'false'", "LIKE 'tr%'", "= 'other'", "!= 'other'"]
ORDERS = [["name"], ["name DESC"], ["name asc"], ["NAME"], ["timestamp"], ["last_updated_timestamp DESC"], ["last_updated_timestamp", "name DESC"], ["creation_timestamp"], ["creation_timestamp DESC"], ["version_number"], ["version_number DESC", "name"], ["name", "name"], ["timestamp", "last_updated_timestamp"], ["attributes.name"], ["tags.k"], ["run_id"], ["source_path"], ["bogus"], [""], ["name sideways"], ["name DESC ASC"], ["version"], ["last_updated_time"], ["creation_time"], ["current_stage"], ["name,timestamp"]]


def test_searches_alike(peers):
    def steps():
        for number in range(1, 8):
            name = f"found {number}"
            yield model(name, tags=[{"key": "k", "value": "abA"[number % 3]}, *([{"key": "a b", "value": "x"}] if number % 2 else []), {"key": "é", "value": "ü"}])
            for turn in range(number % 4):
                owner = [{}, {"run_id": "{run}"}, {"model_id": "{model1}"}][turn % 3]
                yield version(name, f"s3://bucket/found {turn}", tags=[{"key": "k", "value": "aB"[turn % 2]}], **owner)
        yield "DELETE", "model-versions/delete", {"name": "found 3", "version": "2"}
        for number in (1, 2):
            yield model(f"found prompt {number}", tags=[PROMPT, {"key": "k", "value": "a"}])
            yield version(f"found prompt {number}", "dummy-source", tags=[PROMPT, {"key": "mlflow.prompt.text", "value": "hi {{x}}"}, {"key": "k", "value": "a"}])
        yield model("found half", tags=[{"key": "mlflow.prompt.is_prompt", "value": "other"}])
        yield version("found half", "s3://bucket/x", tags=[{"key": "mlflow.prompt.is_prompt", "value": "other"}])
        yield model("found mixed")
        yield version("found mixed", "s3://bucket/x")
        yield version("found mixed", "prompt-template", tags=[PROMPT])
        # Times would tie within a millisecond, and differently on both.
        for kind in ("registered-models", "model-versions"):
            by_name = {"order_by": ["name"]}
            yield search(kind, **by_name)
            for left in LEFTS:
                for right in [*VALUES, *NUMBERS] if left in EVERY else (VALUES[0], VALUES[2], NUMBERS[0]):
                    yield search(kind, filter=f"{left} {right}", **by_name)
            for where in WHOLE:
                yield search(kind, filter=where, **by_name)
            for right in PROMPTED:
                for prefix in ("tags", "tag"):
                    for rest in ("", " AND name LIKE 'found%'", " AND tags.k = 'a'"):
                        yield search(kind, filter=f"{prefix}.`mlflow.prompt.is_prompt` {right}{rest}", **by_name)
                yield search(kind, filter=f"tags.mlflow.prompt.is_prompt {right}", **by_name)
            yield search(kind, filter="tags.`mlflow.prompt.is_prompt` = 'true' AND tags.`mlflow.prompt.is_prompt` = 'false'", **by_name)
            for order in ORDERS:
                yield search(kind, order_by=order)
                yield search(kind, order_by=order, filter="name LIKE 'found%'")
            for size in (1, 2, 3, 1000, 200_000, 200_001, 1001, "x", "2", 1.5):
                yield search(kind, max_results=size, **by_name)
            for token in ("garbage!", "eyJvZmZzZXQiOiAxfQ==", "eyJvZmZzZXQiOiAyfQ==", "eyJvZmZzZXQiOiAxMDAwMH0=", "bnVsbA==", "e30=", "W10=", "eyJvZmZzZXQiOiAwfQ==", ""):
                yield search(kind, page_token=token, max_results=2, **by_name)

    assert compare(peers, steps()) > 800


def test_pages_alike(peers):
    """Each server is given its own tokens back."""
    pages = []
    for peer in peers:
        found = []
        for kind, key in (("registered-models", "registered_models"), ("model-versions", "model_versions")):
            for size in (1, 3, 7):
                token, sizes = None, []
                while True:
                    params = {"max_results": size, "filter": "name LIKE 'found%'", "order_by": "name", **({"page_token": token} if token else {})}
                    answer = requests.get(f"{peer.server.uri}{API}/{kind}/search", params=params).json()
                    sizes.append([(item["name"], item.get("version")) for item in answer.get(key, [])])
                    token = answer.get("next_page_token")
                    if not token:
                        break
                found.append((kind, size, sizes))
        pages.append(found)
    assert pages[0] == pages[1]
    assert sum(len(sizes) for _, _, sizes in pages[0]) > 20


def test_prompts_alike(peers):
    def steps():
        text = [{"key": "mlflow.prompt.text", "value": "Hi {{name}}"}]
        yield model("greet", tags=[PROMPT], description="first")
        yield model("a model")
        yield model("greet")
        yield model("greet", tags=[PROMPT])
        yield model("greet", tags=[{"key": "mlflow.prompt.is_prompt", "value": "false"}])
        yield model("a model", tags=[PROMPT])
        yield "POST", "registered-models/rename", {"name": "a model", "new_name": "greet"}
        yield "POST", "registered-models/rename", {"name": "greet", "new_name": "a model"}
        for value in ("true", "TRUE", "True", "false", "", "1"):
            yield version("greet", "dummy-source", tags=[*text, {"key": "mlflow.prompt.is_prompt", "value": value}])
            yield version("greet", "s3://bucket/x", tags=[{"key": "mlflow.prompt.is_prompt", "value": value}])
        yield version("greet", "dummy-source", tags=[PROMPT, {"key": "mlflow.prompt.is_prompt", "value": "false"}])
        yield version("greet", "dummy-source", tags=[{"key": "mlflow.prompt.is_prompt", "value": "false"}, PROMPT])
        yield version("greet", "prompt-template", tags=[PROMPT, *text], run_id="{run}", description="commit")
        yield version("greet", "prompt-template", tags=[PROMPT, *text], run_id="no such run")
        # MySQL keeps 64 KB.
        most = 65_000 if IS_MYSQL else 100_000
        yield version("greet", "dummy-source", tags=[PROMPT, {"key": "mlflow.prompt.text", "value": "x" * most}])
        yield version("greet", "dummy-source", tags=[PROMPT, {"key": "mlflow.prompt.text", "value": "x" * 100_001}])
        yield version("greet", "dummy-source", tags=[PROMPT, {"key": "mlflow.prompt.text", "value": "🚀" * (most // 5)}])
        yield version("a model", "dummy-source", tags=[PROMPT])
        yield version("a model", "dummy-source")
        for number in range(1, 16):
            yield get_version("greet", str(number))
        yield get_model("greet")
        yield "GET", "model-versions/get-download-uri", {"name": "greet", "version": "1"}
        yield "POST", "model-versions/transition-stage", {"name": "greet", "version": "1", "stage": "Production", "archive_existing_versions": False}
        yield "POST", "registered-models/alias", {"name": "greet", "alias": "prod", "version": "1"}
        yield "GET", "registered-models/alias", {"name": "greet", "alias": "prod"}
        yield "GET", "registered-models/alias", {"name": "greet", "alias": "latest"}
        yield "DELETE", "registered-models/delete-tag", {"name": "greet", "key": "mlflow.prompt.is_prompt"}
        yield search("registered-models", filter="name = 'greet'")
        yield search("model-versions", filter="name = 'greet'")
        yield "DELETE", "registered-models/delete", {"name": "greet"}

    assert compare(peers, steps()) > 40


@pytest.mark.once
def test_files_of_versions_alike(peers):
    answers = []
    for peer in peers:
        uri, run = peer.server.uri, peer.values["run"]
        put = f"{uri}/api/2.0/mlflow-artifacts/artifacts/{peer.values['run_root'].removeprefix('mlflow-artifacts:/')}/net/MLmodel"
        assert requests.put(put, data=b"flavors: {}").ok
        peer.post("registered-models/create", {"name": "with files"})
        for source, owner in [(f"{peer.values['run_root']}/net", {"run_id": run}), ("models:/with files/1", {}), ("s3://bucket/x", {})]:
            peer.post("model-versions/create", {"name": "with files", "source": source, **owner})
        found = []
        for version, path in [("1", "MLmodel"), ("2", "MLmodel"), ("1", "nothing"), ("1", "../../MLmodel"), ("1", "%2e%2e/x"), ("1", "/etc/passwd"), ("9", "MLmodel"), ("x", "MLmodel")]:
            response = requests.get(f"{uri}/model-versions/get-artifact", params={"name": "with files", "version": version, "path": path})
            found.append((version, path, response.status_code, response.text if response.ok else response.json()["error_code"]))
        answers.append(found)
    assert answers[0] == answers[1]
