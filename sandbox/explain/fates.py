"""Fates: what each field of a mapping makes of an event, and what becomes of that."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from sandbox.explain.explanation import Fate, FieldFate
from sandbox.segment.definition import PASSTHROUGH, ActionDefinition, Field
from sandbox.segment.errors import NotSimulated, Problem, Thrown, did_you_mean
from sandbox.segment.fields import compile_fields
from sandbox.segment.fields.compiling import at_keys
from sandbox.segment.fields.transforming import ROOT_DIRECTIVE
from sandbox.segment.javascript import MISSING, Json, kind
from sandbox.segment.json_text import json_text, to_json
from sandbox.segment.mapping import INTERNAL_PREFIX, MOST_WARNINGS, Mapping
from sandbox.segment.payload import check_payload, to_upload
from sandbox.segment.triggers.mistakes import shown
from sandbox.suspicions import moment, odd_source

_NAMES = {"array": "list"}
_ARTICLES = {"array": "a list", "object": "an object"}


def field_fates(
    mapping: Mapping, event: Json, refusals: Sequence[Problem]
) -> tuple[FieldFate, ...]:
    """Return the fate of every field that is mapped or required, in the order of the mapping.

    `refusals` are the problems the whole payload was rejected for. Of keys that are no field as
    many are told as in the mapping's warnings, which say that there are more.
    """
    action, fields = mapping.action_definition, mapping.fields
    has_root = not isinstance(fields, dict) or at_keys(fields) or ROOT_DIRECTIVE in fields
    resolved: Json
    try:
        resolved = mapping.resolve(event)
    except Thrown:
        resolved = {} if has_root else None  # then each field by itself
    written = resolved if has_root else fields  # a directive that gives no object gives no field
    keys = _told_keys(written, action) if isinstance(written, dict) else []
    found = [_fate(mapping, key, event, refusals, resolved) for key in keys]
    needed = (f for f in action.fields if f.key not in keys and (f.required or f.required_unless))
    return (*found, *(_not_mapped(field, refusals) for field in needed))


def _told_keys(written: dict[str, Json], action: ActionDefinition) -> list[str]:
    known = {*(field.key for field in action.fields), *PASSTHROUGH}
    unknown = [key for key in written if key not in known]
    left_out = set(unknown[MOST_WARNINGS:])
    return [key for key in written if key not in left_out]


def _not_mapped(field: Field, refusals: Sequence[Problem]) -> FieldFate:
    problems = _problems_of(field.key, refusals)
    return FieldFate(
        key=field.key,
        label=field.label,
        type=field.type,
        fate="refused" if problems else "not mapped",
        why="The mapping has no such field"
        + (", and it is required. Map it." if problems and field.required else "."),
        problems=problems,
    )


def _fate(
    mapping: Mapping,
    key: str,
    event: Json,
    refusals: Sequence[Problem],
    resolved: Json,
) -> FieldFate:
    field = mapping.action_definition.field(key)
    source = mapping.fields.get(key, MISSING) if isinstance(mapping.fields, dict) else MISSING
    label, type_name = (field.label, field.type) if field else (key, "")
    made = FieldFate(key=key, label=label, type=type_name, source=source, fate="refused")
    try:
        if resolved is None:
            resolved = compile_fields({key: source}, mapping.outside)(event)
        raw = resolved.get(key, MISSING) if isinstance(resolved, dict) else MISSING
    except NotSimulated as unknown:
        return replace(made, fate="not simulated", why=unknown.message)
    except Thrown as thrown:
        return replace(made, why=f"Segment throws {thrown.name}: {thrown.message}.")
    made = replace(made, raw=raw, problems=_problems_of(key, refusals))
    if field is None:
        return _of_no_field(mapping.action_definition, made)
    return _of_field(field, made)


def _problems_of(key: str, refusals: Sequence[Problem]) -> tuple[Problem, ...]:
    return tuple(problem for problem in refusals if problem.at[:1] == (key,))


def _of_field(field: Field, made: FieldFate) -> FieldFate:
    """Return what becomes of a field's value, with what is sent, and why."""
    raw, problems = made.raw, made.problems
    if raw in (MISSING, None, ""):
        empty = "Null counts as no value" if raw is None else "An empty string counts as no value"
        why = f"{_where(made.source) if raw is MISSING else empty}{_what_then(field, problems)}"
        return replace(made, fate="refused" if problems else "left out", why=why)
    payload, wrong = check_payload((field,), {field.key: raw})
    if wrong:
        return replace(made, why=_expected(field, raw))
    sent = to_json(to_upload((field,), payload)).get(field.key, MISSING)
    if problems:
        oddity = odd_source(raw) if field.type == "datetime" else None
        return replace(made, value=sent, why=f"This {oddity.message}" if oddity else "")
    return replace(made, fate="sent", value=sent, why=_conversion(field, raw, sent))


def _of_no_field(action: ActionDefinition, made: FieldFate) -> FieldFate:
    if made.raw is MISSING:
        return replace(made, fate="left out", why=f"{_where(made.source)}.")
    if made.key in PASSTHROUGH:
        why = "This is not a field, but Segment sends it."
        fate: Fate = "refused" if made.problems else "sent"
        return replace(made, fate=fate, value=to_json(made.raw), why=why)
    near = did_you_mean(made.key, [field.key for field in action.fields])
    internal = " It is for Segment itself." if made.key.startswith(INTERNAL_PREFIX) else ""
    return replace(made, fate="dropped", why=f"{action.name} has no such field.{near}{internal}")


def _what_then(field: Field, problems: tuple[Problem, ...]) -> str:
    if not problems:
        return "."
    needed = "this field is required" if field.required else "no other id is given"
    return f", and {needed}. Send it with the event, or map the field to something else."


def _where(source: Json) -> str:
    """Say that a source gives nothing; the path is named where there is one."""
    path = source.get("@path") if isinstance(source, dict) else None
    if isinstance(path, str):
        return f"Nothing is at {path}"
    return "This gives no value for the event"


def _expected(field: Field, raw: Json) -> str:
    match field.type:
        case "object":
            return f"This must be an object, but it is {_a(raw)}."
        case "datetime":
            found = f", and it is {_a(raw)}" if kind(raw) not in {"string", "number"} else ""
            return (
                'This must be a date string, such as "2026-11-23T16:17:19Z", or a number '
                f"of milliseconds{found}."
            )
    return f"This must be a string, but it is {_a(raw)}."


def _conversion(field: Field, raw: Json, sent: Json) -> str:
    """Say what was made of the value, "" where it is sent as it was found."""
    if field.type == "datetime":
        if sent is None:
            return f"{_found(raw)} looks like a date but cannot be parsed, so null is sent."
        found = _found(raw)
        return f"{found[0].upper()}{found[1:]} is {moment(sent)}, in Unix seconds."
    if field.type == "string" and not isinstance(raw, str):
        return f"A string made of {_found(raw)}."
    return ""


def _found(raw: Json) -> str:
    """Return a value with its kind where that is not plain."""
    text = shown(json_text(to_json(raw)))
    return text if isinstance(raw, str) else f"the {_NAMES.get(kind(raw), kind(raw))} {text}"


def _a(value: Json) -> str:
    name = kind(value)
    return _ARTICLES.get(name, f"a {name}")


def source_text(source: Json) -> Iterator[str]:
    """Yield the source of a field as it is shown: a path by itself, anything else as JSON."""
    if isinstance(source, dict) and set(source) == {"@path"} and isinstance(source["@path"], str):
        yield source["@path"]
    elif source is not MISSING:
        yield json_text(source)
