"""Registry: a lint rule, its notes and findings, and the table of all rules.

@trigger_rule("TS101", "single-quotes")
def single_quotes(reading: Reading) -> Iterator[Note]: …

The docstring of a rule is its summary, which `lint --list` shows. `messages.toml` has the messages
by code; a note names one of its rule's messages, or has a sentence of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from string import Formatter
from typing import Any, Final, Literal, NamedTuple, TypeAlias, TypeVar, cast

from sandbox.segment.json_text import json_text, text_literal
from sandbox.segment.toml_tables import toml_table
from sandbox.segment.triggers.evaluation import SegmentEvent
from sandbox.segment.triggers.lexer import TriggerToken
from sandbox.segment.triggers.mistakes import Ignored
from sandbox.segment.triggers.tree import Node
from sandbox.values import Path, Placed, members, shortened
from sandbox.wire_types import FindingJson, RewriteJson

RuleSubject: TypeAlias = Literal["trigger", "mapping", "mappings"]
Spot: TypeAlias = TriggerToken | Node | Ignored
"""Anything with a place in a trigger: a token, a node of its tree, an ignored part."""

MOST_TOLD: Final = 100
"""The most notes of one rule about one mapping."""
_MORE: Final = " There may be more like this: at most {} are listed."
_OF_TRIGGER: Final[Path] = ("trigger",)
_WRITTEN: Final[Mapping[str | None, Callable[[Any], str]]] = {
    "c": lambda value: shortened(str(value)),
    "q": lambda value: text_literal(str(value)),
    "j": json_text,
}


class Rewrite(NamedTuple):
    """A rewording of a trigger or field.

    `same` says whether it was proven to take the same events; `example` is an event on which it
    differs, if one was found. With neither, it is what was probably meant, without proof.
    """

    text: str
    same: bool = False
    example: SegmentEvent | None = None

    def to_json(self) -> RewriteJson:
        """Return the rewrite as a JSON object."""
        return cast("RewriteJson", self._asdict())


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding(Placed):
    """One trap that lint found.

    `mapping` is the mapping's name and `number` its index, as names may repeat. `at` is the path of
    the trigger or of a place in the fields; `start` and `end` are indices in the trigger's text.
    `meaning` is what is written as Segment reads it.
    """

    code: str
    name: str
    mapping: str = ""
    number: int = 0
    at: Path
    message: str
    start: int = 0
    end: int = 0
    meaning: str = ""
    rewrite: Rewrite | None = None

    @property
    def is_of_trigger(self) -> bool:
        """Whether it is about the trigger's text, or a part of it."""
        return self.at == _OF_TRIGGER

    def to_json(self) -> FindingJson:
        """Return the finding as a JSON object; only a trigger's has a start and an end."""
        told = {
            "mapping": self.mapping or None,
            **members(self, "code", "name", "path"),
            "start": self.start if self.is_of_trigger else None,
            "end": self.end if self.is_of_trigger else None,
            "message": self.message,
            "meaning": self.meaning or None,
            "rewrite": self.rewrite and self.rewrite.to_json(),
        }
        return cast("FindingJson", told)


class Note(NamedTuple):
    """What a rule says about a place in a trigger or in the fields; it becomes a finding.

    `message` is a key in `messages.toml`, whose message is filled with `parts`, or a sentence used
    as it is. `rewrite` is the whole trigger or the field, reworded; with None a trigger gets the
    rewording of `meant`. `same` says whether it was proven to take the same events. `number` is the
    index of the mapping.
    """

    message: str = "text"
    parts: Mapping[str, object] = {}
    start: int = 0
    end: int = 0
    at: Path = _OF_TRIGGER
    meaning: str = ""
    rewrite: str | None = None
    same: bool = False
    number: int = 0


def over(
    spot: Spot,
    message: str = "text",
    *,
    last: Spot | None = None,
    rewrite: str | None = None,
    **parts: object,
) -> Note:
    """Return a note about a spot in the trigger, or about the text from there to `last`.

    In a message, `it` is the spot.
    """
    end = (last or spot).end
    return Note(message, {"it": spot, **parts}, spot.start, end, rewrite=rewrite)


def at(
    where: Path,
    message: str = "text",
    *,
    meaning: str = "",
    rewrite: str | None = None,
    **parts: object,
) -> Note:
    """Return a note about a place in the fields; `rewrite` is what could be there instead."""
    return Note(message, parts, at=where, meaning=meaning, rewrite=rewrite)


RuleFunction = TypeVar("RuleFunction", bound=Callable[..., Iterator[Note]])
"""A function of a Reading; of a Draft, with or without events; or of drafts and events."""


@dataclass(frozen=True, slots=True)
class LintRule:
    """A rule about a trigger, about a mapping with the given events, or about all mappings.

    A note about a trigger is left out at a place where a rule of a lower `rank` has one.
    """

    code: str
    name: str
    summary: str
    about: RuleSubject
    check: Callable[..., Iterator[Note]] = field(repr=False)
    rank: int = 0

    def notes(self, *given: Any, most: int = MOST_TOLD) -> Iterator[Note]:
        """Yield the rule's notes; its function gets as many of `given` as it has parameters.

        Each note has its message. If there are `most` notes, the last one says so.
        """
        known = toml_table(__package__, "messages").get(self.code, {})
        for number, note in enumerate(self.check(*given[: self.check.__code__.co_argcount]), 1):
            template = known.get(note.message)
            told = (
                note.message if template is None else _FORMATTER.vformat(template, (), note.parts)
            )
            if number == most:
                yield note._replace(message=told + _MORE.format(most))
                return
            yield note._replace(message=told)

    def finding(self, note: Note, meaning: str, rewrite: Rewrite | None) -> Finding:
        """Return the finding for a note."""
        told = members(note, "at", "message", "start", "end", "number")
        return Finding(code=self.code, name=self.name, meaning=meaning, rewrite=rewrite, **told)


class _Formatter(Formatter):
    """Fills in messages: `!c` cuts a long value, `!q` writes a JSON string, `!j` any JSON value."""

    def convert_field(self, value: Any, conversion: Any) -> Any:
        write = _WRITTEN.get(conversion)
        return write(value) if write else super().convert_field(value, conversion)


_FORMATTER: Final = _Formatter()


_TABLE: Final[dict[str, LintRule]] = {}


def registered() -> tuple[LintRule, ...]:
    """Return all registered rules, in the order of their codes."""
    return tuple(_TABLE[code] for code in sorted(_TABLE))


def _rule(
    about: RuleSubject, code: str, name: str, *, rank: int = 0
) -> Callable[[RuleFunction], RuleFunction]:
    def register(check: RuleFunction) -> RuleFunction:
        if code in _TABLE:
            raise ValueError(f"two rules of lint have the code {code}")
        _TABLE[code] = LintRule(code, name, check.__doc__ or "", about, check, rank)
        return check

    return register


trigger_rule = partial(_rule, "trigger")
"""Register a rule about a trigger."""
mapping_rule = partial(_rule, "mapping")
"""Register a rule about a mapping, or about a mapping and the given events."""
mappings_rule = partial(_rule, "mappings")
"""Register a rule about all mappings and the given events; its notes have a mapping's number."""
