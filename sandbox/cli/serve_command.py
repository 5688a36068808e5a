"""`toplyne-sandbox serve`: the mock server, until it is interrupted."""

from __future__ import annotations

import gc
import os
import signal
import threading
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Literal, TypeAlias

import click

from sandbox.cli.call_lines import CallLines
from sandbox.cli.inputs import (
    A_FILE,
    EXIT_FAILED,
    flag,
    from_environment,
    json_option,
    rules_option,
    several,
    workspace_option,
)
from sandbox.cli.ledger_lines import Live, say_drops, say_what_is_left
from sandbox.cli.output import Screen, json_line
from sandbox.loopback import is_loopback
from sandbox.values import members

if TYPE_CHECKING:
    from mock_server import MockServer
    from mock_server.segment.segment_choices import SegmentChoices
    from sandbox.workspace import Workspace

Large: TypeAlias = Literal["event", "batch"]

DEFAULT_PORT = 8020
_OF_SEGMENT = ("synchronous", "large_event", "time_scale", "allow_remote")
_MOST_CHARACTERS = 1024 * 1024  # of a file of tokens


@click.command("serve")
@click.option("--host", default="127.0.0.1", help="The address to listen on.")
@click.option(
    "--port",
    default=DEFAULT_PORT,
    type=click.IntRange(0, 65535),
    metavar="PORT",
    help="The port; 0 takes a free one.",
)
@several(
    "--token",
    "tokens",
    metavar="NAME=TOKEN",
    help="A token and its tenant's name; may be given again. Else TOPLYNE_API_KEY, else a new one.",
)
@from_environment(
    "--tokens-file",
    type=click.File(encoding="utf-8"),
    envvar="TOPLYNE_TOKENS_FILE",
    help="Lines of NAME=TOKEN, which a list of processes does not show.",
)
@click.option(
    "--db",
    type=A_FILE,
    help="Keep all that is known in this SQLite file, and deliver what waits in it.",
)
@click.option(
    "--db-sync",
    default="normal",
    type=click.Choice(["normal", "full"]),
    help="What is answered outlives a kill (normal), or a loss of power too (full, slower).",
)
@from_environment(
    "--admin-token",
    envvar="TOPLYNE_ADMIN_TOKEN",
    help="What /_sandbox asks for; required beyond loopback.",
)
@several(
    "--allow-host",
    "allowed_hosts",
    metavar="NAME",
    envvar="TOPLYNE_ALLOWED_HOSTS",
    show_envvar=True,
    help="Another name clients reach this server by, beyond loopback; several may be given.",
)
@workspace_option
@flag("--allow-remote", help="Deliver to destinations of the workspace on other machines.")
@flag("--synchronous", help="Answer an SDK when its messages are delivered, not before.")
@click.option(
    "--large-event",
    type=click.Choice(("event", "batch")),
    default="event",
    help="What goes where an event of a batch is above 32 KB; Segment's page reads both ways.",
)
@click.option(
    "--time-scale",
    default=1.0,
    type=click.FloatRange(0, 1, min_open=True),
    metavar="FACTOR",
    help="Multiply the waits between retries by this; 0.001 is a thousand times faster.",
)
@flag("--fail-on-drop", help="Exit with 1 at the end if any message of an SDK was dropped.")
@click.option(
    "--record",
    type=A_FILE,
    help="Append each exchange to this file, an HAR entry a line, for drift and replay.",
)
@flag("--tls", help="Speak https, with certificates made for this run.")
@flag("--demo", help="Print the address of a page that plays a story.")
@flag("--quiet", help="Print no line for each call.")
@rules_option
@json_option
def command(
    *,
    host: str,
    tokens: tuple[str, ...],
    tokens_file: IO[str] | None,
    admin_token: str | None,
    allowed_hosts: tuple[str, ...],
    workspace: Path | None,
    fail_on_drop: bool,
    demo: bool,
    quiet: bool,
    as_json: bool,
    **given: Any,
) -> None:
    """Start the mock server: Segment's Tracking API, destinations, and the Toplyne API.

    Prints its URL, the API token, and the write key for an SDK.

    Examples:
      toplyne-sandbox serve
      toplyne-sandbox serve --port 0 --json
      toplyne-sandbox serve --workspace workspace.toml --db toplyne.db
      toplyne-sandbox serve --host 0.0.0.0 --admin-token SECRET --allow-host mock.example
    """
    from mock_server import MockServer

    if not is_loopback(host) and not admin_token:
        raise click.UsageError(
            f"--host {host} is reachable from other machines: give --admin-token, so that not "
            "everybody can read and reset what the mock received."
        )
    stopped = _event_of_signals()
    choices = {name: given.pop(name) for name in _OF_SEGMENT}
    known = None
    if workspace is not None:
        known = opened(workspace, allow_remote=choices["allow_remote"])
    try:
        server = MockServer(
            host=host,
            tokens=parse_tokens((*tokens, *_lines_of(tokens_file)))
            or (None if known else token_of_environment()),
            admin_token=admin_token,
            allowed_hosts=[name for text in allowed_hosts for name in text.split(",") if name],
            workspace=known,
            segment=_choices(**choices),
            **given,
        )
        server.start()
        gc.freeze()  # what is loaded by now stays, so nothing is gained by looking through it
    except (OSError, ValueError) as error:
        # an address, a store or a token that cannot be used: each a sentence
        raise click.UsageError(str(getattr(error, "strerror", None) or error)) from None
    screen = None if as_json else Screen()
    live = None if screen is None else Live(server, screen)
    calls = None if screen is None or quiet else CallLines(server, screen)
    try:
        _announce(server, as_json=as_json, demo=demo)
        _wait(stopped, calls, live)
    finally:
        server.stop()
    if live is not None:
        live.show(is_end=True)
    is_left = say_what_is_left(server, as_json=as_json)
    if (fail_on_drop and say_drops(server)) or is_left:
        raise SystemExit(EXIT_FAILED)


def _choices(
    *, large_event: Large, time_scale: float, synchronous: bool, allow_remote: bool
) -> SegmentChoices | None:
    if not synchronous and time_scale == 1 and not allow_remote and large_event == "event":
        return None  # as Segment works; it is loaded when something is sent to it
    from mock_server.segment.segment_choices import SegmentChoices
    from sandbox.segment.ingest_limits import Limits
    from sandbox.segment.retry import Backoff

    return SegmentChoices(
        synchronous=synchronous,
        limits=Limits(large_event=large_event),
        backoff=Backoff(time_scale=time_scale),
        allow_remote=allow_remote,
    )


def opened(path: Path, *, allow_remote: bool) -> Workspace:
    """Return the workspace in a file; raises UsageError where one delivers to another machine."""
    from sandbox.cli.urls import local_url
    from sandbox.cli.workspaces import open_workspace

    known = open_workspace(path)
    for destination in known.destinations:
        if destination.base_url is not None:
            local_url(destination.base_url, allow_remote=allow_remote)
    return known


def parse_tokens(pairs: tuple[str, ...]) -> dict[str, str]:
    """Return {name: token} of NAME=TOKEN strings; raises UsageError for an invalid one."""
    tokens: dict[str, str] = {}
    for pair in pairs:
        name, separator, token = pair.partition("=")
        if not (name and separator and token):
            raise click.UsageError(f"--token must be NAME=TOKEN, but it was {pair!r}.")
        if tokens.get(name, token) != token:
            raise click.UsageError(f"--token gives two tokens to the tenant {name!r}.")
        tokens[name] = token
    return tokens


def token_of_environment() -> dict[str, str] | None:
    """Return the default tenant with TOPLYNE_API_KEY, or None where that is not set."""
    token = os.environ.get("TOPLYNE_API_KEY")
    return {"default": token} if token else None


def _announce(server: MockServer, *, as_json: bool, demo: bool) -> None:
    story = {"demonstration": f"{server.url}/live#demonstration"} if demo else {}
    if as_json:
        known = members(server, "url", "api_url", "token", "write_key", "ca_file")
        json_line({**known, **story})
        return
    screen = Screen()
    screen.line(("A mock Toplyne is running; Ctrl-C stops it.", "bold"))
    screen.line()
    screen.line("  export TOPLYNE_API_URL=", (server.api_url, "cyan"))
    screen.line("  export TOPLYNE_API_KEY=", (server.token, "cyan"))
    if server.ca_file is not None:
        screen.line("  trust its certificate: ", (server.ca_file, "cyan"))
    screen.line()
    for name, address in (
        ("the page", f"{server.url}/"),
        *(("a story", f"{each} plays when it is opened") for each in story.values()),
        ("for an SDK", f"host {server.url}, write key {server.write_key}"),
        ("its messages", f"{server.url}/_sandbox/ledger"),
        ("the log", f"{server.url}/_sandbox/entries"),
        ("what is known", f"{server.url}/_sandbox/state/profiles (accounts, events)"),
        ("the contract", f"{server.url}/_sandbox/openapi.json"),
    ):
        screen.line(f"  {name:<15}", (address, "cyan"))


def _lines_of(file: IO[str] | None) -> list[str]:
    text = "" if file is None else file.read(_MOST_CHARACTERS)
    lines = (line.strip() for line in text.splitlines())
    return [line for line in lines if line and not line.startswith("#")]


def _event_of_signals() -> threading.Event:
    """Return what is set when somebody asks for the end."""
    stopped = threading.Event()
    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        number = getattr(signal, name, None)  # Windows has no SIGHUP
        is_ignored = name == "SIGHUP" and number and signal.getsignal(number) is signal.SIG_IGN
        if number is not None and not is_ignored:  # nohup asks to ignore it
            signal.signal(number, lambda *_: stopped.set())
    return stopped


def _wait(stopped: threading.Event, *shown: Live | CallLines | None) -> None:
    is_over = False
    while not is_over:
        is_over = stopped.wait(0.5)  # in slices, so that Windows delivers Ctrl-C
        for each in shown:
            if each is not None:
                each.show()
