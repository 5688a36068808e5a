"""Transforming: check a whole mapping, and apply it to an event as Segment's `transform` does."""

from typing import Final

from sandbox.segment.effort import metered, spend_on
from sandbox.segment.errors import FieldProblem, InvalidMapping, Thrown
from sandbox.segment.fields.compiling import FieldFunction, compile_value, throwing
from sandbox.segment.fields.limits import measure
from sandbox.segment.fields.validation import check_shape, check_value
from sandbox.segment.javascript import CONTAINERS, MISSING, all_values, exists, kind, own_members
from sandbox.segment.json_text import copied, to_json
from sandbox.segment.not_simulated import Outside
from sandbox.values import Json, Missing

_CHANGES: Final = ("increment", "decrement")
"""The Liquid tags that change the data, which later directives then read."""
ROOT_DIRECTIVE: Final = "__segment_internal_directive"
"""The field whose value becomes the whole mapping; it gets the other fields as `mapping`."""


def check_fields(fields: object) -> None:
    """Check a mapping's fields without an event.

    Raises InvalidMapping with every problem, in Segment's texts, paths and order.
    """
    _checked(fields)


def compile_fields(fields: object, outside: Outside | None = None) -> FieldFunction:
    """Return a function that resolves these fields for an event.

    The function throws (`Thrown`) if Segment does, and returns what Segment's `transform` returns:
    undefined members are removed, an undefined element or result is MISSING. The result may share
    parts with the event. `outside` has the clock and time zones for templates; without it they are
    not simulated. Raises InvalidMapping as check_fields does.
    """
    root = _checked(fields)
    resolved = compile_value(outside or Outside(), root)
    if changes_data(root):  # on a copy, so that the caller's event is unchanged
        return metered(on_data(lambda data: resolved(copied(data))))
    return metered(on_data(resolved))


def resolve(fields: object, event: object, outside: Outside | None = None) -> Json | Missing:
    """Return the fields resolved for the event, as JSON; MISSING if the result is undefined.

    >>> resolve({"plan": {"@path": "$.traits.plan"}}, {"traits": {"plan": "pro"}})
    {'plan': 'pro'}

    Raises InvalidMapping as check_fields does, and Thrown if Segment's runtime throws.
    """
    return to_json(compile_fields(fields, outside)(event))


def _checked(fields: object) -> object:
    """Return the checked fields, with a root directive expanded."""
    if problems := check_shape(fields):
        raise InvalidMapping(problems)
    try:
        root = expanded(fields)
    except Thrown as error:
        raise InvalidMapping((FieldProblem((), error.message),)) from None
    if wrong := check_value(root, ()):
        raise InvalidMapping(wrong.problems)
    return root


def transform(outside: Outside, fields: object) -> FieldFunction:
    """Return a function that does all of `transform(fields, data)`; wrong fields throw.

    Its result shares nothing with the data, so that a counter in one does not change the other.
    """
    step = on_data(_prepared(outside, fields))

    def transformed(data: object) -> object:
        result = step(data)
        spend_on(result)
        return copied(result)

    return transformed


def _prepared(outside: Outside, fields: object) -> FieldFunction:
    try:
        root = expanded(fields)
    except Thrown as error:
        return throwing(error.message, error.name)
    if wrong := check_value(root, ()):
        message = " ".join(f"{problem.path} {problem.message}" for problem in wrong.problems)
        return throwing(message, "AggregateError" if wrong.gathered else "ValidationError")
    return compile_value(outside, root)


def on_data(resolved: FieldFunction) -> FieldFunction:
    """Return a function that requires an object as data, and removes undefined members."""

    def step(data: object) -> object:
        if not isinstance(data, dict):
            if data is not MISSING:
                raise Thrown(f"data must be an object, got {kind(data)}")
            data = {}
        return _without_missing(resolved(data))

    return step


def _without_missing(value: object) -> object:
    """Return the value without undefined members of objects, at any depth.

    Undefined elements of arrays stay. A value with nothing to remove is returned itself, so it may
    share parts with the event. Throws if it is larger than MAX_SIZE.
    """
    if not isinstance(value, CONTAINERS) or measure(value, "the mapping"):
        return value
    return copied(value)


def expanded(fields: object) -> object:
    """Return the mapping to check and resolve: the fields, or their root directive expanded.

    Throws as Segment does: for null, and for a root that is not one directive on an object.
    """
    members = _members(fields)
    if ROOT_DIRECTIVE not in members:
        return members
    rest = {key: value for key, value in members.items() if key != ROOT_DIRECTIVE}
    root = members[ROOT_DIRECTIVE]
    entries = list(_members(root).items())
    if len(entries) > 1:
        raise Thrown("The root mapping must only have a single directive object")
    name, operand = entries[0] if entries else ("", MISSING)
    if not isinstance(operand, CONTAINERS):
        raise Thrown("The root directive must be an object")
    if not isinstance(operand, dict):
        return root
    filled = operand | {"mapping": rest}
    return {name: filled} if isinstance(root, dict) else [filled]


def _members(value: object) -> dict[str, object]:
    """Return the own members that JavaScript copies from a value."""
    if not exists(value):
        raise Thrown("Cannot convert undefined or null to object", name="TypeError")
    return value if isinstance(value, dict) else dict(own_members(value))


def changes_data(fields: object) -> bool:
    """Return whether a template in the fields may change the data it is rendered on."""
    templates = (each.get("@liquid") for each in all_values(fields) if isinstance(each, dict))
    return any(isinstance(text, str) and tag in text for text in templates for tag in _CHANGES)
