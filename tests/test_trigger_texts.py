"""The texts of triggers: what Segment takes of each, and where we say it stands or goes wrong."""

import re

from tests.conformance import json_wire
from tests.conformance.trigger_texts import FILE, our_reading

CASES = json_wire.loads(FILE.read_bytes())


def test_every_recorded_text_is_read_as_it_was():
    different = [
        f"\n  text {case['text']!r}\n  recorded {recorded}\n  now      {now}"
        for case in CASES
        if (recorded := {"segment": case["segment"], "ours": case["ours"]})
        != (now := our_reading(case))
    ]

    assert not different, f"{len(different)} texts differ:{''.join(different[:5])}"


def test_the_recorded_texts_are_short_and_none_stands_there_twice():
    texts = [json_wire.dumps([case["text"], case.get("event")]) for case in CASES]

    assert len(set(texts)) == len(texts) > 0
    assert max(map(len, texts)) < 300


def test_what_is_recorded_as_ours_fits_to_what_segment_said():
    for case in CASES:
        refused = "error" in case["segment"]
        assert ("position" in case["ours"]) is refused, case
        assert re.fullmatch(r".*[.!?]", case["ours"].get("reason", "") or ".", re.DOTALL), case
