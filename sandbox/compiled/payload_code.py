"""Payload code: the function that makes a request of an event which a mapping takes.

For each field type there are lines that know a value of just that type and leave the rest to the
plain way. What is resolved to nothing is left out, as `segment.payload` leaves it out.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from sandbox.compiled.field_code import expressions, is_straight
from sandbox.compiled.iso_times import unix_seconds
from sandbox.compiled.plain_json import Odd, count_wholes, plain_text
from sandbox.compiled.source import EVENT, THROWN, Names, function_of
from sandbox.segment import mapping as segment_mapping
from sandbox.segment.audience import has_no_audience
from sandbox.segment.definition import ActionDefinition, Field, FieldType
from sandbox.segment.fields.directives import directives
from sandbox.segment.fields.limits import MAX_SIZE
from sandbox.segment.javascript import MAX_SAFE, Json
from sandbox.segment.pipeline import Mapped, OutcomeOf, PayloadCheck, Request

MAX_TEXT: Final = MAX_SIZE // 4
"""How many bytes a body may have. `limits` counts 4 for a value of at least one character."""

_LEAVE: Final = f"return plain({EVENT})"


class RequestOfPayload(Request):
    """A request that keeps the payload it is made of, where that is plain JSON."""

    __slots__ = ()

    @property
    def payload(self) -> dict[str, Json]:
        """The payload; not to be changed."""
        payload: dict[str, Json] = self[3]  # type: ignore[misc]  # one more than a request has
        return payload


def compile_taken(
    mapping: segment_mapping.Mapping,
    check: PayloadCheck | None,
    plain: OutcomeOf,
    *,
    with_payload: bool = False,
) -> OutcomeOf:
    """Return the function of an event the mapping takes that makes the outcome `plain` makes.

    It is `plain` itself where the fields are more than values for the action's fields. With
    `with_payload` a request it makes itself is a RequestOfPayload.
    """
    fields: Json = mapping.fields
    action = mapping.action_definition
    required = {field.key for field in action.fields if field.required}
    is_plain = is_straight(fields) and all(action.field(key) is not None for key in fields)
    if not is_plain or not required <= fields.keys():
        return plain

    names = Names(
        plain=plain,
        mapping=mapping,
        new=tuple.__new__,
        Mapped=Mapped,
        Request=RequestOfPayload if with_payload else Request,
        plain_text=plain_text,
        accepts=_anything if check is None else check.accepts_of(action),
        accepted=set(),
        count_wholes=count_wholes,
        unix_seconds=unix_seconds,
        has_no_audience=has_no_audience,
        PLAIN=(*THROWN, Odd, UnicodeEncodeError),
    )
    values = expressions(fields, names, directives(mapping.outside), absent="None")
    return function_of(_lines(action, values, ", payload" if with_payload else ""), names)


def _anything(_payload: Json) -> bool:
    return True


def _lines(action: ActionDefinition, values: Iterator[tuple[str, str]], more: str) -> Iterator[str]:
    yield f"if 'context' in {EVENT} and not has_no_audience({EVENT}):"
    yield f"    {_LEAVE}"
    yield "payload, wholes = {}, 0"
    yield "try:"
    for key, expression in values:
        field = action.field(key)
        assert field is not None, "compile_taken() looked for it"
        yield f"    found = {expression}"
        yield from (f"    {line}" for line in _field_lines(field))
    endpoint = action.endpoint
    yield f"    content = plain_text({{{endpoint.envelope!r}: [payload]}}, wholes)"
    yield "    keys = tuple(payload)"  # beside them a check finds values as their fields say
    yield "    if keys not in accepted and accepts(payload):"
    yield "        accepted.add(keys)"
    yield f"    if keys in accepted and len(content) <= {MAX_TEXT}:"
    yield f"        request = new(Request, ('POST', {endpoint.path!r}, content{more}))"
    yield "        return new(Mapped, (mapping, request))"
    yield "except PLAIN:"
    yield "    pass"
    yield _LEAVE


def _field_lines(field: Field) -> Iterator[str]:
    """Give the lines that put what was found into the payload, or leave it out."""
    word = "if"
    for test, lines in _KINDS[field.type]:
        yield f"{word} {test}:"
        yield from (f"    {line.format(key=field.key)}" for line in lines)
        word = "elif"
    if not field.required:
        yield 'elif found is None or found is MISSING or found == "":'
        yield "    pass"
    yield "else:"
    yield f"    {_LEAVE}"


_KINDS: Final[dict[FieldType, tuple[tuple[str, tuple[str, ...]], ...]]] = {
    "string": (
        ("type(found) is str and found", ("payload[{key!r}] = found",)),
        (
            f"type(found) is int and {-MAX_SAFE} <= found <= {MAX_SAFE}",
            ("payload[{key!r}] = str(found)",),
        ),
    ),
    "datetime": (
        ("(seconds := unix_seconds(found)) is not None", ("payload[{key!r}] = seconds",)),
    ),
    "object": (
        ("type(found) is dict", ("wholes += count_wholes(found)", "payload[{key!r}] = found")),
    ),
}
"""For each type of field, the values that are known by what tells them, and what is done then."""
