"""Field rules: what a mapping's fields ask for, and what Segment makes of it instead."""

from __future__ import annotations

import re
from collections.abc import Iterator

from sandbox.lint.draft import Draft
from sandbox.lint.finding import Note
from sandbox.lint.registry import TRACK, Witness, mapping_rule, sending
from sandbox.lint.spots import PLACEHOLDER, directives, inside
from sandbox.segment.errors import InvalidMapping
from sandbox.segment.fields import check_fields
from sandbox.segment.fields.directive import at_keys
from sandbox.segment.javascript import MISSING, Json, is_falsy
from sandbox.segment.json_text import json_text, text_literal
from sandbox.segment.triggers.mistakes import shown
from sandbox.suspicious_times import odd_source
from sandbox.values import Path

_PATH = re.compile(r"\$\.[A-Za-z_]")
_EXACT_WORDS = {
    "@json": ("mode", ("encode", "decode"), "the field stays empty"),
    "@merge": ("direction", ("left", "right"), "it counts as right"),
    "@case": ("operator", ("lower", "upper"), "Segment throws an error for every string"),
}
_BOTH = "With both given, `exists` decides and `blank` is ignored. Keep one of them."
_NOT_BLANK = (
    "Despite its name, `blank` takes `then` when the value is NOT blank, and `else` when it is. "
    "Swap them if the opposite is meant."
)


@mapping_rule("TS300", "refused-fields", sending({"accountId": {"@paht": "$.groupId"}}, None))
def refused(draft: Draft) -> Iterator[Note]:
    """Segment refuses the fields; the mapping takes no event."""
    if draft.mapping is not None:
        return
    try:
        check_fields(draft.own_fields)
    except InvalidMapping as error:
        for problem in error.problems:
            yield Note(
                at=problem.under("fields").at,
                message=f"Segment refuses this mapping, so it takes no event: {problem.message}",
            )


@mapping_rule("TS301", "unknown-field", sending({"acountId": "g1"}, {}))
def unknown_fields(draft: Draft) -> Iterator[Note]:
    """An unknown key is dropped."""
    mapping = draft.mapping
    for warning in mapping.unknown_fields() if mapping else ():
        yield Note(
            at=warning.at,
            message=f"{warning.at[-1]} {warning.message} What is mapped here is not sent.",
        )


@mapping_rule(
    "TS302",
    "missing-field",
    Witness(fields={"userId": "u", "eventName": "E"}, event=TRACK, sent=()),
)
def missing_fields(draft: Draft) -> Iterator[Note]:
    """A required field has no value, so every event is rejected."""
    action, fields = draft.action_definition, draft.own_fields
    if action is None or not isinstance(fields, dict) or _is_root(fields):
        return
    for field in action.fields:
        if field.required and fields.get(field.key, MISSING) in (MISSING, None, ""):
            yield Note(
                at=("fields",),
                message=f"{field.label} ({field.key}) is required and has no value, so every event "
                f"is rejected. Map it, as in {json_text({field.key: field.default})}.",
                rewrite=json_text({**fields, field.key: field.default}),
            )


@mapping_rule("TS303", "odd-time", sending({"timestamp": 1612137600}, {"timestamp": 1612137}))
def odd_times(draft: Draft) -> Iterator[Note]:
    """A time in the fields is in seconds, in digits, or not a date."""
    action, fields = draft.action_definition, draft.own_fields
    for field in action.fields if action and isinstance(fields, dict) else ():
        oddity = odd_source(fields.get(field.key)) if field.type == "datetime" else None
        if oddity:
            yield Note(at=("fields", field.key), message=f"{field.label} {oddity.sentence}")


@mapping_rule(
    "TS304",
    "path-as-text",
    sending({"accountId": "$.groupId"}, {"accountId": "$.groupId"}, groupId="g1"),
)
def paths_as_text(draft: Draft) -> Iterator[Note]:
    """A path or placeholder outside a directive is a plain string."""
    for path, text in _texts(draft.own_fields, ("fields",)):
        if _PATH.match(text):
            yield _text_note(path, text, "@path")
        elif PLACEHOLDER.search(text):
            yield _text_note(path, text, "@template")


def _text_note(path: Path, text: str, directive: str) -> Note:
    return Note(
        at=path,
        message=f"Segment never looks into a string: {text_literal(shown(text))} is sent "
        f"unchanged. Write {json_text({directive: text})} to send the event's value.",
        meaning=text_literal(text),
        rewrite=json_text({directive: text}),
    )


@mapping_rule(
    "TS305",
    "dollar-as-key",
    sending({"eventName": {"@template": "{{$.event}}!"}}, {"eventName": "!"}),
)
def dollars(draft: Draft) -> Iterator[Note]:
    """A `$` that Segment takes for the name of a member."""
    for spot in directives(draft, "@path", "@template", "@liquid"):
        operand = spot.operand if isinstance(spot.operand, str) else ""
        if spot.name != "@path":
            for name in PLACEHOLDER.findall(operand):
                if name.startswith("$."):
                    what = "becomes empty" if spot.name == "@template" else "is an error"
                    yield inside(
                        spot,
                        f"A placeholder has no `$.`: {{{{{name}}}}} {what}. Write "
                        f"{{{{{name[2:]}}}}}.",
                        operand.replace(name, name[2:]),
                    )
        elif operand == "$" or operand.startswith("$["):
            right = "." if operand == "$" else "$." + operand[1:].lstrip(".")
            yield inside(
                spot,
                "Segment looks for a member called `$` here; only a leading `$.` is removed. "
                f"Write {json_text({'@path': right})}.",
                right,
            )


@mapping_rule(
    "TS306",
    "blank-is-filled",
    sending(
        {"accountId": {"@if": {"blank": {"@path": "$.event"}, "then": "blank"}}},
        {"accountId": "blank"},
    ),
)
def blank_conditions(draft: Draft) -> Iterator[Note]:
    """The `blank` of @if takes `then` when the value is not blank."""
    for spot in directives(draft, "@if"):
        operand = spot.operand
        if isinstance(operand, dict) and not is_falsy(operand.get("blank")):
            yield inside(spot, _BOTH if "exists" in operand else _NOT_BLANK)


@mapping_rule(
    "TS307",
    "lost-else",
    sending({"accountId": {"@if": {"exists": {"@path": "$.no"}, "then": 1, "else": 0}}}, {}),
)
def lost_else(draft: Draft) -> Iterator[Note]:
    """An `else` of 0 or false is never taken."""
    for spot in directives(draft, "@if"):
        otherwise = spot.operand.get("else") if isinstance(spot.operand, dict) else None
        if is_falsy(otherwise) and otherwise not in (None, ""):
            yield Note(
                at=(*spot.at, "@if", "else"),
                message=f"Segment takes no `else` of {json_text(otherwise)}: nothing is sent "
                "instead. A directive that gives the value is taken: "
                f"{json_text({'@literal': otherwise})}.",
                meaning="nothing",
                rewrite=json_text({"@literal": otherwise}),
            )


@mapping_rule(
    "TS308",
    "inexact-word",
    sending({"accountId": {"@json": {"mode": "ENCODE", "value": {"@path": "$.event"}}}}, {}),
)
def inexact_words(draft: Draft) -> Iterator[Note]:
    """Modes, directions and operators must be in lower case."""
    for spot in directives(draft, *_EXACT_WORDS):
        key, known, otherwise = _EXACT_WORDS[spot.name]
        word = spot.operand.get(key) if isinstance(spot.operand, dict) else None
        if isinstance(word, str) and word and word not in known:
            yield Note(
                at=(*spot.at, spot.name, key),
                message=f"{text_literal(word)} is not one of {' and '.join(known)}, in lower case, "
                f"so {otherwise}.",
                rewrite=json_text(word.lower()) if word.lower() in known else None,
            )


@mapping_rule(
    "TS309",
    "spoilt-directive",
    sending(
        {"eventProperties": {"list": [{"@path": "$.event", "note": "name"}]}},
        {"eventProperties": {"list": [{"@path": "$.event", "note": "name"}]}},
    ),
)
def spoilt_directives(draft: Draft) -> Iterator[Note]:
    """A directive in a list with another key beside it is plain data."""
    for path, value in _objects(draft.own_fields, ("fields",)):
        extra = [k for k in value if not k.startswith("@") and k != "_metadata"]
        names = at_keys(value)
        if names and extra:
            yield Note(
                at=path,
                message=f"With {shown(extra[0])!r} beside it, {names[0]} is not a directive but "
                f"part of an object that is sent unchanged. Remove {extra[0]!r}.",
                meaning=json_text(value),
            )


def _objects(value: Json, path: Path, *, in_list: bool = False) -> Iterator[tuple[Path, Json]]:
    """Yield the objects that stand in lists, where Segment checks nothing."""
    if isinstance(value, list):
        for number, element in enumerate(value):
            yield from _objects(element, (*path, number), in_list=True)
    elif isinstance(value, dict):
        if in_list:
            yield path, value
        for key, member in value.items():
            yield from _objects(member, (*path, key), in_list=in_list)


def _texts(value: Json, path: Path) -> Iterator[tuple[Path, str]]:
    """Yield the strings that are sent unchanged: those that no directive interprets."""
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, list):
        for number, element in enumerate(value):
            yield from _texts(element, (*path, number))
    elif isinstance(value, dict):
        interpreted = at_keys(value)
        for key, member in value.items():
            if key in interpreted and isinstance(member, str) and key != "@literal":
                continue
            if key in interpreted and isinstance(member, list) and key == "@arrayPath":
                for number, element in enumerate(member[1:], 1):
                    yield from _texts(element, (*path, key, number))
                continue
            yield from _texts(member, (*path, key))


def _is_root(fields: dict[str, Json]) -> bool:
    return bool(at_keys(fields)) or any(key.startswith("__segment_internal_") for key in fields)
