"""Message ids: which were seen already, so that what an SDK sends twice counts once.

Segment documents 24 hours at least.
"""

from __future__ import annotations

from typing import Final

SECONDS_KEPT: Final = 24 * 60 * 60
MOST_KEPT: Final = 200_000


class MessageIds:
    """The messageIds of each source, for a day; of the oldest no more than fit."""

    def __init__(self, *, most: int = MOST_KEPT) -> None:
        """Keep at most so many a source."""
        self._most = most
        self._seen: dict[str, dict[str, float]] = {}

    def is_new(self, source: str, message_id: str, *, now: float) -> bool:
        """Tell whether the source did not send the id before, and keep it."""
        seen = self._seen.setdefault(source, {})
        before = seen.get(message_id)
        if before is not None and now - before < SECONDS_KEPT:
            return False
        seen.pop(message_id, None)
        seen[message_id] = now
        if len(seen) > self._most:
            del seen[next(iter(seen))]
        return True

    def reset(self, source: str) -> None:
        """Forget what the source sent."""
        self._seen.pop(source, None)
