"""Payload code: the generated function that makes the request of an event a mapping takes.

For each field type there are lines that handle a value of exactly that type; any other value goes
to `segment.pipeline`. A field without a value is left out, as `segment.payload` does.
"""

from collections.abc import Iterator, Mapping
from typing import Final, TypeGuard

from sandbox.compiled.plain_json import Odd, count_wholes, plain_text
from sandbox.compiled.source import EVENT, THROWN, Names, function_of, looked_up, member_code
from sandbox.segment.dates import common_time
from sandbox.segment.definition import ActionDefinition, Field, FieldType
from sandbox.segment.effort import metered
from sandbox.segment.fields.compiling import at_keys, compile_value
from sandbox.segment.fields.limits import MAX_SIZE
from sandbox.segment.fields.paths import path_names, without_root
from sandbox.segment.fields.transforming import ROOT_DIRECTIVE, changes_data
from sandbox.segment.javascript import INHERITED, MAX_SAFE, PROTOTYPE, is_index
from sandbox.segment.mapping import SegmentMapping
from sandbox.segment.not_simulated import Outside
from sandbox.segment.pipeline import Mapped, OutcomeOf, PayloadCheck, Request, has_no_audience
from sandbox.values import Json

MAX_TEXT: Final = MAX_SIZE // 4
"""The most bytes of a body; `fields.limits` counts 4 for a value of at least one character."""

MAX_PIECES: Final = 4

_LEAVE: Final = f"return plain({EVENT})"


class RequestOfPayload(Request):
    """A request that also has the payload it was made of; only for payloads of plain JSON."""

    __slots__ = ()

    @property
    def payload(self) -> dict[str, Json]:
        """The payload. Do not change it."""
        payload: dict[str, Json] = self[3]  # type: ignore[misc]  # one more than a request has
        return payload


def compile_taken(
    mapping: SegmentMapping,
    check: PayloadCheck | None,
    plain: OutcomeOf,
    *,
    with_payload: bool = False,
) -> OutcomeOf:
    """Return a function that gives the outcome of `plain` for an event the mapping takes.

    It is `plain` itself if the fields contain more than values for the action's fields. With
    `with_payload`, requests made by the generated code are instances of RequestOfPayload.
    """
    fields, action = mapping.fields, mapping.action_definition
    if not _is_straight(fields) or any(action.field(key) is None for key in fields):
        return plain
    if any(field.required and field.key not in fields for field in action.fields):
        return plain

    names = Names(
        plain=plain,
        mapping=mapping,
        new=tuple.__new__,
        Mapped=Mapped,
        Request=RequestOfPayload if with_payload else Request,
        plain_text=plain_text,
        accepts=check.accepts_of(action) if check else lambda _payload: True,
        accepted=set(),
        count_wholes=count_wholes,
        common_time=common_time,
        has_no_audience=has_no_audience,
        PLAIN=(*THROWN, Odd, UnicodeEncodeError),
    )
    values = _expressions(fields, names, mapping.outside)
    taken = function_of(_lines(action, values, ", payload" if with_payload else ""), names)
    return taken if all(map(_is_path, fields.values())) else metered(taken)


def _is_straight(fields: object) -> TypeGuard[dict[str, object]]:
    """Return whether the fields are an object whose members resolve independently, in order."""
    return (
        isinstance(fields, dict)
        and not at_keys(fields)
        and not {ROOT_DIRECTIVE, PROTOTYPE} & fields.keys()
        and not any(map(is_index, fields))
        and not changes_data(fields)
    )


def _is_path(value: object) -> bool:
    """Return whether a value is only a path, whose lookup costs no effort."""
    return isinstance(value, dict) and value.keys() == {"@path"} and type(value["@path"]) is str


def _expressions(
    fields: Mapping[str, object], names: Names, outside: Outside
) -> Iterator[tuple[str, str]]:
    """Yield each field's key, in order, with the expression for its value; expressions may throw.

    A path is written out; for any other directive the expression calls its compiled step.
    """
    for key, value in fields.items():
        step = f"{names.of(compile_value(outside, value))}({EVENT})"
        pieces: tuple[str, ...] = ()
        match value:
            case {"@path": str(path), **others} if not others:
                pieces = path_names(without_root(path))
        if 1 <= len(pieces) <= MAX_PIECES and INHERITED.isdisjoint(pieces):
            step = looked_up(member_code(EVENT, pieces[0]), pieces[1:], step)
        yield key, step


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
    yield "    keys = tuple(payload)"  # the check decides by the keys alone: the types are right
    yield "    if keys not in accepted and accepts(payload):"
    yield "        accepted.add(keys)"
    yield f"    if keys in accepted and len(content) <= {MAX_TEXT}:"
    yield f"        request = new(Request, ('POST', {endpoint.path!r}, content{more}))"
    yield "        return new(Mapped, (mapping, request))"
    yield "except PLAIN:"
    yield "    pass"
    yield _LEAVE


def _field_lines(field: Field) -> Iterator[str]:
    """Yield the lines that put the found value into the payload, or leave it out."""
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
        ("(time := common_time(found)) is not None", ("payload[{key!r}] = time // 1000",)),
    ),
    "object": (
        ("type(found) is dict", ("wholes += count_wholes(found)", "payload[{key!r}] = found")),
    ),
}
"""For each field type, the tests of values that generated code handles, with the lines to do so."""
