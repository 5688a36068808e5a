"""Cluster: tasks given to workers of a Dask scheduler, which gives them again where one dies."""

from __future__ import annotations

import importlib
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import CancelledError
from functools import partial
from typing import Any, Final, Self

from sandbox.replay.job import PACKAGE, ReplayError
from sandbox.replay.processes import Tick
from sandbox.replay.storage import unavailable

_CONNECT_SECONDS: Final = 10
_LOOK_SECONDS: Final = 0.5
_ALONE_SECONDS: Final = 60
_EXTRA: Final = "pip install 'toplyne-sandbox[archive]'"


class Cluster:
    """The workers of a scheduler that is running; raises ReplayError where they cannot be used."""

    def __init__(self, address: str, *, version: str, schemes: Iterable[str]) -> None:
        """Connect; each worker must have the version, and open URLs of the schemes."""
        try:
            self._dask: Any = importlib.import_module("distributed")
        except ImportError:
            raise ReplayError(f"a scheduler needs Dask's distributed: {_EXTRA}") from None
        try:
            self._client = self._dask.Client(address, timeout=_CONNECT_SECONDS)
        except (OSError, ValueError) as error:
            reason = str(error).partition("\n")[0]
            raise ReplayError(f"no scheduler answers at {address}: {reason}") from None
        try:
            self._check(version, sorted(schemes))
        except ReplayError:
            self._client.close()
            raise

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Disconnect."""
        self._client.close()

    def results(
        self, function: Callable[[Any], Any], tasks: Sequence[Any], progress: Tick
    ) -> Iterator[tuple[Any, Any]]:
        """Yield each task with what `function` returns of it, as `Processes` does."""
        try:
            left = {self._client.submit(function, task, pure=False): task for task in tasks}
            alive = time.monotonic()
            while left:
                done = self._done(left)
                for future in done:
                    yield left.pop(future), future.result()
                if progress(0, 0):
                    self._client.cancel(list(left))
                    return
                if done or self._client.scheduler_info()["workers"]:
                    alive = time.monotonic()
                elif time.monotonic() - alive > _ALONE_SECONDS:
                    raise ReplayError(f"the cluster has had no worker for {_ALONE_SECONDS} seconds")
        except (OSError, CancelledError) as error:
            raise ReplayError(f"the scheduler is gone: {error}") from None
        except self._dask.scheduler.KilledWorker as error:
            raise ReplayError(f"a part kills every worker that takes it: {error}") from None

    def _done(self, futures: Iterable[Any]) -> set[Any]:
        try:
            waited = self._dask.wait(
                list(futures), timeout=_LOOK_SECONDS, return_when="FIRST_COMPLETED"
            )
        except TimeoutError:
            return set()
        done: set[Any] = waited.done
        return done

    def _check(self, version: str, schemes: list[str]) -> None:
        own = partial(importlib.import_module("importlib.metadata").version, PACKAGE)
        found = self._client.run(own, on_error="return")
        if not found:
            raise ReplayError("the scheduler has no worker; start one with: dask worker ADDRESS")
        wrong = [
            f"{address} has {'no ' + PACKAGE if isinstance(v, Exception) else v}"
            for address, v in sorted(found.items())
            if v != version
        ]
        if wrong:
            raise ReplayError(f"every worker needs {PACKAGE} {version}, but {'; '.join(wrong)}")
        missing = self._client.run(unavailable, schemes) if schemes else {}
        if wrong := [f"{address}: {each}" for address, each in sorted(missing.items()) if each]:
            raise ReplayError("; ".join(wrong))
