"""`toplyne-sandbox run`: run a command; its calls to Segment and Toplyne stay on this machine."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sandbox.cli.command import RULES, WORKSPACE, JsonCommand, argument, flag, several, usage_errors
from sandbox.cli.output import complain, json_line
from sandbox.segment.definition import Rules
from sandbox.segment.json_text import json_text

if TYPE_CHECKING:
    from mock_server import MockServer
    from mock_server.intercept.interception import Interception
    from mock_server.intercept.run_report import RunReport

SECONDS_TO_DELIVER = 30.0


class RunCommand(JsonCommand, context_settings={"allow_interspersed_args": False}):
    """Run COMMAND, catch its calls to the real hosts, and report what happened to them.

    Calls to api.toplyne.io and to Segment's hosts go to a mock that runs only for COMMAND. The exit
    code is COMMAND's, or 1 if a --fail-on condition is met.

    Examples:
      toplyne-sandbox run -- python my_program.py
      toplyne-sandbox run --fail-on-drop --fail-on-refused -- npm test
      toplyne-sandbox run --catch events.example.com -- ./my_program
    """

    workspace: Path | None = WORKSPACE
    rules: Rules = RULES
    catch: tuple[str, ...] = several("Also catch this host; may be repeated.", metavar="HOST")
    deny_others: bool = flag("Refuse connections to all other hosts.")
    isolate: bool = flag("Run COMMAND in its own network, which contains only the mock (Linux).")
    reach: tuple[int, ...] = several(
        "With --isolate, let COMMAND reach this port of 127.0.0.1; may be repeated.",
        type=click.IntRange(1, 65535),
        metavar="PORT",
    )
    strict_keys: bool = flag("Accept only the mock's own API token and write key.")
    fail_on_drop: bool = flag("Exit with 1 if any message was dropped.")
    fail_on_refused: bool = flag("Exit with 1 if Toplyne refused any call.")
    command: tuple[str, ...] = argument(nargs=-1, required=True, type=click.UNPROCESSED)

    def run(self) -> None:
        """Run the command, report what happened to its calls, and end with its exit code."""
        from mock_server.intercept.command_process import exit_code_of
        from mock_server.intercept.interception import HOSTS, Interception
        from mock_server.intercept.run_report import lines_of

        if sys.platform == "win32":
            raise click.UsageError("run needs Linux or macOS; on Windows, use WSL.")
        if self.reach and not self.isolate:
            raise click.UsageError("--reach needs --isolate; without it every port can be reached.")
        hosts = tuple(dict.fromkeys((*HOSTS, *map(_host, self.catch))))
        deny, java = self.deny_others or self.isolate, not self.isolate
        with self._server(hosts) as server:
            with usage_errors(ValueError, OSError):
                opened = Interception(server, os.environ, hosts=hosts, deny_others=deny, java=java)
            with opened as caught:
                code = exit_code_of(self._started(server, caught))
                report = _report(server, caught, code)
            lines = ["toplyne-sandbox run:", *(f"  {line}" for line in lines_of(report))]
            complain(json_line(json_text(report)) if self.as_json else "\n".join(lines))
        dropped, refused = report["dropped"], report["refused"]
        held = (self.fail_on_drop and dropped) or (self.fail_on_refused and refused)
        raise SystemExit(code or (1 if held else 0))

    def _server(self, hosts: tuple[str, ...]) -> MockServer:
        from mock_server.intercept.interception import catching_server
        from sandbox.cli.serve_command import token_of_environment, workspace_of_file

        known = workspace_of_file(self.workspace, allow_remote=False)
        with usage_errors(ValueError):
            return catching_server(
                hosts,
                any_key=not self.strict_keys,
                tokens=None if known else token_of_environment(),
                rules=self.rules,
                workspace=known,
            )

    def _started(self, server: MockServer, caught: Interception) -> subprocess.Popen[bytes]:
        from mock_server.intercept.command_process import start
        from mock_server.intercept.isolation import NamespaceRefused, start_isolated

        command, environment = self.command, {**os.environ, **caught.variables}
        with usage_errors(NamespaceRefused, OSError):
            if self.isolate:
                ports = (server.port, *self.reach)
                process = start_isolated(command, environment, caught, ports)
            else:
                process = start(command, environment)
        caught.watch("command", process.pid)
        return process


def _host(name: str) -> str:
    host = name.lower().rstrip(".")
    is_name = host.isascii() and all(
        part and part.replace("-", "a").isalnum() for part in host.split(".")
    )
    if not is_name or host.replace(".", "").isdigit():
        raise click.UsageError(
            f"--catch is {name!r}. Expected a host name without scheme, port and path, such as "
            "api.example.com."
        )
    return host


def _report(server: MockServer, caught: Interception, code: int) -> RunReport:
    from mock_server.intercept.run_report import everything, report_of

    caught.end_children()
    segment = server.mock.made_segment
    if segment is not None:
        segment.ledger.flush(everything(server.mock), SECONDS_TO_DELIVER)
    return report_of(server.mock, caught, code)
