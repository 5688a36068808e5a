"""Payloads: what an upload's list may hold, and what it may not, each with the rule it breaks."""

from collections.abc import Iterator
from dataclasses import dataclass
from dataclasses import field as member
from typing import Any

from hypothesis import strategies as st

from sandbox.segment.definition import ActionDefinition, Field
from sandbox.segment.javascript import Json
from sandbox.segment.mapping import unknown_action
from sandbox.strategies.events import properties
from sandbox.strategies.realistic import id_text
from sandbox.strategies.tape import taped
from sandbox.toplyne import TOPLYNE


def ids() -> st.SearchStrategy[str]:
    """Generate ids such as u7."""
    return taped(id_text, length=1)


def payloads(*, action: str, drop_optional: bool = True) -> st.SearchStrategy[dict[str, Json]]:
    """Generate finished payloads of an action, as the API takes them under both rule sets.

    With `drop_optional=False` every field is there.
    """
    definition = action_of(action)
    required = {f.key: _field_values(f) for f in definition.fields if f.required}
    optional = {f.key: _field_values(f) for f in definition.fields if not f.required}
    if not drop_optional:
        return st.fixed_dictionaries({**required, **optional})
    return st.fixed_dictionaries(required, optional=optional).flatmap(
        lambda payload: _with_an_id(definition, payload)
    )


def _with_an_id(
    definition: ActionDefinition, payload: dict[str, Json]
) -> st.SearchStrategy[dict[str, Json]]:
    needed = [f for f in definition.fields if f.required_unless]
    if not needed or any(f.key in payload for f in needed):
        return st.just(payload)
    return st.builds(
        lambda field, value: {field.key: value, **payload}, st.sampled_from(needed), ids()
    )


def _field_values(field: Field) -> st.SearchStrategy[Json]:
    values: dict[str, st.SearchStrategy[Any]] = {
        "string": ids(),
        "datetime": st.integers(0, 2_000_000_000),
        "object": properties(),
    }
    return values[field.type]


@dataclass(frozen=True, slots=True)
class BadPayload:
    """A payload the API refuses as documented: the key of the rule it breaks, and where."""

    payload: dict[str, Json]
    rule: str
    path: str


def bad_payloads(*, action: str) -> st.SearchStrategy[BadPayload]:
    """Generate payloads that break exactly one rule of the contract, evenly over the rules.

    Raises ValueError for an action that does not exist.
    """
    definition = action_of(action)
    whole = payloads(action=action, drop_optional=False)
    return st.sampled_from(list(_breakages(definition))).flatmap(
        lambda breakage: whole.flatmap(
            lambda payload: st.builds(breakage.apply, st.just(payload), breakage.values)
        )
    )


@dataclass(frozen=True, slots=True)
class _Breakage:
    """How one rule is broken: the keys taken away, or the key given one of these values."""

    rule: str
    key: str
    removed: tuple[str, ...] = ()
    values: st.SearchStrategy[Json] = member(default_factory=st.none)

    def apply(self, payload: dict[str, Json], value: Json) -> BadPayload:
        kept = {k: v for k, v in payload.items() if k not in self.removed}
        changed = kept if self.removed else {**kept, self.key: value}
        return BadPayload(changed, self.rule, f"$.{self.key}")


def _breakages(definition: ActionDefinition) -> Iterator[_Breakage]:
    alternatives = tuple(f.key for f in definition.fields if f.required_unless)
    if alternatives:
        yield _Breakage("id-required", alternatives[0], removed=alternatives)
    yield _Breakage("unknown-key", "plan", values=properties())
    for field in definition.fields:
        if field.required:
            yield _Breakage("field-required", field.key, removed=(field.key,))
        if field.type != "datetime":
            yield _Breakage("field-type", field.key, values=_other_types(field))
        if field.type == "string":
            yield _Breakage("text-empty", field.key, values=st.just(""))
        if field.type == "datetime":
            fractions = st.integers(0, 2_000_000_000).map(lambda seconds: seconds + 0.5)
            not_whole = st.one_of(fractions, _other_types(field))
            yield _Breakage("time-integer", field.key, values=not_whole)
            beyond = st.sampled_from((2**63, -(2**63) - 1, 1e300))
            yield _Breakage("time-range", field.key, values=beyond)


def _other_types(field: Field) -> st.SearchStrategy[Json]:
    values: dict[str, tuple[st.SearchStrategy[Json], ...]] = {
        "string": (st.none(), st.booleans(), st.integers(0, 9), st.lists(ids(), max_size=2)),
        "datetime": (st.none(), st.booleans(), st.just("2021-02-01"), properties()),
        "object": (st.none(), st.booleans(), ids(), st.lists(properties(), max_size=2)),
    }
    return st.one_of(values[field.type])


def action_of(key: str) -> ActionDefinition:
    """Return the action of that key; raises ValueError, with the nearest name, for another."""
    action = TOPLYNE.action(key)
    if action is None:
        raise ValueError(f"action {unknown_action(key, TOPLYNE)}")
    return action
