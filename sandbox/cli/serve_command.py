"""`toplyne-sandbox serve`: run the mock server until it is interrupted."""

from __future__ import annotations

import gc
import os
import signal
import threading
from pathlib import Path
from typing import IO, TYPE_CHECKING, Final, Literal

import click

from sandbox.cli.command import (
    A_FILE,
    RULES,
    WORKSPACE,
    JsonCommand,
    flag,
    from_environment,
    option,
    several,
)
from sandbox.cli.inputs import file_errors, open_workspace, pair_of
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


class ServeCommand(JsonCommand):
    """Start the mock server: Segment's Tracking API, destinations, and the Toplyne API.

    Prints its URL, the API token, and the write key for an SDK.

    Examples:
      toplyne-sandbox serve
      toplyne-sandbox serve --port 0 --json
      toplyne-sandbox serve --workspace workspace.toml --db toplyne.db
      toplyne-sandbox serve --host 0.0.0.0 --admin-token SECRET --allow-host mock.example
    """

    host: str = option("The address to listen on.", default="127.0.0.1")
    port: int = option(
        "The port; 0 takes a free one.", default=8020, type=click.IntRange(0, 65535), metavar="PORT"
    )
    tokens: tuple[str, ...] = several(
        "A tenant's name and token; may be repeated. Default: TOPLYNE_API_KEY, or a new token.",
        "--token",
        metavar="NAME=TOKEN",
    )
    tokens_file: IO[str] | None = from_environment(
        "Read NAME=TOKEN lines from this file, so that no process list shows the tokens.",
        type=click.File(encoding="utf-8"),
        envvar="TOPLYNE_TOKENS_FILE",
    )
    db: Path | None = option(
        "Keep all data in this SQLite file, and deliver what is still queued there.",
        type=A_FILE,
    )
    db_sync: Literal["normal", "full"] = option(
        "Data survives a killed process (normal) or also a power loss (full, slower).",
        default="normal",
        type=click.Choice(["normal", "full"]),
    )
    admin_token: str | None = from_environment(
        "The token that /_sandbox requires; needed beyond loopback.", envvar="TOPLYNE_ADMIN_TOKEN"
    )
    allowed_hosts: tuple[str, ...] = several(
        "Another host name of this server, beyond loopback; may be repeated.",
        "--allow-host",
        metavar="NAME",
        envvar="TOPLYNE_ALLOWED_HOSTS",
        show_envvar=True,
    )
    workspace: Path | None = WORKSPACE
    allow_remote: bool = flag("Deliver to destinations of the workspace on other machines.")
    synchronous: bool = flag("Answer an SDK only after its messages are delivered.")
    large_event: Literal["event", "batch"] = option(
        "What to refuse if an event of a batch is above 32 KB; Segment's docs allow both readings.",
        type=click.Choice(("event", "batch")),
        default="event",
    )
    time_scale: float = option(
        "Multiply the waits between retries by FACTOR; 0.001 is a thousand times faster.",
        default=1.0,
        type=click.FloatRange(0, 1, min_open=True),
        metavar="FACTOR",
    )
    fail_on_drop: bool = flag("Exit with 1 at the end if any message of an SDK was dropped.")
    record: Path | None = option(
        "Append each exchange to this file, one HAR entry a line, for drift and replay.",
        type=A_FILE,
    )
    tls: bool = flag("Serve https, with certificates made for this run.")
    demo: bool = flag("Print the address of a page that plays a demonstration.")
    quiet: bool = flag("Do not print a line for each call.")
    rules: Rules = RULES

    def run(self) -> None:
        """Serve until a signal ends it."""
        if not is_loopback(self.host) and not self.admin_token:
            raise click.UsageError(
                f"--host {self.host} is reachable from other machines. Give --admin-token, so that "
                "only its holders can read and reset what the mock received."
            )
        stopped = _event_of_signals()
        server = self._started()
        live = Live(server, self.screen)
        calls = () if self.quiet else (CallLines(server, self.screen),)
        try:
            self._announce(server)
            _wait(stopped, *(() if self.as_json else (*calls, live)))
        finally:
            server.stop()
        live.show(is_end=True)
        is_left = say_what_is_left(server, as_json=self.as_json)
        self.failed = (self.fail_on_drop and say_drops(server)) or is_left

    def _started(self) -> MockServer:
        """Return the started server; raises UsageError if it cannot start."""
        from mock_server import MockServer

        known = workspace_of_file(self.workspace, allow_remote=self.allow_remote)
        tokens = self._tokens()
        try:
            server = MockServer(
                tokens=tokens or (None if known else token_of_environment()),
                allowed_hosts=[n for text in self.allowed_hosts for n in text.split(",") if n],
                workspace=known,
                segment=self._choices(),
                **members(self, *_OF_SERVER),
            )
            server.start()
            gc.freeze()  # what is loaded by now stays loaded, so collecting it gains nothing
        except (OSError, ValueError) as error:
            # for an address, a store or a token that cannot be used, with a sentence
            place = f"{file!r}: " if (file := getattr(error, "filename", None)) else ""
            raise click.UsageError(f"{place}{getattr(error, 'strerror', None) or error}") from None
        return server

    def _choices(self) -> SegmentChoices | None:
        asked = (self.large_event, self.time_scale, self.synchronous, self.allow_remote)
        if asked == ("event", 1, False, False):
            return None  # the defaults; then Segment's side is loaded on the first call to it
        from mock_server.segment.segment_choices import SegmentChoices
        from sandbox.segment.ingest_checks import IngestLimits
        from sandbox.segment.retry import Backoff

        return SegmentChoices(
            limits=IngestLimits(large_event=self.large_event),
            backoff=Backoff(time_scale=self.time_scale),
            **members(self, "synchronous", "allow_remote"),
        )

    def _tokens(self) -> dict[str, str]:
        """Return {name: token} of NAME=TOKEN strings; raises UsageError for an invalid one."""
        text, file = "", self.tokens_file
        if file is not None:
            with file_errors(file.name):
                text = file.read(_MOST_CHARACTERS)
        lines = (line.strip() for line in text.splitlines())
        tokens: dict[str, str] = {}
        for pair in (*self.tokens, *(line for line in lines if line and not line.startswith("#"))):
            name, token = pair_of("--token", "NAME=TOKEN", pair)
            if tokens.setdefault(name, token) != token:
                raise click.UsageError(f"--token gives two tokens to the tenant {name!r}.")
        return tokens

    def _announce(self, server: MockServer) -> None:
        story = {"demonstration": f"{server.url}/live#demonstration"} if self.demo else {}
        line = self.screen.line
        known = members(server, "url", "api_url", "token", "write_key", "ca_file")
        self.screen.record({**known, **story})
        line(("A mock Toplyne is running; Ctrl-C stops it.", "bold"))
        line()
        line("  export TOPLYNE_API_URL=", (server.api_url, "cyan"))
        line("  export TOPLYNE_API_KEY=", (server.token, "cyan"))
        if server.ca_file is not None:
            line("  trust its certificate: ", (server.ca_file, "cyan"))
        line()
        for name, address in (
            ("the page", f"{server.url}/"),
            *(("demonstration", f"{each} plays when opened") for each in story.values()),
            ("for an SDK", f"host {server.url}, write key {server.write_key}"),
            ("SDK messages", f"{server.url}/_sandbox/ledger"),
            ("the log", f"{server.url}/_sandbox/entries"),
            ("the state", f"{server.url}/_sandbox/state/profiles (accounts, events)"),
            ("the contract", f"{server.url}/_sandbox/openapi.json"),
        ):
            line(f"  {name:<15}", (address, "cyan"))


def workspace_of_file(path: Path | None, *, allow_remote: bool) -> Workspace | None:
    """Return the workspace of the file, None without a file.

    Raises UsageError if a destination delivers to another machine.
    """
    from sandbox.cli.urls import local_url

    if path is None:
        return None
    known = open_workspace(path)
    for destination in known.destinations:
        if destination.base_url is not None:
            local_url(destination.base_url, allow_remote=allow_remote)
    return known


def token_of_environment() -> dict[str, str] | None:
    """Return the default tenant with TOPLYNE_API_KEY, or None if that is not set."""
    token = os.environ.get("TOPLYNE_API_KEY")
    return {"default": token} if token else None


def _event_of_signals() -> threading.Event:
    """Return an event that SIGINT, SIGTERM and SIGHUP set."""
    stopped = threading.Event()
    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        number = getattr(signal, name, None)  # Windows has no SIGHUP
        is_ignored = name == "SIGHUP" and number and signal.getsignal(number) is signal.SIG_IGN
        if number is not None and not is_ignored:  # nohup sets it to be ignored
            signal.signal(number, lambda *_: stopped.set())
    return stopped


def _wait(stopped: threading.Event, *shown: Live | CallLines) -> None:
    is_over = False
    while not is_over:
        is_over = stopped.wait(0.5)  # in slices, so that Windows delivers Ctrl-C
        for each in shown:
            each.show()
