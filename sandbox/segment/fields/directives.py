"""Directives: the one table of what a mapping's fields can ask for."""

from dataclasses import replace
from functools import partial
from typing import Final

from sandbox.segment.fields import liquid_field, text_directives, validation, value_directives
from sandbox.segment.fields.compiling import Directive, Found, Table
from sandbox.segment.fields.validation import NOTHING_WRONG
from sandbox.segment.javascript import MISSING, Json
from sandbox.segment.outside import Outside
from sandbox.values import Path


def _check_array_path(table: Table, operand: Json, path: Path) -> Found:
    if sentence := validation.an_array(operand):
        return validation.found(path, sentence)
    first, shape = (*operand, MISSING, MISSING)[:2]
    named = validation.or_directive(validation.text_or_directive)(table, first, path)
    return named or validation.check_value(table, shape, path)


def _check_merge(table: Table, operand: Json, path: Path) -> Found:
    if wrong := _MERGE_MEMBERS(table, operand, path):
        return wrong
    # Segment forgets the path here, and stops at the first object with something wrong
    each = (_check_merged(table, value) for value in operand["objects"])
    return next(filter(None, each), NOTHING_WRONG)


def _check_merged(table: Table, value: Json) -> Found:
    return validation.found((), validation.object_or_directive(value)) or validation.check_value(
        table, value, ()
    )


_MERGE_MEMBERS: Final = validation.members(
    {"direction": validation.one_of("left", "right"), "objects": validation.an_array},
    required=("objects",),
)

_PLAN: Final = {"@path": "$.properties.plan"}
_ALL: Final = (
    Directive(
        "@path",
        "the part of the event at a path, such as $.properties.plan",
        example="$.properties.plan",
        check=validation.or_directive(validation.text_or_directive),
        resolve=text_directives.path,
    ),
    Directive(
        "@template",
        "a string with {{…}} placeholders for parts of the event",
        example="{{properties.plan}} plan",
        check=validation.or_directive(validation.text_or_directive),
        resolve=text_directives.template,
    ),
    Directive(
        "@literal",
        "a value as it is written; directives inside it are resolved",
        example="a value",
        check=validation.or_directive(validation.anything),
        resolve=value_directives.literal,
    ),
    Directive(
        "@if",
        "one of two values, by whether a third exists (or, with blank, is not blank)",
        example={"exists": {"@path": "$.userId"}, "then": {"@path": "$.userId"}, "else": _PLAN},
        check=validation.members(
            {
                "exists": validation.anything,
                "then": validation.anything,
                "else": validation.anything,
            }
        ),
        resolve=value_directives.if_,
    ),
    Directive(
        "@case",
        "a string in lower or upper case",
        example={"operator": "lower", "value": _PLAN},
        check=validation.members(
            {"operator": validation.a_text, "value": validation.text_or_directive}
        ),
        resolve=text_directives.case,
    ),
    Directive(
        "@replace",
        "a string with one or two literal patterns replaced",
        example={"pattern": "-", "replacement": " ", "value": _PLAN},
        check=validation.members(
            {
                "pattern": validation.text_of(1, text_directives.MAX_PATTERN),
                "replacement": validation.text_of(0, text_directives.MAX_REPLACEMENT),
                "value": validation.text_or_directive,
                "ignorecase": validation.a_boolean,
                "global": validation.a_boolean,
            },
            required=("pattern", "value"),
        ),
        resolve=text_directives.replacing,
    ),
    Directive(
        "@arrayPath",
        "a list of the event, each of its elements given a shape",
        example=["$.properties.products", {"id": {"@path": "$.product_id"}}],
        check=_check_array_path,
        resolve=value_directives.array_path,
    ),
    Directive(
        "@json",
        "a value as JSON text (encode), or a JSON text as its value (decode)",
        example={"mode": "encode", "value": {"@path": "$.properties"}},
        check=validation.members(
            {"value": validation.anything, "mode": validation.one_of("encode", "decode")},
            required=("value", "mode"),
        ),
        resolve=value_directives.json,
    ),
    Directive(
        "@flatten",
        "nested objects as one, the keys on the way joined by a separator",
        example={"separator": ".", "value": {"@path": "$.properties"}},
        check=validation.members(
            {"separator": validation.a_text, "value": validation.anything}, required=("value",)
        ),
        resolve=value_directives.flatten,
    ),
    Directive(
        "@merge",
        "the members of several objects in one; the first (left) or last (right) wins",
        example={
            "direction": "right",
            "objects": [{"@path": "$.context.traits"}, {"@path": "$.properties"}],
        },
        check=_check_merge,
        resolve=value_directives.merge,
    ),
    Directive(
        "@transform",
        "a mapping of what another mapping makes of the event",
        example={"apply": {"plan": _PLAN}, "mapping": {"tier": {"@path": "$.plan"}}},
        check=validation.members(
            {"apply": validation.object_or_directive, "mapping": validation.object_or_directive},
            required=("apply", "mapping"),
        ),
        resolve=value_directives.transformed,
    ),
    Directive(
        "@excludeWhenNull",
        "a value unless it is null, without the null members of its objects",
        example=_PLAN,
        check=validation.or_directive(validation.anything),
        resolve=value_directives.exclude_when_null,
    ),
    Directive(
        "@liquid",
        "a Liquid template with the event as its variables",
        example="{{ properties.plan | upcase }}",
        check=validation.only(validation.a_text),
        resolve=liquid_field.resolve,
    ),
)

DIRECTIVES: Final[Table] = {directive.name: directive for directive in _ALL}
"""All directives, by name."""


def directives(outside: Outside) -> Table:
    """Return all directives, templates asking what they need of `outside`."""
    liquid = replace(DIRECTIVES["@liquid"], resolve=partial(liquid_field.resolve, outside=outside))
    return {**DIRECTIVES, liquid.name: liquid}
