"""Mappings as a user could make them: triggers, mappings and whole workspaces."""

from collections.abc import Sequence
from typing import Final

from hypothesis import strategies as st

from sandbox.destination import PRESETS, Mapping
from sandbox.segment.definition import ActionDefinition, Field
from sandbox.strategies.events import EVENT_NAMES, EVENT_TYPES, PROPERTIES
from sandbox.strategies.payloads import action_of
from sandbox.strategies.tape import Tape, taped
from sandbox.toplyne import TOPLYNE
from sandbox.values import Json
from sandbox.workspace import ConnectedDestination, Source, Workspace

_TRIGGER_BYTES: Final = 12
_CLAUSES: Final[tuple[tuple[str, Sequence[object]], ...]] = (
    ('type = "{}"', EVENT_TYPES),
    ('event = "{}"', tuple(EVENT_NAMES)),
    ('contains(event, "{}")', ("Up", "Order")),
    ("properties.{} != null", tuple(PROPERTIES)),
    ("properties.amount > {}", range(100)),
    ("properties.amount <= {}", range(100)),
)


def triggers() -> st.SearchStrategy[str]:
    """Generate triggers as people write them: one to three clauses joined by one operator."""
    return taped(_trigger, length=_TRIGGER_BYTES)


def _trigger(tape: Tape) -> str:
    chosen = [tape.pick(_CLAUSES) for _ in range(tape.between(1, 3))]
    join = tape.pick((" and ", " or "))
    return join.join(form.format(tape.pick(values)) for form, values in chosen)


def mappings(*, action: str | None = None) -> st.SearchStrategy[Mapping]:
    """Generate mappings as a user could make them: an action, a trigger, mapped fields."""
    actions = TOPLYNE.actions if action is None else (action_of(action),)
    return taped(lambda tape: _mapping(tape, tape.pick(actions)), length=40)


def _mapping(tape: Tape, action: ActionDefinition) -> Mapping:
    name = tape.pick(("My mapping", "Big orders", "Trials"))
    trigger = _trigger(tape.stretch(_TRIGGER_BYTES))
    mapped = [field for field in action.fields if field.required or tape.chance(50)]
    fields = {field.key: _directive(tape, field) for field in mapped}
    return Mapping(name, action=action.key, trigger=trigger, fields=fields)


def _directive(tape: Tape, field: Field) -> Json:
    if field.type != "string":
        return field.default
    path: Json = {"@path": tape.pick(("$.properties.id", "$.traits.id", "$.context.groupId"))}
    directives: tuple[Json, ...] = (
        field.default,
        {"@if": {"exists": path, "then": path, "else": field.default}},
        {"@template": "{{userId}}-{{event}}"},
        {"@literal": "fixed"},
    )
    return tape.pick(directives)


def workspaces(*, max_mappings: int = 4) -> st.SearchStrategy[Workspace]:
    """Generate workspaces: one source, one destination, the presets or a user's own mappings.

    The destination has no base URL; it is set where the workspace is served. Raises ValueError for
    a number of mappings that no destination has.
    """
    most = TOPLYNE.max_mappings
    if not 1 <= max_mappings <= most:
        raise ValueError(f"max_mappings must be from 1 to {most}, but it was {max_mappings!r}.")
    own = st.lists(mappings(), min_size=1, max_size=max_mappings, unique_by=lambda m: m.name)
    return st.one_of(st.just(PRESETS), own.map(tuple)).map(_workspace)


def _workspace(mappings: tuple[Mapping, ...]) -> Workspace:
    destination = ConnectedDestination(
        name="Toplyne", source="Website", api_key="api-key-1", mappings=mappings
    )
    source = Source(name="Website", write_key="write-key-1")
    return Workspace(sources=(source,), destinations=(destination,))
