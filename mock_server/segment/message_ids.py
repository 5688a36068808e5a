"""Message ids: remember which were seen, so that a message sent twice counts once.

Segment documents at least 24 hours, and that the sources of a workspace share their ids. A tenant
is a workspace here: two tenants never share ids.
"""

from typing import Final

SECONDS_KEPT: Final = 24 * 60 * 60
MOST_KEPT: Final = 1_000_000
"""How many messageIds of a tenant are remembered."""


class MessageIds:
    """The messageIds of each tenant, for a day; above the limit the oldest are dropped."""

    def __init__(self, *, most: int = MOST_KEPT) -> None:
        """Keep at most `most` ids a tenant."""
        self._most = most
        self._seen: dict[int, dict[str, float]] = {}

    def is_new(self, tenant: int, message_id: str, *, now: float) -> bool:
        """Remember the id. Return whether it is new to the tenant."""
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
        """Forget ids again, because their messages could not be stored."""
        for each in message_ids:
            self._seen.get(tenant, {}).pop(each, None)

    def reset(self, tenant: int) -> None:
        """Forget the tenant's ids."""
        self._seen.pop(tenant, None)
