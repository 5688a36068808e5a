"""Replaying: the saved failures once more, each against what it was found in."""

from __future__ import annotations

import secrets
import shlex
from contextlib import ExitStack

import click

from sandbox.check.asking import Server
from sandbox.check.failure import CheckError
from sandbox.check.failures import Saved
from sandbox.check.reproducing import MapperTarget
from sandbox.cli import check_mapper, check_server
from sandbox.cli.checking import ended_by_signals, saved_failures
from sandbox.cli.inputs import EXIT_FAILED
from sandbox.cli.output import complain
from sandbox.cli.urls import local_url, needed_key
from sandbox.contract.wording import counted


def replay_all(*, trust: bool, api_key: str | None, allow_remote: bool, timeout: float) -> int:
    """Try every saved failure, drop those that pass, and return the command's exit code.

    Each is tried under the rules it was found under. Raises UsageError where one cannot be tried:
    without `trust` no command is run that stands in a file, as files come from anywhere.
    """
    failures = saved_failures()
    if not failures:
        raise click.UsageError("there is no saved failure to try.")
    if not trust:
        _refuse_commands(failures)
    with ended_by_signals():
        try:
            left = [
                each
                for each in failures
                if _fails(each, api_key=api_key, allow_remote=allow_remote, timeout=timeout)
            ]
        except CheckError as error:
            raise click.UsageError(str(error)) from None
    for failure in left:
        click.echo(f"still fails: {failure.path}")
    complain(f"{counted(len(failures), 'saved failure')} tried, {len(left)} left.")
    return EXIT_FAILED if left else 0


def _refuse_commands(failures: list[Saved]) -> None:
    for each in failures:
        if each.check == "mapper":
            named = each.target.get("command") or ["--python", each.target.get("python")]
            line = shlex.join(map(str, named if isinstance(named, list) else [named]))
            raise click.UsageError(
                f"{each.path} names what it was found in: {line}\n"
                "Only --trust runs it; or give it: check mapper --replay -- COMMAND."
            )


def _fails(failure: Saved, *, api_key: str | None, allow_remote: bool, timeout: float) -> bool:
    with ExitStack() as stack:
        if failure.check == "mapper":
            target = MapperTarget(
                command=tuple(map(str, failure.target.get("command", ()))),
                python=str(failure.target.get("python", "")),
            )
            workspaces = "workspace" in failure.case
            opened = check_mapper.opened(target, workspaces=workspaces, timeout=timeout)
            mapper = stack.enter_context(opened)
            return bool(
                list(
                    check_mapper.still_failing(
                        mapper, [failure], failure.rules, workspaces=workspaces
                    )
                )
            )
        from mock_server.reference import MockReference

        url = local_url(str(failure.target.get("url", "")), allow_remote=allow_remote)
        server = stack.enter_context(Server(url, needed_key(api_key), timeout=timeout))
        server.greet()
        reference = stack.enter_context(MockReference(failure.rules))
        own = secrets.token_hex(4)
        return bool(list(check_server.still_failing(server, reference, [failure], own=own)))
