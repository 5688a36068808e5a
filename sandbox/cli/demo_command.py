"""`toplyne-sandbox demo`: recorded events through the presets into the mock, and refusals."""

from __future__ import annotations

from collections import Counter
from itertools import groupby
from typing import TYPE_CHECKING, Final

import click

from sandbox.cli.inputs import EXIT_FAILED, json_option
from sandbox.cli.output import Part, Screen, json_line
from sandbox.cli.records import Result, is_failure, outcome_word, record, show_event, show_result
from sandbox.delivery import Delivery, deliver
from sandbox.delivery_client import open_client
from sandbox.destination import Destination
from sandbox.samples import Sample, recorded
from sandbox.segment.javascript import Json
from sandbox.segment.json_text import json_text
from sandbox.segment.pipeline import Request
from sandbox.toplyne import TOPLYNE
from sandbox.values import members

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
"""What the mock must refuse: a title, the only item of an upload, and its key if not the mock's."""


@click.command("demo")
@json_option
@click.pass_context
def command(ctx: click.Context, as_json: bool) -> None:
    """Send the recorded events through the presets into the mock, over HTTP, and show it."""
    from mock_server import MockServer

    with MockServer() as toplyne, open_client() as client:
        show = Demo(toplyne, client, None if as_json else Screen())
        show.run()
    ctx.exit(EXIT_FAILED if show.counts["failed"] else 0)


class Demo:
    """One run of the demo; `screen` is None for JSON."""

    def __init__(self, toplyne: MockServer, client: httpx.Client, screen: Screen | None) -> None:
        """Connect the presets to the mock."""
        self.toplyne = toplyne
        self.client = client
        self.screen = screen
        self.destination = Destination(api_key=toplyne.token, base_url=toplyne.api_url)
        self.counts: Counter[str] = Counter()

    def run(self) -> None:
        """Send all samples, then what must be refused, then count."""
        self._say("Recorded events of real clients, through the three presets, into a mock Toplyne")
        self._say(f"at {self.toplyne.api_url}")
        for name, samples in groupby(recorded(), key=lambda sample: sample.name):
            self._title(name)
            for sample in samples:
                self._send(sample)
        for title, item, api_key in REFUSALS:
            self._title(f"refused: {title}")
            self._refuse(title, item, api_key or self.toplyne.token)
        self._total()

    def _send(self, sample: Sample) -> None:
        self.counts["events"] += 1
        if self.screen:
            show_event(self.screen, sample.event)
        for result in self.destination.send(sample.event.value, client=self.client):
            self._count(result)
            if self.screen:
                show_result(self.screen, result)
            else:
                json_line({"sample": sample.name, **record(sample.event, result)})

    def _count(self, result: Result) -> None:
        self.counts[outcome_word(result)] += 1
        self.counts["accepted"] += isinstance(result, Delivery) and result.ok
        self.counts["failed"] += is_failure(result)

    def _refuse(self, title: str, item: dict[str, Json], api_key: str) -> None:
        """Send an item without a mapper."""
        content = json_text({EVENTS.envelope: [item]}).encode()
        request = Request(method="POST", path=EVENTS.path, content=content)
        delivery = deliver(
            request, api_key=api_key, base_url=self.toplyne.api_url, client=self.client
        )
        self.counts["refused"] += not delivery.ok
        self.counts["failed"] += delivery.ok
        (entry,) = [each for each in self.toplyne.entries if each["number"] == delivery.entry]
        reasons = entry["problems"]
        if self.screen:
            show_result(self.screen, delivery)
            for reason in reasons:
                self.screen.line("    journal  ", (reason["path"], "yellow"))
                self.screen.folded(reason["message"], indent=13)
            return
        json_line(
            {
                "refusal": title,
                "outcome": "refused",
                "request": delivery.request.to_json(),
                "answer": {"status": delivery.status, "json": delivery.json},
                "problems": reasons,
            }
        )

    def _total(self) -> None:
        toplyne, counts = self.toplyne, self.counts
        kinds = members(toplyne, "profiles", "accounts", "events")
        state = {kind: len(items) for kind, items in kinds.items()}
        if self.screen is None:
            json_line({"totals": {**counts, "state": state}})
            return
        self._title("totals")
        for label, text in (
            ("events", f"{counts['events']} sent through 3 presets"),
            ("requests", f"{counts['mapped']} made, {counts['accepted']} accepted"),
            ("refused", f"{counts['refused']} of {len(REFUSALS)} that must be"),
            ("Toplyne", ", ".join(f"{name} {number}" for name, number in state.items())),
        ):
            self._say(f"  {label:<10}", (text, "bold"))
        self._say(
            ("  Next: `make serve`, or `toplyne-sandbox map FILE` with events of your own.", "dim")
        )

    def _title(self, text: str) -> None:
        self._say()
        self._say((text, "bold magenta"))

    def _say(self, *parts: Part) -> None:
        if self.screen:
            self.screen.line(*parts)
