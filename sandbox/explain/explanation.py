"""Explanation: the values an explanation is made of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from sandbox.segment.errors import Problem
from sandbox.segment.javascript import MISSING, Json
from sandbox.segment.mapping import Mapping
from sandbox.segment.pipeline import Outcome
from sandbox.segment.triggers.trace import Trace, Verdict
from sandbox.suspicions import Suspicion
from sandbox.values import Path

Fate: TypeAlias = Literal["sent", "left out", "refused", "dropped", "not mapped", "not simulated"]


@dataclass(frozen=True, slots=True, kw_only=True)
class TriggerVerdict:
    """A trigger and what an event makes of it.

    `taken` is what Segment takes it for where that is not what is written, else "". `ignored` says
    what Segment passes over.
    """

    text: str
    taken: str
    trace: Trace
    ignored: tuple[str, ...] = ()

    @property
    def verdict(self) -> Verdict:
        """Whether the trigger holds, fails, or makes Segment throw."""
        return self.trace.verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldFate:
    """One field of a mapping: what it is made of, and what becomes of it.

    `source` is the directive or value as written (MISSING where the field is not mapped), `raw`
    what it gives for the event, `value` what is sent; both MISSING for nothing. `why` is a
    sentence, empty where the value is sent as it was found.
    """

    key: str
    label: str
    type: str
    fate: Fate
    source: Json = MISSING
    raw: Json = MISSING
    value: Json = MISSING
    why: str = ""
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class Edit:
    """One member of an event changed: where, what was there, and what is there now."""

    at: Path
    before: Json
    after: Json


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """The smallest changes found after which the mapping takes the event; each was tried.

    `event` is the changed event and `edits` how it differs, `trigger` the changed trigger; None
    where none was found, and `no_event` then says why. `meant` is what the trigger probably means
    where Segment takes it for something else, else ""; it takes the event if it is `trigger`, and
    otherwise after `meant_edits`. The changed event is delivered when it is sent; `against_spec`
    says where it has what its call should not have.
    """

    event: Json = None
    edits: tuple[Edit, ...] = ()
    trigger: str | None = None
    meant: str = ""
    meant_edits: tuple[Edit, ...] = ()
    no_event: str = ""
    against_spec: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """What became of one event at one mapping.

    `change` is None where the trigger takes the event. `fields` say what the fields make of it,
    also where the mapping skips it.
    """

    event: Json
    mapping: Mapping
    outcome: Outcome
    trigger: TriggerVerdict
    fields: tuple[FieldFate, ...]
    suspicions: tuple[Suspicion, ...] = ()
    change: Change | None = None
