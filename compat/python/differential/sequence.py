"""Requests chosen one by one, each the same for both servers.

A sequence works on things of its own, whose names begin with its prefix. What a server gives out (ids, page tokens)
stands in requests as a Ref and is filled in for each server with what that server gave.
"""

import copy
import hashlib
import json

V2, V3 = "/api/2.0/mlflow", "/api/3.0/mlflow"


class Ref:
    """Something that each server has under an id of its own."""

    def __init__(self, kind, number):
        self.kind, self.number = kind, number

    def __repr__(self):
        return f"<{self.kind} {self.number}>"


class Text:
    """A text with ids in it: `Text("run_id = '{}'", ref)`."""

    def __init__(self, form, *parts):
        self.form, self.parts = form, parts

    def __repr__(self):
        return self.form.format(*self.parts)


class Json:
    """JSON text of a value, as some fields carry it."""

    def __init__(self, value):
        self.value = value

    def __repr__(self):
        return json.dumps(self.value, default=repr, ensure_ascii=False)


class Step:
    """One request.

    `ids` fills the places in the path. `gives` says which of the answer's fields are ids to go on with: kind to path of
    keys. `encode` makes the body of a request that is no plain JSON: fields to bytes and headers. What stands below
    `whole`, a field, is never spoilt; `narrows` names a field whose absence or emptiness would ask for what is everybody's,
    and is only spoilt otherwise.
    """

    def __init__(self, method, path, fields=None, gives=(), ids=None, headers=None, encode=None, whole=None, narrows=None):
        self.method, self.path, self.fields, self.gives = method, path, fields or {}, gives
        self.ids, self.headers, self.encode = ids or {}, headers or {}, encode
        self.whole, self.mutation, self.has_wrong_type = whole, None, False
        self.narrows, self.follows_foreign_types = narrows, False
        self.url, self.our_words = "", ""

    def __repr__(self):
        path = self.path.format(**self.ids) if self.ids else self.path
        mutation = f"  [{self.mutation}]" if self.mutation else ""
        return f"{self.method} {path} {json.dumps(self.fields, default=repr, ensure_ascii=False)[:600]}{mutation}"


class Lacking(Exception):
    """There is nothing of this kind to ask about yet."""

    def __init__(self, kind):
        super().__init__(kind)
        self.kind = kind


class Sequence:
    """Chooses requests with what the servers have given so far."""

    def __init__(self, random, prefix, calls, create, unknown):
        self.random, self.prefix = random, prefix
        self.calls, self.create = calls, create
        # Some of what nobody has made can be made under its id: then it is this sequence's own.
        own = hashlib.md5(prefix.encode(), usedforsecurity=False).hexdigest()
        self.unknown = {kind: value.replace("0" * 32, own) for kind, value in unknown.items()}
        self.known = {}
        self.count = 0
        # Whether spans have come whose types another convention tells, or that stand in quotes.
        self.has_foreign_types = False

    def choose(self, mutations):
        call = self.random.choice(self.calls)
        while True:
            try:
                step = call(self)
                break
            except Lacking as lacking:
                call = self.create[lacking.kind]
        step.follows_foreign_types = self.has_foreign_types
        return self.mutate(step) if self.random.random() < mutations else step

    def ref(self, kind):
        if self.random.random() < 0.04:
            return self.unknown[kind]
        if kind not in self.known:
            raise Lacking(kind)
        return self.random.choice(self.known[kind])

    def learn(self, kind):
        ref = Ref(kind, len(self.known.get(kind, [])))
        self.known.setdefault(kind, []).append(ref)
        return ref

    def next(self):
        self.count += 1
        return self.count

    def chance(self, share):
        return self.random.random() < share

    def one(self, *choices):
        return self.random.choice(choices)

    def name(self):
        return f"{self.prefix} {self.one('a', 'b', 'ü', 'Große Änderung', 'x_y.z-1')} {self.next()}"

    def key(self):
        return self.one("loss", "acc", "val/acc", "with space", "ünï", "a.b-c_d", "p1", "p2")

    def text(self):
        return self.one("", "a", "b", "CNN", "ü 模型", "0.5", "x" * 300, "it's", '"quoted"', "100%", "line\nbreak")

    def number(self):
        return self.one(0, 1, -1, 0.5, 1e300, -1e-300, 3.25, "NaN", "Infinity", "-Infinity")

    def instant(self):
        return self.one(0, 1, 1_700_000_000_000, 1_700_000_000_001, 2**53 + 1)

    def hex(self, digits):
        return f"{self.random.getrandbits(4 * digits):0{digits}x}"

    def some(self, make, most=3):
        return [make() for _ in range(self.random.randint(0, most))]

    def tags(self):
        return [{"key": f"t{index}", "value": self.text()} for index in range(self.random.randint(0, 3))]

    def perhaps(self, **fields):
        """Some of the fields."""
        return {name: value for name, value in fields.items() if self.chance(0.6)}

    def mutate(self, step):
        """The same request with one field spoilt, at any depth."""
        if not step.fields:
            return step
        step = copy.copy(step)
        step.fields = copied(step.fields)
        # What narrows a search to the sequence's own things stays: elsewhere the servers may differ by now.
        spoilable = [place for place in places(step.fields) if f"LIKE '{self.prefix}%" not in str(place[0][place[1]]) and not is_below(step.whole, place[2])]
        if not spoilable:
            return step
        parent, key, place = self.random.choice(spoilable)
        name, value = self.random.choice([choice for choice in MUTATIONS if place != step.narrows or choice[0] not in WIDENING])
        if name == "absent":
            del parent[key]
        elif name == "unknown field":
            parent["no_such_field"] = 1
        else:
            step.has_wrong_type = value is not None and (name == "list" or kind_of(value) != kind_of(parent[key]))
            parent[key] = value
        step.mutation = f"{place}: {name}"
        return step


def copied(value):
    if isinstance(value, dict):
        return {key: copied(inner) for key, inner in value.items()}
    if isinstance(value, Json):
        return Json(copied(value.value))
    return [copied(inner) for inner in value] if isinstance(value, list) else value


def places(fields, at=""):
    """Every field of an object, those of objects in it and in its lists too."""
    found = []
    for key in sorted(fields):
        place = f"{at}{key}"
        found.append((fields, key, place))
        inner = fields[key].value if isinstance(fields[key], Json) else fields[key]
        for item in inner[:1] if isinstance(inner, list) else [inner]:
            if isinstance(item, dict):
                found += places(item, f"{place}.")
    return found


def is_below(field, place):
    return field is not None and f"{place}.".startswith(f"{field}.")


def kind_of(value):
    """The JSON type of a field; what may be chosen among texts, such as an order or a status, counts as its own."""
    if value in ("NaN", "Infinity", "-Infinity"):
        return float
    if isinstance(value, (bool, dict, list)):
        return type(value)
    return str if isinstance(value, (str, Ref, Text, Json)) else float


WIDENING = ("absent", "null", "empty")
MUTATIONS = [
    ("absent", None),
    ("unknown field", None),
    ("null", None),
    ("empty", ""),
    ("spaces", "   "),
    ("long", "y" * 6000),
    ("dots", "../../etc"),
    ("object", {"a": 1}),
    ("list", ["a"]),
    ("number", 7),
    ("negative", -5),
    ("text", "nonsense"),
    ("true", True),
]
