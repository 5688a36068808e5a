"""Text filters: from a string to a string. Lengths and positions count UTF-16 units."""

import re
from collections.abc import Callable
from typing import Final

from sandbox.segment import javascript as js
from sandbox.segment.errors import Thrown
from sandbox.segment.javascript import MISSING
from sandbox.segment.liquid.filters.arguments import of_units, of_variables, units_of
from sandbox.segment.liquid.liquid_values import bounds, is_at_most, number_of, printed
from sandbox.segment.liquid.variables import Filter, Variables

_SPACES = re.compile(rf"[{js.WHITE_SPACE}]+")
_CJK = "\u4e00-\u9fff\uf900-\ufaff\u3400-\u4dbf\u3040-\u309f\u30a0-\u30ff\uac00-\ud7af"
_CJK_CHARACTER = re.compile(rf"[{_CJK}]")
_OTHER_WORD = re.compile(rf"[^{_CJK}{js.WHITE_SPACE}]+")
_LINE_END = re.compile(r"\r?\n")
_LAST_BMP = "\uffff"


def _of_two(name: str, function: Callable[[str, str], str]) -> Filter:
    """Return the filter of a value and exactly one argument."""
    filtered = of_units(function)

    def checked(variables: Variables, *given: object) -> object:
        if len(given) != 2:
            raise Thrown(f"{name} expect 2 arguments")
        return filtered(variables, *given)

    return checked


def _stripping(strip: Callable[[str, str], str], size_of: Callable[[str], int]) -> Filter:
    """Return the filter that strips white space, or single units of the argument.

    Liquidjs collects code points of that, and one beyond U+FFFF is never a unit.
    """

    def stripped(variables: Variables, value: object, characters: object) -> object:
        [text] = units_of(variables, value)
        units = js.WHITE_SPACE
        if not js.is_falsy(characters):
            shown = printed(characters)
            variables.work.use(size_of(shown))
            units = "".join(c for c in shown if c <= _LAST_BMP)
        return js.from_units(strip(text, units))

    return of_variables(stripped)


def _without_last(text: str, old: str, new: str) -> str:
    at = text.rfind(old)
    return text if at < 0 else text[:at] + new + text[at + len(old) :]


def _replace(variables: Variables, value: object, sought: object, new: object) -> object:
    text, old, put = (js.to_units(printed(each)) for each in (value, sought, new))
    gaps = text.count(old) if old else len(text) - 1
    variables.work.use(len(text) + gaps * (len(put) - len(old)))
    return js.from_units(text.replace(old, put) if old else put.join(text))


def _split(variables: Variables, value: object, separator: object) -> object:
    [text] = units_of(variables, value)
    between = js.to_units(printed(separator))
    parts = text.split(between) if between else list(text)
    while parts and not parts[-1]:
        parts.pop()
    return [js.from_units(part) for part in parts]


def _truncate(variables: Variables, value: object, most: object, ending: object) -> object:
    most = 50 if most is MISSING else most
    text, end = units_of(variables, value, "..." if ending is MISSING else ending)
    if is_at_most(len(text), most):
        return value
    kept = number_of(most) - len(end)
    return js.from_units(text[bounds(len(text), 0, max(kept, 0))] + end)


def _truncatewords(variables: Variables, value: object, most: object, ending: object) -> object:
    most = 15 if most is MISSING else most
    text, end = units_of(variables, value, "..." if ending is MISSING else ending)
    words = _SPACES.split(text)
    if is_at_most(most, 0):
        most = 1
    kept = " ".join(words[bounds(len(words), 0, most)])
    return js.from_units(kept + end if is_at_most(most, len(words)) else kept)


def _number_of_words(variables: Variables, value: object, mode: object) -> object:
    [text] = units_of(variables, value)
    text = js.from_units(text).strip(js.WHITE_SPACE)
    if not text:
        return 0
    characters = len(_CJK_CHARACTER.findall(text))
    if mode == "cjk" or (mode == "auto" and characters):
        return characters + len(_OTHER_WORD.findall(text))
    return len(_SPACES.split(text))


TEXT: Final[dict[str, Filter]] = {
    "append": _of_two("append", lambda text, end: text + end),
    "capitalize": of_units(lambda text: js.upper(text[:1]) + js.lower(js.from_units(text[1:]))),
    "downcase": of_units(lambda text: js.lower(js.from_units(text))),
    "lstrip": _stripping(str.lstrip, js.length),
    "normalize_whitespace": of_units(lambda text: _SPACES.sub(" ", text)),
    "number_of_words": of_variables(_number_of_words),
    "prepend": _of_two("prepend", lambda text, start: start + text),
    "remove": of_units(lambda text, old: text.replace(old, "")),
    "remove_first": of_units(lambda text, old: text.replace(old, "", 1)),
    "remove_last": of_units(lambda text, old: _without_last(text, old, "")),
    "replace": of_variables(_replace),
    "replace_first": of_units(lambda text, old, new: text.replace(old, new, 1)),
    "replace_last": of_units(_without_last),
    "rstrip": _stripping(str.rstrip, js.length),
    "split": of_variables(_split),
    "strip": _stripping(str.strip, lambda characters: len(set(characters))),
    "strip_newlines": of_units(lambda text: _LINE_END.sub("", text)),
    "truncate": of_variables(_truncate),
    "truncatewords": of_variables(_truncatewords),
    "upcase": of_units(lambda text: js.upper(js.from_units(text))),
}
