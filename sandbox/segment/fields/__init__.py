"""Fields: what a mapping makes of an event, and what is wrong with a mapping before any event."""

from __future__ import annotations

from sandbox.segment.errors import FieldProblem, InvalidMapping, Thrown
from sandbox.segment.fields.compiling import Directive, Step, compile_value
from sandbox.segment.fields.directives import DIRECTIVES
from sandbox.segment.fields.limits import MAX_MAPPING_DEPTH
from sandbox.segment.fields.transforming import changes_data, expanded, on_data
from sandbox.segment.fields.validation import check_shape, check_value
from sandbox.segment.json_text import copied, to_json
from sandbox.segment.outside import Outside

__all__ = [
    "DIRECTIVES",
    "MAX_MAPPING_DEPTH",
    "Directive",
    "check_fields",
    "compile_fields",
    "resolve",
]


def check_fields(fields: object) -> None:
    """Check a mapping's fields without an event.

    Raises InvalidMapping with every problem, in Segment's texts, paths and order.
    """
    _checked(fields)


def compile_fields(fields: object, outside: Outside | None = None) -> Step:
    """Return the function that resolves these fields for an event.

    The function takes an event, throws (`Thrown`) where Segment does, and returns what Segment's
    `transform` does: undefined members are gone, an undefined element or whole is MISSING. The
    result may share its parts with the event. `outside` is what templates ask for the time and for
    time zones; without it they are not simulated. Raises InvalidMapping as check_fields does.
    """
    root = _checked(fields)
    resolved = compile_value(outside or Outside(), root)
    if changes_data(root):  # as Segment's templates do; the event that was given stays as it is
        return on_data(lambda data: resolved(copied(data)))
    return on_data(resolved)


def resolve(fields: object, event: object, outside: Outside | None = None) -> object:
    """Return what the fields make of the event, as JSON; MISSING where that is undefined.

    >>> resolve({"plan": {"@path": "$.traits.plan"}}, {"traits": {"plan": "pro"}})
    {'plan': 'pro'}

    Raises InvalidMapping as check_fields does, and Thrown where Segment's runtime throws.
    """
    return to_json(compile_fields(fields, outside)(event))


def _checked(fields: object) -> object:
    """Return the fields as they are resolved, with a root directive in its place."""
    if problems := check_shape(fields):
        raise InvalidMapping(problems)
    try:
        root = expanded(fields)
    except Thrown as error:
        raise InvalidMapping((FieldProblem((), error.message),)) from None
    if wrong := check_value(root, ()):
        raise InvalidMapping(wrong.problems)
    return root
