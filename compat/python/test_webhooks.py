"""Webhooks: the official client manages them, and what arrives is what the Python server sends."""

import base64
import collections
import hashlib
import hmac
import http.server
import json
import os
import re
import subprocess
import sys
import threading
import time

import pytest
import requests
from conftest import HANG_S, OURS, ROOT, THEIRS, Server, free_port
from mlflow import MlflowClient
from mlflow.entities.webhook import WebhookStatus
from mlflow.exceptions import MlflowException
from mlflow.webhooks.constants import WEBHOOK_SIGNATURE_HEADER

# Made by cryptography.fernet.Fernet.generate_key().
KEY = "q3pGMxVFXHRkrG2B0Zdxw4W4PZVwkLl0VwM1b9uD4aI="
SECRET = "whsec_dGVzdA-ä"

LOCAL = {
    "MLFLOW_WEBHOOK_ALLOWED_SCHEMES": "http,https",
    "MLFLOW_WEBHOOK_ALLOW_PRIVATE_IPS": "true",
    "MLFLOW_WEBHOOK_SECRET_ENCRYPTION_KEY": KEY,
}

Received = collections.namedtuple("Received", "headers body")


class Receiver:
    """An HTTP server on this machine; `answer` says how, and None lets the sender wait."""

    def __init__(self, port=0):
        self.received = []
        self.answer = 200
        receiver = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.received.append(Received(dict(self.headers), body))
                while receiver.answer is None:
                    time.sleep(0.05)
                self.send_response(receiver.answer)
                self.end_headers()
                self.wfile.write(b"noted")

            def log_message(self, *args):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}/hook"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.answer = 503
        self.server.shutdown()
        self.server.server_close()

    def wait_for(self, count):
        deadline = time.monotonic() + HANG_S
        while len(self.received) < count:
            assert time.monotonic() < deadline, f"{len(self.received)} of {count} arrived"
            time.sleep(0.05)
        return self.received


@pytest.fixture
def receiver():
    receiver = Receiver()
    yield receiver
    receiver.close()


@pytest.fixture
def start(tmp_path, monkeypatch):
    """Starts servers on one folder, each with webhook settings of its own."""
    servers = []

    def start(command=OURS, folder=tmp_path, **settings):
        for name, value in {**LOCAL, **settings}.items():
            monkeypatch.delenv(name, raising=False)
            if value is not None:
                monkeypatch.setenv(name, value)
        folder.mkdir(exist_ok=True)
        servers.append(Server(command, folder))
        return servers[-1]

    yield start
    for server in servers:
        server.stop()


def signature(secret, headers, body):
    """By the recipe of MLflow's guide."""
    signed = f"{headers['X-MLflow-Delivery-Id']}.{headers['X-MLflow-Timestamp']}.{body.decode()}"
    digest = hmac.new(secret.encode(), signed.encode(), hashlib.sha256).digest()
    return f"v1,{base64.b64encode(digest).decode()}"


def test_the_client_manages_webhooks(start, receiver):
    client = MlflowClient(start().uri)
    created = client.create_webhook(
        name="pager", url=receiver.url, events=["model_version.created", "prompt_tag.set"], description="tells", secret=SECRET
    )
    assert created.status == WebhookStatus.ACTIVE
    assert created.secret is None
    assert sorted(map(str, created.events)) == ["model_version.created", "prompt_tag.set"]
    again = client.get_webhook(created.webhook_id)
    assert (again.name, again.url, again.description) == ("pager", receiver.url, "tells")
    assert again.creation_timestamp == created.creation_timestamp == again.last_updated_timestamp

    changed = client.update_webhook(created.webhook_id, name="siren", status="DISABLED", events=["prompt.created"])
    assert (changed.name, changed.status, list(map(str, changed.events))) == ("siren", WebhookStatus.DISABLED, ["prompt.created"])
    assert (changed.url, changed.description) == (receiver.url, "tells")

    others = [client.create_webhook(name=f"h{i}", url=receiver.url, events=["prompt.created"]).webhook_id for i in range(3)]
    found, token = [], None
    while True:
        page = client.list_webhooks(max_results=2, page_token=token)
        assert len(page) <= 2
        found += [webhook.webhook_id for webhook in page]
        token = page.token
        if not token:
            break
    assert sorted(found) == sorted([created.webhook_id, *others])

    result = client.test_webhook(created.webhook_id, event="model_version.created")
    assert (result.success, result.response_status, result.response_body) == (True, 200, "noted")
    headers, body = receiver.received[0]
    assert headers[WEBHOOK_SIGNATURE_HEADER] == signature(SECRET, headers, body)
    receiver.answer = 404
    result = client.test_webhook(created.webhook_id)
    assert (result.success, result.response_status) == (False, 404)
    assert json.loads(receiver.received[1].body)["entity"] == "prompt"

    client.delete_webhook(created.webhook_id)
    for call in (client.get_webhook, client.delete_webhook, client.test_webhook):
        with pytest.raises(MlflowException) as raised:
            call(created.webhook_id)
        assert raised.value.error_code == "RESOURCE_DOES_NOT_EXIST"


@pytest.mark.once
@pytest.mark.parametrize(
    "fields",
    [
        {"name": "-"},
        {"name": "x" * 64},
        {"url": "http://example.com"},
        {"url": "https://127.0.0.1"},
        {"url": "https://localhost:1"},
        {"url": "https://[::1]"},
        {"url": "https://169.254.169.254/latest"},
        {"url": "https://127.1"},
        {"url": "ftp://example.com"},
        {"url": "https://"},
    ],
    ids=str,
)
def test_what_the_python_server_refuses_is_refused(start, fields):
    client = MlflowClient(start(MLFLOW_WEBHOOK_ALLOWED_SCHEMES=None, MLFLOW_WEBHOOK_ALLOW_PRIVATE_IPS=None).uri)
    with pytest.raises(MlflowException) as raised:
        client.create_webhook(**{"name": "hook", "url": "https://1.1.1.1/", "events": ["prompt.created"], **fields})
    assert raised.value.error_code == "INVALID_PARAMETER_VALUE"
    assert list(client.list_webhooks()) == []


EVENTS = [
    "registered_model.created",
    "model_version.created",
    "model_version_tag.set",
    "model_version_tag.deleted",
    "model_version_alias.created",
    "model_version_alias.deleted",
    "prompt.created",
    "prompt_version.created",
    "prompt_tag.set",
    "prompt_tag.deleted",
    "prompt_version_tag.set",
    "prompt_version_tag.deleted",
    "prompt_alias.created",
    "prompt_alias.deleted",
]


def work_with_the_registry(client):
    """Everything that is an event, and some that is none."""
    client.create_registered_model("churn", tags={"team": "größe", "2": "b", "1": "a"}, description="who leaves")
    client.create_registered_model("plain")
    client.set_registered_model_tag("churn", "silent", "yes")
    client.delete_registered_model_tag("churn", "silent")
    client.create_model_version("churn", "s3://bucket/somewhere", description="first", tags={"a": "1"}, await_creation_for=0)
    client.create_model_version("churn", "s3://bucket/elsewhere", await_creation_for=0)
    client.set_model_version_tag("churn", "1", "checked", "yes")
    client.delete_model_version_tag("churn", "1", "checked")
    client.set_registered_model_alias("churn", "best", "1")
    client.set_registered_model_alias("churn", "best", "2")
    client.delete_registered_model_alias("churn", "best")
    client.delete_registered_model_alias("churn", "never")
    client.transition_model_version_stage("churn", "1", "Staging")
    client.update_model_version("churn", "1", description="silent")
    client.delete_model_version("churn", "1")
    client.rename_registered_model("plain", "plainer")
    client.delete_registered_model("plainer")

    client.register_prompt("greeting", "Hello {{ name }} \u20ac", commit_message="first", tags={"author": "me"})
    client.register_prompt("greeting", [{"role": "user", "content": "Hi"}])
    client.set_prompt_tag("greeting", "use", "chat")
    client.delete_prompt_tag("greeting", "use")
    client.set_prompt_version_tag("greeting", "1", "good", "yes")
    client.delete_prompt_version_tag("greeting", "1", "good")
    client.set_prompt_alias("greeting", "live", 1)
    client.delete_prompt_alias("greeting", "live")
    with pytest.raises(MlflowException):
        client.create_registered_model("churn")


# So many events it is, with one more model.
CAUSED = 21


def told(server):
    """What arrives while `work_with_the_registry` runs, in an order of its own."""
    receiver = Receiver()
    client = MlflowClient(server.uri, registry_uri=server.uri)
    client.create_webhook(name="all", url=receiver.url, events=EVENTS, secret=SECRET)
    client.create_webhook(name="off", url=receiver.url, events=EVENTS, status="DISABLED")
    work_with_the_registry(client)
    client.create_registered_model("the end")
    receiver.wait_for(CAUSED)
    # Time for one too many to come.
    time.sleep(1)
    receiver.close()
    ids = [headers["X-MLflow-Delivery-Id"] for headers, _ in receiver.received]
    assert len(set(ids)) == len(ids)
    seen = []
    for headers, body in receiver.received:
        assert headers["Content-Type"] == "application/json"
        assert headers[WEBHOOK_SIGNATURE_HEADER] == signature(SECRET, headers, body)
        payload = json.loads(body)
        assert json.dumps(payload).encode() == body, "spelled as Python spells it"
        assert payload.pop("timestamp").endswith("+00:00")
        seen.append(json.dumps(payload, sort_keys=True))
    return sorted(seen)


@pytest.mark.once
def test_every_event_arrives_as_the_python_server_sends_it(start, tmp_path):
    ours = told(start(OURS, tmp_path / "ours"))
    theirs = told(start(THEIRS, tmp_path / "theirs"))
    assert {"{entity}.{action}".format(**json.loads(payload)) for payload in theirs} == set(EVENTS)
    assert ours == theirs


def test_what_was_acknowledged_arrives_after_kill_9(start, receiver):
    receiver.answer = None
    server = start(MLFLOW_WEBHOOK_DELIVERY_MAX_WORKERS="1", MLFLOW_WEBHOOK_REQUEST_TIMEOUT="2")
    client = MlflowClient(server.uri)
    client.create_webhook(name="hook", url=receiver.url, events=["registered_model.created"], secret=SECRET)
    expected = {f"model{number}" for number in range(5)}
    for name in sorted(expected):
        client.create_registered_model(name)
    # One is under way, four wait for it.
    receiver.wait_for(1)
    server.kill()
    receiver.received.clear()
    receiver.answer = 200

    start(MLFLOW_WEBHOOK_DELIVERY_MAX_WORKERS=None, MLFLOW_WEBHOOK_REQUEST_TIMEOUT=None)
    # What the first had sent when it died, without an answer, comes once more.
    while {json.loads(body)["data"]["name"] for _, body in receiver.received} != expected:
        receiver.wait_for(len(receiver.received) + 1)
    for headers, body in receiver.received:
        assert headers[WEBHOOK_SIGNATURE_HEADER] == signature(SECRET, headers, body)


@pytest.mark.parametrize("first, second", [(OURS, THEIRS), (THEIRS, OURS)], ids=["ours-theirs", "theirs-ours"])
def test_a_secret_that_one_server_stored_signs_what_the_other_sends(start, receiver, first, second):
    server = start(first)
    webhook = MlflowClient(server.uri).create_webhook(
        name="hook", url=receiver.url, events=["registered_model.created", "prompt.created"], description="kept", secret=SECRET
    )
    server.stop()
    client = MlflowClient(start(second).uri)
    [listed] = client.list_webhooks()
    assert vars(listed) == vars(webhook)
    client.create_registered_model("churn")
    [(headers, body)] = receiver.wait_for(1)
    assert json.loads(body)["data"]["name"] == "churn"
    assert headers[WEBHOOK_SIGNATURE_HEADER] == signature(SECRET, headers, body)
    changed = client.update_webhook(webhook.webhook_id, secret="another")
    assert changed.name == "hook"
    client.test_webhook(webhook.webhook_id)
    headers, body = receiver.received[-1]
    assert headers[WEBHOOK_SIGNATURE_HEADER] == signature("another", headers, body)


@pytest.mark.once
def test_the_receiver_in_the_guide_takes_what_is_sent_and_nothing_that_is_forged(start, tmp_path):
    page = (ROOT / "docs/webhooks.md").read_text()
    [source] = re.findall(r"```python\n(import base64\n.*?)```", page, re.DOTALL)
    port = free_port()
    url = f"http://127.0.0.1:{port}/"
    output = tmp_path / "output.txt"
    with output.open("w") as file:
        env = {**os.environ, "WEBHOOK_SECRET": SECRET, "PORT": str(port)}
        receiver = subprocess.Popen([sys.executable, "-c", source], stdout=file, stderr=subprocess.DEVNULL, env=env)
    try:
        client = MlflowClient(start().uri)
        deadline = time.monotonic() + HANG_S
        while True:
            try:
                assert requests.post(url, data=b"{}").status_code == 401
                break
            except requests.ConnectionError:
                assert time.monotonic() < deadline
                time.sleep(0.05)
        forged = {"X-MLflow-Delivery-Id": "x", "X-MLflow-Timestamp": str(int(time.time())), "X-MLflow-Signature": f"v1,{'A' * 43}="}
        assert requests.post(url, data=b"{}", headers=forged).status_code == 401
        client.create_webhook(name="docs", url=url, events=["registered_model.created"], secret=SECRET)
        client.create_registered_model("churn")
        while "churn" not in output.read_text():
            assert time.monotonic() < deadline
            time.sleep(0.05)
        assert output.read_text() == "registered_model created {'name': 'churn', 'tags': {}, 'description': ''}\n"
    finally:
        receiver.kill()
        receiver.wait()
