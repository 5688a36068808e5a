"""Rules: the word for which reading of the API holds, documented or observed."""

from typing import get_args

from sandbox.segment.definition import Rules
from sandbox.segment.errors import Problem, did_you_mean


def check_rules(rules: str) -> Rules:
    """Return the word for the rules; raises ValueError where it is neither of the two."""
    for problem in problems_of_rules(rules):
        raise ValueError(f"rules {problem.message}")
    return rules  # type: ignore[return-value]  # checked in the line above


def problems_of_rules(rules: str) -> tuple[Problem, ...]:
    """Return what is wrong with the word for the rules; nothing where it is one of the two."""
    known = get_args(Rules)
    if rules in known:
        return ()
    near = did_you_mean(str(rules), list(known))
    return (Problem(("rules",), f"must be documented or observed, but it was {rules!r}.{near}"),)
