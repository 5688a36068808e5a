"""Fixture: what a test with one call costs, and what the first fixture of a process costs.

Beside pytest-httpserver both sides are real pytest runs of the same 300 tests with the same httpx
client; a test costs what pytest reports for its set-up, call and teardown, the first test of each
run left out, as it starts the server. The last one stops it: each run gives a figure with it, as it
is part of what a file of tests takes, and one without it. Each side loads its own plugin and what
that needs only.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections import abc
from pathlib import Path
from typing import Any

from bench import peers, progress
from bench.peers import PeerMissing
from bench.results import Asked, Findings, Pair, Row, paired

ROOT = Path(__file__).parent.parent
ONE_CALL = ROOT / "bench" / "one_call"
NAME = "a test with one call"
IN_PROCESS = "a test with one call, in process"
CONSTANT = "a test with one call, answered by a constant instead of ours"
FIRST = "the first fixture of a process"
HTTPSERVER = "pytest-httpserver"
BARE = "the bare round trip"
FLASK = "import flask, pytest loaded"
BARE_FLASK = "import flask, nothing loaded"

_MOST_OF_A_ROUND_TRIP = 3
_MOST_OF_FLASK = 1.5
_CALLS = 300
_EVENT = {"events": [{"userId": "u1", "eventName": "Signed Up", "timestamp": 1795450639}]}

_TIMED = """
import time, {before}
started = time.perf_counter()
{work}
print(time.perf_counter() - started)
"""
_PROGRAMS = {
    FIRST: _TIMED.format(
        before="pytest, mock_server.testing.pytest_plugin as plugin",
        work="toplyne = plugin.Servers().tenant().__enter__()",
    ),
    FLASK: _TIMED.format(before="pytest", work="import flask"),
    BARE_FLASK: _TIMED.format(before="sys", work="import flask"),
}


def measure(asked: Asked) -> Findings:
    """Measure the rows whose name or peer contains the text."""
    rows = []
    for name, (file, client, most) in _ONE_CALL.items():
        if asked.wants("fixture", name, HTTPSERVER):
            rows += _against_httpserver(name, file, client, most, asked.pairs)
    if asked.wants("fixture", NAME, BARE):
        rows.append(_against_a_round_trip(asked.pairs))
    rows += [
        _against_flask(peer, asked.pairs)
        for peer in (FLASK, BARE_FLASK)
        if asked.wants("fixture", FIRST, peer)
    ]
    return Findings(rows=tuple(rows))


_WITH_LAST = (
    "299 tests, the last of which stops the server (theirs looks every 0.5 s whether it shall stop)"
)
_WITHOUT_LAST = "298 tests, without the last one, which stops the server"
_ONE_CALL = {
    NAME: ("test_toplyne.py", "the same session-wide httpx client over a socket for both", 0.5),
    IN_PROCESS: (
        "test_in_process.py",
        "a client a test by `toplyne_transport` for ours, a session-wide one by socket for theirs",
        0.4,
    ),
    CONSTANT: (
        "test_constant.py",
        "the same session-wide httpx client over a socket for both; no mock takes less",
        0.5,
    ),
}
"""Tests beside pytest-httpserver: the file, its client, and the most that is wanted of it."""


def _against_httpserver(name: str, file: str, client: str, most: float, pairs: int) -> list[Row]:
    """Return the row of all tests but the first, and that of all but the first and the last."""
    progress.tell(f"{name}, against {HTTPSERVER}")
    rounds: list[list[list[float]]] = [[], []]
    missing = ""
    try:
        theirs = _httpserver_run(peers.python_packages())
        rounds = paired([lambda: _our_run(file), theirs], pairs)
    except PeerMissing as error:
        missing = str(error)
        progress.tell(missing)
    note = (
        f"set-up, call and teardown as pytest reports them, {client}; hypothesis' plugin, which "
        "comes with ours, is loaded for ours; means of "
    )
    return [
        _row(
            row,
            HTTPSERVER,
            most,
            [[_milliseconds(seconds[tests]) for seconds in side] for side in rounds],
            note=note + which,
            missing=missing,
        )
        for row, tests, which in (
            (name, slice(1, None), _WITH_LAST),
            (f"{name}, the server's stop left out", slice(1, -1), _WITHOUT_LAST),
        )
    ]


def _milliseconds(seconds: list[float]) -> float:
    return statistics.mean(seconds) * 1000


def _our_run(file: str) -> list[float]:
    return _pytest_run(file, "-p", "no:xdist")


def _httpserver_run(packages: Path) -> abc.Callable[[], list[float]]:
    def run() -> list[float]:
        only_theirs = ["-p", "no:xdist", "-p", "no:toplyne", "-p", "no:hypothesispytest"]
        return _pytest_run("test_httpserver.py", *only_theirs, path=packages)

    return run


def _pytest_run(file: str, *options: str, path: Path | None = None) -> list[float]:
    """Run the tests of a file; return the seconds of each."""
    environment = os.environ | ({"PYTHONPATH": str(path)} if path else {})
    with tempfile.TemporaryDirectory() as folder:
        figures = Path(folder) / "seconds.json"
        ran = subprocess.run(
            [
                *(sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *options),
                *("--figures", str(figures), file),
            ],
            cwd=ONE_CALL,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        if ran.returncode != 0:
            raise RuntimeError(f"{file} does not pass:\n{ran.stdout[-2000:]}{ran.stderr[-2000:]}")
        seconds: list[float] = json.loads(figures.read_text())
    return seconds


def _against_a_round_trip(pairs: int) -> Row:
    import httpx  # noqa: PLC0415 - it must not be loaded where only other sections run

    from mock_server.testing.pytest_plugin import Servers  # noqa: PLC0415 - as above

    progress.tell(f"{NAME}, against {BARE}")
    servers = Servers()
    toplyne = servers.new_tenant()
    with httpx.Client(
        base_url=toplyne.api_url,
        headers={"Authorization": f"Bearer {toplyne.token}"},
        trust_env=False,
    ) as client:
        sides = (_repeated(lambda: _one_test(servers)), _repeated(lambda: _bare_call(client)))
        paired(sides, 1)
        figures = paired(sides, pairs)
    servers.close()
    return _row(
        NAME,
        BARE,
        _MOST_OF_A_ROUND_TRIP,
        figures,
        note=f"the same call on an open client; {_CALLS} of each, without pytest's own part",
    )


def _one_test(servers: Any) -> None:
    """Do what the fixture and a test with one call do, from set-up to teardown."""
    with servers.tenant() as toplyne:
        _bare_call(toplyne.client)
        assert toplyne.refused() == []


def _bare_call(client: Any) -> None:
    assert client.post("/upload/events", json=_EVENT).status_code == 202


def _repeated(work: abc.Callable[[], None]) -> abc.Callable[[], float]:
    def milliseconds() -> float:
        started = time.perf_counter()
        for _ in range(_CALLS):
            work()
        return (time.perf_counter() - started) / _CALLS * 1000

    return milliseconds


def _against_flask(peer: str, pairs: int) -> Row:
    progress.tell(f"{FIRST}, against {peer}")
    sides = (lambda: _in_a_process(_PROGRAMS[FIRST]), lambda: _in_a_process(_PROGRAMS[peer]))
    paired(sides, 1)  # the first of each writes the bytecode
    return _row(FIRST, peer, _MOST_OF_FLASK, paired(sides, pairs), note="each in a new process")


def _in_a_process(program: str) -> float:
    ran = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=ROOT
    )
    return float(ran.stdout) * 1000


def _row(  # noqa: PLR0913 - the parts of a row that differ
    name: str,
    peer: str,
    wanted: float,
    figures: list[list[float]],
    *,
    note: str,
    missing: str = "",
) -> Row:
    ours, theirs = figures
    pairs: tuple[Pair, ...] = tuple(zip(ours, theirs, strict=True))
    return Row(
        name=name,
        peer=peer,
        wanted=wanted,
        better="lower",
        unit="ms",
        pairs=pairs,
        note=note,
        missing=missing,
    )
