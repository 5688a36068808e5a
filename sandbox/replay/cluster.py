"""Cluster: tasks given to workers of a Dask scheduler, which gives them again where one dies."""

from __future__ import annotations

import importlib
import time
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import CancelledError
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from sandbox.replay.job import PACKAGE, ReplayError
from sandbox.replay.storage import unavailable

if TYPE_CHECKING:
    from sandbox.replay.processes import Function, Results, Tick

_CONNECT_SECONDS: Final = 10
_LOOK_SECONDS: Final = 0.5
_ALONE_SECONDS: Final = 60
_EXTRA: Final = "pip install 'toplyne-sandbox[archive]'"


@contextmanager
def cluster(address: str, *, version: str, schemes: Iterable[str]) -> Iterator[Results]:
    """Connect to a scheduler that is running; yield what gives tasks to its workers.

    Each worker must have the version, and open URLs of the schemes; else raises ReplayError.
    """
    try:
        dask: Any = importlib.import_module("distributed")
    except ImportError:
        raise ReplayError(f"a scheduler needs Dask's distributed: {_EXTRA}") from None
    try:
        client = dask.Client(address, timeout=_CONNECT_SECONDS)
    except (OSError, ValueError) as error:
        reason = str(error).partition("\n")[0]
        raise ReplayError(f"no scheduler answers at {address}: {reason}") from None
    with client:
        _check(client, version, sorted(schemes))
        yield partial(_results, dask, client)


def _check(client: Any, version: str, schemes: list[str]) -> None:
    own = partial(importlib.import_module("importlib.metadata").version, PACKAGE)
    found = client.run(own, on_error="return")
    if not found:
        raise ReplayError("the scheduler has no worker; start one with: dask worker ADDRESS")
    wrong = [
        f"{address} has {'no ' + PACKAGE if isinstance(v, Exception) else v}"
        for address, v in sorted(found.items())
        if v != version
    ]
    if wrong:
        raise ReplayError(f"every worker needs {PACKAGE} {version}, but {'; '.join(wrong)}")
    missing = client.run(unavailable, schemes) if schemes else {}
    if wrong := [f"{address}: {each}" for address, each in sorted(missing.items()) if each]:
        raise ReplayError("; ".join(wrong))


def _results(
    dask: Any, client: Any, function: Function, tasks: Sequence[Any], progress: Tick
) -> Iterator[tuple[Any, Any]]:
    try:
        left = {client.submit(function, task, pure=False): task for task in tasks}
        alive = time.monotonic()
        while left:
            done = _done(dask, list(left))
            for future in done:
                yield left.pop(future), future.result()
            if progress(0, 0):
                client.cancel(list(left))
                return
            if done or client.scheduler_info()["workers"]:
                alive = time.monotonic()
            elif time.monotonic() - alive > _ALONE_SECONDS:
                raise ReplayError(f"the cluster has had no worker for {_ALONE_SECONDS} seconds")
    except (OSError, CancelledError) as error:
        raise ReplayError(f"the scheduler is gone: {error}") from None
    except dask.scheduler.KilledWorker as error:
        raise ReplayError(f"a part kills every worker that takes it: {error}") from None


def _done(dask: Any, futures: list[Any]) -> set[Any]:
    try:
        waited = dask.wait(futures, timeout=_LOOK_SECONDS, return_when="FIRST_COMPLETED")
    except TimeoutError:
        return set()
    done: set[Any] = waited.done
    return done
