"""Retry: which deliveries Segment tries again, and when.

Docs ("Destinations", Retries between Segment and destinations): failed calls are retried for four
hours, with a randomized exponential backoff after each attempt. Which failures are, the error
classes of its runtime say: of 4xx only 408, 423 and 429, of 5xx all but 501, and every call that
got no answer. The first wait and the growth are assumed.
"""

import math
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True, kw_only=True)
class Backoff:
    """How long is waited: `first_wait` seconds, growing by `growth`, within `window` seconds.

    `time_scale` multiplies all seconds: 1 is Segment's pace, 0.001 a thousand times faster. Raises
    ValueError for what would never end or never wait.
    """

    first_wait: float = 1.0
    growth: float = 2.0
    window: float = 4 * 60 * 60
    time_scale: float = 1.0

    def __post_init__(self) -> None:
        """Refuse what cannot be a backoff."""
        for name in ("first_wait", "window", "time_scale"):
            value = getattr(self, name)
            if not (math.isfinite(value) and value > 0):
                raise ValueError(f"{name} must be a number above 0, but it was {value!r}.")
        if not (math.isfinite(self.growth) and self.growth >= 1):
            raise ValueError(f"growth must be 1 or more, but it was {self.growth!r}.")

    def wait(self, attempt: int, *, chance: float) -> float:
        """Return the seconds to wait after that attempt (the first is 1).

        `chance` is from 0 up to 1: the wait lies between half of the grown wait and the whole.
        """
        try:
            whole: float = self.first_wait * float(self.growth) ** (attempt - 1)
        except OverflowError:
            whole = math.inf
        return whole * (0.5 + chance / 2) * self.time_scale

    def due(self, attempt: int, *, started: float, now: float, chance: float) -> float | None:
        """Return when a delivery that just failed is tried again, or None if it is given up.

        `attempt` counts those made; `started` is when the first was made and `now` the clock, both
        in seconds of any one clock; `chance` is a random number from 0 up to 1. Given up is what
        would come due after the window. Whether to retry at all, `is_retried` says.
        """
        time = now + self.wait(attempt, chance=chance)
        return time if time <= started + self.window * self.time_scale else None


SEGMENTS_BACKOFF: Final = Backoff()


def is_retried(status: int | None) -> bool:
    """Return whether a failed delivery is tried again; `status` is None where no answer came.

    A redirect that led nowhere is final (assumed).
    """
    if status is None or status in {408, 423, 429}:
        return True
    return 500 <= status <= 599 and status != 501
