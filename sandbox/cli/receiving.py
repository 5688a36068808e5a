"""Receiving: events of a file as Segment's intake would hand them on, for `map` and `explain`."""

import time
import uuid
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, NoReturn

from sandbox.cli.inputs import EventInput
from sandbox.cli.options import EventOptions, finish, flag
from sandbox.cli.records import place_of, show_event
from sandbox.event_input import Event
from sandbox.segment.javascript import Json

AS_RECEIVED: Any = flag(
    "Take the events as a client sends them: let Segment's intake complete or drop them.",
)


class ReceivedOptions(EventOptions):
    """What a command is given that lets intake complete or drop the events."""

    as_received: bool = AS_RECEIVED


class Received:
    """The events of a file after intake, shown as they come, each with more for its record."""

    def __init__(self, given: ReceivedOptions) -> None:
        self.screen = given.screen
        self._as_received = given.as_received
        self._events = EventInput(given.file)
        self._dropped = False

    def __iter__(self) -> Iterator[tuple[Event, dict[str, str]]]:
        """Yield each event that intake does not drop, as the mappings get it.

        With it comes what else its lines say: where intake was not asked for, what it would do.
        """
        for event in self._events:
            value, code, remark = event.value, "", ""
            if self._as_received or not _is_complete(value):
                value, code, remark = _taken_in(value)
            if code and self._as_received:
                self._drop(event, code, remark)
                continue
            if code:
                remark = f"Segment would drop this event on intake ({code}): {remark}"
            elif not self._as_received and value is not event.value:
                remark = (
                    "Segment would add the time of arrival; give it with `--as-received`, or send "
                    "it through `serve`."
                )
            received = replace(event, value=value) if self._as_received else event
            show_event(self.screen, received)
            if remark:
                self.screen.folded(remark, indent=4, style="yellow")
            yield received, {"intake": remark} if remark else {}

    def finish(self, *, failed: bool) -> NoReturn:
        """End the command; a dropped event counts as failed."""
        finish(failed=failed or self._dropped, unreadable=self._events.unreadable)

    def _drop(self, event: Event, code: str, reason: str) -> None:
        self._dropped = True
        nothing: dict[str, Json] = {"mapping": None, "action": None, "request": None}
        told = {"outcome": "dropped", "problems": [], "code": code, "reason": reason}
        self.screen.record({**place_of(event), **nothing, **told})
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
