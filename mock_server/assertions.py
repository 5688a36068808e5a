"""Assertions: what tests claim about what was received, with the nearest where one fails."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from mock_server.store.merging import ACCOUNTS, PROFILES
from mock_server.store.state import EVENTS
from mock_server.tenant_view import TenantView
from sandbox.segment.javascript import MISSING, Json
from sandbox.segment.json_text import json_text

if TYPE_CHECKING:
    from mock_server.control.nearest import Nearest

_SHOWN: Final = 5


class Assertions(TenantView):
    """What one tenant sees, with assertions about it."""

    def assert_received(
        self, *, event: object = MISSING, profile: object = MISSING, account: object = MISSING
    ) -> None:
        """Assert that an item with at least these members is in the state.

        >>> toplyne.assert_received(event={"eventName": "Signed Up"})

        The failure shows the nearest item that came, and where it differs. Raises ValueError
        unless exactly one of the three is given.
        """
        from mock_server.control.nearest import nearest  # noqa: PLC0415 - not every test asks

        asked = {EVENTS: event, PROFILES: profile, ACCOUNTS: account}
        wanted = {kind: value for kind, value in asked.items() if value is not MISSING}
        if len(wanted) != 1:
            raise ValueError("assert_received takes one of event, profile and account")
        ((kind, expected),) = wanted.items()
        items = self.items(kind)
        found = nearest(expected, ((item, item) for item in items), partial=True)
        if found is None or found.differences:
            __tracebackhide__ = True
            raise AssertionError(self._missing(kind.rstrip("s"), expected, items, found))

    def _missing(
        self, what: str, expected: Json, items: list[Json], found: Nearest[Json] | None
    ) -> str:
        lines = [f"no {what} like {json_text(expected)} was received."]
        if found is None:
            lines.append(f"No {what} was received at all.{self.last_refused()}")
            return "\n".join(lines)
        lines.append(f"The nearest of {len(items)}: {json_text(found.candidate)}")
        lines += [
            f"  {each.path}: expected {_written(each.expected)}, found {_written(each.found)}"
            for each in found.differences[:_SHOWN]
        ]
        return "\n".join(lines) + self.last_refused()


def _written(value: Json) -> str:
    return "nothing" if value is MISSING else json_text(value)
