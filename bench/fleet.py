"""Fleet: ours and the peers, started together and warmed up alike, to be measured in turn.

All but those that are to have every core are bound to one and the same, the load to another: each
has its core for itself, as the others are paused while it is measured. Just idle they would not be:
a virtual machine that compiles, or collects its garbage, does so for seconds after its last answer.
"""

import contextlib
import time
from collections import abc
from dataclasses import dataclass, replace

from bench import machine, progress
from bench.load import Measured, Upload, load
from bench.peers import PeerMissing
from bench.results import Clock
from bench.servers import OURS, Kind, Running, running

# What the compilers of Node and Java need, and more: they count calls, and want time themselves.
_WARM_ANSWERS = 20_000
_WARM_SECONDS = 10
_WARM_AT_MOST = 60  # seconds, where others want the processor too
_SETTLING = 0.3


@dataclass(frozen=True, slots=True)
class Fleet:
    """The servers that run, and why the others don't."""

    servers: abc.Mapping[Kind, Running]
    missing: abc.Mapping[Kind, str]
    clock: Clock

    def rate(self, kind: Kind, upload: Upload, seconds: float) -> Measured:
        """Return what a server answers, from an empty journal on."""
        with self._alone(kind) as server:
            server.forget()
            load(server.port, upload, _SETTLING)
            if self.clock == "wall":
                return load(server.port, upload, seconds)
            before = server.processor_seconds()
            measured = load(server.port, upload, seconds)
            return replace(measured, seconds=server.processor_seconds() - before)

    @contextlib.contextmanager
    def _alone(self, kind: Kind) -> abc.Iterator[Running]:
        others = [running for other, running in self.servers.items() if other != kind]
        for other in others:
            other.pause()
        try:
            yield self.servers[kind]
        finally:
            for other in others:
                other.go_on()


@contextlib.contextmanager
def fleet(kinds: abc.Iterable[Kind], warm_up: Upload, clock: Clock) -> abc.Iterator[Fleet]:
    """Start ours and these peers, and warm each up alike."""
    with contextlib.ExitStack() as stack:
        servers: dict[Kind, Running] = {}
        missing: dict[Kind, str] = {}
        for kind in dict.fromkeys((OURS, *kinds)):
            try:
                core = machine.for_the_server() if kind.bound else None
                started = stack.enter_context(running(kind, core))
            except PeerMissing as error:
                missing[kind] = str(error)
                progress.tell(f"{kind.name}: {error}")
                continue
            servers[kind] = started
            _warm(started, warm_up)
        yield Fleet(servers, missing, clock)


def _warm(server: Running, upload: Upload) -> None:
    begun, answers, rate = time.monotonic(), 0, 0.0
    while (taken := time.monotonic() - begun) < _WARM_AT_MOST:
        if taken >= _WARM_SECONDS and answers >= _WARM_ANSWERS:
            break
        measured = load(server.port, upload, 1)
        answers, rate = answers + measured.answers, measured.per_second
        server.forget()
    progress.tell(f"{server.kind.name}: {answers:,} answers to warm up, {rate:,.0f}/s at the end")
