"""Field rules: fields that Segment reads differently from what they seem to mean."""

import re
from collections.abc import Iterator
from itertools import pairwise
from typing import Any, Final

from sandbox.lint.draft import Draft
from sandbox.lint.registry import Note, at, mapping_rule
from sandbox.reasoning.named_paths import placeholders, walk
from sandbox.segment.fields.compiling import at_keys
from sandbox.segment.javascript import MISSING, is_falsy
from sandbox.segment.json_text import json_text, text_literal
from sandbox.segment.mapping import INTERNAL_PREFIX, is_segment_switch
from sandbox.suspicions import odd_source
from sandbox.values import Path, shortened

_PATH: Final = re.compile(r"\$\.[A-Za-z_]")
_SECONDS: Final = re.compile(r"""\|\s*date\s*:\s*(['"])%s\1\s*-?\}\}\s*\Z""")
_EXACT_WORDS: Final = {
    "@json": ("mode", ("encode", "decode")),
    "@merge": ("direction", ("left", "right")),
    "@case": ("operator", ("lower", "upper")),
}
_OF_TEXT: Final = frozenset({"event.length", "event.size"})  # members that a string has too


@mapping_rule("TS300", "refused-fields")
def refused(draft: Draft) -> Iterator[Note]:
    """Segment refuses the fields, so the mapping takes no event."""
    for problem in draft.refusals:
        if problem.at[0] == "fields":
            yield at(problem.at, why=problem.message)


@mapping_rule("TS301", "unknown-field")
def unknown_fields(draft: Draft) -> Iterator[Note]:
    """An unknown key is dropped."""
    for warning in draft.mapping.unknown_fields() if draft.mapping else ():
        yield at(warning.at, key=warning.at[-1], why=warning.message)


@mapping_rule("TS302", "missing-field")
def missing_fields(draft: Draft) -> Iterator[Note]:
    """A required field has no value, so every event is rejected."""
    fields: Any = draft.own_fields
    for field, value in draft.of_action():
        if any(key.startswith(("@", INTERNAL_PREFIX)) for key in fields):
            return  # for instance a root directive, which may give the field
        if field.required and value in (MISSING, None, ""):
            example = {field.key: field.default}
            right = json_text({**fields, **example})
            yield at(("fields",), label=field.label, key=field.key, example=example, rewrite=right)


@mapping_rule("TS303", "odd-time")
def odd_times(draft: Draft) -> Iterator[Note]:
    """A time in the fields is in seconds, in digits, or not a date."""
    for field, value in draft.of_action():
        place = ("fields", field.key)
        if field.type != "datetime":
            continue
        if oddity := odd_source(value):
            yield at(place, f"{field.label} {oddity.message}")
        elif isinstance(value, dict) and _SECONDS.search(str(value.get("@liquid"))):
            yield at(place, "seconds", label=field.label)


@mapping_rule("TS304", "path-as-text")
def paths_as_text(draft: Draft) -> Iterator[Note]:
    """A path or placeholder outside a directive is a plain string."""
    for path, text in walk(draft.own_fields):
        if isinstance(text, str) and not _is_interpreted(path):
            is_path = _PATH.match(text)
            if is_path or placeholders(text):
                right = json_text({"@path" if is_path else "@template": text})
                meaning = text_literal(text)
                yield at(path, text=shortened(text), right=right, meaning=meaning, rewrite=right)


def _is_interpreted(path: Path) -> bool:
    """Return whether a directive interprets the string there, instead of sending it."""
    last = str(path[-1])
    is_operand = last.startswith("@") and last != "@literal"
    return is_operand or ("@arrayPath", 0) in pairwise(path)


@mapping_rule("TS305", "dollar-as-key")
def dollars(draft: Draft) -> Iterator[Note]:
    """Segment reads a `$` as the name of a member."""
    for each in draft.directives("@path", "@template", "@liquid"):
        text = each.text
        if each.name == "@path" and (text == "$" or text.startswith("$[")):
            right = each.written("." if text == "$" else "$." + text[1:].lstrip("."))
            yield at(each.inner, "path", right=right, rewrite=right)
        for name in placeholders(text) if each.name != "@path" else ():
            if name.startswith("$."):
                right, without = each.written(text.replace(name, name[2:])), name[2:]
                yield at(each.inner, each.name[1:], name=name, without=without, rewrite=right)


@mapping_rule("TS306", "blank-is-filled")
def blank_conditions(draft: Draft) -> Iterator[Note]:
    """The `blank` of @if takes `then` when the value is not blank."""
    for each in draft.directives("@if"):
        if not is_falsy(each.part("blank")):
            yield at(each.inner, "blank" if each.part("exists") is MISSING else "both")


@mapping_rule("TS307", "lost-else")
def lost_else(draft: Draft) -> Iterator[Note]:
    """An `else` of 0 or false is ignored."""
    for each in draft.directives("@if"):
        value = each.part("else")
        if is_falsy(value) and value not in (MISSING, None, ""):
            right = json_text({"@literal": value})
            place = (*each.inner, "else")
            yield at(place, value=value, right=right, meaning="nothing", rewrite=right)


@mapping_rule("TS308", "inexact-word")
def inexact_words(draft: Draft) -> Iterator[Note]:
    """Modes, directions and operators must be in lower case."""
    for each in draft.directives(*_EXACT_WORDS):
        key, known = _EXACT_WORDS[each.name]
        word = each.part(key)
        if isinstance(word, str) and word and word not in known:
            right = json_text(word.lower()) if word.lower() in known else None
            yield at((*each.inner, key), key, word=word, rewrite=right)


@mapping_rule("TS309", "spoilt-directive")
def spoilt_directives(draft: Draft) -> Iterator[Note]:
    """A directive in a list with another key next to it is plain data."""
    for path, value in walk(draft.own_fields):
        names = at_keys(value)
        keys = value if names and isinstance(value, dict) else ()
        extra = [key for key in keys if key[:1] != "@" and key != "_metadata"]
        if extra and any(isinstance(step, int) for step in path):  # Segment checks nothing in lists
            parts = {"shown": shortened(extra[0]), "key": extra[0], "directive": names[0]}
            yield at(path, meaning=json_text(value), **parts)


@mapping_rule("TS313", "event-before-the-path")
def event_before_the_path(draft: Draft) -> Iterator[Note]:
    """The event itself is the root of every path; `event` is only its name."""
    for each in draft.on_the_event():
        for path in each.paths():
            if path.startswith("event.") and path not in _OF_TEXT and path in each.text:
                right = path.removeprefix("event.")
                other = each.written(each.text.replace(path, right))
                yield at(each.inner, path=path, right=right, rewrite=other)


@mapping_rule("TS317", "segment-switches")
def segment_switches(draft: Draft) -> Iterator[Note]:
    """Nothing is sent for Segment's own settings among the fields, such as `batch_size`."""
    fields = draft.own_fields
    names = [key for key in fields if is_segment_switch(key)] if isinstance(fields, dict) else []
    if names:
        yield at(("fields",), "more" if names[1:] else "one", names=", ".join(names))
