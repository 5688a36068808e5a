"""`toplyne-sandbox send`: map events and deliver them to a Toplyne-like URL, as Segment would."""

from collections.abc import Sequence
from dataclasses import replace

import click
from click.core import ParameterSource

from sandbox.cli.command import usage_errors
from sandbox.cli.inputs import EventCommand
from sandbox.cli.records import is_failure, record, show_event, show_result
from sandbox.cli.urls import ApiCommand, local_url, needed_key
from sandbox.delivery import Delivery
from sandbox.destination import Destination
from sandbox.event_input import InputEvent
from sandbox.loopback import is_loopback
from sandbox.segment.errors import InvalidMapping
from sandbox.segment.pipeline import Rejected, Request, Skipped
from sandbox.suspicions import Suspicion, sent_before, suspicious
from sandbox.workspace import ConnectedDestination


class SendCommand(ApiCommand, EventCommand):
    """Send the events in FILE (- is standard input) through the mappings to a Toplyne-like URL.

    The mappings are the presets, or those of a workspace. The URL and API key come from the
    options, else from the workspace, else from the environment.

    Examples:
      toplyne-sandbox send events.ndjson --url http://127.0.0.1:8020/v1 --api-key TOKEN
      toplyne-sandbox generate 3 | toplyne-sandbox send
    """

    def run(self) -> None:
        """Send the events one after the other."""
        from sandbox.delivery_client import open_client

        connected = [(each.name, self._opened(each)) for each in self.destinations()]
        with open_client(may_reach=lambda host: self.allow_remote or is_loopback(host)) as client:
            for event in self.events():
                show_event(self.screen, event)
                for name, destination in connected:
                    results = destination.send(event.value, client=client)
                    self._show(event, results, {"destination": name} if name else {})

    def _show(
        self,
        event: InputEvent,
        results: Sequence[Delivery | Skipped | Rejected],
        named: dict[str, str],
    ) -> None:
        """Show the results of an event at one destination, and what is surely wrong with them."""
        earlier: list[Request] = []
        for result in results:
            self.failed |= is_failure(result)
            odd: list[Suspicion] = []
            if isinstance(result, Delivery):
                if result.ok:
                    odd += suspicious(result.request, event.value, result.mapping)
                    odd += sent_before(result.request, earlier)
                earlier.append(result.request)
            told = [each.to_json() for each in odd]
            self.screen.record({**record(event, result), **named, "suspicions": told})
            show_result(self.screen, result)
            if odd:
                self.screen.line(("    accepted, but surely wrong:", "bold yellow"))
            for suspicion in odd:
                self.screen.folded(str(suspicion), indent=6, style="yellow")

    def _opened(self, connected: ConnectedDestination) -> Destination:
        """Return the destination with the URL and the key to use; raises UsageError."""
        url = _first("url", self.url, connected.base_url)
        base_url = local_url(url, allow_remote=self.allow_remote)
        key = needed_key(_first("api_key", self.api_key, connected.api_key))
        with usage_errors(InvalidMapping):
            return replace(connected, api_key=key).at(base_url, rules=self.rules)


def _first(name: str, given: str | None, in_file: str | None) -> str | None:
    source = click.get_current_context().get_parameter_source(name)
    return given if source is ParameterSource.COMMANDLINE or not in_file else in_file
