"""Directives: the table of all directives that a mapping's fields can use."""

from typing import Any, Final

from sandbox.segment.fields import compiling, validation
from sandbox.segment.fields import text_directives as texts
from sandbox.segment.fields import value_directives as values
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
    Directive("@path", or_directive(text_or_directive), on_text("@path", texts.part)),
    Directive("@template", or_directive(text_or_directive), on_text("@template", texts.template)),
    Directive("@literal", or_directive(anything), compiling.compile_value),
    Directive(
        "@if",
        check=members(dict.fromkeys(("exists", "then", "else"), anything)),
        resolve=values.if_,
        having='an "exists" key',
    ),
    Directive(
        "@case",
        check=members({"operator": validation.a_text, "value": text_or_directive}),
        resolve=texts.case,
        having='a "operator" key',
        needed=("operator",),
    ),
    Directive(
        "@replace",
        check=members(
            {
                "pattern": validation.string_sized(1, texts.MAX_PATTERN),
                "replacement": validation.string_sized(0, texts.MAX_REPLACEMENT),
                "value": text_or_directive,
                "ignorecase": validation.a_boolean,
                "global": validation.a_boolean,
            },
            required=("pattern", "value"),
        ),
        resolve=texts.replacing,
        having='a "pattern" key',
        needed=("pattern",),
    ),
    Directive("@arrayPath", _check_array_path, values.array_path),
    Directive(
        "@json",
        check=members(
            {"value": anything, "mode": validation.one_of("encode", "decode")},
            required=("value", "mode"),
        ),
        resolve=values.json,
        having='a "value" key',
        needed=("mode", "value"),
    ),
    Directive(
        "@flatten",
        check=members({"separator": validation.a_text, "value": anything}, required=("value",)),
        resolve=values.flatten,
        having='a "separator" key',
        needed=("separator",),
    ),
    Directive(
        "@merge",
        check=_check_merge,
        resolve=values.merge,
        having='an "objects" key and a "direction" key',
        needed=("direction",),
    ),
    Directive(
        "@transform",
        check=members(
            dict.fromkeys(("apply", "mapping"), validation.object_or_directive),
            required=("apply", "mapping"),
        ),
        resolve=values.transformed,
        having='an "apply" key and a "mapping" key',
        needed=("mapping", "apply"),
    ),
    Directive("@excludeWhenNull", or_directive(anything), values.exclude_when_null),
    Directive(
        "@liquid",
        check=lambda operand, path: validation.found(path, validation.a_text(operand)),
        resolve=texts.liquid,
    ),
)
DIRECTIVES.update({directive.name: directive for directive in _ALL})
