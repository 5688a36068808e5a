"""Replaying: the saved failures once more, each against what it was found in."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import click

from sandbox.check.failure import CheckError
from sandbox.check.failures import Saved
from sandbox.check.reproducing import MapperTarget
from sandbox.check.trial import Subject
from sandbox.cli.check_runs import (
    TIMEOUT_SECONDS,
    ended_by_signals,
    saved_failures,
    still_failing,
)
from sandbox.cli.inputs import EXIT_FAILED, usage_errors
from sandbox.cli.output import complain
from sandbox.cli.urls import local_url, needed_key
from sandbox.contract.wording import counted


def replay_all(*, trust: bool, api_key: str | None, allow_remote: bool) -> int:
    """Try every saved failure, drop those that pass, and return the command's exit code.

    Each is tried under the rules it was found under. Raises UsageError if one cannot be tried:
    a file may come from anywhere, so its command runs only with `trust`.
    """
    failures = saved_failures()
    if not failures:
        raise click.UsageError("there is no saved failure to try.")
    if not trust:
        _refuse_commands(failures)
    left = []
    with usage_errors(CheckError), ended_by_signals():
        for failure in failures:
            with _subject(failure, api_key=api_key, allow_remote=allow_remote) as subject:
                left += [failure] if list(still_failing(subject, [failure])) else []
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


@contextmanager
def _subject(
    failure: Saved, *, api_key: str | None, allow_remote: bool
) -> Iterator[Subject[Any, Any]]:
    """Yield the mapper or server the failure was found in."""
    target, rules = failure.target, failure.rules
    if failure.check == "mapper":
        from sandbox.cli.check_mapper import mapper_under_test

        named = MapperTarget(
            command=tuple(map(str, target.get("command", ()))), python=str(target.get("python", ""))
        )
        workspaces = "workspace" in failure.case
        with mapper_under_test(
            named, rules, workspaces=workspaces, timeout=TIMEOUT_SECONDS
        ) as mapper:
            yield mapper
        return
    from sandbox.cli.check_server import server_under_test

    url = local_url(str(target.get("url", "")), allow_remote=allow_remote)
    key = needed_key(api_key)
    with server_under_test(url, rules, api_key=key, timeout=TIMEOUT_SECONDS) as server:
        yield server
