"""Failing: how a test asks the mock for faults, in Python."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from mock_server.toplyne.fault import checked_fault
from mock_server.toplyne.fault_reading import bad_day
from sandbox.segment.javascript import Json

if TYPE_CHECKING:
    from mock_server.toplyne.faults import Faults


class Failing:
    """What has faults, those of the tenant of that number."""

    _faults: Faults
    number: int

    def fail_next(self, *, times: int = 1, **fault: Any) -> None:
        """Let the next call fail, or the next `times` calls.

        Takes the parts of a Fault: `status` (400 to 599, in the recorded ERROR body), `retry_after`
        (seconds), `path` (such as "/v1/upload/events"), `delay` (seconds), `wire` ("reset",
        "empty", "half" or "garbage") and `stored` (whether the items are stored all the same; by
        default not with a status, and with every other fault). `most_delay` draws a delay between
        the two by `seed`, and at `bytes_per_second` the body leaves. Raises InvalidFault with all
        that is wrong.

        >>> toplyne.fail_next(status=429, retry_after=1, times=2)
        """
        self._add(times=times, **fault)

    def answer_next(
        self,
        *,
        status: int,
        headers: Mapping[str, str] | Iterable[tuple[str, str]] = (),
        body: bytes | str = b"",
        times: int = 1,
        path: str | None = None,
        **fault: Any,
    ) -> None:
        """Give the next call, or the next `times` calls, this answer, of any status from 200 on.

        The token is looked at all the same; a call that is answered 2xx is stored. Ready ones are
        in `sandbox.answers`. Takes `delay`, `wire`, `stored` and their kin as `fail_next` does.

        >>> toplyne.answer_next(status=502, body="<html>Bad Gateway</html>")
        """
        pairs = headers.items() if isinstance(headers, Mapping) else headers
        answer = {"status": status, "headers": list(pairs), "body": body}
        self._add(times=times, path=path, **answer, **fault)

    def fail_always(self, *, probability: float = 1.0, seed: int = 0, **fault: Any) -> None:
        """Let every call fail until `clear_faults()`, or that share of them; else as `fail_next`.

        The same seed picks the same calls.

        >>> toplyne.fail_always(status=503, probability=0.2, seed=7)
        """
        self._add(times=None, probability=probability, seed=seed, **fault)

    def bad_day(self, *, probability: float = 0.3, seed: int = 0, path: str | None = None) -> None:
        """Let that share of the calls fail, in every way there is, until `clear_faults()`."""
        day = bad_day(probability=probability, seed=seed, path=path)
        self._faults.add(self.number, *day)

    def _add(self, **fault: Any) -> None:
        self._faults.add(self.number, checked_fault(fault))

    @property
    def faults(self) -> list[dict[str, Json]]:
        """The faults that still wait, as `/_sandbox/faults` shows them."""
        return [waiting.to_json() for waiting in self._faults.waiting(self.number)]

    def unmet(self) -> list[str]:
        """Return a line for each fault or answer that was asked for and has not happened."""
        waiting = self._faults.waiting(self.number)
        return [line for each in waiting if (line := each.unmet)]

    def clear_faults(self) -> None:
        """Forget the faults that still wait."""
        self._faults.reset(self.number)
