"""Field rules: what a mapping's fields ask for, and what Segment makes of it instead."""

import re
from collections.abc import Iterator
from itertools import pairwise

from sandbox.lint.draft import Draft
from sandbox.lint.registry import Note, mapping_rule
from sandbox.lint.spots import PLACEHOLDER, directives, event_spots, inside, paths_in, walk
from sandbox.segment.errors import InvalidMapping
from sandbox.segment.fields import check_fields
from sandbox.segment.fields.compiling import at_keys
from sandbox.segment.javascript import MISSING, Json, is_falsy
from sandbox.segment.json_text import json_text, text_literal
from sandbox.segment.mapping import is_segment_switch
from sandbox.segment.triggers.mistakes import shown
from sandbox.suspicions import odd_source
from sandbox.values import Path

_PATH = re.compile(r"\$\.[A-Za-z_]")
_EXACT_WORDS = {
    "@json": ("mode", ("encode", "decode")),
    "@merge": ("direction", ("left", "right")),
    "@case": ("operator", ("lower", "upper")),
}
_OF_TEXT = frozenset({"event.length", "event.size"})  # members that a string has as well


@mapping_rule("TS300", "refused-fields")
def refused(draft: Draft) -> Iterator[Note]:
    """Segment refuses the fields; the mapping takes no event."""
    if draft.mapping is not None:
        return
    try:
        check_fields(draft.own_fields)
    except InvalidMapping as error:
        for problem in error.problems:
            yield Note(at=problem.under("fields").at, parts={"why": problem.message})


@mapping_rule("TS301", "unknown-field")
def unknown_fields(draft: Draft) -> Iterator[Note]:
    """An unknown key is dropped."""
    for warning in draft.mapping.unknown_fields() if draft.mapping else ():
        yield Note(at=warning.at, parts={"key": warning.at[-1], "why": warning.message})


@mapping_rule("TS302", "missing-field")
def missing_fields(draft: Draft) -> Iterator[Note]:
    """A required field has no value, so every event is rejected."""
    action, fields = draft.action_definition, draft.own_fields
    if action is None or not isinstance(fields, dict) or _is_root(fields):
        return
    for field in action.fields:
        if field.required and fields.get(field.key, MISSING) in (MISSING, None, ""):
            example = json_text({field.key: field.default})
            yield Note(
                at=("fields",),
                parts={"label": field.label, "key": field.key, "example": example},
                rewrite=json_text({**fields, field.key: field.default}),
            )


@mapping_rule("TS303", "odd-time")
def odd_times(draft: Draft) -> Iterator[Note]:
    """A time in the fields is in seconds, in digits, or not a date."""
    action, fields = draft.action_definition, draft.own_fields
    for field in action.fields if action and isinstance(fields, dict) else ():
        oddity = odd_source(fields.get(field.key)) if field.type == "datetime" else None
        if oddity:
            yield Note(at=("fields", field.key), message=f"{field.label} {oddity.message}")


@mapping_rule("TS304", "path-as-text")
def paths_as_text(draft: Draft) -> Iterator[Note]:
    """A path or placeholder outside a directive is a plain string."""
    for path, text in walk(draft.own_fields):
        if isinstance(text, str) and not _is_interpreted(path):
            is_path = _PATH.match(text)
            if is_path or PLACEHOLDER.search(text):
                right = json_text({"@path" if is_path else "@template": text})
                parts = {"text": text_literal(shown(text)), "right": right}
                yield Note(at=path, parts=parts, meaning=text_literal(text), rewrite=right)


def _is_interpreted(path: Path) -> bool:
    """Return whether a directive looks into the string there, and does not just send it."""
    last = str(path[-1])
    is_operand = last.startswith("@") and last != "@literal"
    return is_operand or ("@arrayPath", 0) in pairwise(path)


@mapping_rule("TS305", "dollar-as-key")
def dollars(draft: Draft) -> Iterator[Note]:
    """A `$` that Segment takes for the name of a member."""
    for spot in directives(draft, "@path", "@template", "@liquid"):
        operand = spot.operand if isinstance(spot.operand, str) else ""
        if spot.name != "@path":
            for name in PLACEHOLDER.findall(operand):
                if name.startswith("$."):
                    right = operand.replace(name, name[2:])
                    yield inside(spot, spot.name[1:], name=name, without=name[2:], rewrite=right)
        elif operand == "$" or operand.startswith("$["):
            right = "." if operand == "$" else "$." + operand[1:].lstrip(".")
            yield inside(spot, "path", right=json_text({"@path": right}), rewrite=right)


@mapping_rule("TS306", "blank-is-filled")
def blank_conditions(draft: Draft) -> Iterator[Note]:
    """The `blank` of @if takes `then` when the value is not blank."""
    for spot in directives(draft, "@if"):
        operand = spot.operand
        if isinstance(operand, dict) and not is_falsy(operand.get("blank")):
            yield inside(spot, "both" if "exists" in operand else "blank")


@mapping_rule("TS307", "lost-else")
def lost_else(draft: Draft) -> Iterator[Note]:
    """An `else` of 0 or false is never taken."""
    for spot in directives(draft, "@if"):
        otherwise = spot.operand.get("else") if isinstance(spot.operand, dict) else None
        if is_falsy(otherwise) and otherwise not in (None, ""):
            right = json_text({"@literal": otherwise})
            yield Note(
                at=(*spot.at, "@if", "else"),
                parts={"value": json_text(otherwise), "right": right},
                meaning="nothing",
                rewrite=right,
            )


@mapping_rule("TS308", "inexact-word")
def inexact_words(draft: Draft) -> Iterator[Note]:
    """Modes, directions and operators must be in lower case."""
    for spot in directives(draft, *_EXACT_WORDS):
        key, known = _EXACT_WORDS[spot.name]
        word = spot.operand.get(key) if isinstance(spot.operand, dict) else None
        if isinstance(word, str) and word and word not in known:
            yield Note(
                at=(*spot.at, spot.name, key),
                says=key,
                parts={"word": text_literal(word)},
                rewrite=json_text(word.lower()) if word.lower() in known else None,
            )


@mapping_rule("TS309", "spoilt-directive")
def spoilt_directives(draft: Draft) -> Iterator[Note]:
    """A directive in a list with another key beside it is plain data."""
    for path, value in walk(draft.own_fields):
        names = at_keys(value)
        extra = (
            [key for key in value if not key.startswith("@") and key != "_metadata"]
            if names
            else []
        )
        if extra and any(isinstance(step, int) for step in path):  # Segment checks nothing in lists
            parts = {"shown": shown(extra[0]), "key": extra[0], "directive": names[0]}
            yield Note(at=path, parts=parts, meaning=json_text(value))


@mapping_rule("TS313", "event-before-the-path")
def event_before_the_path(draft: Draft) -> Iterator[Note]:
    """The event itself is the root of every path; `event` is only its name."""
    for spot in event_spots(draft.own_fields):
        for path in paths_in(spot):
            if path.startswith("event.") and path not in _OF_TEXT and path in spot.operand:
                right = path.removeprefix("event.")
                yield inside(
                    spot, path=path, right=right, rewrite=spot.operand.replace(path, right)
                )


@mapping_rule("TS317", "segment-switches")
def segment_switches(draft: Draft) -> Iterator[Note]:
    """Segment's own settings, such as `batch_size`, beside the fields: nothing is sent for them."""
    fields = draft.own_fields
    names = [key for key in fields if is_segment_switch(key)] if isinstance(fields, dict) else []
    if names:
        says = "one" if len(names) == 1 else "more"
        yield Note(at=("fields",), says=says, parts={"names": ", ".join(names)})


def _is_root(fields: dict[str, Json]) -> bool:
    return bool(at_keys(fields)) or any(key.startswith("__segment_internal_") for key in fields)
