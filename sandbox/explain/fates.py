"""Fates: the value of each field of a mapping for an event, and whether it is sent."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final, cast

from sandbox.contract.wording import describe
from sandbox.segment.definition import PASSTHROUGH, ActionDefinition, Field
from sandbox.segment.errors import NotSimulated, Problem, Thrown, did_you_mean
from sandbox.segment.fields import compile_fields
from sandbox.segment.fields.compiling import at_keys
from sandbox.segment.fields.transforming import ROOT_DIRECTIVE
from sandbox.segment.javascript import MISSING, Missing
from sandbox.segment.json_text import json_text, to_json
from sandbox.segment.mapping import INTERNAL_PREFIX, MOST_WARNINGS, SegmentMapping
from sandbox.segment.payload import check_payload, to_upload
from sandbox.suspicions import odd_source, time_text
from sandbox.values import Json, members
from sandbox.wire_types import FateName, FieldJson

_WANTED: Final = {
    "datetime": 'a date string, such as "2026-11-23T16:17:19Z", or a number of milliseconds',
    "object": "an object",
    "string": "a string",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldFate:
    """One field of a mapping: its source, its value, and whether it is sent.

    `source` is the directive or value as written (MISSING if the field is not mapped), `raw` its
    result for the event, `value` what is sent; both may be MISSING. `why` is a sentence, empty if
    the value is sent unchanged.
    """

    key: str
    label: str
    type: str
    fate: FateName
    source: object = MISSING
    raw: object = MISSING
    value: Json | Missing = MISSING
    why: str = ""
    problems: tuple[Problem, ...] = ()

    def to_json(self) -> FieldJson:
        """Return the fate as a JSON object; a missing value has no member."""
        told = {
            **members(self, "key", "label", "type", "fate", "why"),
            **present(self, "source", "raw", "value"),
            "problems": [problem.to_json() for problem in self.problems],
        }
        return cast("FieldJson", told)


def present(value: object, *names: str) -> dict[str, Json]:
    """Return the named attributes that are not MISSING, as members of a JSON object."""
    given = ((name, to_json(getattr(value, name))) for name in names)
    return {name: each for name, each in given if each is not MISSING}


def field_fates(
    mapping: SegmentMapping, event: object, refusals: Sequence[Problem]
) -> tuple[FieldFate, ...]:
    """Return the fate of every field that is mapped or required, in the order of the mapping.

    `refusals` are the problems for which the payload was rejected. Unknown keys are listed up to
    the number in the mapping's warnings, which say that there are more.
    """
    action, fields = mapping.action_definition, mapping.fields
    has_root = not isinstance(fields, dict) or at_keys(fields) or ROOT_DIRECTIVE in fields
    resolved: object
    try:
        resolved = mapping.resolve(event)
    except Thrown:
        resolved = {} if has_root else None  # then each field is resolved by itself
    written = resolved if has_root else fields  # a root directive without an object has no fields
    keys = _told_keys(written, action) if isinstance(written, dict) else []
    mapped = [_fate(mapping, key, event, refusals, resolved) for key in keys]
    needed = (f for f in action.fields if f.key not in keys and (f.required or f.required_unless))
    return (*mapped, *(_not_mapped(field, refusals) for field in needed))


def _told_keys(written: Iterable[str], action: ActionDefinition) -> list[str]:
    known = {*(field.key for field in action.fields), *PASSTHROUGH}
    unknown = [key for key in written if key not in known]
    left_out = set(unknown[MOST_WARNINGS:])
    return [key for key in written if key not in left_out]


def _problems_of(key: str, refusals: Sequence[Problem]) -> tuple[Problem, ...]:
    return tuple(problem for problem in refusals if problem.at[:1] == (key,))


def _not_mapped(field: Field, refusals: Sequence[Problem]) -> FieldFate:
    problems = _problems_of(field.key, refusals)
    needed = ", and it is required. Map it." if problems and field.required else "."
    return FieldFate(
        **members(field, "key", "label", "type"),
        fate="refused" if problems else "not mapped",
        why=f"The mapping has no such field{needed}",
        problems=problems,
    )


def _fate(
    mapping: SegmentMapping, key: str, event: object, refusals: Sequence[Problem], resolved: object
) -> FieldFate:
    field = mapping.action_definition.field(key)
    source = mapping.fields.get(key, MISSING) if isinstance(mapping.fields, dict) else MISSING
    named = members(field, "label", "type") if field else {"label": key, "type": ""}
    made = FieldFate(key=key, **named, source=source, fate="refused")
    try:
        if resolved is None:
            resolved = compile_fields({key: source}, mapping.outside)(event)
    except NotSimulated as unknown:
        return replace(made, fate="not simulated", why=unknown.message)
    except Thrown as thrown:
        return replace(made, why=f"Segment throws {thrown.name}: {thrown.message}.")
    raw = resolved.get(key, MISSING) if isinstance(resolved, dict) else MISSING
    made = replace(made, raw=raw, problems=_problems_of(key, refusals))
    if field is None:
        return _of_no_field(mapping.action_definition, made)
    return _of_field(field, made)


def _of_field(field: Field, made: FieldFate) -> FieldFate:
    """Return the fate of a field's value: whether it is sent, as what, and why."""
    raw, is_refused = made.raw, bool(made.problems)
    if raw in (MISSING, None, ""):
        empty = "Null counts as no value" if raw is None else "An empty string counts as no value"
        why = _where(made.source) if raw is MISSING else empty
        needed = "this field is required" if field.required else "no other id is given"
        advice = f", and {needed}. Send it with the event, or map the field to something else."
        fate: FateName = "refused" if is_refused else "left out"
        return replace(made, fate=fate, why=why + (advice if is_refused else "."))
    payload, wrong = check_payload((field,), {field.key: raw})
    if wrong:
        why = f"This is {describe(raw)}. Expected {_WANTED[field.type]}."
        return replace(made, why=why)
    sent = to_json(to_upload((field,), payload).get(field.key, MISSING))
    if is_refused:
        oddity = odd_source(raw) if field.type == "datetime" else None
        return replace(made, value=sent, why=f"This {oddity.message}" if oddity else "")
    return replace(made, fate="sent", value=sent, why=_conversion(field, raw, sent))


def _of_no_field(action: ActionDefinition, made: FieldFate) -> FieldFate:
    if made.raw is MISSING:
        return replace(made, fate="left out", why=f"{_where(made.source)}.")
    if made.key in PASSTHROUGH:
        why = "This is not a field, but Segment sends it."
        fate: FateName = "refused" if made.problems else "sent"
        return replace(made, fate=fate, value=to_json(made.raw), why=why)
    near = did_you_mean(made.key, [field.key for field in action.fields])
    internal = " Only Segment itself uses it." if made.key.startswith(INTERNAL_PREFIX) else ""
    return replace(made, fate="dropped", why=f"{action.name} has no such field.{near}{internal}")


def _where(source: object) -> str:
    """Return the start of a sentence that says a source gives nothing, with its path if any."""
    path = source.get("@path") if isinstance(source, dict) else None
    return f"Nothing is at {path}" if isinstance(path, str) else "This gives no value for the event"


def _conversion(field: Field, raw: object, sent: object) -> str:
    """Return a sentence on how the value was converted, "" if it is sent unchanged."""
    found = describe(raw).removeprefix("the string ")
    match field.type, sent:
        case "datetime", None:
            return f"{found} looks like a date but cannot be parsed, so null is sent."
        case "datetime", int() | float():
            return f"{found[0].upper()}{found[1:]} is {time_text(sent)}, in Unix seconds."
        case "string", _ if not isinstance(raw, str):
            return f"A string made of {found}."
        case _:
            return ""


def source_text(source: object) -> Iterator[str]:
    """Yield the source of a field for display: a path by itself, anything else as JSON."""
    if isinstance(source, dict) and set(source) == {"@path"} and isinstance(source["@path"], str):
        yield source["@path"]
    elif source is not MISSING:
        yield json_text(source)
