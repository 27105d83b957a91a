"""Where two answers differ."""

import json


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
