"""Memory: what a server holds, idle and after a million entries, and how fast it is then."""

import os
import time
from collections import abc
from dataclasses import dataclass

from bench import machine, progress
from bench.load import load
from bench.peers import PeerMissing
from bench.results import Asked, Curve, Findings, Points, Row, paired
from bench.servers import OURS, PRISM, SILENT_PRISM, WIREMOCK, Kind, Running, running
from bench.servers import asked as asked_of
from bench.uploads import EVENT, upload

IDLE = "memory idle"
MILLION = "memory after a million entries"
GROWTH = "entries received"
CHECKPOINTS = (1_000, 10_000, 100_000, 300_000, 1_000_000)

_PART_IDLE = 0.32
_PART_AFTER = 0.5
_PEERS_UP_TO = 100_000
_MOST_SECONDS = {OURS: 300, SILENT_PRISM: 45, WIREMOCK: 30}
_AT_ONCE = 5.0  # seconds of load before it is looked how many came
_SETTLING = 1.0
_UPLOAD = upload([EVENT])


@dataclass(frozen=True, slots=True, kw_only=True)
class Grown:
    """A server at so many entries: its memory in MB, and what it answered a second just before."""

    entries: int
    memory: float
    rate: float


def measure(asked: Asked) -> Findings:
    """Measure the rows and curves whose name or peer contains the text."""
    if machine.resident_mb(os.getpid()) is None:
        progress.tell("memory: this system has no /proc to read it from")
        return Findings()
    rows, curves = [], []
    if asked.wants("memory", IDLE, PRISM.name):
        rows.append(_idle(asked.pairs))
    if asked.wants("memory", MILLION, GROWTH):
        lines = {kind.name: _grown(kind) for kind in (OURS, SILENT_PRISM, WIREMOCK)}
        rows.append(_million(lines[OURS.name]))
        curves = _curves(lines)
    return Findings(rows=tuple(rows), curves=tuple(curves))


def idle_memory(kind: Kind) -> float:
    """Return the MB a server holds a second after its first answer; ours has shown a page too."""
    with running(kind) as server:
        if kind is OURS:
            asked_of(server.port, "GET", "/")
        return _settled(server)


def _settled(server: Running) -> float:
    time.sleep(_SETTLING)
    return server.memory() or 0.0


def _idle(pairs: int) -> Row:
    progress.tell(IDLE)
    note = "resident, a second after the first answer, and ours after its first page"
    return _row(IDLE, _PART_IDLE, lambda: idle_memory(OURS), pairs, note=note)


def _million(grown: list[Grown]) -> Row:
    last = grown[-1]
    missing = ""
    if last.entries < CHECKPOINTS[-1]:
        missing = f"only {last.entries:,} entries came in {_MOST_SECONDS[OURS]} s"
    note = "one pair only; the journal keeps 100,000 of the entries"
    return _row(MILLION, _PART_AFTER, lambda: last.memory, 1, note=note, missing=missing)


def _row(  # noqa: PLR0913 - the parts of a row that differ
    name: str,
    wanted: float,
    ours: abc.Callable[[], float],
    pairs: int,
    *,
    note: str,
    missing: str = "",
) -> Row:
    figures: list[list[float]] = [[], []]
    try:
        if not missing:
            figures = paired([ours, lambda: idle_memory(PRISM)], pairs)
    except PeerMissing as error:
        missing = str(error)
        progress.tell(missing)
    mine, theirs = figures
    return Row(
        name=name,
        peer=f"{PRISM.name}, idle",
        wanted=wanted,
        better="lower",
        unit="MB",
        pairs=tuple(zip(mine, theirs, strict=True)),
        note=note,
        missing=missing,
    )


def _grown(kind: Kind) -> list[Grown]:
    """Send entries until the last checkpoint, or as many as there is time for."""
    last = CHECKPOINTS[-1] if kind is OURS else _PEERS_UP_TO
    try:
        with running(kind, machine.for_the_server()) as server:
            return _filled(server, [number for number in CHECKPOINTS if number <= last])
    except PeerMissing as error:
        progress.tell(f"{kind.name}: {error}")
        return []


def _filled(server: Running, checkpoints: list[int]) -> list[Grown]:
    grown: list[Grown] = []
    deadline = time.monotonic() + _MOST_SECONDS[server.kind]
    sent, rate = 0, load(server.port, _UPLOAD, 1).per_second
    server.forget()
    for checkpoint in checkpoints:
        while sent < checkpoint and time.monotonic() < deadline:
            seconds = min(max((checkpoint - sent) / max(rate, 1), 0.1), _AT_ONCE)
            measured = load(server.port, _UPLOAD, seconds)
            sent += measured.answers
            rate = measured.per_second
        reached = min(sent, checkpoint)  # a few more came with the last load
        grown.append(Grown(entries=reached, memory=_settled(server), rate=rate))
        progress.tell(f"{server.kind.name}, {sent:,} entries: {grown[-1].memory:.0f} MB")
        if time.monotonic() >= deadline:
            break
    return grown


def _curves(grown: abc.Mapping[str, list[Grown]]) -> list[Curve]:
    return [
        Curve(
            name=f"{GROWTH}: speed",
            x="entries received",
            y="requests a second",
            lines=_lines(grown, lambda at: at.rate),
            note="one event a request; ours keeps 100,000 entries, WireMock all, Prism none",
        ),
        Curve(
            name=f"{GROWTH}: memory",
            x="entries received",
            y="MB resident",
            lines=_lines(grown, lambda at: at.memory),
            note="as above",
        ),
    ]


def _lines(
    grown: abc.Mapping[str, list[Grown]], y: abc.Callable[[Grown], float]
) -> dict[str, Points]:
    return {
        name: tuple((at.entries, y(at)) for at in points)
        for name, points in grown.items()
        if points
    }
