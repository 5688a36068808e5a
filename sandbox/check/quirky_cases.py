"""Quirky cases: what a mapper is asked, drawn by Hypothesis where mappers differ most."""

from __future__ import annotations

from typing import Final

from sandbox.check.cases import Case
from sandbox.strategies.quirks import EVENT_BYTES, quirky_event
from sandbox.strategies.quirky_mappings import MAPPINGS_BYTES, quirky_mappings
from sandbox.strategies.tape import Tape, taped


def _quirky_case(tape: Tape) -> Case:
    mappings = quirky_mappings(tape.stretch(MAPPINGS_BYTES))
    return Case(quirky_event(tape), mappings)


QUIRKY_CASES: Final = taped(_quirky_case, length=EVENT_BYTES + MAPPINGS_BYTES)
"""Cases of an event and mappings of its own, on which mappers differ."""

QUIRKY_EVENTS: Final = taped(lambda tape: Case(quirky_event(tape)), length=EVENT_BYTES)
"""Cases of an event, on which mappers differ, and the presets."""
