"""`toplyne-sandbox send`: events mapped and delivered to a Toplyne-like URL, as Segment would."""

from dataclasses import replace

import click
from click.core import ParameterSource

from sandbox.cli.inputs import EventInput, destinations_of
from sandbox.cli.options import EventOptions, finish, to_command, usage_errors
from sandbox.cli.records import Result, is_failure, record, show_event, show_result
from sandbox.cli.urls import ApiOptions, local_url, needed_key
from sandbox.delivery import Delivery
from sandbox.destination import Destination
from sandbox.event_input import Event
from sandbox.loopback import is_loopback
from sandbox.segment.errors import InvalidMapping
from sandbox.segment.pipeline import Request
from sandbox.suspicions import Suspicion, sent_before, suspicious
from sandbox.workspace import ConnectedDestination


class SendOptions(ApiOptions, EventOptions):
    """Which events are sent where, and with which key."""


@to_command("send", SendOptions)
def command(given: SendOptions) -> None:
    """Send the events in FILE (- is standard input) through the mappings to a Toplyne-like URL.

    The mappings are the presets, or those of a workspace. What the workspace says of URL and API
    key goes before the environment, and the options go before both.

    Examples:
      toplyne-sandbox send events.ndjson --url http://127.0.0.1:8020/v1 --api-key TOKEN
      toplyne-sandbox generate 3 | toplyne-sandbox send
    """
    connected = [(each, _opened(each, given)) for each in destinations_of(given.workspace)]
    screen = given.screen
    events = EventInput(given.file)
    failed = False
    from sandbox.delivery_client import open_client

    with open_client(may_reach=lambda host: given.allow_remote or is_loopback(host)) as client:
        for event in events:
            show_event(screen, event)
            for place, destination in connected:
                earlier: list[Request] = []
                for result in destination.send(event.value, client=client):
                    failed |= is_failure(result)
                    odd = _suspicions(event, result, earlier)
                    earlier += [result.request] if isinstance(result, Delivery) else []
                    named = {"destination": place.name} if place.name else {}
                    told = [each.to_json() for each in odd]
                    screen.record({**record(event, result), **named, "suspicions": told})
                    show_result(screen, result)
                    if odd:
                        screen.line(("    accepted, and surely wrong:", "bold yellow"))
                    for suspicion in odd:
                        screen.folded(str(suspicion), indent=6, style="yellow")
    finish(failed=failed, unreadable=events.unreadable)


def _suspicions(event: Event, result: Result, earlier: list[Request]) -> list[Suspicion]:
    """Return what is surely wrong with a request that was accepted; nothing for all others.

    `earlier` are the requests made of the same event before.
    """
    if not isinstance(result, Delivery) or not result.ok:
        return []
    found = suspicious(result.request, event.value, result.mapping)
    return [*found, *sent_before(result.request, earlier)]


def _opened(connected: ConnectedDestination, given: SendOptions) -> Destination:
    """Return the destination with the URL and the key that go first; raises UsageError."""
    url = _first("url", given.url, connected.base_url)
    base_url = local_url(url, allow_remote=given.allow_remote)
    key = needed_key(_first("api_key", given.api_key, connected.api_key))
    with usage_errors(InvalidMapping):
        return replace(connected, api_key=key).at(base_url, rules=given.rules)


def _first(name: str, given: str | None, in_file: str | None) -> str | None:
    source = click.get_current_context().get_parameter_source(name)
    return given if source is ParameterSource.COMMANDLINE or not in_file else in_file
