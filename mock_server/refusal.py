"""Refusal: why a call is not answered as hoped."""

from typing import NamedTuple

from mock_server.exchange import Headers
from sandbox.toplyne import TOPLYNE
from sandbox.values import Problem


class Refusal(NamedTuple):
    """A status, all broken rules for the journal, and one sentence for the wire."""

    status: int
    problems: tuple[Problem, ...]
    details: str
    headers: Headers = ()


def broken(rule: str, message: str, *, found: str, expected: str) -> Problem:
    """Return the problem of a declared rule that is not about a place in the body."""
    return Problem(
        at=(),
        message=message,
        found=found,
        expected=expected,
        rule=rule,
        evidence=TOPLYNE.rule(rule).evidence,
    )
