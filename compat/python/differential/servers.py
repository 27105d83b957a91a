"""A server that is asked, and its answers without what differs by chance."""

import json
import re
import time
from datetime import datetime
from urllib.parse import quote

import requests

from .sequence import Json, Ref, Text

HOUR_MS = 3_600_000
RANDOM_NAME = re.compile(r"^[a-z]+-[a-z]+-\d+$")
TIME_TEXT = re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$")
# Ids that the server makes and nobody has asked for, such as those of records.
OWN_ID = re.compile(r"\b(d-|dr-|osc-|ls-|rq-)?[0-9a-f]{32}\b|\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b")
# Of an evaluation data set: of its id and time.
OWN_DIGEST = re.compile(r"^[0-9a-f]{8}$")
# Lists of entries with keys have no promised order.
UNORDERED = {"tags", "params", "metrics", "dataset_inputs", "aliases", "latest_versions", "request_metadata", "assessments", "users", "schema_ids", "experiment_ids", "data_points"}
EXPERIMENTS = {"experiment_id", "experiment_ids", "experimentId"}
# Their last digits are those of each engine's library.
LOGARITHMS = {"npmi", "npmi_smoothed"}
# Fields whose text is JSON of its own.
JSON_TEXTS = {"tags", "schema", "profile", "records", "serialized_scorer"}


class Asked:
    """One of the servers, with what it has given."""

    def __init__(self, server):
        self.uri = server.uri
        self.folder = str(server.folder)
        self.given = {}
        self.session = requests.Session()

    def ask(self, step):
        fields = self.fill(step.fields)
        ids = {name: quote(str(value), safe="") for name, value in self.fill(step.ids).items()}
        url = self.uri + (step.path.format(**ids) if ids else step.path)
        # As the server has it: what stands for an id in the step may be anything.
        step.url = url
        headers = self.fill(step.headers)
        if step.method == "GET":
            params = {k: (v if isinstance(v, (str, int, float, list)) else json.dumps(v)) for k, v in fields.items() if v is not None}
            answer = self.session.get(url, params=params, headers=headers, timeout=120)
        elif step.encode:
            body, own = step.encode(fields)
            answer = self.session.request(step.method, url, data=body, headers={**headers, **own}, timeout=120)
        else:
            answer = self.session.request(step.method, url, json=fields, headers=headers, timeout=120)
        is_json = "json" in answer.headers.get("content-type", "")
        return answer.status_code, json.loads(answer.text) if is_json else answer.text

    def fill(self, value):
        if isinstance(value, Ref):
            return self.given[repr(value)]
        if isinstance(value, Text):
            return value.form.format(*(self.fill(part) for part in value.parts))
        if isinstance(value, Json):
            return json.dumps(self.fill(value.value))
        if isinstance(value, dict):
            return {key: self.fill(inner) for key, inner in value.items()}
        return [self.fill(inner) for inner in value] if isinstance(value, list) else value

    def keep(self, ref, path, body):
        for key in path:
            body = body[key]
        self.given[repr(ref)] = body

    def comparable(self, step, status, body):
        if status >= 400:
            return status, body.get("error_code") if isinstance(body, dict) else "no JSON"
        names = {}
        for ref, value in self.given.items():
            names.setdefault(str(value), ref)
        if step.path == "/graphql" and isinstance(body, dict) and body.get("errors"):
            # The words are ours.
            body = {**body, "errors": len(body["errors"])}
        if step.path.endswith("/webhooks") and step.method == "GET":
            # All that there are, those of other sequences too.
            body = {**body, "webhooks": [hook for hook in body.get("webhooks", []) if hook["webhook_id"] in names]}
        if "/traces" in step.path:
            body = plain_traces(body)
        # A relative place is one below the folder that the server was started in.
        return status, without(self.folder, plain(body, names))


def plain_traces(value, key=None):
    """What answers about traces have otherwise here on purpose: docs/differences.md has the reasons."""
    if key == "trace_metadata":
        return {k: v[:250] for k, v in value.items()}
    if isinstance(value, dict):
        # The previews in whole traces, and a token that leads nowhere.
        left_out = {"next_page_token"} | ({"request_preview", "response_preview"} if key == "whole" else set())
        within = "whole" if "spans" in value else None
        return {k: plain_traces(v, (within or k) if k == "trace_info" else k) for k, v in value.items() if k not in left_out}
    if key == "request_metadata":
        return {item["key"]: item["value"][:250] for item in value}
    if isinstance(value, list):
        return [plain_traces(item) for item in value]
    # Texts as long as this are tags: an answer of MLflow's cuts them.
    return value[:4096] if isinstance(value, str) else value


def plain(value, names, key=None):
    """Ids as references, times of now and random names as such."""
    if isinstance(value, dict):
        return {k: plain(v, names, k) for k, v in value.items()}
    if isinstance(value, list):
        items = [plain(item, names, key) for item in value]
        return sorted(items, key=lambda item: json.dumps(item, sort_keys=True)) if key in UNORDERED else items
    if key == "next_page_token":
        return "<token>" if value else value
    if key in EXPERIMENTS and str(value) in names:
        return names[str(value)]
    if key in LOGARITHMS and isinstance(value, float):
        return round(value, 12)
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return "<now>" if abs(value - time.time() * 1000) < HOUR_MS else "NaN" if value != value else value
    return plain_text(value, names, key) if isinstance(value, str) else value


def without(folder, value):
    if isinstance(value, dict):
        return {key: without(folder, inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [without(folder, inner) for inner in value]
    return value.replace(folder, "<folder>") if isinstance(value, str) else value


def plain_text(value, names, key):
    if RANDOM_NAME.match(value):
        return "<random>"
    if TIME_TEXT.match(value) and abs(datetime.fromisoformat(value).timestamp() - time.time()) * 1000 < HOUR_MS:
        return "<now>"
    if key == "digest" and OWN_DIGEST.match(value):
        return "<digest>"
    if key in JSON_TEXTS and value[:1] in ("{", "["):
        return plain(json.loads(value), names)
    value = re.sub(r"mlflow-artifacts:/(\d+)(?=/|$)", lambda m: f"mlflow-artifacts:/{names.get(m[1], m[1])}", value)
    for known, ref in names.items():
        if len(known) >= 32:
            value = value.replace(known, ref)
    return OWN_ID.sub("<id>", value) if key in OWN_ID_FIELDS else value


# Where ids stand that no call takes from the answer; elsewhere an id that is not known is a difference.
OWN_ID_FIELDS = {"dataset_id", "dataset_record_id", "online_scoring_config_id", "schema_id", "queue_id", "webhook_id"}
