"""Explanations: does Segment's own runtime do what explain and lint say of it?

    python -m tests.conformance.explanations --pairs 1000 --seed 1

Three questions: the smallest changes (the runtime must take every changed event, and every changed
trigger the event), the rewrites lint calls the same (both must take the same events), and the
witnesses (what each rule of lint shows). Without Node it says so and ends well. Exits with 1 where
the runtime does something else, or too few pairs got a change.
"""

import argparse
import json
import os
import random
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sandbox.destination import Mapping
from sandbox.explain.smallest_change import smallest_change
from sandbox.lint import lint_trigger
from sandbox.segment.errors import InvalidMapping
from sandbox.strategies.tape import Tape
from sandbox.values import Json
from tests.conformance import json_wire
from tests.conformance.generate_triggers import trigger as trigger_case
from tests.conformance.oracle import RuntimeMissingError, SegmentRuntime

PAIRS = 1000
LEAST_CHANGED = 0.95
_TAPE_LENGTH = 120
_KEY = "key"
_TRAPS = Path(__file__).parents[2] / "fixtures" / "cases" / "lint" / "traps.json"
_MOST_SHOWN = 5


@dataclass
class Tally:
    """What was asked and answered; `wrong` lists where the runtime does something else."""

    pairs: int = 0
    changed: int = 0
    events: int = 0
    triggers: int = 0
    rewrites: int = 0
    witnesses: int = 0
    wrong: list[str] = field(default_factory=list)

    @property
    def share(self) -> float:
        return self.changed / max(1, self.pairs)


def pairs(count: int, seed: int) -> Iterator[tuple[Mapping, Json]]:
    """Yield generated mappings, each with a generated event it does not take."""
    chance = random.Random(seed)
    found = 0
    while found < count:
        case = trigger_case(Tape(chance.randbytes(_TAPE_LENGTH)))
        try:
            mapping = Mapping("generated", action="sendEvents", trigger=case["text"])
        except InvalidMapping:
            continue
        for event in case["events"]:
            if found < count and not mapping.parsed_trigger.matches(event):
                found += 1
                yield mapping, event


def main(arguments: list[str] | None = None) -> int:
    options = _options(arguments)
    tally = Tally()
    try:
        with SegmentRuntime() as runtime:
            _ask_about_changes(runtime, tally, options.pairs, options.seed)
            _ask_about_rewrites(runtime, tally, options.pairs, options.seed)
            for code, witness in _witnesses().items():
                _ask_about_witness(runtime, tally, code, witness)
    except RuntimeMissingError as missing:
        print(f"Skipped: {missing}")
        print("The changes and witnesses are still tried on the mapper itself: pytest tests")
        return 0
    return _report(tally, options.seed)


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.conformance.explanations")
    parser.add_argument("--pairs", type=int, default=PAIRS, help="how many that do not match")
    seed = os.environ.get("SEED") or None
    parser.add_argument("--seed", type=int, default=seed, help="a number; a new one each time")
    options = parser.parse_args(arguments)
    if options.seed is None:
        options.seed = random.randrange(10**6)
    return options


def _ask_about_changes(runtime: SegmentRuntime, tally: Tally, count: int, seed: int) -> None:
    for mapping, event in pairs(count, seed):
        change = smallest_change(event, mapping)
        tally.pairs += 1
        tally.changed += change.event is not None or change.trigger is not None
        if change.event is not None:
            tally.events += 1
            _must_match(runtime, tally, mapping.trigger, change.event)
        if change.trigger is not None:
            tally.triggers += 1
            _must_match(runtime, tally, change.trigger, event)


def _must_match(runtime: SegmentRuntime, tally: Tally, text: str, event: Json) -> None:
    (matched,) = runtime.ask("trigger", text=text, events=[event])["matched"]
    if matched != {"value": True}:
        tally.wrong.append(f"{text!r} does not take {json_wire.dumps(event)}: {matched}")


def _ask_about_rewrites(runtime: SegmentRuntime, tally: Tally, count: int, seed: int) -> None:
    """Put a trigger and what lint calls the same to the runtime, with events bent to the first."""
    chance = random.Random(seed + 1)
    for _ in range(count):
        case = trigger_case(Tape(chance.randbytes(_TAPE_LENGTH)))
        rewrites = {
            f.rewrite.text for f in lint_trigger(case["text"]) if f.rewrite and f.rewrite.same
        }
        for rewrite in sorted(rewrites):
            tally.rewrites += 1
            texts = (case["text"], rewrite)
            first, second = (
                runtime.ask("trigger", text=text, events=case["events"])["matched"]
                for text in texts
            )
            if first != second:
                tally.wrong.append(f"{texts} differ on {json_wire.dumps(case['events'])}")


def _witnesses() -> dict[str, Json]:
    """Return for each rule of lint the event that shows what Segment does where it speaks."""
    traps = json.loads(_TRAPS.read_text(encoding="utf-8"))
    return {trap["code"]: trap["witness"] for trap in traps if "witness" in trap}


def _ask_about_witness(runtime: SegmentRuntime, tally: Tally, code: str, witness: Json) -> None:
    sent = [
        item
        for mapping in witness["mappings"]
        for item in _sent(
            runtime, witness["event"], "sendEvents", mapping["trigger"], mapping["fields"]
        )
    ]
    tally.witnesses += 1
    if sent != witness["sent"]:
        tally.wrong.append(f"{code}: Segment sends {sent}, the witness says {witness['sent']}")


def _sent(
    runtime: SegmentRuntime, event: Json, action: str, trigger: str, fields: Json
) -> Iterator[Any]:
    """Yield the items of the uploads the runtime makes for one mapping."""
    subscription = {"subscribe": trigger, "partnerAction": action, "mapping": fields}
    answer = runtime.ask(
        "onEvent", event=event, settings={"apiKey": _KEY, "subscriptions": [subscription]}
    )
    for request in answer["requests"]:
        for items in json_wire.loads(request["body"].encode()).values():
            yield from items


def _report(tally: Tally, seed: int) -> int:
    print(f"seed {seed}")
    print(
        f"{tally.pairs:,} pairs that do not match: a smallest change for {tally.changed:,} "
        f"({tally.share:.1%}), of the event {tally.events:,}, of the trigger {tally.triggers:,}"
    )
    print(f"{tally.rewrites:,} rewrites called the same, {tally.witnesses} rules' witnesses")
    for wrong in tally.wrong[:_MOST_SHOWN]:
        print(f"  {wrong}")
    print(f"Segment's runtime does something else in {len(tally.wrong)} cases")
    return 1 if tally.wrong or tally.share < LEAST_CHANGED else 0


if __name__ == "__main__":
    sys.exit(main())
