"""Directives: the one table of what a mapping's fields can ask for."""

from typing import Any, Final

from sandbox.segment.fields import compiling, text_directives, validation, value_directives
from sandbox.segment.fields.compiling import DIRECTIVES as DIRECTIVES  # noqa: PLC0414 - filled here
from sandbox.segment.fields.compiling import Directive, Found, on_text
from sandbox.segment.fields.validation import anything, members, or_directive, text_or_directive
from sandbox.segment.javascript import MISSING
from sandbox.values import Path


def _check_array_path(operand: object, path: Path) -> Found:
    if not isinstance(operand, list | tuple):
        return validation.found(path, validation.an_array(operand))
    first, shape = (*operand, MISSING, MISSING)[:2]
    return or_directive(text_or_directive)(first, path) or validation.check_value(shape, path)


def _check_merge(operand: Any, path: Path) -> Found:
    if wrong := _MERGE_MEMBERS(operand, path):
        return wrong
    # Segment forgets the path here, and stops at the first object with something wrong
    for value in operand["objects"]:
        sentence = validation.object_or_directive(value)
        if wrong := validation.found((), sentence) or validation.check_value(value, ()):
            return wrong
    return validation.NOTHING_WRONG


_MERGE_MEMBERS: Final = members(
    {"direction": validation.one_of("left", "right"), "objects": validation.an_array},
    required=("objects",),
)

_PLAN: Final = {"@path": "$.properties.plan"}
_ALL: Final = (
    Directive(
        "@path",
        "the part of the event at a path, such as $.properties.plan",
        example="$.properties.plan",
        check=or_directive(text_or_directive),
        resolve=on_text("@path", text_directives.part),
    ),
    Directive(
        "@template",
        "a string with {{…}} placeholders for parts of the event",
        example="{{properties.plan}} plan",
        check=or_directive(text_or_directive),
        resolve=on_text("@template", text_directives.template),
    ),
    Directive(
        "@literal",
        "a value as it is written; directives inside it are resolved",
        example="a value",
        check=or_directive(anything),
        resolve=compiling.compile_value,
    ),
    Directive(
        "@if",
        "one of two values, by whether a third exists (or, with blank, is not blank)",
        example={"exists": {"@path": "$.userId"}, "then": {"@path": "$.userId"}, "else": _PLAN},
        check=members(dict.fromkeys(("exists", "then", "else"), anything)),
        resolve=value_directives.if_,
        having='an "exists" key',
    ),
    Directive(
        "@case",
        "a string in lower or upper case",
        example={"operator": "lower", "value": _PLAN},
        check=members({"operator": validation.a_text, "value": text_or_directive}),
        resolve=text_directives.case,
        having='a "operator" key',
        needed=("operator",),
    ),
    Directive(
        "@replace",
        "a string with one or two literal patterns replaced",
        example={"pattern": "-", "replacement": " ", "value": _PLAN},
        check=members(
            {
                "pattern": validation.text_of(1, text_directives.MAX_PATTERN),
                "replacement": validation.text_of(0, text_directives.MAX_REPLACEMENT),
                "value": text_or_directive,
                "ignorecase": validation.a_boolean,
                "global": validation.a_boolean,
            },
            required=("pattern", "value"),
        ),
        resolve=text_directives.replacing,
        having='a "pattern" key',
        needed=("pattern",),
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
        check=members(
            {"value": anything, "mode": validation.one_of("encode", "decode")},
            required=("value", "mode"),
        ),
        resolve=value_directives.json,
        having='a "value" key',
        needed=("mode", "value"),
    ),
    Directive(
        "@flatten",
        "nested objects as one, the keys on the way joined by a separator",
        example={"separator": ".", "value": {"@path": "$.properties"}},
        check=members({"separator": validation.a_text, "value": anything}, required=("value",)),
        resolve=value_directives.flatten,
        having='a "separator" key',
        needed=("separator",),
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
        having='an "objects" key and a "direction" key',
        needed=("direction",),
    ),
    Directive(
        "@transform",
        "a mapping of what another mapping makes of the event",
        example={"apply": {"plan": _PLAN}, "mapping": {"tier": {"@path": "$.plan"}}},
        check=members(
            dict.fromkeys(("apply", "mapping"), validation.object_or_directive),
            required=("apply", "mapping"),
        ),
        resolve=value_directives.transformed,
        having='an "apply" key and a "mapping" key',
        needed=("mapping", "apply"),
    ),
    Directive(
        "@excludeWhenNull",
        "a value unless it is null, without the null members of its objects",
        example=_PLAN,
        check=or_directive(anything),
        resolve=value_directives.exclude_when_null,
    ),
    Directive(
        "@liquid",
        "a Liquid template with the event as its variables",
        example="{{ properties.plan | upcase }}",
        check=lambda operand, path: validation.found(path, validation.a_text(operand)),
        resolve=text_directives.liquid,
    ),
)
DIRECTIVES.update({directive.name: directive for directive in _ALL})
