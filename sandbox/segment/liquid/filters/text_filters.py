"""Text filters: from a string to a string. Lengths and positions count UTF-16 units."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from sandbox.segment.errors import Thrown
from sandbox.segment.javascript import (
    MISSING,
    WHITE_SPACE,
    Json,
    from_units,
    is_falsy,
    length,
    to_units,
)
from sandbox.segment.letter_case import lower, upper
from sandbox.segment.liquid.liquid_values import bounds, is_at_most, number_of, printed
from sandbox.segment.liquid.variables import Variables

_SPACES = re.compile(rf"[{WHITE_SPACE}]+")
_CJK = "\u4e00-\u9fff\uf900-\ufaff\u3400-\u4dbf\u3040-\u309f\u30a0-\u30ff\uac00-\ud7af"
_CJK_CHARACTER = re.compile(rf"[{_CJK}]")
_OTHER_WORD = re.compile(rf"[^{_CJK}{WHITE_SPACE}]+")
_LINE_END = re.compile(r"\r?\n")
_LAST_BMP = "\uffff"


def units_of(variables: Variables, *values: Json) -> list[str]:
    """Return what is printed for each value, in units, after counting it as work."""
    texts = [to_units(printed(value)) for value in values]
    variables.work.use(sum(map(len, texts)))
    return texts


def _append(variables: Variables, value: Json, *arguments: Json) -> Json:
    if len(arguments) != 1:
        raise Thrown("append expect 2 arguments")
    return from_units("".join(units_of(variables, value, *arguments)))


def _prepend(variables: Variables, value: Json, *arguments: Json) -> Json:
    if len(arguments) != 1:
        raise Thrown("prepend expect 2 arguments")
    return from_units("".join(units_of(variables, *arguments, value)))


def _upcase(variables: Variables, value: Json, *_: Json) -> Json:
    [text] = units_of(variables, value)
    return upper(from_units(text))


def _downcase(variables: Variables, value: Json, *_: Json) -> Json:
    [text] = units_of(variables, value)
    return lower(from_units(text))


def _capitalize(variables: Variables, value: Json, *_: Json) -> Json:
    [text] = units_of(variables, value)
    return from_units(upper(text[:1]) + to_units(lower(from_units(text[1:]))))


def _lstrip(variables: Variables, value: Json, characters: Json = MISSING, *_: Json) -> Json:
    [text] = units_of(variables, value)
    if is_falsy(characters):
        return from_units(text.lstrip(WHITE_SPACE))
    variables.work.use(length(printed(characters)))
    return from_units(_without(str.lstrip, text, characters))


def _rstrip(variables: Variables, value: Json, characters: Json = MISSING, *_: Json) -> Json:
    [text] = units_of(variables, value)
    if is_falsy(characters):
        return from_units(text.rstrip(WHITE_SPACE))
    variables.work.use(length(printed(characters)))
    return from_units(_without(str.rstrip, text, characters))


def _strip(variables: Variables, value: Json, characters: Json = MISSING, *_: Json) -> Json:
    [text] = units_of(variables, value)
    if is_falsy(characters):
        return from_units(text.strip(WHITE_SPACE))
    variables.work.use(len(set(printed(characters))))
    return from_units(_without(str.strip, text, characters))


def _without(strip: Callable[[str, str], str], text: str, characters: Json) -> str:
    """Strip single units; liquidjs collects code points, and one beyond U+FFFF is never a unit."""
    stripped = "".join(c for c in printed(characters) if c <= _LAST_BMP)
    return strip(text, stripped) if stripped else text


def _remove(variables: Variables, value: Json, sought: Json = MISSING, *_: Json) -> Json:
    text, old = units_of(variables, value, sought)
    return from_units(text.replace(old, "") if old else text)


def _remove_first(variables: Variables, value: Json, sought: Json = MISSING, *_: Json) -> Json:
    text, old = units_of(variables, value, sought)
    return from_units(text.replace(old, "", 1))


def _remove_last(variables: Variables, value: Json, sought: Json = MISSING, *_: Json) -> Json:
    text, old = units_of(variables, value, sought)
    before, _found, after = text.rpartition(old) if old else (text, "", "")
    return from_units(before + after)


def _replace(
    variables: Variables, value: Json, sought: Json = MISSING, new: Json = MISSING, *_: Json
) -> Json:
    text, old, put = (to_units(printed(each)) for each in (value, sought, new))
    gaps = text.count(old) if old else len(text) - 1
    variables.work.use(len(text) + gaps * (len(put) - len(old)))
    return from_units(text.replace(old, put) if old else put.join(text))


def _replace_first(
    variables: Variables, value: Json, sought: Json = MISSING, new: Json = MISSING, *_: Json
) -> Json:
    text, old, put = units_of(variables, value, sought, new)
    return from_units(text.replace(old, put, 1))


def _replace_last(
    variables: Variables, value: Json, sought: Json = MISSING, new: Json = MISSING, *_: Json
) -> Json:
    text, old, put = units_of(variables, value, sought, new)
    at = text.rfind(old)
    return from_units(text if at < 0 else text[:at] + put + text[at + len(old) :])


def _split(variables: Variables, value: Json, separator: Json = MISSING, *_: Json) -> Json:
    [text] = units_of(variables, value)
    between = to_units(printed(separator))
    parts = text.split(between) if between else list(text)
    while parts and not parts[-1]:
        parts.pop()
    return [from_units(part) for part in parts]


def _strip_newlines(variables: Variables, value: Json, *_: Json) -> Json:
    [text] = units_of(variables, value)
    return from_units(_LINE_END.sub("", text))


def _normalize_whitespace(variables: Variables, value: Json, *_: Json) -> Json:
    [text] = units_of(variables, value)
    return from_units(_SPACES.sub(" ", text))


def _truncate(
    variables: Variables, value: Json, most: Json = MISSING, ending: Json = MISSING, *_: Json
) -> Json:
    ending = "..." if ending is MISSING else ending
    most = 50 if most is MISSING else most
    text, end = units_of(variables, value, ending)
    if is_at_most(len(text), most):
        return value
    kept = number_of(most) - len(end)
    return from_units(text[bounds(len(text), 0, max(kept, 0))] + end)


def _truncatewords(
    variables: Variables, value: Json, most: Json = MISSING, ending: Json = MISSING, *_: Json
) -> Json:
    ending = "..." if ending is MISSING else ending
    most = 15 if most is MISSING else most
    text, end = units_of(variables, value, ending)
    words = _SPACES.split(text)
    if is_at_most(most, 0):
        most = 1
    kept = " ".join(words[bounds(len(words), 0, most)])
    return from_units(kept + end if is_at_most(most, len(words)) else kept)


def _number_of_words(variables: Variables, value: Json, mode: Json = MISSING, *_: Json) -> Json:
    [text] = units_of(variables, value)
    text = from_units(text).strip(WHITE_SPACE)
    if not text:
        return 0
    characters = len(_CJK_CHARACTER.findall(text))
    if mode == "cjk" or (mode == "auto" and characters):
        return characters + len(_OTHER_WORD.findall(text))
    return len(_SPACES.split(text))


TEXT: Final[dict[str, Callable[..., Json]]] = {
    "append": _append,
    "capitalize": _capitalize,
    "downcase": _downcase,
    "lstrip": _lstrip,
    "normalize_whitespace": _normalize_whitespace,
    "number_of_words": _number_of_words,
    "prepend": _prepend,
    "remove": _remove,
    "remove_first": _remove_first,
    "remove_last": _remove_last,
    "replace": _replace,
    "replace_first": _replace_first,
    "replace_last": _replace_last,
    "rstrip": _rstrip,
    "split": _split,
    "strip": _strip,
    "strip_newlines": _strip_newlines,
    "truncate": _truncate,
    "truncatewords": _truncatewords,
    "upcase": _upcase,
}
