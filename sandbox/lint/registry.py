"""Registry: the table of lint's rules, filled by the modules that hold them, and what they say.

@trigger_rule("TS101", "single-quotes")
def single_quotes(reading: Reading) -> Iterator[Note]: …

The docstring of a rule is its summary, which `lint --list` shows. The messages of the rules stand
in `messages.toml`, by code; a note names one of its rule's messages, or brings one of its own.
"""

import tomllib
from collections import abc
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import cache, partial
from pathlib import Path as FilePath
from typing import Any, Final, Literal, TypeAlias, TypeVar

from sandbox.lint.finding import OF_TRIGGER
from sandbox.segment.triggers.lexer import Token
from sandbox.segment.triggers.mistakes import Ignored
from sandbox.segment.triggers.tree import Node
from sandbox.values import Path

About: TypeAlias = Literal["trigger", "mapping", "mappings"]

MOST_TOLD: Final = 100
"""How many notes of one rule about one mapping are told."""
_MORE: Final = " There may be more like this: {} are told at most."


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """What a rule says of a place in a trigger or in the fields; the finding is made of it.

    `says` is the key of the message in `messages.toml`, and `parts` are put into it; a `message` of
    its own is told as it is. `rewrite` is the whole trigger, or the field, in other words; None
    leaves a trigger to `meant`. `same` tells whether it was proven to take the same events,
    `number` which mapping it is about.
    """

    says: str = "text"
    parts: abc.Mapping[str, object] = field(default_factory=dict)
    message: str = ""
    start: int = 0
    end: int = 0
    at: Path = OF_TRIGGER
    meaning: str = ""
    rewrite: str | None = None
    same: bool = False
    number: int = 0


Check = TypeVar("Check", bound=Callable[..., Iterator[Note]])
"""From a Reading; a Draft, with or without events; or a sequence of drafts, and events."""


Spot: TypeAlias = Token | Node | Ignored
"""What has a place in a trigger: a token, a part of its tree, what Segment passes over."""


def over(
    spot: Spot,
    says: str = "text",
    *,
    message: str = "",
    last: Spot | None = None,
    rewrite: str | None = None,
    **parts: object,
) -> Note:
    """Return a note about a spot in the trigger, or about all from there to `last`."""
    start, end = spot.start, (last or spot).end
    return Note(says=says, parts=parts, message=message, start=start, end=end, rewrite=rewrite)


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule about a trigger, a mapping beside the given events, or all mappings together.

    A rule about a trigger is silent at a place where one of a lower `rank` speaks.
    """

    code: str
    name: str
    summary: str
    about: About
    check: Callable[..., Iterator[Note]] = field(repr=False)
    rank: int = 0

    def notes(self, *given: Any, most: int = MOST_TOLD) -> Iterator[Note]:
        """Yield what the rule says of as much of `given` as its function has parameters.

        Each note has its message. There are `most` of them, and the last one says so.
        """
        for number, note in enumerate(self.check(*given[: self.check.__code__.co_argcount]), 1):
            message = note.message or _messages()[self.code][note.says].format(**note.parts)
            if number == most:
                yield replace(note, message=message + _MORE.format(most))
                return
            yield replace(note, message=message)


@cache
def _messages() -> dict[str, dict[str, str]]:
    return tomllib.loads(FilePath(__file__).with_name("messages.toml").read_text(encoding="utf-8"))


_TABLE: Final[dict[str, Rule]] = {}


def registered() -> tuple[Rule, ...]:
    """Return the rules that were registered, in the order of their codes."""
    return tuple(_TABLE[code] for code in sorted(_TABLE))


def _rule(about: About, code: str, name: str, *, rank: int = 0) -> Callable[[Check], Check]:
    def register(check: Check) -> Check:
        if code in _TABLE:
            raise ValueError(f"two rules of lint have the code {code}")
        _TABLE[code] = Rule(code, name, check.__doc__ or "", about, check, rank)
        return check

    return register


trigger_rule = partial(_rule, "trigger")
"""Register a rule about a trigger."""
mapping_rule = partial(_rule, "mapping")
"""Register a rule about a mapping, or about a mapping and the given events."""
mappings_rule = partial(_rule, "mappings")
"""Register a rule about all mappings and the given events; its notes say by number which one."""
