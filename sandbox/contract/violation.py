"""Violation: one broken rule of the contract, and the words to say it in."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from sandbox.segment.definition import Evidence
from sandbox.segment.javascript import Json, kind, number_text
from sandbox.segment.json_text import text_literal

_NAME = re.compile(r"[A-Za-z_$][A-Za-z0-9_$]*\Z")
_SHOWN: Final = 60


class Violation(NamedTuple):
    """One thing in a body that breaks a rule; a named tuple, as a refusal may have many.

    `path` is JSONPath from the thing checked, a missing field named too; `message` one sentence
    that says what was there and what would be right; `found` and `expected` are its two halves;
    `rule` is the key of the broken rule and `evidence` how that rule is known.
    """

    path: str
    message: str
    found: str
    expected: str
    rule: str
    evidence: Evidence

    def __str__(self) -> str:
        return f"{self.path}: {self.message}"


def member_path(path: str, key: str) -> str:
    """Return the JSONPath of a member: `.key`, or `['odd key']` where it is no plain name."""
    if _NAME.match(key):
        return f"{path}.{shortened(key)}"
    quoted = text_literal(shortened(key))[1:-1].replace('\\"', '"').replace("'", "\\'")
    return f"{path}['{quoted}']"


def describe(value: Json) -> str:
    """Return what a JSON value is, in a few words: `null`, `the number 1.5`, `an empty list`."""
    match kind(value):
        case "string":
            return f"the text {text_literal(shortened(value))}" if value else "an empty text"
        case "number":
            return f"the number {_digits(value)}"
        case "boolean":
            return "the boolean true" if value else "the boolean false"
        case "array":
            return f"a list of {counted(len(value), 'item')}" if value else "an empty list"
        case "object":
            return f"an object with {counted(len(value), 'key')}" if value else "an empty object"
        case name:
            return name


def counted(number: int, noun: str) -> str:
    """Return `1 item`, `2 items`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def shortened(text: str) -> str:
    """Return the text, cut where it is too long to be read in a sentence."""
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


def _digits(number: float) -> str:
    return shortened(str(number) if isinstance(number, int) else number_text(number))
