"""Strings: how @path, @template, @case, @replace and @liquid resolve."""

import re
from collections.abc import Callable, Iterator
from typing import Final

from sandbox.segment import javascript as js
from sandbox.segment.effort import A_VALUE, spend, spend_on, spend_on_text
from sandbox.segment.errors import Thrown
from sandbox.segment.fields.compiling import FieldFunction, compile_value, constant, throwing
from sandbox.segment.fields.limits import MAX_SIZE, measure
from sandbox.segment.fields.paths import path_names, without_root
from sandbox.segment.inherited import PathLookup, Prototype
from sandbox.segment.javascript import MISSING
from sandbox.segment.not_simulated import Outside, not_simulated

MAX_PATTERN = 10
"""The longest pattern of `@replace`; Segment throws for a longer one."""
MAX_REPLACEMENT = 10
"""The longest replacement of `@replace`."""
MAX_TEMPLATE: Final = 1000
"""The longest Liquid template that Segment accepts, in UTF-16 units."""
_SPECIAL = re.compile(r"(\$[$&`'])")


def part(text: str) -> FieldFunction:
    """Return a function that looks up a path as a mapping writes it, with its `$.`."""
    return _lookup(without_root(text))


def _lookup(path: str) -> FieldFunction:
    names = path_names(path)
    look_up = PathLookup(names, spend_on_text).at
    if js.PROTOTYPE not in names:
        return look_up

    def step(data: object) -> object:
        found = look_up(data)
        if isinstance(found, Prototype):
            raise not_simulated("prototype", f"`{path}`")
        return found

    return step


def template(text: str) -> FieldFunction:
    """Return a function that fills a template: triple braces first, then double ones.

    Double braces are searched in the result of the triple ones, so a value inserted by triple
    braces may contain placeholders itself.
    """
    triple = list(_split(text, braces=3))
    if len(triple) == 1:
        return _fill(list(_split(text, braces=2)))
    first = _fill(triple)
    return lambda data: _fill(list(_split(first(data), braces=2)))(data)


def _split(text: str, *, braces: int) -> Iterator[str]:
    """Split into text, name, text, name ... text; a name has one or more characters, but no `}`.

    Only one name can be open at a `}`, so each character is read once.
    """
    opening, closing = "{" * braces, "}" * braces
    begin = at = 0
    while (start := text.find(opening, at)) >= 0 and (end := text.find("}", start + braces)) >= 0:
        if end > start + braces and text.startswith(closing, end):
            yield text[begin:start]
            yield text[start + braces : end]
            begin = at = end + braces
        else:
            at = end + 1
    yield text[begin:]


def _fill(parts: list[str]) -> Callable[[object], str]:
    if len(parts) == 1:
        return lambda _data: parts[0]
    texts = parts[::2]
    values = [_lookup(name.strip(js.WHITE_SPACE)) for name in parts[1::2]]

    def step(data: object) -> str:
        if data is MISSING:
            data = {}
        filled = [texts[0]]
        size = 0
        for value, text in zip(values, texts[1:], strict=True):
            printed = _printed(value(data))
            size += len(printed) + len(text)
            if size > MAX_SIZE:
                raise not_simulated("large result", "@template")
            spend(len(printed) + len(text) + A_VALUE)
            filled += (printed, text)
        return js.from_units("".join(filled))

    return step


def _printed(value: object) -> str:
    if type(value) is str:
        return value
    if not js.exists(value):
        return ""
    if isinstance(value, js.CONTAINERS):
        measure(value, "@template")
        spend_on(value)
    return js.to_string(value)


def case(outside: Outside, operand: dict[str, object]) -> FieldFunction:
    """@case: a string in upper or lower case; other values are unchanged."""
    operator = operand["operator"]
    if js.is_falsy(operand.get("value")):
        return constant(MISSING)
    value = compile_value(outside, operand["value"])
    changes = {"lower": js.lower, "upper": js.upper}
    change = changes.get(operator) if isinstance(operator, str) else None

    def step(data: object) -> object:
        text = value(data)
        if not isinstance(text, str):
            return text
        if change is None:
            raise Thrown('operator key should have a value of "lower" or "upper"')
        spend_on_text(text)
        return change(text)

    return step


def replacing(outside: Outside, operand: dict[str, object]) -> FieldFunction:
    """@replace: replace a literal pattern, then a second one; "" for a value that is not scalar."""
    if js.is_falsy(operand.get("value")):
        return constant(MISSING)
    value = compile_value(outside, operand["value"])
    options = operand | {k: v for k, v in _DEFAULTS.items() if operand.get(k) is None}
    replaceable = all(isinstance(options[key], kind) for key, kind in _KINDS.items())
    pairs = [(options["pattern"], options["replacement"])]
    if options.get("pattern2"):
        pairs.append((options["pattern2"], options["replacement2"]))

    def step(data: object) -> object:
        text = value(data)
        if isinstance(text, bool | int | float):
            text = js.to_string(text)
        if not replaceable or not isinstance(text, str):
            return ""
        for old, new in pairs:
            if isinstance(old, str) and isinstance(new, str):
                text = _replaced(text, old, new, options)
        return text

    return step


_DEFAULTS: dict[str, object] = {
    "replacement": "",
    "replacement2": "",
    "ignorecase": False,
    "global": True,
}
_KINDS: dict[str, type] = {"pattern": str, "replacement": str, "ignorecase": bool, "global": bool}


def _replaced(text: str, old: str, new: str, options: dict[str, object]) -> str:
    """Return `text` with `old` replaced by `new`, once or everywhere.

    `new` is a JavaScript replacement string: `$$` is a dollar, `$&` the match, `` $` `` and `$'`
    the text before and after it. Units are compared, so half a surrogate pair can be replaced.
    """
    if js.length(old) > MAX_PATTERN:
        raise Thrown(f'@replace requires a "pattern" less than {MAX_PATTERN} characters')
    if js.length(new) > MAX_REPLACEMENT:
        raise Thrown(f'@replace requires a "replacement" less than {MAX_REPLACEMENT} characters')
    spend_on_text(text)
    units, sought, parts = js.to_units(text), js.to_units(old), _SPECIAL.split(js.to_units(new))
    folded, folded_old = (units, sought)
    if options["ignorecase"]:
        folded, folded_old = _folded(units), _folded(sought)
    out: list[str] = []
    size = end = 0
    while (start := folded.find(folded_old, end)) >= 0:
        before = units[end:start]
        end = start + len(sought)
        put = "".join(_expanded(part, units, start, end) for part in parts)
        out += (before, put)
        size += len(before) + len(put)
        spend(A_VALUE + len(put))
        if size > MAX_SIZE:
            raise not_simulated("large result", "@replace")
        if not options["global"]:
            break
    return js.from_units("".join(out) + units[end:])


def _expanded(part: str, units: str, start: int, end: int) -> str:
    match part:
        case "$$":
            return "$"
        case "$&":
            return units[start:end]
        case "$`":
            return units[:start]
        case "$'":
            return units[end:]
        case _:
            return part


def _folded(units: str) -> str:
    """Return the units for a comparison that ignores case: each one in upper case.

    A unit is unchanged if its upper case is longer, or is ASCII while the unit is not.
    """
    if units.isascii():
        return js.upper(units)
    return "".join(map(_fold_unit, units))


def _fold_unit(unit: str) -> str:
    raised = js.upper(unit)
    is_kept = len(raised) != 1 or (raised.isascii() and not unit.isascii())
    return unit if is_kept else raised


def liquid(outside: Outside, operand: object) -> FieldFunction:
    """@liquid: the operand as a template, with the data as its variables."""
    if not isinstance(operand, str):
        return throwing("liquid template value must be a string")
    if not operand:
        return constant("")
    if js.length(operand) > MAX_TEMPLATE:
        return throwing(f"liquid template values are limited to {MAX_TEMPLATE} characters")

    from sandbox.segment.liquid.tags import template  # noqa: PLC0415

    return template(operand, outside)
