"""A rule about @template, which fills in paths and knows nothing of Liquid."""

from __future__ import annotations

from collections.abc import Iterator

from sandbox.lint.draft import Draft
from sandbox.lint.finding import Note
from sandbox.lint.registry import mapping_rule, sending
from sandbox.lint.spots import directives
from sandbox.segment.json_text import json_text


@mapping_rule(
    "TS314",
    "liquid-in-template",
    sending(
        {"accountId": {"@template": "{{groupId | upcase}}-"}}, {"accountId": "-"}, groupId="g1"
    ),
)
def liquid_in_template(draft: Draft) -> Iterator[Note]:
    """@template fills in paths: it has no filters and no tags, and each `{{` needs its `}}`."""
    for spot in directives(draft, "@template"):
        text = spot.operand
        if isinstance(text, str) and (sentence := _wrong(text)):
            liquid = json_text({"@liquid": text}) if _is_closed(text) else None
            advice = f" Write {liquid}." if liquid else " Close it with `}}`."
            yield Note(at=(*spot.at, "@template"), message=sentence + advice, rewrite=liquid)


def _wrong(text: str) -> str:
    inside = [piece.partition("}}")[0] for piece in text.split("{{")[1:]]
    if not _is_closed(text):
        return "A placeholder that is not closed is sent unchanged."
    if "{%" in text:
        return "@template has no tags: `{%` is sent unchanged."
    if any("|" in each for each in inside):
        return "@template has no filters: the whole placeholder is taken as a path, and is empty."
    return ""


def _is_closed(text: str) -> bool:
    return all("}}" in piece for piece in text.split("{{")[1:] if piece)
