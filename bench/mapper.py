"""The mapper against Segment's own runtime: the same events, in turn, in one run.

`python -m bench.mapper [--pairs 5]`
"""

import argparse
import contextlib
import hashlib
import json
import shutil
import statistics
import subprocess
import time
from collections import abc
from pathlib import Path
from typing import Any

from bench import mapper_events
from bench.results import Curve, Row
from sandbox import PRESETS, TOPLYNE, Mapped, Mapping, map_event

ROOT = Path(__file__).parent.parent
RUNTIME = ROOT / "tests" / "conformance" / "segment_runtime"
SECONDS = 0.4
UNIT = "events/s"
WORDS = ("documented", "observed")
SEND_EVENTS = next(action for action in TOPLYNE.actions if action.key == "sendEvents")


class SegmentRuntime:
    """Segment's packages under Node, asked for the rate of one piece of work at a time."""

    peer = "Segment's runtime"

    def __enter__(self) -> "SegmentRuntime":
        self._process = subprocess.Popen(
            ["node", str(ROOT / "bench" / "segment_mapper.js"), str(RUNTIME)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        return self

    def __exit__(self, *_: object) -> None:
        self._process.stdin.close()
        self._process.wait(timeout=30)
        self._process.stdout.close()

    def deliveries(self, events: list[Any], mappings: abc.Sequence[Mapping]) -> dict[str, Any]:
        """Return how many events a second become request bodies, and the digest of the bodies."""
        subscriptions = [
            {
                "partnerAction": mapping.action,
                "subscribe": mapping.trigger,
                "mapping": mapping.fields,
                "enabled": True,
            }
            for mapping in mappings
        ]
        settings = {"apiKey": "key", "subscriptions": subscriptions}
        return self._ask("deliveries", events=events, settings=settings)

    def fields(self, events: list[Any], mapping: Any) -> dict[str, Any]:
        """Return how many events a second `transform` of actions-core resolves fields for."""
        return self._ask("fields", events=events, mapping=mapping)

    def _ask(self, op: str, **parts: Any) -> dict[str, Any]:
        question = json.dumps({"op": op, "seconds": SECONDS, **parts})
        self._process.stdin.write(question + "\n")
        self._process.stdin.flush()
        return json.loads(self._process.stdout.readline())


def ours(events: list[Any], mappings: abc.Sequence[Mapping], rules: str) -> float:
    """Return how many events a second become requests, ready to be sent."""
    return _rate(events, lambda event: map_event(event, mappings, rules))


def digest(events: list[Any], mappings: abc.Sequence[Mapping], rules: str) -> str:
    """Return the digest of all requests' bodies, in order."""
    made = hashlib.sha256()
    for event in events:
        for outcome in map_event(event, mappings, rules):
            if isinstance(outcome, Mapped):
                made.update(outcome.request.content + b"\n")
    return made.hexdigest()


def _rate(events: list[Any], work: abc.Callable[[Any], object]) -> float:
    done, start = 0, time.perf_counter()
    while (spent := time.perf_counter() - start) < SECONDS:
        for event in events:
            work(event)
        done += len(events)
    return done / spent


def rows(pairs: int) -> list[Row]:
    """Measure the three pieces of work, `pairs` times ours and Segment's in turn."""
    if missing := _missing():
        return [_row(name, wanted, (), missing=missing) for name, wanted in _WANTED.items()]
    events = mapper_events.events()
    with SegmentRuntime() as segment:
        measured = (
            _mapped(segment, events, PRESETS, pairs),
            _mapped(segment, events, mapper_events.mappings(), pairs),
            _fields(segment, events, pairs),
        )
    return [
        _row(name, wanted, *found)
        for (name, wanted), found in zip(_WANTED.items(), measured, strict=True)
    ]


_WANTED = {
    "an event through the three presets to the bytes of a request": 5,
    "an event through 50 mappings to the bytes of their requests": 10,
    "fields alone, the defaults of Send events": 4,
}


def _missing() -> str:
    if shutil.which("node") is None:
        return "no node is on the PATH"
    if not (RUNTIME / "node_modules" / "@segment").is_dir():
        return "Segment's packages are not installed: `make clients`"
    return ""


def _row(
    name: str,
    wanted: float,
    pairs: abc.Iterable[tuple[float, float]],
    note: str = "",
    *,
    missing: str = "",
) -> Row:
    return Row(
        name=name,
        peer=SegmentRuntime.peer,
        wanted=wanted,
        better="higher",
        unit=UNIT,
        pairs=tuple(pairs),
        note=note,
        missing=missing,
    )


def _mapped(
    segment: SegmentRuntime, events: list[Any], mappings: abc.Sequence[Mapping], pairs: int
) -> tuple[list[tuple[float, float]], str]:
    """Measure under the default rules; what the others give stands in the note."""
    theirs = segment.deliveries(events, mappings)
    if digest(events, mappings, "observed") != theirs["digest"]:
        raise AssertionError("the two sides do not make the same requests")
    found, observed = [], []
    for _ in range(pairs):
        found.append((ours(events, mappings, WORDS[0]), segment.deliveries(events, mappings)["rate"]))
        observed.append(ours(events, mappings, WORDS[1]))
    return found, f'with rules="observed" {statistics.median(observed):,.0f}; the same bytes'


def _fields(
    segment: SegmentRuntime, events: list[Any], pairs: int
) -> tuple[list[tuple[float, float]], str]:
    mapping = Mapping("Fields", action=SEND_EVENTS.key, trigger='type = "track"')
    segment.fields(events, mapping.fields)  # once to warm up, as above
    _rate(events, mapping.resolve)
    return [
        (_rate(events, mapping.resolve), segment.fields(events, mapping.fields)["rate"])
        for _ in range(pairs)
    ], "transform() of actions-core"


def curves(pairs: int) -> list[Curve]:
    """Measure how both sides slow down with more mappings and with larger events."""
    if _missing():
        return []
    events = mapper_events.events()
    with SegmentRuntime() as segment:
        return [
            _curve(
                "Mappings",
                "mappings",
                {n: (events, mapper_events.mappings(n)) for n in (1, 2, 5, 10, 20, 35, 50)},
                segment,
                pairs,
            ),
            _curve(
                "Event size",
                "KB an event",
                {
                    kilobytes: (mapper_events.tracked(round(kilobytes * 1000)), PRESETS)
                    for kilobytes in (0.3, 1, 2, 4, 8, 16, 32)
                },
                segment,
                pairs,
            ),
        ]


def _curve(
    name: str,
    x: str,
    work: abc.Mapping[float, tuple[list[Any], abc.Sequence[Mapping]]],
    segment: SegmentRuntime,
    pairs: int,
) -> Curve:
    mine, theirs = [], []
    for at, (events, mappings) in work.items():
        found = [
            (ours(events, mappings, WORDS[0]), segment.deliveries(events, mappings)["rate"])
            for _ in range(pairs)
        ]
        mine.append((at, statistics.median(our for our, _ in found)))
        theirs.append((at, statistics.median(their for _, their in found)))
    lines = {"toplyne-sandbox": tuple(mine), SegmentRuntime.peer: tuple(theirs)}
    return Curve(name=name, x=x, y=UNIT, lines=lines)


def main() -> None:
    """Print rows and curves."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=5)
    parser.add_argument("--no-curves", action="store_true")
    options = parser.parse_args()
    for row in rows(options.pairs):
        if row.missing:
            print(f"{row.name}: not measured, {row.missing}")
            continue
        print(
            f"{row.name}: ours {row.ours:,.0f}, theirs {row.theirs:,.0f} {row.unit};"
            f" {row.ratio:.2f}x ({row.ratios[0]:.2f} to {row.ratios[-1]:.2f}),"
            f" wanted {row.wanted:g}x; {row.note}"
        )
    for curve in () if options.no_curves else curves(max(1, options.pairs // 2)):
        print(f"{curve.name}: {curve.x}, {curve.y}")
        for line, points in curve.lines.items():
            print(f"  {line}: " + ", ".join(f"{x:g}: {y:,.0f}" for x, y in points))


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        main()
