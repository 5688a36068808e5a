"""Retry: which deliveries Segment tries again, and when.

Docs ("Destinations", Retries between Segment and destinations): failed calls are retried for four
hours, with a randomized exponential backoff after each attempt. The error classes of its runtime
say which failures: of 4xx only 408, 423 and 429, of 5xx all but 501, and every call without an
answer. The first wait and the growth are assumed.
"""

import math
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True, kw_only=True)
class Backoff:
    """The waits between attempts: `first_wait` seconds, times `growth`, within `window` seconds.

    `time_scale` multiplies all seconds: 1 is Segment's pace, 0.001 a thousand times faster. Raises
    ValueError for values with which retries would never end or never wait.
    """

    first_wait: float = 1.0
    growth: float = 2.0
    window: float = 4 * 60 * 60
    time_scale: float = 1.0

    def __post_init__(self) -> None:
        """Check the values."""
        for name in ("first_wait", "window", "time_scale"):
            value = getattr(self, name)
            if not (math.isfinite(value) and value > 0):
                raise ValueError(f"{name} must be a number above 0, but it was {value!r}.")
        if not (math.isfinite(self.growth) and self.growth >= 1):
            raise ValueError(f"growth must be 1 or more, but it was {self.growth!r}.")

    def wait(self, attempt: int, *, chance: float) -> float:
        """Return the seconds to wait after that attempt (the first is 1).

        `chance` is from 0 up to 1: the wait is between half of the grown wait and all of it.
        """
        try:
            whole: float = self.first_wait * float(self.growth) ** (attempt - 1)
        except OverflowError:
            whole = math.inf
        return whole * (0.5 + chance / 2) * self.time_scale

    def due(self, attempt: int, *, started: float, now: float, chance: float) -> float | None:
        """Return when a delivery that just failed is tried again, None if it is given up.

        `attempt` is the number of attempts so far; `started` is the time of the first and `now` the
        current time, both in seconds of one clock; `chance` is a random number from 0 up to 1. A
        delivery is given up if it would be due after the window. `is_retried` says whether to retry
        at all.
        """
        time = now + self.wait(attempt, chance=chance)
        return time if time <= started + self.window * self.time_scale else None


SEGMENTS_BACKOFF: Final = Backoff()


def is_retried(status: int | None) -> bool:
    """Return whether a failed delivery is tried again; `status` is None if there was no answer.

    An unresolved redirect is final (assumed).
    """
    if status is None or status in {408, 423, 429}:
        return True
    return 500 <= status <= 599 and status != 501
