"""`toplyne-sandbox send`: events mapped and delivered to a Toplyne-like URL, as Segment would."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import click
from click.core import ParameterSource

from sandbox.cli.inputs import EventInput, event_options, exit_code, usage_errors
from sandbox.cli.output import Screen, json_line
from sandbox.cli.records import (
    Result,
    is_failure,
    show_event,
    show_result,
    show_suspicions,
    suspicions_of,
)
from sandbox.cli.urls import api_options, local_url, needed_key
from sandbox.cli.workspaces import destinations_of, record_of
from sandbox.delivery import Delivery
from sandbox.destination import Destination
from sandbox.event_input import Event
from sandbox.loopback import is_loopback
from sandbox.segment.definition import Rules
from sandbox.segment.errors import InvalidMapping
from sandbox.segment.pipeline import Request
from sandbox.suspicions import Suspicion
from sandbox.workspace import ConnectedDestination

if TYPE_CHECKING:
    import httpx

Destinations: TypeAlias = list[tuple[ConnectedDestination, Destination]]


@click.command("send")
@event_options
@api_options
@click.pass_context
def command(
    ctx: click.Context,
    file: str,
    url: str | None,
    api_key: str | None,
    allow_remote: bool,
    workspace: Path | None,
    rules: Rules,
    as_json: bool,
) -> None:
    """Send the events in FILE (- is standard input) through the mappings to a Toplyne-like URL.

    The mappings are the presets, or those of a workspace. What the workspace says of URL and API
    key goes before the environment, and the options go before both.

    Examples:
      toplyne-sandbox send events.ndjson --url http://127.0.0.1:8020/v1 --api-key TOKEN
      toplyne-sandbox generate 3 | toplyne-sandbox send
    """
    destinations = [
        (connected, _opened(ctx, connected, url, api_key, rules, allow_remote=allow_remote))
        for connected in destinations_of(workspace)
    ]
    screen = Screen()
    events = EventInput(file)
    failed = False
    from sandbox.delivery_client import open_client

    with open_client(may_reach=lambda host: allow_remote or is_loopback(host)) as client:
        for event in events:
            if not as_json:
                show_event(screen, event)
            for connected, result, odd in _sent(destinations, event, client):
                failed |= is_failure(result)
                if as_json:
                    entry = record_of(event, result, connected)
                    json_line({**entry, "suspicions": [each.to_json() for each in odd]})
                else:
                    show_result(screen, result)
                    show_suspicions(screen, odd)
    ctx.exit(exit_code(failed=failed, unreadable=events.unreadable))


def _sent(
    destinations: Destinations, event: Event, client: httpx.Client
) -> Iterator[tuple[ConnectedDestination, Result, tuple[Suspicion, ...]]]:
    """Send an event to all destinations; yield each mapping's result, and what is suspicious."""
    for connected, destination in destinations:
        requests: list[Request] = []
        for result in destination.send(event.value, client=client):
            yield connected, result, suspicions_of(event, result, requests)
            requests += [result.request] if isinstance(result, Delivery) else []


def _opened(
    ctx: click.Context,
    connected: ConnectedDestination,
    url: str | None,
    api_key: str | None,
    rules: Rules,
    *,
    allow_remote: bool,
) -> Destination:
    """Return the destination with the URL and the key that go first; raises UsageError."""
    base_url = local_url(_first(ctx, "url", url, connected.base_url), allow_remote=allow_remote)
    key = needed_key(_first(ctx, "api_key", api_key, connected.api_key))
    with usage_errors(InvalidMapping):
        return replace(connected, api_key=key).at(base_url, rules=rules)


def _first(ctx: click.Context, option: str, given: str | None, in_file: str | None) -> str | None:
    is_typed = ctx.get_parameter_source(option) is ParameterSource.COMMANDLINE
    return given if is_typed or not in_file else in_file
