"""Payload, compiled: the lines that make a request's body of resolved fields.

For each field type there are lines that know a value of just that type and hand over the rest.
What is resolved to nothing is left out, as `payload` leaves it out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from sandbox.segment.audience import has_no_audience
from sandbox.segment.compiled.fields import expressions, is_straight
from sandbox.segment.compiled.generated import Demands, Way
from sandbox.segment.compiled.plain_text import plain_object, quoted
from sandbox.segment.compiled.source import EVENT, Names, function_of
from sandbox.segment.compiled.times import unix_seconds
from sandbox.segment.definition import ActionDefinition, Field, FieldType
from sandbox.segment.fields.limits import MAX_SIZE
from sandbox.segment.javascript import MAX_SAFE, Json
from sandbox.segment.json_text import text_literal

HAND_OVER: Final = "return None"
MAX_TEXT: Final = MAX_SIZE // 4
"""How long a body may be. `fields` counts 4 for a value that takes at least one character."""


def short_way(action: ActionDefinition, fields: Json, demands: Demands | None) -> Way:
    """Return the function that makes the body of an event, None if it has to be handed over.

    `fields` are a mapping's, `demands` what its payloads have to hold; None if that is not known.
    """
    is_plain = is_straight(fields) and all(action.field(key) is not None for key in fields)
    if demands is None or not is_plain:
        return _handed_over
    names = Names(
        quoted=quoted,
        plain_object=plain_object,
        unix_seconds=unix_seconds,
        has_no_audience=has_no_audience,
    )
    return function_of(_lines(action, fields, demands, names), names)


def _handed_over(_event: dict[str, Json]) -> None:
    return None


def _lines(
    action: ActionDefinition, fields: Mapping[str, Json], demands: Demands, names: Names
) -> Iterator[str]:
    yield f"if not has_no_audience({EVENT}):"
    yield f"    {HAND_OVER}"

    required = {f.key for f in action.fields if f.required}
    required |= {group[0] for group in demands if len(group) == 1}
    if not required <= fields.keys():
        yield HAND_OVER
        return
    texts = {}
    for number, (key, expression) in enumerate(expressions(fields, names, absent="None")):
        field = action.field(key)
        assert field is not None, "short_way() looked for it"
        found, text = f"found_{number}", f"text_{number}"
        texts[key] = text
        yield f"{found} = {expression}"
        yield from _field_lines(field, found, text, required=key in required)
    for group in demands:
        if required.isdisjoint(group):
            yield f"if not ({' or '.join(texts[key] for key in group if key in texts) or '0'}):"
            yield f"    {HAND_OVER}"

    yield from _ending(action, texts.values())


def _field_lines(field: Field, found: str, text: str, *, required: bool) -> Iterator[str]:
    """Give the lines that set `text` to a comma and the member, or to nothing."""
    member = f"{text} = {f',{text_literal(field.key)}:'!r} + "
    word = "if"
    for test, written in _KINDS[field.type]:
        yield f"{word} {test.format(found=found)}:"
        yield f"    {member}{written.format(found=found)}"
        word = "elif"
    if not required:
        yield f'elif {found} is None or {found} is MISSING or {found} == "":'
        yield f'    {text} = ""'
    yield "else:"
    yield f"    {HAND_OVER}"


_KINDS: Final[dict[FieldType, tuple[tuple[str, str], ...]]] = {
    "string": (
        ("type({found}) is str and {found}", "quoted({found})"),
        (
            f"type({{found}}) is int and {-MAX_SAFE} <= {{found}} <= {MAX_SAFE}",
            """f'"{{{found}}}"'""",
        ),
    ),
    "datetime": (("(seconds := unix_seconds({found})) is not None", "str(seconds)"),),
    "object": (
        ("type({found}) is dict and (content := plain_object({found})) is not None", "content"),
    ),
}
"""For each type of field, the values that are known by what tells them, and what is sent then."""


def _ending(action: ActionDefinition, texts: Iterable[str]) -> Iterator[str]:
    """Give the lines that put the members together, without the comma before the first."""
    opening, closing = f"{{{text_literal(action.endpoint.envelope)}:[{{", "}]}"
    yield f'members = f"{"".join(f"{{{text}}}" for text in texts)}"'
    yield f"if len(members) > {MAX_TEXT}:"
    yield f"    {HAND_OVER}"
    yield "try:"
    yield f"    return ({opening!r} + members[1:] + {closing!r}).encode()"
    yield "except UnicodeEncodeError:  # lone surrogates"
    yield f"    {HAND_OVER}"
