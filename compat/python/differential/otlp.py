"""Spans over OTLP in both encodings, whole and spoilt."""

import base64
import gzip
import json

from google.protobuf import json_format
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from .sequence import Step

BEGIN_NS = 1_700_000_000_000_000_000
FOREIGN_TYPES = ("gen_ai.operation.name", "openinference.span.kind")
IDS = ("traceId", "spanId", "parentSpanId")


def value(s, depth=0):
    kinds = [{"stringValue": s.text()}, {"intValue": str(s.one(0, -1, 2**53 + 1))}, {"doubleValue": s.one(0.5, 1e300, -3.0)}, {"boolValue": s.one(True, False)}]
    if depth < 2:
        kinds += [
            {"arrayValue": {"values": s.some(lambda: value(s, depth + 1))}},
            {"kvlistValue": {"values": [{"key": key, "value": value(s, depth + 1)} for key in ("a", "ü")]}},
        ]
    return s.random.choice(kinds)


def text(key, content):
    return {"key": key, "value": {"stringValue": content}}


def attributes(s):
    choice = [
        {"key": s.key(), "value": value(s)},
        text("mlflow.spanType", s.one('"LLM"', "TOOL", '"x y"')),
        text("mlflow.spanInputs", s.one('{"q": 1}', "no JSON", '"text"')),
        text("mlflow.spanOutputs", s.one('["a"]', "5")),
        text("mlflow.chat.tokenUsage", s.one('{"input_tokens": 3, "output_tokens": 4, "total_tokens": 7}', "{}")),
        text("gen_ai.operation.name", s.one("chat", "execute_tool", "embeddings")),
        {"key": "gen_ai.usage.input_tokens", "value": {"intValue": "10"}},
        text("openinference.span.kind", s.one("LLM", "CHAIN", "FOO")),
        text("session.id", "s1"),
        text("user.id", "ana"),
        text("input.value", '{"q": "hi"}'),
    ]
    chosen = [item for item in choice if s.chance(0.25)]
    s.has_foreign_types |= any(item["key"] in FOREIGN_TYPES or '"' in item["value"].get("stringValue", "") and item["key"] == "mlflow.spanType" for item in chosen)
    return chosen


def span(s, trace_id, parent=None):
    start = BEGIN_NS + s.next() * 7_000_000 + s.one(0, 1, 999_999)
    made = {
        "traceId": trace_id,
        "spanId": s.hex(16),
        "name": s.one("llm", "root", "größe", "a b"),
        "kind": s.one(1, 2, 3),
        "startTimeUnixNano": str(start),
        "endTimeUnixNano": str(start + s.one(0, 1_000_000, 1_500_000_001)),
        "attributes": attributes(s),
    }
    if parent:
        made["parentSpanId"] = parent
    if s.chance(0.4):
        made["status"] = {"code": s.one(0, 1, 2), **s.perhaps(message=s.text())}
    if s.chance(0.3):
        made["events"] = [{"timeUnixNano": str(start + 5), "name": s.one("exception", "first"), "attributes": [{"key": "k", "value": value(s)}]}]
    return made


def spans(s):
    """A trace, sometimes a root alone, sometimes children whose root is to come."""
    trace_id = s.hex(32)
    if s.chance(0.15):
        return [span(s, trace_id, s.hex(16))]
    root = span(s, trace_id)
    return [root, *s.some(lambda: span(s, trace_id, root["spanId"]))]


def as_json(fields):
    return json.dumps(fields).encode(), {"content-type": "application/json"}


def as_protobuf(fields):
    """The same in bytes. What has been spoilt in a way that these cannot say stays JSON."""
    try:
        message = json_format.ParseDict(with_bytes(fields), ExportTraceServiceRequest())
    except (json_format.ParseError, ValueError, TypeError):
        return as_json(fields)
    return message.SerializeToString(), {"content-type": "application/x-protobuf"}


def with_bytes(item):
    """OTLP's own JSON has ids in hexadecimal, that of protobuf has bytes in base64."""
    if isinstance(item, dict):
        return {key: base64.b64encode(bytes.fromhex(inner)).decode() if key in IDS else with_bytes(inner) for key, inner in item.items()}
    return [with_bytes(inner) for inner in item] if isinstance(item, list) else item


def zipped(encode):
    def encoded(fields):
        body, headers = encode(fields)
        return gzip.compress(body, mtime=0), {**headers, "content-encoding": "gzip"}

    return encoded


def cut(encode, share):
    """The body without its end."""

    def encoded(fields):
        body, headers = encode(fields)
        return body[: int(len(body) * share)], headers

    return encoded


def export(s):
    made = spans(s)
    resource = {"attributes": [text("service.name", s.one("claude-code", "checkout"))]}
    fields = {"resourceSpans": [{"resource": resource, "scopeSpans": [{"spans": made}]}]}
    encode = s.one(as_json, as_json, as_protobuf, zipped(as_json), zipped(as_protobuf), cut(as_json, 0.5), cut(as_protobuf, s.random.random()))
    headers = {"x-mlflow-experiment-id": s.ref("experiment")}
    if s.chance(0.2):
        headers["x-mlflow-run-id"] = s.ref("run")
    return Step("POST", "/v1/traces", fields, [("trace", f"tr-{made[0]['traceId']}")], headers=headers, encode=encode)


UNKNOWN = {}
CREATE = {}
CALLS = [*[export] * 12]
