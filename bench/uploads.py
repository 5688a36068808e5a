"""Uploads: how many requests a second are answered, validated and journaled, and how that grows."""

import json
import statistics
from collections import abc
from dataclasses import dataclass
from typing import Any

from bench import progress
from bench.fleet import Fleet, fleet
from bench.load import Upload
from bench.results import Asked, Curve, Findings, Row, paired
from bench.servers import (
    EARLIER,
    FREE_WIREMOCK,
    KEPT,
    OURS,
    PATH,
    SILENT_PRISM,
    TOKEN,
    WIREMOCK,
    Kind,
)

EVENT = {
    "userId": "u1",
    "eventName": "Order Completed",
    "timestamp": 1795450639,
    "eventProperties": {"plan": "pro", "total": 120.5, "currency": "EUR", "items": 3},
}
SIZES_KB = (0.3, 1, 4, 16, 32)
LISTS = (1, 5, 20, 100, 500)
UNITS = {"wall": "requests/s", "cpu": "requests a processor second"}
JOURNAL = "journals emptied before each measurement, ours keeps 100,000 entries"

_SECONDS = 2.0
_CURVE_SECONDS = 0.7
_CURVE_ROUNDS = 3
_CURVE_KINDS = (OURS, SILENT_PRISM, WIREMOCK)


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """One kind of request, and the ratio that is wanted of ours to each peer."""

    name: str
    upload: Upload
    wanted: abc.Mapping[Kind, float]
    ours: Kind = OURS


def upload(events: list[dict[str, Any]], *, expected: int = 202, connections: int = 16) -> Upload:
    """Return the upload of these events."""
    body = json.dumps({"events": events}, separators=(",", ":"))
    return Upload(path=PATH, bearer=TOKEN, body=body, expected=expected, connections=connections)


WORKS = (
    Work(
        name="one event a request",
        upload=upload([EVENT]),
        wanted={SILENT_PRISM: 5, WIREMOCK: 1, FREE_WIREMOCK: 1},
    ),
    Work(
        name="a list of 500 events",
        upload=upload([EVENT] * 500),
        wanted={SILENT_PRISM: 2, WIREMOCK: 0.5, FREE_WIREMOCK: 0.5},
    ),
    Work(
        name="a refused request with its explanation",
        upload=upload([{**EVENT, "timestamp": "now"}], expected=400),
        wanted={SILENT_PRISM: 2},
    ),
    Work(
        name="one event a request, kept in a file",
        upload=upload([EVENT]),
        wanted={EARLIER: 1},
        ours=KEPT,
    ),
    Work(
        name="a list of 500 events, kept in a file",
        upload=upload([EVENT] * 500),
        wanted={EARLIER: 1},
        ours=KEPT,
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Growth:
    """One thing that grows from request to request: the value of x and the upload at each."""

    name: str
    x: str
    y: str
    uploads: tuple[tuple[float, Upload], ...]
    times_x: bool = False  # events a second, where x is the events of a request


def event_of(kilobytes: float) -> dict[str, Any]:
    """Return an event of about that size, grown by properties as real ones are."""
    properties = {
        f"property_{number}": f"a value of some length, {number}"
        for number in range(round((kilobytes * 1024 - 100) / 48))
    }
    return {**EVENT, "eventProperties": properties}


GROWTHS = (
    Growth(
        name="size of an event",
        x="KB an event",
        y="requests a second",
        uploads=tuple((size, upload([event_of(size)])) for size in SIZES_KB),
    ),
    Growth(
        name="length of a list",
        x="events a request",
        y="events a second",
        uploads=tuple((length, upload([EVENT] * length)) for length in LISTS),
        times_x=True,
    ),
)


def measure(asked: Asked) -> Findings:
    """Measure the rows and curves whose name or peer contains the text."""
    works = [
        (work, [kind for kind in work.wanted if asked.wants("uploads", work.name, kind.name)])
        for work in WORKS
    ]
    growths = [growth for growth in GROWTHS if asked.wants("uploads", growth.name)]
    kinds = [kind for work, peers in works if peers for kind in (work.ours, *peers)]
    if growths:
        kinds += _CURVE_KINDS
    if not kinds:
        return Findings()

    with fleet(kinds, WORKS[0].upload, asked.clock) as servers:
        rows = [
            row
            for work, peers in works
            if peers
            for row in _rows(servers, work, peers, asked.pairs)
        ]
        curves = [_curve(servers, growth) for growth in growths]
    return Findings(rows=tuple(rows), curves=tuple(curves))


def _rows(servers: Fleet, work: Work, peers: list[Kind], pairs: int) -> list[Row]:
    progress.tell(work.name)
    kinds = [kind for kind in (work.ours, *peers) if kind in servers.servers]
    busy: list[float] = []

    def measuring(kind: Kind) -> abc.Callable[[], float]:
        def rate() -> float:
            measured = servers.rate(kind, work.upload, _SECONDS)
            busy.append(measured.busy)
            return measured.per_second

        return rate

    figures = dict(zip(kinds, paired([measuring(kind) for kind in kinds], pairs), strict=True))
    return [
        Row(
            name=work.name,
            peer=peer.name,
            wanted=work.wanted[peer],
            better="higher",
            unit=UNITS[servers.clock],
            pairs=tuple(zip(figures[work.ours], figures.get(peer, ()), strict=peer in figures)),
            note=f"{peer.settings}; {JOURNAL}; the generator was busy {max(busy):.0%} of its core "
            "at most",
            missing=servers.missing.get(peer, ""),
        )
        for peer in peers
    ]


def _curve(servers: Fleet, growth: Growth) -> Curve:
    progress.tell(f"growth: {growth.name}")
    lines: dict[str, list[tuple[float, float]]] = {}
    for x, each in growth.uploads:
        for kind in (kind for kind in _CURVE_KINDS if kind in servers.servers):
            rates = [
                servers.rate(kind, each, _CURVE_SECONDS).per_second for _ in range(_CURVE_ROUNDS)
            ]
            y = statistics.median(rates) * (x if growth.times_x else 1)
            lines.setdefault(kind.name, []).append((x, y))
    return Curve(
        name=growth.name,
        x=growth.x,
        y=growth.y,
        lines={name: tuple(points) for name, points in lines.items()},
        note=f"medians of {_CURVE_ROUNDS} rounds",
    )
