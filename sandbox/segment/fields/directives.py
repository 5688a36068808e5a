"""Directives: the table of all directives that a mapping's fields can use."""

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
    # Segment drops the path here, and stops at the first object with a problem
    for value in operand["objects"]:
        sentence = validation.object_or_directive(value)
        if wrong := validation.found((), sentence) or validation.check_value(value, ()):
            return wrong
    return validation.NOTHING_WRONG


_MERGE_MEMBERS: Final = members(
    {"direction": validation.one_of("left", "right"), "objects": validation.an_array},
    required=("objects",),
)

_ALL: Final = (
    Directive(
        "@path",
        check=or_directive(text_or_directive),
        resolve=on_text("@path", text_directives.part),
    ),
    Directive(
        "@template",
        check=or_directive(text_or_directive),
        resolve=on_text("@template", text_directives.template),
    ),
    Directive("@literal", check=or_directive(anything), resolve=compiling.compile_value),
    Directive(
        "@if",
        check=members(dict.fromkeys(("exists", "then", "else"), anything)),
        resolve=value_directives.if_,
        having='an "exists" key',
    ),
    Directive(
        "@case",
        check=members({"operator": validation.a_text, "value": text_or_directive}),
        resolve=text_directives.case,
        having='a "operator" key',
        needed=("operator",),
    ),
    Directive(
        "@replace",
        check=members(
            {
                "pattern": validation.string_sized(1, text_directives.MAX_PATTERN),
                "replacement": validation.string_sized(0, text_directives.MAX_REPLACEMENT),
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
    Directive("@arrayPath", check=_check_array_path, resolve=value_directives.array_path),
    Directive(
        "@json",
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
        check=members({"separator": validation.a_text, "value": anything}, required=("value",)),
        resolve=value_directives.flatten,
        having='a "separator" key',
        needed=("separator",),
    ),
    Directive(
        "@merge",
        check=_check_merge,
        resolve=value_directives.merge,
        having='an "objects" key and a "direction" key',
        needed=("direction",),
    ),
    Directive(
        "@transform",
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
        check=or_directive(anything),
        resolve=value_directives.exclude_when_null,
    ),
    Directive(
        "@liquid",
        check=lambda operand, path: validation.found(path, validation.a_text(operand)),
        resolve=text_directives.liquid,
    ),
)
DIRECTIVES.update({directive.name: directive for directive in _ALL})
