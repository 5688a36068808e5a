"""Generated: what the functions that are written take and give."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from sandbox.segment.definition import ActionDefinition
from sandbox.segment.javascript import Json

Take: TypeAlias = Callable[[dict[str, Json]], tuple[bool | None, ...]]
"""Tells for each mapping whether it takes an event; None where `pipeline` has to tell.

It throws where one of the triggers does.
"""

Way: TypeAlias = Callable[[dict[str, Json]], bytes | None]
"""The body's bytes for an event the mapping takes; None to hand it over to `pipeline`.

It throws where a directive does.
"""

Demands: TypeAlias = tuple[tuple[str, ...], ...]
"""Groups of fields: a payload must have one of each group, and then nothing is wrong with it."""

DemandsOf: TypeAlias = Callable[[ActionDefinition], Demands | None]
"""What is demanded of an action's payloads; None if that cannot be told in groups of fields."""
