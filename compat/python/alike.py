"""The Python server and ours, asked the same, and where their answers differ."""

import json
from contextlib import contextmanager

from conftest import IS_3_18, OURS, THEIRS, Server
from databases import share


def made_with(command, folder, fill):
    """What `fill` gives, which gets the address of a server on the folder; the server is stopped then."""
    (folder / "mlartifacts").mkdir(parents=True, exist_ok=True)
    server = Server(command, folder)
    try:
        made = fill(server.uri)
    finally:
        code = server.stop()
    assert command is THEIRS or code == 0
    return made


@contextmanager
def both_on(folder, tmp_path, options=""):
    """The Python server and ours on the database of a folder: on copies of a file, or on the same one of a database server."""
    theirs = Server(THEIRS + options, share(folder, tmp_path / "theirs"))
    ours = Server(OURS + options, share(folder, tmp_path / "ours"))
    try:
        yield theirs, ours
    finally:
        theirs.stop()
        assert ours.stop() == 0


def asking(servers, ask):
    """`ask`, whose first argument is an address, of each server."""
    return [lambda *question, uri=server.uri: as_3_17(ask(uri, *question)) for server in servers]


def as_3_17(value):
    """An answer without what 3.18 has added to spans: docs/mlflow-releases.md."""
    if isinstance(value, dict):
        left_out = {"kind"} if IS_3_18 and "span_id" in value else set()
        return {key: as_3_17(inner) for key, inner in value.items() if key not in left_out}
    return type(value)(as_3_17(inner) for inner in value) if isinstance(value, (list, tuple)) else value


def answer_alike(both, questions, is_meant=lambda expected, answered: False):
    """Asks both, Python first, each question in turn, and fails with where their answers differ. Returns how many it asked."""
    asked, found = 0, []
    for question in questions:
        expected, answered = (ask(*question) for ask in both)
        asked += 1
        places = list(differing(expected, answered))
        if places and not is_meant(expected, answered):
            found.append("\n  ".join([str(question)[:400], *places[:5]]))
    assert not found, f"{len(found)} of {asked} answers differ:\n" + "\n".join(found[:20])
    return asked


def differing(expected, answered, at=""):
    """Each place where an answer of the Python server and one of ours differ, and how."""
    if type(expected) is type(answered) is dict:
        for key in sorted({*expected, *answered}):
            yield from differing(expected.get(key, "(absent)"), answered.get(key, "(absent)"), f"{at}.{key}")
    elif type(expected) is type(answered) and isinstance(expected, (list, tuple)) and len(expected) == len(answered):
        for index, pair in enumerate(zip(expected, answered, strict=True)):
            yield from differing(*pair, f"{at}[{index}]")
    elif expected != answered:
        yield f"{at}: python {json.dumps(expected)[:300]}, ours {json.dumps(answered)[:300]}"
