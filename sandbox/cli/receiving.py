"""Receiving: events of a file as Segment's intake would hand them on, for `map` and `explain`."""

import time
import uuid
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from sandbox.cli.command import flag
from sandbox.cli.inputs import EventCommand
from sandbox.cli.records import place_of, show_event
from sandbox.event_input import Event

AS_RECEIVED: Any = flag(
    "Take the events as a client sends them: let Segment's intake complete or drop them.",
)


class ReceivedCommand(EventCommand):
    """A command that lets intake complete or drop the events of a file."""

    as_received: bool = AS_RECEIVED

    def received(self) -> Iterator[tuple[Event, dict[str, str]]]:
        """Show and yield each event that intake does not drop, as the mappings get it.

        With it comes what else its record says: where intake was not asked for, what it would do.
        """
        for event in self.events():
            value, code, remark = event.value, "", ""
            if self.as_received or not _is_complete(value):
                value, code, remark = _taken_in(value)
            if code and self.as_received:
                self._drop(event, code, remark)
                continue
            if code:
                remark = f"Segment would drop this event on intake ({code}): {remark}"
            elif not self.as_received and value is not event.value:
                remark = (
                    "Segment would add the time of arrival; give it with `--as-received`, or send "
                    "it through `serve`."
                )
            received = replace(event, value=value) if self.as_received else event
            show_event(self.screen, received)
            if remark:
                self.screen.folded(remark, indent=4, style="yellow")
            yield received, {"intake": remark} if remark else {}

    def _drop(self, event: Event, code: str, reason: str) -> None:
        self.failed = True
        told = {"mapping": None, "action": None, "request": None, "outcome": "dropped"}
        self.screen.record(
            {**place_of(event), **told, "problems": [], "code": code, "reason": reason}
        )
        show_event(self.screen, event)
        self.screen.folded(f"dropped on intake ({code}): {reason}", indent=4, style="red")


def _is_complete(event: dict[str, Any]) -> bool:
    """Return whether intake has nothing to add that mappings look at, and no reason to drop it."""
    has_id = event.get("userId") is not None or event.get("anonymousId") is not None
    return has_id and event.get("type") is not None and event.get("timestamp") is not None


def _taken_in(event: dict[str, Any]) -> tuple[dict[str, Any], str, str]:
    """Return the message that destinations get, why intake drops it, and what is said of it."""
    from sandbox.segment.calls import BATCH
    from sandbox.segment.intake import Dropped, take_in

    now = int(time.time() * 1000)
    batch: dict[str, Any] = {"batch": [event]}
    (taken,) = take_in(batch, call=BATCH, received_at=now, new_id=lambda: str(uuid.uuid4()))
    if isinstance(taken, Dropped):
        return event, taken.code, taken.reason
    return taken.message, "", " ".join(taken.remarks)
