"""Replay: events a second of an archive, against a Node pipeline on Segment's own runtime.

Ours and its peers run in processes of their own, each from the start of its work to its end.
"""

import gzip
import json
import random
import shutil
import subprocess
import sys
import tempfile
from collections import abc
from pathlib import Path
from typing import Any

from bench import progress
from bench.mapper import CLOCKS
from bench.results import Asked, Curve, Findings, Pair, Row
from bench.segment_runtime import PACKAGES, PEER, missing
from sandbox import PRESETS, Mapping
from sandbox.replay import replay

ONE = "a replay of 160,000 events in 8 .gz files, one process"
TWO = "a replay of 160,000 events in 8 .gz files, two workers"
AGAINST = "a replay --against a narrowed trigger and a renamed property"
MEMORY = "memory of a replay of 1,600,000 events"
UNIT = "events/s"
EVENTS, FILES, TIMES = 160_000, 8, 10
WANTED = {ONE: 2.5, TWO: 1.8, AGAINST: 1.8, MEMORY: 1.5}

NARROWED = (
    Mapping(
        "Send User Profiles",
        action="sendUserProfiles",
        trigger='type = "identify"',
        fields={
            "userId": {"@path": "$.userId"},
            "anonymousId": {"@path": "$.anonymousId"},
            "creationTime": {"@path": "$.timestamp"},
            "userProperties": {"tier": {"@path": "$.traits.plan"}},
        },
    ),
    PRESETS[1],
    Mapping(
        "Send Events",
        action="sendEvents",
        trigger='type = "track" and properties.plan = "pro"',
    ),
)
"""The presets with a narrower trigger, and with a property of another name."""


def measure(asked: Asked) -> Findings:
    """Measure the rows and the curve that are asked for."""
    with tempfile.TemporaryDirectory() as folder:
        rows = [
            row(Path(folder), asked) for name, row in _ROWS.items() if asked.wants("replay", name)
        ]
        curves = [_curve(Path(folder), asked)] if asked.wants("replay") else []
    return Findings(rows=tuple(rows), curves=tuple(curves))


def archive(folder: Path, copies: float = 1) -> Path:
    """Return a folder with so many times EVENTS events of an SDK, each of about 1 KB."""
    made = folder / "archive"
    if not made.exists():
        made.mkdir()
        for number in range(FILES):
            lines = b"".join(_events(EVENTS // FILES, number))
            (made / f"{number}.gz").write_bytes(gzip.compress(lines, 6))
    if copies == 1:
        return made
    more = folder / f"archive-{copies}"
    more.mkdir(exist_ok=True)
    for number in range(round(FILES * copies)):
        shutil.copy(made / f"{number % FILES}.gz", more / f"{number}.gz")
    return more


def _events(count: int, seed: int) -> abc.Iterator[bytes]:
    chance = random.Random(seed)
    for number in range(count):
        yield json.dumps(_event(chance, number), separators=(",", ":")).encode() + b"\n"


def _event(chance: random.Random, number: int) -> dict[str, Any]:
    minutes = number * 2
    day, hour, minute = 1 + minutes // 1440 % 28, minutes // 60 % 24, minutes % 60
    time_ = f"2026-03-{day:02}T{hour:02}:{minute:02}:30.{chance.randrange(1000):03}Z"
    user, page = f"user_{chance.randrange(40_000):06}", f"/docs/{chance.randrange(99)}"
    url = f"https://www.example.com{page}?utm_source=newsletter"
    type_ = chance.choices(("track", "page", "identify", "group"), (60, 25, 10, 5))[0]
    traits = {"email": f"{user}@example.com", "plan": "pro", "logins": chance.randrange(99)}
    own: dict[str, dict[str, Any]] = {
        "track": {
            "event": chance.choice(("Order Completed", "Signed Up", "Button Clicked")),
            "properties": {
                "total": round(chance.random() * 200, 2),
                "currency": "EUR",
                "plan": chance.choice(("free", "pro")),
                "items": chance.randrange(9),
            },
        },
        "page": {"name": "Docs", "properties": {"path": page, "title": "Docs", "url": url}},
        "identify": {"traits": traits},
        "group": {"groupId": f"acct_{chance.randrange(900)}", "traits": {"name": "Acme"}},
    }
    return {
        "anonymousId": f"{chance.getrandbits(128):032x}",
        "context": {
            "ip": f"203.0.113.{chance.randrange(255)}",
            "library": {"name": "analytics.js", "version": "npm:next-1.84.3"},
            "locale": "en-US",
            "page": {
                "path": page,
                "referrer": "https://www.example.com/",
                "search": "?utm_source=newsletter",
                "title": "Docs: how to set up your workspace",
                "url": url,
            },
            "timezone": "Europe/Berlin",
            "userAgent": "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) "
            "Chrome/142.0.0.0 Safari/537.36",
            "userAgentData": {
                "brands": [{"brand": "Chromium", "version": "142"}],
                "mobile": False,
                "platform": "Linux",
            },
        },
        "integrations": {},
        "messageId": f"ajs-next-{chance.getrandbits(128):032x}",
        "originalTimestamp": time_,
        "receivedAt": time_,
        "sentAt": time_,
        "timestamp": time_,
        "type": type_,
        "userId": user,
        "version": 2,
        **own[type_],
    }


def _one(folder: Path, asked: Asked) -> Row:
    if why := missing():
        return _row(ONE, PEER, missing=why)
    progress.tell(ONE)
    found = []
    for _ in range(asked.pairs):
        mine = ours(archive(folder), clock=asked.clock)
        theirs = _segment(archive(folder), asked.clock)
        if mine["calls"] != theirs["requests"]:
            raise AssertionError("the two sides do not make as many requests")
        found.append((mine["rate"], theirs["events"] / theirs["seconds"]))
    return _row(ONE, PEER, found, note="gunzip, JSON.parse and onEvent with the request put away")


def _segment(folder: Path, clock: str) -> dict[str, float]:
    subscriptions = [
        {"partnerAction": m.action, "subscribe": m.trigger, "mapping": m.fields, "enabled": True}
        for m in PRESETS
    ]
    script = str(Path(__file__).with_name("segment_replay.js"))
    files = sorted(map(str, folder.iterdir()))
    command = ["node", script, str(PACKAGES), json.dumps(subscriptions), clock, *files]
    return json.loads(subprocess.run(command, capture_output=True, check=True).stdout)


def _two(folder: Path, asked: Asked) -> Row:
    progress.tell(TWO)
    found = [
        (ours(archive(folder), workers=2)["rate"], ours(archive(folder))["rate"])
        for _ in range(asked.pairs)
    ]
    return _row(TWO, "one process", found, note="with the start of the workers")


def _against(folder: Path, asked: Asked) -> Row:
    progress.tell(AGAINST)
    found = []
    for _ in range(asked.pairs):
        with_old = ours(archive(folder), against=True, clock=asked.clock)
        plain = ours(archive(folder), clock=asked.clock)
        found.append((EVENTS / with_old["rate"], EVENTS / plain["rate"]))
    note = "of 120,000 calls 48,000 vanish, and 16,000 change at four paths"
    return _row(AGAINST, "a plain replay", found, better="lower", unit="s", note=note)


def _memory(folder: Path, _asked: Asked) -> Row:
    if not _most_mb():
        return _row(MEMORY, "a tenth", missing="this system has no /proc to read it from")
    progress.tell(MEMORY)
    large = ours(archive(folder, TIMES))["memory"]
    small = ours(archive(folder, 1 / TIMES))["memory"]
    return _row(
        MEMORY,
        f"{round(EVENTS / TIMES):,} events",
        [(large, small)],
        better="lower",
        unit="MB",
        note="the most that was resident; one pair only; a part of it are the hashes of the users, "
        "at most 100,000, of which the smaller archive has fewer",
    )


def _row(  # noqa: PLR0913 - the parts of a row that differ
    name: str,
    peer: str,
    pairs: abc.Iterable[Pair] = (),
    *,
    better: str = "higher",
    unit: str = UNIT,
    note: str = "",
    missing: str = "",
) -> Row:
    return Row(
        name=name,
        peer=peer,
        wanted=WANTED[name],
        better=better,
        unit=unit,
        pairs=tuple(pairs),
        note=note,
        missing=missing,
    )


_ROWS = {ONE: _one, TWO: _two, AGAINST: _against, MEMORY: _memory}


def _curve(folder: Path, asked: Asked) -> Curve:
    points = {"events a second": [], "MB": []}
    for copies in (1 / TIMES, 1, TIMES):
        found = ours(archive(folder, copies), clock=asked.clock)
        points["events a second"].append((EVENTS * copies, found["rate"]))
        points["MB"].append((EVENTS * copies, found["memory"]))
    lines = {name: tuple(found) for name, found in points.items()}
    return Curve(name="A replay by events", x="events", y="events a second, and MB", lines=lines)


def ours(
    folder: Path, *, workers: int = 0, against: bool = False, clock: str = "wall"
) -> dict[str, float]:
    """Return what a replay in a process of its own tells: rate, calls and MB."""
    command = [sys.executable, "-m", "bench.replay", str(folder), str(workers), clock]
    command += ["against"] if against else []
    done = subprocess.run(command, capture_output=True, check=True, cwd=PACKAGES.parents[2])
    return json.loads(done.stdout)


def _work(folder: str, workers: str, clock: str, against: str = "") -> None:
    now = CLOCKS[clock]
    start = now()
    report = replay(
        folder,
        workspace=NARROWED if against else PRESETS,
        against=PRESETS if against else None,
        workers=int(workers),
    )
    told = {"rate": report.events / (now() - start), "calls": report.calls, "memory": _most_mb()}
    print(json.dumps(told))


def _most_mb() -> float:
    """Return the most memory this process has held; getrusage() also counts who started it."""
    status = Path("/proc/self/status")
    if not status.exists():
        return 0.0
    return int(status.read_text().partition("VmHWM:")[2].split()[0]) / 1024


if __name__ == "__main__":
    _work(*sys.argv[1:])
