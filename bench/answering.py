"""Answering: what the Flask application answers a second, and who waits while a lot is refused.

There is no peer for these, so they stand beside what the same server does in the same run.
"""

import json
import threading
import time
from collections import abc

from bench import machine, progress
from bench.load import Upload, load
from bench.results import Asked, Better, Findings, Row, paired
from bench.servers import HEALTHY, OURS, PATH, TOKEN, Running, asked, running
from bench.uploads import EVENT, upload
from mock_server.segment.tracking_paths import derived_key

ENTRIES = "ten entries of the journal"
TRACK = "one call of /v1/track"
HEALTH = "longest time of health while 10 MiB are refused"
ONE_EVENT = "one event a request, ours"
REFUSAL = "the refusal itself"
_WANTED = {ENTRIES: 0.02, TRACK: 0.04}
_SECONDS = 1.0
_MOST_OF_THE_REFUSAL = 0.5
_LARGE = 10 * 2**20 - 100


def measure(wanted: Asked) -> Findings:
    """Measure the rows whose name contains the text."""
    names = [name for name in (ENTRIES, TRACK, HEALTH) if wanted.wants("answering", name)]
    if not names:
        return Findings()
    with running(HEALTHY, machine.for_the_server()) as server:
        load(server.port, upload([EVENT]), 0.2)  # that the journal has some entries
        track = {"event": "Signed Up", "userId": "u1", "writeKey": derived_key(TOKEN)}
        uploads = {
            ENTRIES: _of("GET", "/_sandbox/entries?limit=10", ""),
            TRACK: _of("POST", "/v1/track", json.dumps(track)),
        }
        rows = [
            _rate(server, name, uploads[name], wanted.pairs) for name in names if name in uploads
        ]
        if HEALTH in names:
            rows.append(_health(server, wanted.pairs))
    return Findings(rows=tuple(rows))


def _of(method: str, path: str, body: str) -> Upload:
    return Upload(path=path, bearer=TOKEN, body=body, expected=200, method=method)


def _rate(server: Running, name: str, work: Upload, pairs: int) -> Row:
    progress.tell(name)
    figures = paired(
        [
            lambda: load(server.port, work, _SECONDS).per_second,
            lambda: load(server.port, upload([EVENT]), _SECONDS).per_second,
        ],
        pairs,
    )
    return _row(name, ONE_EVENT, _WANTED[name], "higher", "requests/s", figures)


def _health(server: Running, pairs: int) -> Row:
    progress.tell(HEALTH)
    rounds = [_refusal(server) for _ in range(pairs)]
    figures = [list(each) for each in zip(*rounds, strict=True)]
    return _row(HEALTH, REFUSAL, _MOST_OF_THE_REFUSAL, "lower", "ms", figures)


def _refusal(server: Running) -> tuple[float, float]:
    """Return the longest time health took while a body was refused, and the refusal's, in ms."""
    items = ",".join(f'"key{number}":{number}' for number in range(1000))
    item = f"{{{items}}}"
    count = min(500, _LARGE // (len(item) + 1))
    filler = "x" * (_LARGE - count * (len(item) + 1))
    body = f'{{"events":[{",".join([item] * count)}],"filler":"{filler}"}}'
    done, times = threading.Event(), [0.0]

    def watch() -> None:
        while not done.is_set():
            begun = time.perf_counter()
            asked(server.port, "GET", "/_sandbox/health")
            times.append((time.perf_counter() - begun) * 1000)

    watching = threading.Thread(target=watch)
    watching.start()
    begun = time.perf_counter()
    asked(server.port, "POST", PATH, body)
    taken = (time.perf_counter() - begun) * 1000
    done.set()
    watching.join()
    return max(times), taken


def _row(  # noqa: PLR0913, PLR0917 - the parts of a row
    name: str, peer: str, wanted: float, better: Better, unit: str, figures: list[list[float]]
) -> Row:
    mine, theirs = figures
    pairs: abc.Iterable[tuple[float, float]] = zip(mine, theirs, strict=True)
    return Row(
        name=name, peer=peer, wanted=wanted, better=better, unit=unit, pairs=tuple(pairs),
        note=f"{OURS.name} alone, both figures of the same server",
    )  # fmt: skip
