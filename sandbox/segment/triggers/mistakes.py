"""Mistakes: the messages about a wrong trigger, for the person who wrote it.

The sentences are in `mistakes.toml`.
"""

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from sandbox.segment.errors import did_you_mean
from sandbox.segment.toml_tables import toml_table
from sandbox.segment.triggers.tree import HEADS
from sandbox.values import shortened

SLIP: Final = "Cannot read properties of undefined (reading 'type')"
"""The message of Segment's parser for most mistakes: it fails on missing tokens, or no tree."""


class TriggerError(Exception):
    """Raised for a trigger that Segment cannot read: place, our sentence, and Segment's text."""

    def __init__(self, position: int, reason: str, segment_message: str = SLIP) -> None:
        self.position = position
        self.reason = reason
        self.segment_message = segment_message
        super().__init__(reason)


class Ignored(NamedTuple):
    """A token that Segment silently ignores; `why` is a key of `ignored` in mistakes.toml."""

    text: str
    start: int
    end: int
    why: str

    @property
    def sentence(self) -> str:
        """What Segment does with it, and what may have been meant."""
        near = did_you_mean(self.text.partition(".")[0], [*HEADS, "and", "or"])
        sentence: str = _told()["ignored"][self.why]
        return sentence.format(text=shortened(self.text), near=near)


def _told() -> dict[str, Any]:
    return toml_table(__package__, "mistakes")


def _characters() -> dict[str, str]:
    return {each: row["said"] for row in _told()["character"] for each in row["these"]}


def said(key: str, **parts: object) -> str:
    """Return one of the sentences about what Segment cannot read, with its parts."""
    sentence: str = _told()["unreadable"][key]
    return sentence.format(**parts)


def character(found: str) -> str:
    """Return why no token can start with a character."""
    if found in _characters():
        return _characters()[found]
    code = f"U+{ord(found):04X}"
    if found.isspace() or not found.isprintable():
        return said("blank", code=code)
    return said("in_quotes_only" if found.isascii() else "not_ascii", found=found, code=code)


def after_name(name: str, found: str) -> str:
    """Return why a name cannot be followed by this character."""
    if found in "<>":
        return said("no_space_before_operator", found=found)
    if found in "\"'":
        return said("no_space_before_quote")
    if found == "[":
        return said("bracket_in_name")
    if found in _characters() or not found.isprintable():
        return character(found)
    return said("not_in_name", found=found, name=shortened(name))


def no_condition(text: str, ignored: Sequence[Ignored]) -> TriggerError:
    """Return the error for a trigger without a condition; it points at the first ignored token."""
    if ignored:
        first = min(ignored, key=lambda each: each.start)
        start = first.start
        found = f"there is no condition here: {first.sentence}"
    else:
        start = len(text) - len(text.lstrip(" \t\n"))
        found = "there is no condition here."
        if start == len(text):
            found = "the trigger is empty."
        elif text[start] == "(":
            found = "the parentheses are empty."
    return TriggerError(start, said("no_condition", found=found))
