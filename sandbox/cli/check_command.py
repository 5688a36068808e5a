"""`toplyne-sandbox check`: check another mapper or server against the contract."""

from __future__ import annotations

import secrets
import shlex
import signal
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from itertools import count
from typing import TYPE_CHECKING, Any, Final, cast

import click

from sandbox.cli.check_report import TIMEOUT_SECONDS, TargetCommand
from sandbox.cli.command import Command, argument, flag, option, usage_errors
from sandbox.cli.output import complain, progress_bar
from sandbox.cli.urls import ALLOW_REMOTE, API_KEY, local_url, needed_key
from sandbox.contract.wording import counted

if TYPE_CHECKING:
    from sandbox.check.failures import Saved, Target
    from sandbox.check.mapper import MapperSubject
    from sandbox.check.server import ServerSubject
    from sandbox.check.trial import Subject, SubjectCase
    from sandbox.segment.definition import Rules
    from sandbox.values import Json

_TERMINATED: Final = 143


class CheckCommand(Command, invoke_without_command=True):
    """Check another mapper or server against the contract.

    Each failure is shown with its smallest case, and saved under .toplyne-sandbox/failures with a
    pytest test and a shell script. `check --replay` tries the saved failures again, each against
    the command or server it was found in, and deletes those that pass now. It runs a command that
    a saved file names only with --trust.

    Examples:
      toplyne-sandbox check mapper -- python my_mapper.py
      toplyne-sandbox check server http://127.0.0.1:9000/v1
      toplyne-sandbox check --replay --trust
    """

    replay: bool = flag("Try the saved failures again, each as it was found.")
    trust: bool = flag("Run the commands that the saved failures name.")
    api_key: str | None = API_KEY
    allow_remote: bool = ALLOW_REMOTE

    def run(self) -> None:
        """Try every saved failure and delete those that pass; without --replay show the help.

        Each is tried under the rules it was found under. Raises UsageError if one cannot be tried:
        a saved file may be anybody's, so its command runs only with --trust.
        """
        context = click.get_current_context()
        context.obj = self.replay
        if context.invoked_subcommand is not None:
            return
        if not self.replay:
            click.echo(context.get_help())
            return
        from sandbox.check.failures import CheckError, saved

        failures = list(saved(complain))
        if not failures:
            raise click.UsageError("there is no saved failure to try.")
        for each in failures:
            if each.check == "mapper" and not self.trust:
                line = shlex.join(each.target.command or ("--python", each.target.python))
                raise click.UsageError(
                    f"{each.path} was found in: {line}\n"
                    "It runs only with --trust; or name it: check mapper --replay -- COMMAND."
                )
        left = []
        with usage_errors(CheckError), _ended_by_signals():
            for failure in failures:
                with self._found_in(failure) as subject:
                    left += [failure] if list(_still_failing(subject, [failure])) else []
        for failure in left:
            click.echo(f"still fails: {failure.path}")
        complain(f"{counted(len(failures), 'saved failure')} tried, {len(left)} left.")
        self.failed = bool(left)

    def _found_in(self, failure: Saved) -> AbstractContextManager[Subject[Any]]:
        """Return the mapper or server the failure was found in."""
        target, rules = failure.target, failure.rules
        if failure.check == "server":
            url = local_url(target.url, allow_remote=self.allow_remote)
            return _server(url, rules, api_key=needed_key(self.api_key), timeout=TIMEOUT_SECONDS)
        workspaces = "workspace" in failure.case
        return _mapper(target, rules, workspaces=workspaces, timeout=TIMEOUT_SECONDS)


class CheckMapperCommand(TargetCommand, of=CheckCommand):
    """Compare a mapper's requests with Segment's, on generated events.

    \b
    COMMAND reads events from standard input, one line of JSON each, and prints one line for each:
    a JSON list of the requests that the three presets make of the event, [] for none.
        [{"method": "POST", "path": "/upload/events", "json": {"events": [...]}}]

    With --workspaces a line is {"workspace": ..., "event": ...}, where the workspace has the form
    of a workspace file in JSON, and its mappings replace the presets. COMMAND must flush its output
    after each line. Under --rules documented it may leave out a request that Segment sends and the
    documentation refuses.

    --python calls function(event), or function(event, workspace), which returns such a list; an
    exception counts as no request.

    Examples:
      toplyne-sandbox check mapper -- node my_mapper.js
      toplyne-sandbox check mapper --python my_mapper:requests --max-examples 5000
    """  # noqa: D301 - \b is click's mark for lines that are kept

    program: tuple[str, ...] = argument(nargs=-1, type=click.UNPROCESSED, metavar="[-- COMMAND...]")
    python: str | None = option("Call this function, not a command.", metavar="MODULE:FUNCTION")
    workspaces: bool = flag("Generate mappings too, others for each event.")

    def run(self) -> None:
        """Check the mapper."""
        if bool(self.program) == bool(self.python):
            raise click.UsageError(
                "give either a command after --, or --python module:function; for example "
                "`toplyne-sandbox check mapper -- python my_mapper.py`."
            )
        from sandbox.check.failures import Target

        target = Target(command=self.program, python=self.python or "")
        _check(_mapper(target, self.rules, workspaces=self.workspaces, timeout=self.timeout), self)


class CheckServerCommand(TargetCommand, of=CheckCommand):
    """Check a Toplyne-like server against the contract.

    URL is the base URL of its API, which ends in /v1. The check tests every rule with plain calls,
    right and wrong ones, sends some uploads at once, then generated uploads. If the server's state
    can be read as the mock's can (/_sandbox/state), it also sends sequences of calls. The server
    keeps what it accepts, so use a key of its own for the check. Broken rules that are assumed are
    shown apart from the recorded and documented ones. If the server gives no answer any more, the
    check ends and shows what it found.

    Examples:
      toplyne-sandbox check server http://127.0.0.1:9000/v1 --api-key KEY --junit report.xml
    """

    url: str = argument()
    api_key: str | None = API_KEY
    allow_remote: bool = ALLOW_REMOTE

    def run(self) -> None:
        """Check the server."""
        url, key = local_url(self.url, allow_remote=self.allow_remote), needed_key(self.api_key)
        _check(_server(url, self.rules, api_key=key, timeout=self.timeout), self)


def _check(opened: AbstractContextManager[Subject[SubjectCase]], command: TargetCommand) -> None:
    """Check a subject, and show the report; raises UsageError if it cannot be checked."""
    from sandbox.check.failures import CheckError, saved
    from sandbox.check.trial import Effort

    replays = command.replay or click.get_current_context().obj
    with usage_errors(CheckError), _ended_by_signals(), opened as subject:
        failures = [each for each in saved(complain) if each.check == subject.check]
        first = list(_still_failing(subject, failures if replays else ()))
        tried, most, seed = count(1), command.max_examples, command.seed
        with progress_bar() as show:
            effort = Effort(max_examples=most, seed=seed, tick=lambda: show(next(tried), most, ""))
            report = subject.report(effort, first)
    command.finish(report, subject)


@contextmanager
def _mapper(
    target: Target, rules: Rules, *, workspaces: bool, timeout: float
) -> Iterator[MapperSubject]:
    """Yield the mapper under test; it runs in its own process, which ends with the block."""
    from sandbox.check.commands import CommandMapper, python_mapper
    from sandbox.check.mapper import MapperSubject

    if target.python:
        opened = python_mapper(target.python, workspaces=workspaces, timeout=timeout)
    else:
        opened = CommandMapper(target.command, timeout=timeout)
    with opened as mapper:
        yield MapperSubject(mapper, rules, workspaces, target)
        if mapper.restarts:
            complain(f"The mapper ended and was restarted {mapper.restarts} times.")


@contextmanager
def _server(url: str, rules: Rules, *, api_key: str, timeout: float) -> Iterator[ServerSubject]:
    """Yield the server under test with the mock as its reference, once it has accepted the key."""
    from mock_server.reference import MockReference
    from sandbox.check.server import ServerSubject
    from sandbox.check.server_under_test import ServerUnderTest

    with ServerUnderTest(url, api_key, timeout=timeout) as server, MockReference(rules) as mock:
        server.check_connection()
        yield ServerSubject(server, mock, secrets.token_hex(4))


def _still_failing(subject: Subject[SubjectCase], found: Iterable[Saved]) -> Iterator[SubjectCase]:
    """Yield the saved cases that still fail, and delete those that pass now."""
    for failure in found:
        try:
            case = subject.read(cast("dict[str, Json]", failure.case))
        except (KeyError, TypeError, ValueError):
            complain(f"{failure.path} is not a valid case; delete it.")
            continue
        if case is None:
            continue
        if subject.broken(case):
            yield case
        else:
            failure.drop()
            complain(f"{failure.path} passes now and was deleted.")


class _Terminated(BaseException):
    """Raised on SIGTERM; Hypothesis treats SystemExit as a failure of the code under test."""


@contextmanager
def _ended_by_signals() -> Iterator[None]:
    """Let SIGTERM end the command as Ctrl-C does, so that no process is left running."""

    def end(_number: int, _frame: Any) -> None:
        raise _Terminated

    before = signal.signal(signal.SIGTERM, end)
    try:
        yield
    except _Terminated:
        raise SystemExit(_TERMINATED) from None
    finally:
        signal.signal(signal.SIGTERM, before)
