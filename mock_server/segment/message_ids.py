"""Message ids: which were seen already, so that what an SDK sends twice counts once.

Segment documents 24 hours at least, and that two sources of a workspace share their ids. A tenant
stands for a workspace here; two tenants never share any.
"""

from __future__ import annotations

from typing import Final

SECONDS_KEPT: Final = 24 * 60 * 60
MOST_KEPT: Final = 1_000_000
"""How many messageIds of a tenant are remembered."""


class MessageIds:
    """The messageIds of each tenant, for a day; of the oldest no more than fit."""

    def __init__(self, *, most: int = MOST_KEPT) -> None:
        """Keep at most `most` ids a tenant."""
        self._most = most
        self._seen: dict[int, dict[str, float]] = {}

    def is_new(self, tenant: int, message_id: str, *, now: float) -> bool:
        """Tell whether the tenant did not get the id before, and keep it."""
        seen = self._seen.setdefault(tenant, {})
        before = seen.get(message_id)
        if before is not None and now - before < SECONDS_KEPT:
            return False
        seen.pop(message_id, None)
        seen[message_id] = now
        if len(seen) > self._most:
            del seen[next(iter(seen))]
        return True

    def forget(self, tenant: int, *message_ids: str) -> None:
        """Let ids be new again, as what came with them could not be kept."""
        for each in message_ids:
            self._seen.get(tenant, {}).pop(each, None)

    def reset(self, tenant: int) -> None:
        """Forget what the tenant got."""
        self._seen.pop(tenant, None)
