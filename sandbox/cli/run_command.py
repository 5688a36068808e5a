"""`toplyne-sandbox run`: a command whose calls to Segment and Toplyne stay on this machine."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sandbox.cli.inputs import (
    EXIT_FAILED,
    flag,
    json_option,
    rules_option,
    several,
    usage_errors,
    workspace_option,
)
from sandbox.cli.output import complain
from sandbox.segment.definition import Rules
from sandbox.segment.json_text import json_text

if TYPE_CHECKING:
    from mock_server import MockServer
    from mock_server.intercept.interception import Interception
    from mock_server.intercept.run_report import Report

SECONDS_TO_DELIVER = 30.0
_HOST = re.compile(r"[\w-]+(\.[\w-]+)*", re.ASCII)


@click.command("run", context_settings={"allow_interspersed_args": False})
@workspace_option
@rules_option
@several("--catch", metavar="HOST", help="Catch this host as well; may be given again.")
@flag("--deny-others", help="Refuse connections to all other hosts.")
@flag(
    "--isolate", help="Run it in a network of its own, where nothing but the mock exists (Linux)."
)
@several(
    "--reach",
    type=click.IntRange(1, 65535),
    metavar="PORT",
    help="With --isolate, let it reach this port of 127.0.0.1; may be given again.",
)
@flag(
    "--strict-keys",
    help="Take the mock's own API token and write key only, not any the command may have.",
)
@flag("--fail-on-drop", help="Exit with 1 if any message was dropped.")
@flag("--fail-on-refused", help="Exit with 1 if Toplyne refused any call.")
@json_option
@click.argument("command", nargs=-1, required=True, type=click.UNPROCESSED)
def command(
    workspace: Path | None,
    rules: Rules,
    catch: tuple[str, ...],
    deny_others: bool,
    isolate: bool,
    reach: tuple[int, ...],
    strict_keys: bool,
    fail_on_drop: bool,
    fail_on_refused: bool,
    as_json: bool,
    command: tuple[str, ...],
) -> None:
    """Run COMMAND with the real hosts caught, and tell what became of all it sent.

    Calls to api.toplyne.io and to Segment's hosts end in a mock of this run's own. Its exit code is
    COMMAND's, or 1 where a --fail-on holds.

    Examples:
      toplyne-sandbox run -- python my_program.py
      toplyne-sandbox run --fail-on-drop --fail-on-refused -- npm test
      toplyne-sandbox run --catch events.example.com -- ./my_program
    """
    from mock_server.intercept.command_process import exit_code_of
    from mock_server.intercept.interception import HOSTS

    if sys.platform == "win32":
        raise click.UsageError("run needs Linux or macOS; on Windows, use WSL.")
    if reach and not isolate:
        raise click.UsageError("--reach belongs to --isolate: without it every port is reached.")
    hosts = tuple(dict.fromkeys((*HOSTS, *(_host(name) for name in catch))))
    with _server(hosts, workspace, rules, strict_keys=strict_keys) as server:
        with _caught(server, hosts, deny_others=deny_others or isolate, java=not isolate) as caught:
            process = _start(command, caught, (server.port, *reach) if isolate else None)
            code = process if isinstance(process, int) else exit_code_of(process)
            report = _report(server, caught, code)
        _tell(report, as_json=as_json)
    held = (fail_on_drop and report["dropped"]) or (fail_on_refused and report["refused"])
    raise SystemExit(code or (EXIT_FAILED if held else 0))


def _host(name: str) -> str:
    host = name.lower().rstrip(".")
    is_name = host.isascii() and all(
        part and part.replace("-", "a").isalnum() for part in host.split(".")
    )
    if not is_name or host.replace(".", "").isdigit():
        raise click.UsageError(
            f"--catch takes a host name such as api.example.com, without scheme, port and path;"
            f" it was {name!r}."
        )
    return host


@contextmanager
def _server(
    hosts: tuple[str, ...], workspace: Path | None, rules: Rules, *, strict_keys: bool
) -> Iterator[MockServer]:
    from mock_server.intercept.interception import catching_server
    from sandbox.cli.serve_command import opened, token_of_environment

    known = None if workspace is None else opened(workspace, allow_remote=False)
    with usage_errors(ValueError):
        server = catching_server(
            hosts,
            any_key=not strict_keys,
            tokens=None if known else token_of_environment(),
            rules=rules,
            workspace=known,
        )
    with server:
        yield server


@contextmanager
def _caught(
    server: MockServer, hosts: tuple[str, ...], *, deny_others: bool, java: bool
) -> Iterator[Interception]:
    from mock_server.intercept.interception import Interception

    with usage_errors(ValueError, OSError):
        caught = Interception(server, os.environ, hosts=hosts, deny_others=deny_others, java=java)
    with caught:
        yield caught


def _start(
    command: tuple[str, ...], caught: Interception, reached: tuple[int, ...] | None
) -> subprocess.Popen[bytes] | int:
    """Return the started command, isolated where ports are reached, or the code for none."""
    from mock_server.intercept import command_process
    from sandbox.check.commands import is_missing

    environment = {**os.environ, **caught.variables}
    if reached is not None:
        from mock_server.intercept.isolation import Refused, start_isolated

        with usage_errors(Refused):
            return start_isolated(command, environment, caught, forwarded=reached)
    try:
        process = subprocess.Popen(command, env=environment)  # noqa: S603 - it was asked for
    except OSError as error:
        if is_missing(error, command):
            complain(f"toplyne-sandbox run: there is no command {command[0]!r}.")
            return command_process.NOT_FOUND
        complain(f"toplyne-sandbox run: {command[0]!r} cannot be run: {error.strerror}.")
        return command_process.NOT_RUNNABLE
    caught.watch("command", process.pid)
    return process


def _report(server: MockServer, caught: Interception, code: int) -> Report:
    from mock_server.intercept.run_report import everything, report_of

    caught.end_children()
    segment = server.mock.made_segment
    if segment is not None:
        segment.pending.flush(everything(server.mock), SECONDS_TO_DELIVER)
    return report_of(server.mock, caught, code)


def _tell(report: Report, *, as_json: bool) -> None:
    from mock_server.intercept.run_report import lines_of

    if as_json:
        complain(json_text(report))
        return
    complain("toplyne-sandbox run:")
    for line in lines_of(report):
        complain(f"  {line}")
