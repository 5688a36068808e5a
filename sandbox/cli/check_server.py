"""`check server` at work: URL and key tested, the server asked, and the report made."""

from __future__ import annotations

import secrets
from collections.abc import Iterator

import click

from sandbox.check.asking import Server
from sandbox.check.failure import CheckError
from sandbox.check.failures import Saved, drop
from sandbox.check.http_calls import Call, Reference, read_call
from sandbox.check.reproducing_server import reproduced
from sandbox.check.server import check_server, passes
from sandbox.cli.checking import ended_by_signals, finish, progress, saved_failures
from sandbox.cli.output import complain
from sandbox.segment.definition import Rules


def run(
    url: str,
    *,
    api_key: str,
    timeout: float,
    max_examples: int,
    seed: int,
    replay: bool,
    rules: Rules,
    as_json: bool,
    junit: str | None,
    allow_assumed: bool,
) -> None:
    """Check a server and end the command; raises UsageError where it cannot be checked."""
    from mock_server.reference import MockReference

    server = Server(url, api_key, timeout=timeout)
    own = secrets.token_hex(4)
    with ended_by_signals(), server, MockReference(rules) as reference:
        try:
            server.greet()
            failures = saved_failures("server") if replay else []
            first = list(still_failing(server, reference, failures, own=own))
            with progress(max_examples) as tick:
                report = check_server(
                    server,
                    reference,
                    own=own,
                    max_examples=max_examples,
                    seed=seed,
                    first=first,
                    tick=tick,
                )
        except CheckError as error:
            raise click.UsageError(str(error)) from None
    finish(
        report,
        lambda failure: reproduced(failure, server.url),
        rules=rules,
        as_json=as_json,
        junit=junit,
        allow_assumed=allow_assumed,
    )


def still_failing(
    server: Server, reference: Reference, failures: list[Saved], *, own: str
) -> Iterator[tuple[Call, ...]]:
    """Yield the saved cases that still fail, and drop those that pass now."""
    for number, failure in enumerate(failures):
        try:
            calls = tuple(read_call(call) for call in failure.case["calls"])
        except (KeyError, TypeError, ValueError):
            complain(f"{failure.path} holds no case; delete it.")
            continue
        if passes(server, reference, calls, own=f"{own}-{number}"):
            drop(failure)
            complain(f"{failure.path} passes now, and was dropped.")
        else:
            yield calls
