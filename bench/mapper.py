"""The mapper against Segment's own runtime: the same events, in turn, in one run.

`python -m bench.mapper [--pairs 5] [--clock cpu]`. On a machine that others use as well, the time
the processor spent says more than the clock on the wall.
"""

import argparse
import hashlib
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections import abc
from pathlib import Path
from typing import Any

from bench import mapper_events, segment_runtime
from bench.results import Curve, Pair, Points, Row
from bench.segment_runtime import PACKAGES, PEER, ROOT, SegmentRuntime, missing
from sandbox import PRESETS, Mapped, Mapping, map_event

SECONDS = 0.4
EVENTS_PRINTED = 40_000
UNIT = "events/s"
CLOCKS = {"wall": time.perf_counter, "cpu": time.process_time}
SIZES = (0.3, 1, 2, 4, 8, 16, 32)
COUNTS = (1, 2, 5, 10, 20, 35, 50)

Events = list[dict[str, Any]]
Mappings = abc.Sequence[Mapping]


def rows(pairs: int, *, clock: str = "wall") -> list[Row]:
    """Measure each piece of work, `pairs` times ours and Segment's in turn."""
    if why := missing():
        return [_row(name, missing=why) for name in WANTED]
    with SegmentRuntime(clock=clock, seconds=SECONDS) as segment:
        found: list[Row] = []
        for name, (_, make_events, make_mappings) in WANTED.items():
            events, mappings = make_events(), make_mappings()
            note = f"{len(events)} events of {_bytes_of(events)} on average; "
            measured, told = _mapped(segment, events, mappings, pairs, clock)
            found.append(_row(name, measured, note + told))
    return [*found, _printed(pairs)]


PRINTED = "map FILE --json, one process, 40,000 real SDK events"


def _printed(pairs: int) -> Row:
    """Measure whole commands, from start to end: a line for each event and mapping on each side."""
    mappings = [{"name": m.name, **segment_runtime.subscription(m)} for m in PRESETS]
    script = str(Path(__file__).with_name("segment_map.js"))
    with tempfile.NamedTemporaryFile("w", suffix=".ndjson") as file:
        for event in mapper_events.sdk(EVENTS_PRINTED):
            file.write(json.dumps(event) + "\n")
        file.flush()
        ours = [sys.executable, "-m", "toplyne_sandbox", "map", file.name, "--json"]
        theirs = ["node", script, str(PACKAGES), file.name, json.dumps(mappings)]
        found = [(_lines_a_second(ours), _lines_a_second(theirs)) for _ in range(pairs)]
    return Row(
        name=PRINTED,
        peer="a Node script on Segment's runtime",
        wanted=1.2,
        better="higher",
        unit=UNIT,
        pairs=tuple(found),
        note="whole commands, their starts included; a line of JSON for each event and mapping",
    )


def _lines_a_second(command: list[str]) -> float:
    started = time.perf_counter()
    done = subprocess.run(command, stdout=subprocess.PIPE, check=False, cwd=ROOT)
    spent = time.perf_counter() - started
    lines = done.stdout.count(b"\n")
    if lines != EVENTS_PRINTED * len(PRESETS):
        raise RuntimeError(f"{command[0]} printed {lines} lines")
    return EVENTS_PRINTED / spent


def _bytes_of(events: Events) -> str:
    size = statistics.mean(len(json.dumps(event)) for event in events)
    return f"{size / 1000:.1f} KB" if size >= 1000 else f"{size:.0f} bytes"


def _presets() -> Mappings:
    return PRESETS


def _sized(size: int) -> abc.Callable[[], Events]:
    return lambda: mapper_events.tracked(size)


def _one_to_four() -> Events:
    return [event for size in (1000, 2000, 4000) for event in mapper_events.tracked(size)]


def _up_to_32() -> Events:
    return [event for size in (8000, 16000, 32000) for event in mapper_events.tracked(size, 30)]


WANTED: dict[str, tuple[float, abc.Callable[[], Events], abc.Callable[[], Mappings]]] = {
    "real SDK events through the three presets": (4, mapper_events.sdk, _presets),
    "events of 300 bytes through the three presets": (5, _sized(300), _presets),
    "events of 1 to 4 KB through the three presets": (1.5, _one_to_four, _presets),
    "events of 8 to 32 KB through the three presets": (1, _up_to_32, _presets),
    "short events through 50 mappings": (10, mapper_events.events, mapper_events.mappings),
}
"""Each row's wanted ratio, its events and its mappings."""


def _row(name: str, pairs: abc.Iterable[Pair] = (), note: str = "", *, missing: str = "") -> Row:
    return Row(
        name=name,
        peer=PEER,
        wanted=WANTED[name][0],
        better="higher",
        unit=UNIT,
        pairs=tuple(pairs),
        note=note,
        missing=missing,
    )


def _mapped(
    segment: SegmentRuntime, events: Events, mappings: Mappings, pairs: int, clock: str
) -> tuple[list[Pair], str]:
    """Measure under the default rules; what the observed ones give stands in the note."""
    _, theirs = segment.mapped(events, mappings)  # which warms it up as well
    if theirs != digest(events, mappings):
        raise AssertionError("the two sides do not make the same requests")
    found, observed = [], []
    for _ in range(pairs):
        mine = mapped(events, mappings, clock=clock)
        found.append((mine, segment.mapped(events, mappings)[0]))
        observed.append(mapped(events, mappings, rules="observed", clock=clock))
    median = statistics.median(observed)
    return found, f'the same bytes on both sides; with rules="observed" {median:,.0f}'


def mapped(events: Events, mappings: Mappings, *, rules: str = "documented", clock: str) -> float:
    """Return how many events a second become requests, ready to be sent."""
    return _rate(events, lambda event: map_event(event, mappings, rules), clock)


def digest(events: Events, mappings: Mappings) -> str:
    """Return the digest of all bodies that Segment would send, in order."""
    made = hashlib.sha256()
    for event in events:
        for outcome in map_event(event, mappings, "observed"):
            if isinstance(outcome, Mapped):
                made.update(outcome.request.content + b"\n")
    return made.hexdigest()


def _rate(events: Events, work: abc.Callable[[Any], object], clock: str) -> float:
    now = CLOCKS[clock]
    done, start = 0, now()
    while (spent := now() - start) < SECONDS:
        for event in events:
            work(event)
        done += len(events)
    return done / spent


def curves(pairs: int, *, clock: str = "wall") -> list[Curve]:
    """Measure how both sides slow down with more mappings and with larger events."""
    if missing():
        return []
    events = mapper_events.events()
    counts = {count: (events, mapper_events.mappings(count)) for count in COUNTS}
    sizes = {size: (mapper_events.tracked(round(size * 1000)), PRESETS) for size in SIZES}
    with SegmentRuntime(clock=clock, seconds=SECONDS) as segment:
        return [
            Curve(
                name=f"Events a second by {what}",
                x=x,
                y=UNIT,
                lines=_lines(work, segment, pairs, clock),
            )
            for what, x, work in (
                ("mappings", "mappings", counts),
                ("their size", "KB an event", sizes),
            )
        ]


def _lines(
    work: abc.Mapping[float, tuple[Events, Mappings]],
    segment: SegmentRuntime,
    pairs: int,
    clock: str,
) -> dict[str, Points]:
    mine, theirs = [], []
    for at, (events, mappings) in work.items():
        found = [
            (mapped(events, mappings, clock=clock), segment.mapped(events, mappings)[0])
            for _ in range(pairs)
        ]
        mine.append((at, statistics.median(our for our, _ in found)))
        theirs.append((at, statistics.median(their for _, their in found)))
    return {"ours": tuple(mine), PEER: tuple(theirs)}


def main() -> None:
    """Print rows and curves."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=5)
    parser.add_argument("--clock", choices=CLOCKS, default="wall")
    parser.add_argument("--no-curves", action="store_true")
    options = parser.parse_args()
    for row in rows(options.pairs, clock=options.clock):
        print((row.missing and f"{row.name}: not measured, {row.missing}") or _told(row))
    for curve in () if options.no_curves else curves(options.pairs, clock=options.clock):
        print(f"{curve.name}: {curve.x}, {curve.y}")
        for line, points in curve.lines.items():
            print(f"  {line}: " + ", ".join(f"{x:g}: {y:,.0f}" for x, y in points))


def _told(row: Row) -> str:
    return (
        f"{row.name}: ours {row.ours:,.0f}, theirs {row.theirs:,.0f} {row.unit};"
        f" {row.ratio:.2f}x ({row.ratios[0]:.2f} to {row.ratios[-1]:.2f}),"
        f" wanted {row.wanted:g}x; {row.note}"
    )


if __name__ == "__main__":
    main()
