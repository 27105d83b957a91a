"""The Python server and ours, asked the same: whatever is sent, valid or broken, they answer alike.

What we do otherwise on purpose is named in differential/meant.py, and its reason stands in docs/differences.md.
"""

import os
import random

import pytest
from alike import differing
from conftest import ROOT
from databases import IS_SQLITE
from differential import assessments, evaluation_datasets, issues, label_schemas, otlp, pages, prompts, registry, review_queues, scorers, tracking, traces, webhooks
from differential.meant import MEANT, explains, may_differ_from_here
from differential.sequence import Sequence
from differential.servers import Asked

# They share the time that there is; others, and more time, show more.
SEEDS = [int(seed) for seed in os.environ.get("DIFFERENTIAL_SEEDS", "20261126 1 2").split()]
# How many times as long as usual.
SCALE = float(os.environ.get("DIFFERENTIAL_SCALE", "1"))
STEPS = 30

NOUNS = (tracking, registry, traces, assessments, otlp, evaluation_datasets, scorers, label_schemas, review_queues, issues, webhooks, prompts, pages)
CREATE = {kind: call for noun in NOUNS for kind, call in noun.CREATE.items()}
UNKNOWN = {kind: value for noun in NOUNS for kind, value in noun.UNKNOWN.items()}

# Nouns that are asked about in one sequence, and how many sequences.
SUBJECTS = {
    "tracking and registry": ([tracking, registry], 24),
    "traces": ([traces, assessments, otlp], 40),
    "evaluation data sets": ([evaluation_datasets], 14),
    "reviewing": ([scorers, label_schemas, review_queues, issues], 20),
    "webhooks": ([webhooks], 6),
    "prompts": ([prompts], 10),
    "pages": ([pages], 6),
}


def test_every_difference_that_is_meant_is_documented():
    page = (ROOT / "docs/differences.md").read_text()
    for words, _ in MEANT:
        assert f"\n| {words}" in page, words


@pytest.mark.parametrize("subject", SUBJECTS)
def test_both_servers_answer_alike_to_the_same_sequences(both_servers, subject):
    nouns, sequences = SUBJECTS[subject]
    # The Python server answers a few requests a second on an engine that is not SQLite.
    sequences = max(1, round(sequences * SCALE / len(SEEDS) * (1 if IS_SQLITE else 0.25)))
    calls = [call for noun in nouns for call in noun.CALLS]
    letter = "abcdefghij"[list(SUBJECTS).index(subject)]
    tally = Tally()
    for index, seed in enumerate(SEEDS):
        chance = random.Random(f"{seed} {subject}")
        for number in range(sequences):
            sequence = Sequence(chance, f"{letter}{index}.{number:03}", calls, CREATE, UNKNOWN)
            # The first sequences are all valid, so that a fault shows itself plainly.
            run(sequence, both_servers, 0 if number < sequences / 2 else 0.4, f"seed {seed}, sequence {number}", tally)
    print(f"seeds {SEEDS}: {tally.asked} requests, {tally.refused} refused by both or by Python")
    assert not tally.differences, f"{len(tally.differences)} of {tally.asked} answers differ:\n" + "\n".join(tally.differences[:25])
    assert tally.asked > len(SEEDS) * sequences * STEPS / 4 and tally.refused > tally.asked / 20


class Tally:
    def __init__(self):
        self.asked, self.refused, self.differences = 0, 0, []


def run(sequence, servers, mutations, name, tally):
    both = [Asked(server) for server in servers]
    for _ in range(STEPS):
        step = sequence.choose(mutations)
        raw = [server.ask(step) for server in both]
        tally.asked += 1
        learn(sequence, both, step, raw)
        expected, answered = (server.comparable(step, *answer) for server, answer in zip(both, raw, strict=True))
        step.our_words = str(raw[1][1])
        if expected != answered and not explains(step, expected, answered):
            tally.differences.append(told(name, step, expected, answered, raw))
        tally.refused += expected[0] >= 400
        if may_differ_from_here(step, expected, answered):
            break


def learn(sequence, both, step, raw):
    """Goes on with what was given; where the caller has chosen the id, that is one text for both."""
    if not all(status < 300 for status, _ in raw):
        return
    for kind, path in step.gives:
        if isinstance(path, str):
            sequence.known.setdefault(kind, []).append(path)
            continue
        ref = sequence.learn(kind)
        for server, (_, body) in zip(both, raw, strict=True):
            server.keep(ref, path, body)


def told(name, step, expected, answered, raw):
    places = list(differing(expected, answered))[:4]
    words = [f"words: {str(body)[:200]}" for status, body in raw if status >= 400]
    return "\n  ".join([f"{name}: {step}", *places, *words])
