"""Payloads: valid items of an upload, invalid ones with the rule they break, and any JSON value."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Final, NamedTuple, TypeAlias

from hypothesis import strategies as st

from sandbox.segment.definition import ActionDefinition, FieldType
from sandbox.segment.mapping import unknown_action
from sandbox.strategies.events import id_text, properties_of
from sandbox.strategies.tape import Tape, taped
from sandbox.toplyne import TOPLYNE
from sandbox.values import MISSING, Json, Missing

_Make: TypeAlias = Callable[[Tape], Json]
_Break: TypeAlias = Callable[[Tape], Json | Missing]

_PAYLOAD_BYTES: Final = 64
_LAST_SECOND: Final = 2_000_000_000
_RIGHT: Final[dict[FieldType, _Make]] = {
    "string": id_text,
    "datetime": lambda tape: tape.between(0, _LAST_SECOND),
    "object": properties_of,
}
_OTHER: Final[dict[FieldType, tuple[_Make, ...]]] = {
    "string": (lambda tape: tape.below(10), lambda tape: [id_text(tape)], lambda _: []),
    "datetime": (lambda _: "2021-02-01", properties_of),
    "object": (id_text, lambda tape: [properties_of(tape)], lambda _: []),
}
"""Values of another type than a field's, besides null and booleans."""


def payloads(*, action: str, drop_optional: bool = True) -> st.SearchStrategy[dict[str, Json]]:
    """Generate finished payloads of an action that the API accepts under both rules.

    With `drop_optional=False` every field is present.
    """
    definition, percent = action_of(action), 50 if drop_optional else 100
    return taped(lambda tape: _payload(tape, definition, percent), length=_PAYLOAD_BYTES)


def _payload(tape: Tape, action: ActionDefinition, percent: float) -> dict[str, Json]:
    fields = [field for field in action.fields if field.required or tape.chance(percent)]
    alternatives = [field for field in action.fields if field.required_unless]
    if alternatives and not any(field in fields for field in alternatives):
        fields.insert(0, tape.pick(alternatives))
    return {field.key: _RIGHT[field.type](tape) for field in fields}


class BadPayload(NamedTuple):
    """A payload that the documentation forbids: the key of the rule it breaks, and the path."""

    payload: dict[str, Json]
    rule: str
    path: str


def bad_payloads(*, action: str) -> st.SearchStrategy[BadPayload]:
    """Generate payloads that break exactly one rule of the contract, evenly over the rules.

    Raises ValueError for an action that does not exist.
    """
    definition = action_of(action)
    breakages = tuple(_breakages(definition))

    def bad_payload(tape: Tape) -> BadPayload:
        rule, keys, make = tape.pick(breakages)
        payload = _payload(tape.stretch(_PAYLOAD_BYTES), definition, percent=100)
        made = {key: make(tape) for key in keys}
        there = {k: v for k, v in (payload | made).items() if v is not MISSING}
        return BadPayload(there, rule, f"$.{keys[0]}")

    return taped(bad_payload, length=_PAYLOAD_BYTES + 32)


def _breakages(definition: ActionDefinition) -> Iterator[tuple[str, tuple[str, ...], _Break]]:
    """Yield ways to break each rule: its key, the keys to change and a function for values."""
    if alternatives := tuple(field.key for field in definition.fields if field.required_unless):
        yield "id-required", alternatives, lambda _: MISSING
    yield "unknown-key", ("plan",), properties_of
    for field in definition.fields:
        key = (field.key,)
        if field.required:
            yield "field-required", key, lambda _: MISSING
        if field.type == "datetime":
            yield "time-integer", key, _not_whole
            yield "time-range", key, lambda tape: tape.pick((2**63, -(2**63) - 1, 1e300))
        else:
            yield "field-type", key, partial(_of_other_type, field_type=field.type)
        if field.type == "string":
            yield "text-empty", key, lambda _: ""


def _of_other_type(tape: Tape, field_type: FieldType) -> Json:
    makes: tuple[_Make, ...] = (lambda _: None, lambda tape: tape.chance(50), *_OTHER[field_type])
    return tape.pick(makes)(tape)


def _not_whole(tape: Tape) -> Json:
    return tape.below(_LAST_SECOND) + 0.5 if tape.chance(50) else _of_other_type(tape, "datetime")


def action_of(key: str) -> ActionDefinition:
    """Return the action of that key; raises ValueError, with a similar name, for an unknown key."""
    action = TOPLYNE.action(key)
    if action is None:
        raise ValueError(f"action {unknown_action(key, TOPLYNE)}")
    return action


def json_values(*, max_leaves: int = 8) -> st.SearchStrategy[Json]:
    """Generate any JSON value; hard ones are more frequent: strings of numbers and dates, big and
    tiny numbers, empty containers, index keys, code points above U+FFFF.
    """  # noqa: D205 - one sentence
    scalars = st.one_of(
        st.none(),
        st.booleans(),
        st.integers(-(2**70), 2**70),
        st.floats(allow_nan=False, allow_infinity=False),
        st.text(max_size=6),
        st.sampled_from(_HARD),
    )
    keys = st.one_of(st.sampled_from(("a", "b", "0", "1", "10", "01", "")), st.text(max_size=3))
    return st.recursive(
        scalars,
        lambda inner: st.one_of(
            st.lists(inner, max_size=3), st.dictionaries(keys, inner, max_size=3)
        ),
        max_leaves=max_leaves,
    )


_HARD: Final[tuple[Json, ...]] = (
    "", " ", "0", "13", "5", "true", "null", "1612137600", "1612137600000", "2021-02-30",
    "Feb 1, 2021", "2021-02-01T00:00:00+01:00", "😀", "{{userId}}", "$.userId",
    0, -1, 1612137600, 1612137600000, 1e21, 1e-7, 0.1, 2**53 + 1, 8.64e15 + 1,
)  # fmt: skip
