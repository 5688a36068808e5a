"""Trigger texts: what is read in a trigger's text, and where; Segment's part of it and ours.

    python -m tests.conformance.trigger_texts      asks Segment again, and writes its part anew

A case is a text, and perhaps an event. Segment's part (`segment`) is the tree or the error, and
what becomes of the event. Segment has no places and no sentences worth telling: those are ours
(`ours`), written down from our implementation and read through, and never written anew by this.
A text too long to be shown is a list of pieces, each with how often it stands there.
"""

from pathlib import Path
from typing import Any

from sandbox.segment.errors import InvalidTrigger
from sandbox.segment.triggers import Trigger, parse_trigger
from sandbox.segment.triggers.tree import Group, Node
from tests.conformance import json_wire
from tests.conformance.canonical import same
from tests.conformance.compare import Case, Told, ours_trigger, theirs_trigger
from tests.conformance.oracle import SegmentRuntime

FILE = Path(__file__).parents[2] / "fixtures" / "cases" / "trigger_texts" / "readings.json"


def asked(case: Case) -> Case:
    """Give the case as Segment's runtime is asked it."""
    text = case["text"]
    whole = text if isinstance(text, str) else "".join(piece * times for piece, times in text)
    return {"text": whole, "events": [case["event"]] if "event" in case else []}


def our_reading(case: Case) -> Told:
    """Give both parts of the case as the mapper has them."""
    question = asked(case)
    return {"segment": ours_trigger(question), "ours": _ours(question)}


def is_read_as_recorded(case: Case) -> bool:
    """Tell whether the mapper reads the text as the case says."""
    return same(our_reading(case), {"segment": case["segment"], "ours": case["ours"]})


def _ours(question: Case) -> Told:
    try:
        trigger = parse_trigger(question["text"])
    except InvalidTrigger as error:
        return {"position": error.position, "reason": error.reason}
    return {
        "taken": trigger.as_taken,
        "as_written": trigger.is_taken_as_written,
        "places": list(_places(trigger.tree)),
        "ignored": [[each.start, each.end, each.sentence] for each in trigger.ignored],
        **_reasons(trigger, question["events"]),
    }


def _places(node: Node) -> list[list[int]]:
    """Give where each node stands, the outer before the inner."""
    inner = node.children if isinstance(node, Group) else ()
    return [[node.start, node.end], *(place for child in inner for place in _places(child))]


def _reasons(trigger: Trigger, events: list[Any]) -> Told:
    return {"reason": trigger.reason(events[0])} if events else {}


def main() -> None:
    cases = json_wire.loads(FILE.read_bytes())
    with SegmentRuntime() as runtime:
        for case in cases:
            question = asked(case)
            case["segment"] = theirs_trigger(question, runtime.ask("trigger", **question))
    write(cases)


def write(cases: list[Case]) -> None:
    """Write the cases, a line each."""
    lines = ",\n".join(map(json_wire.dumps, cases))
    FILE.write_text(f"[\n{lines}\n]\n", encoding="ascii")


if __name__ == "__main__":
    main()
