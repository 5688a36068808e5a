"""`toplyne-sandbox serve`: the mock server, until it is interrupted."""

from __future__ import annotations

import gc
import os
import signal
import threading
from pathlib import Path
from typing import IO, TYPE_CHECKING, Final, Literal

import click

from sandbox.cli import options
from sandbox.cli.inputs import file_errors, open_workspace, pair_of
from sandbox.cli.output import Screen
from sandbox.cli.serve_lines import CallLines, Live, say_drops, say_what_is_left
from sandbox.loopback import is_loopback
from sandbox.segment.definition import Rules
from sandbox.values import members

if TYPE_CHECKING:
    from mock_server import MockServer
    from mock_server.segment.segment_choices import SegmentChoices
    from sandbox.workspace import Workspace

_OF_SERVER: Final = ("host", "port", "db", "db_sync", "record", "tls", "rules", "admin_token")
_MOST_CHARACTERS = 1024 * 1024  # of a file of tokens


class ServeOptions(options.Options):
    """Where the mock listens, whom it knows, what it keeps and prints."""

    host: str = options.option("The address to listen on.", default="127.0.0.1")
    port: int = options.option(
        "The port; 0 takes a free one.", default=8020, type=click.IntRange(0, 65535), metavar="PORT"
    )
    tokens: tuple[str, ...] = options.several(
        "A token and its tenant's name; may be given again. Else TOPLYNE_API_KEY, else a new one.",
        "--token",
        metavar="NAME=TOKEN",
    )
    tokens_file: IO[str] | None = options.from_environment(
        "Lines of NAME=TOKEN, which a list of processes does not show.",
        type=click.File(encoding="utf-8"),
        envvar="TOPLYNE_TOKENS_FILE",
    )
    db: Path | None = options.option(
        "Keep all that is known in this SQLite file, and deliver what waits in it.",
        type=options.A_FILE,
    )
    db_sync: Literal["normal", "full"] = options.option(
        "What is answered outlives a kill (normal), or a loss of power too (full, slower).",
        default="normal",
        type=click.Choice(["normal", "full"]),
    )
    admin_token: str | None = options.from_environment(
        "What /_sandbox asks for; required beyond loopback.", envvar="TOPLYNE_ADMIN_TOKEN"
    )
    allowed_hosts: tuple[str, ...] = options.several(
        "Another name clients reach this server by, beyond loopback; several may be given.",
        "--allow-host",
        metavar="NAME",
        envvar="TOPLYNE_ALLOWED_HOSTS",
        show_envvar=True,
    )
    workspace: Path | None = options.WORKSPACE
    allow_remote: bool = options.flag("Deliver to destinations of the workspace on other machines.")
    synchronous: bool = options.flag("Answer an SDK when its messages are delivered, not before.")
    large_event: Literal["event", "batch"] = options.option(
        "What goes where an event of a batch is above 32 KB; Segment's page reads both ways.",
        type=click.Choice(("event", "batch")),
        default="event",
    )
    time_scale: float = options.option(
        "Multiply the waits between retries by this; 0.001 is a thousand times faster.",
        default=1.0,
        type=click.FloatRange(0, 1, min_open=True),
        metavar="FACTOR",
    )
    fail_on_drop: bool = options.flag(
        "Exit with 1 at the end if any message of an SDK was dropped."
    )
    record: Path | None = options.option(
        "Append each exchange to this file, an HAR entry a line, for drift and replay.",
        type=options.A_FILE,
    )
    tls: bool = options.flag("Speak https, with certificates made for this run.")
    demo: bool = options.flag("Print the address of a page that plays a story.")
    quiet: bool = options.flag("Print no line for each call.")
    rules: Rules = options.RULES
    as_json: bool = options.JSON


@options.to_command("serve", ServeOptions)
def command(given: ServeOptions) -> None:
    """Start the mock server: Segment's Tracking API, destinations, and the Toplyne API.

    Prints its URL, the API token, and the write key for an SDK.

    Examples:
      toplyne-sandbox serve
      toplyne-sandbox serve --port 0 --json
      toplyne-sandbox serve --workspace workspace.toml --db toplyne.db
      toplyne-sandbox serve --host 0.0.0.0 --admin-token SECRET --allow-host mock.example
    """
    if not is_loopback(given.host) and not given.admin_token:
        raise click.UsageError(
            f"--host {given.host} is reachable from other machines: give --admin-token, so that "
            "not everybody can read and reset what the mock received."
        )
    stopped = _event_of_signals()
    server = _started(given)
    screen = given.screen
    live = Live(server, screen)
    shown = () if given.as_json else (live,) if given.quiet else (CallLines(server, screen), live)
    try:
        _announce(server, screen, demo=given.demo)
        _wait(stopped, *shown)
    finally:
        server.stop()
    live.show(is_end=True)
    is_left = say_what_is_left(server, as_json=given.as_json)
    if (given.fail_on_drop and say_drops(server)) or is_left:
        options.finish(failed=True)


def _started(given: ServeOptions) -> MockServer:
    """Return the server, started; raises UsageError where it cannot be."""
    from mock_server import MockServer

    workspace = given.workspace
    known = None if workspace is None else opened(workspace, allow_remote=given.allow_remote)
    tokens = _tokens(given)
    try:
        server = MockServer(
            tokens=tokens or (None if known else token_of_environment()),
            allowed_hosts=[n for text in given.allowed_hosts for n in text.split(",") if n],
            workspace=known,
            segment=_choices(given),
            **members(given, *_OF_SERVER),
        )
        server.start()
        gc.freeze()  # what is loaded by now stays, so nothing is gained by looking through it
    except (OSError, ValueError) as error:
        # an address, a store or a token that cannot be used: each a sentence
        raise click.UsageError(str(getattr(error, "strerror", None) or error)) from None
    return server


def _choices(given: ServeOptions) -> SegmentChoices | None:
    asked = (given.large_event, given.time_scale, given.synchronous, given.allow_remote)
    if asked == ("event", 1, False, False):
        return None  # as Segment works; it is loaded when something is sent to it
    from mock_server.segment.segment_choices import SegmentChoices
    from sandbox.segment.ingest_checks import Limits
    from sandbox.segment.retry import Backoff

    return SegmentChoices(
        synchronous=given.synchronous,
        limits=Limits(large_event=given.large_event),
        backoff=Backoff(time_scale=given.time_scale),
        allow_remote=given.allow_remote,
    )


def opened(path: Path, *, allow_remote: bool) -> Workspace:
    """Return the workspace in a file; raises UsageError where one delivers to another machine."""
    from sandbox.cli.urls import local_url

    known = open_workspace(path)
    for destination in known.destinations:
        if destination.base_url is not None:
            local_url(destination.base_url, allow_remote=allow_remote)
    return known


def _tokens(given: ServeOptions) -> dict[str, str]:
    """Return {name: token} of NAME=TOKEN strings; raises UsageError for an invalid one."""
    text, file = "", given.tokens_file
    if file is not None:
        with file_errors(file.name):
            text = file.read(_MOST_CHARACTERS)
    lines = (line.strip() for line in text.splitlines())
    tokens: dict[str, str] = {}
    for pair in (*given.tokens, *(line for line in lines if line and not line.startswith("#"))):
        name, token = pair_of("--token", "NAME=TOKEN", pair)
        if tokens.setdefault(name, token) != token:
            raise click.UsageError(f"--token gives two tokens to the tenant {name!r}.")
    return tokens


def token_of_environment() -> dict[str, str] | None:
    """Return the default tenant with TOPLYNE_API_KEY, or None where that is not set."""
    token = os.environ.get("TOPLYNE_API_KEY")
    return {"default": token} if token else None


def _announce(server: MockServer, screen: Screen, *, demo: bool) -> None:
    story = {"demonstration": f"{server.url}/live#demonstration"} if demo else {}
    known = members(server, "url", "api_url", "token", "write_key", "ca_file")
    screen.record({**known, **story})
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


def _event_of_signals() -> threading.Event:
    """Return what is set when somebody asks for the end."""
    stopped = threading.Event()
    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        number = getattr(signal, name, None)  # Windows has no SIGHUP
        is_ignored = name == "SIGHUP" and number and signal.getsignal(number) is signal.SIG_IGN
        if number is not None and not is_ignored:  # nohup asks to ignore it
            signal.signal(number, lambda *_: stopped.set())
    return stopped


def _wait(stopped: threading.Event, *shown: Live | CallLines) -> None:
    is_over = False
    while not is_over:
        is_over = stopped.wait(0.5)  # in slices, so that Windows delivers Ctrl-C
        for each in shown:
            each.show()
