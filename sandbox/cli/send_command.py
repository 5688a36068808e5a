"""`toplyne-sandbox send`: events mapped and delivered to a Toplyne-like URL, as Segment would."""

from __future__ import annotations

from urllib.parse import urlsplit

import click

from sandbox.cli.inputs import EventInput, exit_code, file_argument, json_option, rules_option
from sandbox.cli.output import Screen, json_line
from sandbox.cli.records import is_failure, record, show_event, show_result
from sandbox.delivery import is_loopback, open_client
from sandbox.destination import Destination
from sandbox.segment.definition import Rules
from sandbox.segment.errors import InvalidMapping
from sandbox.toplyne import TOPLYNE


@click.command("send")
@file_argument
@click.option(
    "--url", envvar="TOPLYNE_API_URL", help="The API's URL, ends in /v1. [TOPLYNE_API_URL]"
)
@click.option("--api-key", envvar="TOPLYNE_API_KEY", help="The API token. [TOPLYNE_API_KEY]")
@click.option("--allow-remote", is_flag=True, help="Send to a host that is not this machine.")
@rules_option
@json_option
@click.pass_context
def command(
    ctx: click.Context,
    file: str,
    url: str | None,
    api_key: str | None,
    allow_remote: bool,
    rules: Rules,
    as_json: bool,
) -> None:
    """Send the events in FILE (- is standard input) through the presets to a Toplyne-like URL."""
    destination = open_destination(url, api_key, rules, allow_remote=allow_remote)
    screen = Screen()
    events = EventInput(file)
    failed = False
    with open_client() as client:
        for event in events:
            if not as_json:
                show_event(screen, event)
            for result in destination.send(event.value, client=client):
                failed |= is_failure(result)
                json_line(record(event, result)) if as_json else show_result(screen, result)
    ctx.exit(exit_code(failed=failed, unreadable=events.unreadable))


def open_destination(
    url: str | None, api_key: str | None, rules: Rules, *, allow_remote: bool
) -> Destination:
    """Return the destination the options describe; raises UsageError with a sentence."""
    if not url:
        raise click.UsageError(
            "no URL to send to: give --url or TOPLYNE_API_URL, for instance "
            "http://127.0.0.1:8020/v1. There is no default."
        )
    if not api_key:
        raise click.UsageError(
            "no API key: give --api-key or TOPLYNE_API_KEY; `toplyne-sandbox serve` prints one."
        )
    host = urlsplit(url).hostname or ""
    if not is_loopback(host) and not allow_remote:
        declared = (
            " (a dead company's domain)" if host == urlsplit(TOPLYNE.base_url).hostname else ""
        )
        raise click.UsageError(
            f"{host or url} is not this machine{declared}; --allow-remote sends there all the same."
        )
    try:
        return Destination(api_key=api_key, base_url=url, rules=rules)
    except InvalidMapping as error:
        raise click.UsageError(str(error)) from None
