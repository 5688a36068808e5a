"""Receiving: events of a file as Segment's intake would hand them on, for `map` and `explain`."""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator
from dataclasses import replace
from itertools import chain
from typing import Any

from sandbox.cli.inputs import EventInput, exit_code, flag
from sandbox.cli.output import Screen, json_line
from sandbox.cli.records import place_of, show_event
from sandbox.event_input import Event
from sandbox.segment.javascript import Json

as_received_option = flag(
    "--as-received",
    help="Take the events as a client sends them: let Segment's intake complete or drop them.",
)


class Receiving:
    """The events of a file after intake, shown as they come, each with more for its record."""

    def __init__(self, file: str, screen: Screen, *, as_received: bool, as_json: bool) -> None:
        self.screen, self.as_received, self.as_json = screen, as_received, as_json
        self._events = EventInput(file)
        self._dropped = False

    def __iter__(self) -> Iterator[tuple[Event, dict[str, str]]]:
        """Yield the events that intake does not drop."""
        return chain.from_iterable(map(self._shown, self._events))

    def exit_code(self, *, failed: bool) -> int:
        """Return the command's exit code; a dropped event counts as failed."""
        return exit_code(failed=failed or self._dropped, unreadable=self._events.unreadable)

    def _shown(self, event: Event) -> Iterator[tuple[Event, dict[str, str]]]:
        """Show the event, and yield it as the mappings get it with what else its lines say.

        Nothing is yielded where intake drops it. Where intake was not asked for, the remark says
        what it would do.
        """
        if not self.as_received and _is_complete(event.value):
            if not self.as_json:
                show_event(self.screen, event)
            yield event, {}
            return
        message, code, remark = taken_in(event.value)
        if self.as_received:
            if message is None:
                self._drop(event, code, remark)
                return
            event = replace(event, value=message)
        elif message is None:
            remark = f"Segment would drop this event on intake ({code}): {remark}"
        else:
            remark = (
                "Segment would add the time of arrival; give it with `--as-received`, or send it "
                "through `serve`."
            )
        if not self.as_json:
            show_event(self.screen, event)
            if remark:
                self.screen.folded(remark, indent=4, style="yellow")
        yield event, {"intake": remark} if remark else {}

    def _drop(self, event: Event, code: str, reason: str) -> None:
        self._dropped = True
        if self.as_json:
            nothing: dict[str, Json] = {"mapping": None, "action": None, "request": None}
            told = {"outcome": "dropped", "problems": [], "code": code, "reason": reason}
            json_line({**place_of(event), **nothing, **told})
            return
        show_event(self.screen, event)
        self.screen.folded(f"dropped on intake ({code}): {reason}", indent=4, style="red")


def _is_complete(event: dict[str, Any]) -> bool:
    """Return whether intake has nothing to add that mappings look at, and no reason to drop it."""
    has_id = event.get("userId") is not None or event.get("anonymousId") is not None
    return has_id and event.get("type") is not None and event.get("timestamp") is not None


def taken_in(event: dict[str, Any]) -> tuple[dict[str, Any] | None, str, str]:
    """Return the message that destinations get with what is odd about it, or a code and why not."""
    from sandbox.segment.calls import BATCH
    from sandbox.segment.intake import Dropped, take_in

    (taken,) = take_in(
        {"batch": [event]},
        call=BATCH,
        received_at=int(time.time() * 1000),
        new_id=lambda: str(uuid.uuid4()),
    )
    if isinstance(taken, Dropped):
        return None, taken.code, taken.reason
    return taken.message, "", " ".join(taken.remarks)
