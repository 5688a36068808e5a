"""Registry: the table of lint's rules, filled by the modules that hold them.

@trigger_rule("TS101", "single-quotes", WITNESS)
def single_quotes(reading: Reading) -> Iterator[Note]: …

The docstring of a rule is its summary, which `lint --list` shows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final, Literal, TypeAlias, TypeVar

from sandbox.lint.finding import Note
from sandbox.segment.triggers.evaluation import Event
from sandbox.values import Json

About: TypeAlias = Literal["trigger", "mapping", "mappings"]
Check = TypeVar("Check", bound=Callable[..., Iterator[Note]])
"""From a Reading; a Draft, with or without events; or a sequence of drafts, and events."""

TRACK: Final[Event] = {"type": "track", "event": "E"}
PLAIN_FIELDS: Final[dict[str, Any]] = {"userId": "u", "eventName": "E", "timestamp": 1612137600000}
"""Fields that are always sent, whatever the event."""
SENT: Final[dict[str, Any]] = {"userId": "u", "eventName": "E", "timestamp": 1612137600}
"""What becomes of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Witness:
    """An event that shows what Segment does where a rule speaks.

    `mappings` are (trigger, action, fields), `sent` the items of the uploads Segment makes of the
    event, in order: [] where it makes none. An event that is `dropped` does not pass intake.
    """

    event: Event
    trigger: str = 'type = "track"'
    fields: Json = field(default_factory=lambda: dict(PLAIN_FIELDS))
    action: str = "sendEvents"
    more: tuple[tuple[str, Json], ...] = ()
    sent: tuple[Json, ...]
    dropped: str = ""

    @property
    def mappings(self) -> tuple[tuple[str, Json], ...]:
        """Triggers and fields, of one mapping or more."""
        return ((self.trigger, self.fields), *self.more)


def taken(trigger: str, **event: object) -> Witness:
    """Return the witness of a trigger that takes a track call with these members."""
    return Witness(trigger=trigger, event={**TRACK, **event}, sent=(SENT,))


def not_taken(trigger: str, **event: object) -> Witness:
    """Return the witness of a trigger that does not take a track call with these members."""
    return Witness(trigger=trigger, event={**TRACK, **event}, sent=())


def sending(changed: dict[str, Any], sent: dict[str, Any] | None, **event: object) -> Witness:
    """Return the witness of fields beside the plain ones, and of what is sent in their place."""
    items = () if sent is None else ({**SENT, **sent},)
    return Witness(fields={**PLAIN_FIELDS, **changed}, event={**TRACK, **event}, sent=items)


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
    witness: Witness = field(repr=False)
    rank: int = 0

    def notes(self, *given: Any) -> Iterator[Note]:
        """Return what the rule says of as much of `given` as its function has parameters."""
        return self.check(*given[: self.check.__code__.co_argcount])


_TABLE: Final[dict[str, Rule]] = {}


def registered() -> tuple[Rule, ...]:
    """Return the rules that were registered, in the order of their codes."""
    return tuple(_TABLE[code] for code in sorted(_TABLE))


def _rule(
    about: About, code: str, name: str, witness: Witness, *, rank: int = 0
) -> Callable[[Check], Check]:
    def register(check: Check) -> Check:
        if code in _TABLE:
            raise ValueError(f"two rules of lint have the code {code}")
        _TABLE[code] = Rule(code, name, check.__doc__ or "", about, check, witness, rank)
        return check

    return register


trigger_rule = partial(_rule, "trigger")
"""Register a rule about a trigger."""
mapping_rule = partial(_rule, "mapping")
"""Register a rule about a mapping, or about a mapping and the given events."""
mappings_rule = partial(_rule, "mappings")
"""Register a rule about all mappings and the given events; its notes say by number which one."""
