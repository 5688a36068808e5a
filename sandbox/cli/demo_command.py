"""`toplyne-sandbox demo`: send recorded events through the presets, and show what is refused."""

from __future__ import annotations

import sys
from collections import Counter
from itertools import groupby
from pathlib import Path
from shutil import which
from typing import TYPE_CHECKING, Final

from sandbox.cli import NAME
from sandbox.cli.command import JsonCommand, flag
from sandbox.cli.records import is_failure, outcome_word, record, show_event, show_result
from sandbox.contract.wording import counted
from sandbox.delivery import Delivery, deliver
from sandbox.delivery_client import open_client
from sandbox.destination import Destination
from sandbox.samples import Sample, recorded
from sandbox.segment.json_text import json_text
from sandbox.segment.pipeline import Request, Skipped
from sandbox.toplyne import TOPLYNE
from sandbox.values import Json, members

if TYPE_CHECKING:
    import httpx

    from mock_server import MockServer

EVENTS = next(action.endpoint for action in TOPLYNE.actions if action.key == "sendEvents")


_BARE: Final[dict[str, Json]] = {"eventName": "Signed Up", "timestamp": 1795450639}
REFUSALS: Final[tuple[tuple[str, dict[str, Json], str], ...]] = (
    ("a wrong API key", {"userId": "u1", **_BARE}, "not-a-token"),
    ("an event without a name", {"userId": "u1", "timestamp": 1795450639}, ""),
    ("an event without any id", _BARE, ""),
)
"""What the mock must refuse: a title, the only item of an upload, an API key ("": the mock's)."""


_SHOWN_CLIENT: Final = "analytics-python-sync"
_SHOWN_EVENTS: Final = 2
_SHOWN_REFUSAL: Final = "an event without a name"
"""What is shown without `--all`, so that it fits on one screen."""


class DemoCommand(JsonCommand):
    """Send recorded events of real clients through the presets into the mock, and show it.

    Examples:
      toplyne-sandbox demo
      toplyne-sandbox demo --all
    """

    shows_all: bool = flag("Show every event and every refusal.", "--all")

    toplyne: MockServer
    client: httpx.Client
    counts: Counter[str]

    def run(self) -> None:
        """Send all samples, then what must be refused, then show the totals.

        With `--json` everything is printed, otherwise what fits on a screen.
        """
        from mock_server import MockServer

        self.counts = Counter[str]()
        with MockServer() as self.toplyne, open_client() as self.client:
            self._play()
        self.failed = self.counts["failed"] > 0

    def _play(self) -> None:
        title = "Recorded events, through the three presets, into a mock Toplyne"
        self.screen.line((title, "bold"))
        presets = Destination(api_key=self.toplyne.token, base_url=self.toplyne.api_url)
        for name, samples in groupby(recorded(), key=lambda sample: sample.name):
            if self.shows_all:
                self._title(name)
            for sample in samples:
                is_shown = name == _SHOWN_CLIENT and sample.event.index < _SHOWN_EVENTS
                self._send(sample, presets, is_shown=is_shown or self.shows_all)
        for title, item, api_key in REFUSALS:
            self._refuse(title, item, api_key or self.toplyne.token)
        self._total()

    def _send(self, sample: Sample, presets: Destination, *, is_shown: bool) -> None:
        self.counts["events"] += 1
        if is_shown:
            show_event(self.screen, sample.event)
        for result in presets.send(sample.event.value, client=self.client):
            self.counts[outcome_word(result)] += 1
            self.counts["accepted"] += isinstance(result, Delivery) and result.ok
            self.counts["failed"] += is_failure(result)
            self.screen.record({"sample": sample.name, **record(sample.event, result)})
            if is_shown and (self.shows_all or not isinstance(result, Skipped)):
                show_result(self.screen, result)

    def _refuse(self, title: str, item: dict[str, Json], api_key: str) -> None:
        """Send an item directly, without a mapping, and count whether it is refused."""
        content = json_text({EVENTS.envelope: [item]}).encode()
        request = Request(method="POST", path=EVENTS.path, content=content)
        url = self.toplyne.api_url
        delivery = deliver(request, api_key=api_key, base_url=url, client=self.client)
        self.counts["refused"] += not delivery.ok
        self.counts["failed"] += delivery.ok
        (entry,) = [each for each in self.toplyne.entries if each["number"] == delivery.entry]
        told = {"refusal": title, "outcome": "refused", "request": request.to_json()}
        answer = members(delivery, "status", "json")
        self.screen.record({**told, "problems": entry["problems"], "answer": answer})
        if self.shows_all or title == _SHOWN_REFUSAL:
            self._title(f"refused: {title}")
            show_result(self.screen, delivery)

    def _total(self) -> None:
        kinds = members(self.toplyne, "profiles", "accounts", "events")
        state = {kind: len(items) for kind, items in kinds.items()}
        counts = self.counts
        self.screen.record({"totals": {**counts, "state": state}})
        self.screen.line(
            f"{counts['events']} events became {counts['mapped']} requests,"
            f" {counts['accepted']} were accepted;"
            f" {counts['refused']} of {len(REFUSALS)} wrong ones were refused."
        )
        known = ", ".join(counted(number, kind.removesuffix("s")) for kind, number in state.items())
        more = "" if self.shows_all else " (`demo --all` shows all)"
        self.screen.line(f"Toplyne has {known}{more}. Next:")
        self.screen.line((_line_that_serves(), "bold"))

    def _title(self, text: str) -> None:
        self.screen.line()
        self.screen.line((text, "bold magenta"))


def _line_that_serves() -> str:
    """Return a line to paste that also works if the command is not on the PATH."""
    if which(NAME):
        return f"{NAME} serve"
    own = sys.argv[0]
    return f"{own if Path(own).name == NAME else 'python -m toplyne_sandbox'} serve"
