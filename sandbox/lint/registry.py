"""Registry: the table of lint's rules, filled by the modules that hold them.

@trigger_rule("TS101", "single-quotes", "Single quotes are part of the text.", WITNESS)
def single_quotes(reading: Reading) -> Iterator[Note]: …
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal, TypeAlias

from sandbox.lint.draft import Draft, Reading
from sandbox.lint.finding import Note
from sandbox.segment.triggers.evaluation import Event
from sandbox.values import Json

About: TypeAlias = Literal["trigger", "mapping", "mappings"]
TriggerCheck: TypeAlias = Callable[[Reading], Iterator[Note]]
MappingCheck: TypeAlias = Callable[[Draft, Sequence[Event]], Iterator[Note]]
MappingsCheck: TypeAlias = Callable[[Sequence[Draft], Sequence[Event]], Iterator[Note]]

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


@dataclass(frozen=True, slots=True, kw_only=True)
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


_TABLE: Final[dict[str, Rule]] = {}


def registered() -> tuple[Rule, ...]:
    """Return the rules that were registered, in the order of their codes."""
    return tuple(_TABLE[code] for code in sorted(_TABLE))


def trigger_rule(
    code: str, name: str, summary: str, witness: Witness, *, rank: int = 0
) -> Callable[[TriggerCheck], TriggerCheck]:
    """Register a rule about a trigger."""
    return _registering("trigger", code, name, summary, witness=witness, rank=rank)


def mapping_rule(
    code: str, name: str, summary: str, witness: Witness
) -> Callable[[MappingCheck], MappingCheck]:
    """Register a rule about a mapping, beside the events that are given."""
    return _registering("mapping", code, name, summary, witness=witness)


def mappings_rule(
    code: str, name: str, summary: str, witness: Witness
) -> Callable[[MappingsCheck], MappingsCheck]:
    """Register a rule about all mappings; its notes say by number which one they are about."""
    return _registering("mappings", code, name, summary, witness=witness)


def _registering(
    about: About, code: str, name: str, summary: str, **parts: Any
) -> Callable[[Any], Any]:
    def register(check: Any) -> Any:
        if code in _TABLE:
            raise ValueError(f"two rules of lint have the code {code}")
        _TABLE[code] = Rule(
            code=code, name=name, summary=summary, about=about, check=check, **parts
        )
        return check

    return register
