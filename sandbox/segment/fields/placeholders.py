"""Placeholders: resolve `{{name}}` and `{{{name}}}` in a string."""

from __future__ import annotations

from collections.abc import Iterator

from sandbox.segment.fields.directive import Step
from sandbox.segment.fields.limits import CONTAINERS, MAX_SIZE, measure, too_large
from sandbox.segment.fields.paths import follow, pieces_of
from sandbox.segment.javascript import MISSING, WHITE_SPACE, Json, from_units, to_string

WHERE = "@template"


def template(text: str) -> Step:
    """Return the function that fills a template: the triple braces first, then the double ones.

    The double ones are sought in what the triple ones left, so a value put in by triple braces may
    hold placeholders of its own.
    """
    triple = list(_split(text, braces=3))
    if len(triple) == 1:
        return _fill(list(_split(text, braces=2)))
    first = _fill(triple)

    def step(data: Json) -> Json:
        return _fill(list(_split(first(data), braces=2)))(data)

    return step


def _split(text: str, *, braces: int) -> Iterator[str]:
    """Split into text, name, text, name ... text; a name has one or more characters, but no `}`.

    A `}` ends the only name that can be open at it, so each is looked at once.
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


def _fill(parts: list[str]) -> Step:
    if len(parts) == 1:
        return lambda _data: parts[0]
    texts = parts[::2]
    values = [follow(pieces_of(name.strip(WHITE_SPACE))) for name in parts[1::2]]

    def step(data: Json) -> Json:
        if data is MISSING:
            data = {}
        filled = [texts[0]]
        size = 0
        for value, text in zip(values, texts[1:], strict=True):
            printed = _printed(value(data))
            size += len(printed) + len(text)
            if size > MAX_SIZE:
                raise too_large(WHERE)
            filled += (printed, text)
        return from_units("".join(filled))

    return step


def _printed(value: Json) -> str:
    if type(value) is str:
        return value
    if value is None or value is MISSING:
        return ""
    if isinstance(value, CONTAINERS):
        measure(value, WHERE)
    return to_string(value)
