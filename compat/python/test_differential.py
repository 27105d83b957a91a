"""The Python server and ours, asked the same: whatever is sent, valid or broken, they answer alike.

What we do otherwise on purpose is named in MEANT, and its reason stands in docs/differences.md.
"""

import json
import os
import random

import pytest
from conftest import OURS, ROOT, THEIRS, Server
from databases import IS_SQLITE
from differential import Asked, Sequence

SEED = int(os.environ.get("DIFFERENTIAL_SEED", "20261126"))
# The Python server answers a few requests a second on an engine that is not SQLite.
SEQUENCES = int(os.environ.get("DIFFERENTIAL_SEQUENCES", "30" if IS_SQLITE else "10"))
STEPS = 30


def is_refusal(answer):
    return 400 <= answer[0] < 500


def exceeds_a_column(step):
    return any(len(str(step.fields.get(name) or "")) > 250 for name in ("run_name", "user_id", "name", "new_name", "key"))


# The first words of a row of docs/differences.md, and which differences that row explains.
MEANT = [
    (
        "A field of the wrong type",
        lambda step, theirs, ours: (step.has_wrong_type or step.mutation is not None and "text" in step.mutation)
        and ours == (400, "INVALID_PARAMETER_VALUE"),
    ),
    (
        "A mistake of the caller that ends in a 500",
        lambda step, theirs, ours: theirs[0] == 500 and (ours[0] < 500 or ours[0] == 501),
    ),
    (
        "Widths of columns",
        lambda step, theirs, ours: exceeds_a_column(step) and ours == (400, "INVALID_PARAMETER_VALUE"),
    ),
    (
        "`runs/create` without an experiment",
        lambda step, theirs, ours: step.path.endswith("runs/create")
        and not step.fields.get("experiment_id")
        and (theirs, ours) == ((400, "BAD_REQUEST"), (400, "INVALID_PARAMETER_VALUE")),
    ),
]


def test_every_difference_that_is_meant_is_documented():
    page = (ROOT / "docs/differences.md").read_text()
    for words, _ in MEANT:
        assert f"\n| {words}" in page, words


@pytest.fixture(scope="module")
def servers(tmp_path_factory):
    theirs = Server(THEIRS, tmp_path_factory.mktemp("theirs"))
    ours = Server(OURS, tmp_path_factory.mktemp("ours"))
    yield theirs, ours
    theirs.stop()
    assert ours.stop() == 0


def test_both_servers_answer_alike_to_the_same_sequence(servers):
    chance = random.Random(SEED)
    asked, refused, differences = 0, 0, []
    for number in range(SEQUENCES):
        sequence = Sequence(chance, f"d{number}")
        theirs, ours = (Asked(server.uri) for server in servers)
        for _ in range(STEPS):
            # The first sequences are all valid, so that a fault shows itself plainly.
            step = sequence.choose(mutations=0 if number < SEQUENCES / 2 else 0.4)
            raw = [server.ask(step) for server in (theirs, ours)]
            asked += 1
            if all(status < 300 for status, _ in raw):
                for kind, path in step.gives:
                    ref = sequence.learn(kind)
                    for server, (_, body) in zip((theirs, ours), raw, strict=True):
                        server.keep(ref, path, body)
            expected, answered = (
                server.comparable(*answer) for server, answer in zip((theirs, ours), raw, strict=True)
            )
            refused += is_refusal(expected)
            if expected == answered:
                continue
            if not any(explains(step, expected, answered) for _, explains in MEANT):
                differences.append(
                    f"sequence {number}: {step}\n  python: {json.dumps(expected)[:900]}\n  ours:   {json.dumps(answered)[:900]}"
                    f"\n  words:  {str(raw[0][1])[:200]} | {str(raw[1][1])[:200]}"
                )
            # One of them has kept what the other has not: from here on they may differ.
            if expected[0] != answered[0]:
                break
    print(f"seed {SEED}: {asked} requests, {refused} refused by both or by Python")
    assert asked > SEQUENCES * STEPS / 4 and refused > asked / 20
    assert not differences, f"seed {SEED}: {len(differences)} of {asked} answers differ:\n" + "\n".join(differences[:25])
