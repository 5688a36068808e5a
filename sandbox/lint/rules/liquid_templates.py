"""Template rules: what Liquid and @template cannot read, and what Segment lacks or turns off."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from sandbox.lint.draft import Draft
from sandbox.lint.registry import Note, mapping_rule
from sandbox.lint.spots import Spot, directives, inside
from sandbox.segment.errors import NotSimulated, Thrown, did_you_mean
from sandbox.segment.fields.text_directives import MAX_TEMPLATE
from sandbox.segment.javascript import MISSING, length
from sandbox.segment.json_text import json_text, text_literal
from sandbox.segment.liquid.expressions import Call, Literal
from sandbox.segment.liquid.filters import FILTERS
from sandbox.segment.liquid.filters.date_filters import minutes_west
from sandbox.segment.liquid.filters.value_filters import DISABLED as DISABLED_FILTERS
from sandbox.segment.liquid.survey import Survey, survey
from sandbox.segment.liquid.tags import DISABLED as DISABLED_TAGS
from sandbox.segment.liquid.tags import TAGS
from sandbox.segment.not_simulated import UNSIMULATED
from sandbox.surroundings import OUTSIDE

_TAGS: Final = [name for name in TAGS if name.isalpha()] + [
    *("elsif", "else", "endif", "endunless", "endcapture", "endcomment", "endraw", "endblock"),
]
_INSTEAD: Final = {
    "case": " Write `{% if … %}` with `{% elsif … %}`.",
    "for": " Write the elements one by one, as in `products[0].id`, or join a list with `join`.",
    "tablerow": " Write the elements one by one, as in `products[0].id`.",
    "concat": " Add single elements with `push`.",
    "newline_to_br": ' Write `replace: "\\n", "<br />"`.',
}


def _templates(draft: Draft) -> Iterator[tuple[Spot, str, Survey]]:
    for spot in directives(draft, "@liquid"):
        if isinstance(spot.operand, str):
            is_read = length(spot.operand) <= MAX_TEMPLATE
            yield spot, spot.operand, survey(spot.operand if is_read else "")


@mapping_rule("TS310", "unreadable-template")
def unreadable(draft: Draft) -> Iterator[Note]:
    """Segment cannot read the template, so every event is rejected."""
    for spot, text, found in _templates(draft):
        error = found.error
        if length(text) > MAX_TEMPLATE:
            yield inside(spot, "too_long", length=length(text), most=MAX_TEMPLATE)
        elif error is not None and not isinstance(error, NotSimulated) and not _is_told(error):
            tag = error.message.removeprefix('tag "').partition('" not found')
            near = did_you_mean(tag[0], _TAGS) if tag[1] else ""
            yield inside(spot, "unreadable", why=error.message, near=near)


def _is_told(error: Thrown) -> bool:
    """Return whether another rule speaks of it: a tag that is turned off, or a `$.` (TS305)."""
    return '" is disabled' in error.message or '"$.' in error.message


@mapping_rule("TS311", "disabled-in-liquid")
def disabled(draft: Draft) -> Iterator[Note]:
    """Segment turns this tag or filter of Liquid off; events that reach it are rejected."""
    for spot, _, found in _templates(draft):
        for tag in dict.fromkeys(each for each in found.tags if each in DISABLED_TAGS):
            yield inside(spot, "tag", name=tag, instead=_INSTEAD.get(tag, ""))
        for name in dict.fromkeys(each.name for each in found.calls):
            if name in DISABLED_FILTERS:
                yield inside(spot, "filter", name=name, instead=_INSTEAD.get(name, ""))


@mapping_rule("TS312", "unknown-filter")
def unknown_filter(draft: Draft) -> Iterator[Note]:
    """A filter that Liquid does not have leaves the value as it is."""
    known = [each for each in FILTERS if each not in DISABLED_FILTERS]
    for spot, text, found in _templates(draft):
        for name in dict.fromkeys(each.name for each in found.calls):
            if name not in FILTERS:
                near = did_you_mean(name, known)
                right = near.removeprefix(" Did you mean ").removesuffix("?")
                is_sure = right and text.count(name) == 1
                other = text.replace(name, right) if is_sure else MISSING
                yield inside(spot, name=name, near=near, rewrite=other)


@mapping_rule("TS314", "liquid-in-template")
def liquid_in_template(draft: Draft) -> Iterator[Note]:
    """@template fills in paths: it has no filters and no tags, and each `{{` needs its `}}`."""
    for spot in directives(draft, "@template"):
        text = spot.operand if isinstance(spot.operand, str) else ""
        pieces = text.split("{{")[1:]
        if not all("}}" in piece for piece in pieces if piece):
            yield inside(spot, "open")
        elif "{%" in text or any("|" in each.partition("}}")[0] for each in pieces):
            liquid = json_text({"@liquid": text})
            says = "tag" if "{%" in text else "filter"
            yield replace(inside(spot, says, liquid=liquid), rewrite=liquid)


@mapping_rule("TS315", "not-simulated")
def not_simulated(draft: Draft) -> Iterator[Note]:
    """The sandbox does not simulate this; what Segment sends is not known."""
    for spot, _, found in _templates(draft):
        if isinstance(found.error, NotSimulated):
            yield inside(spot, message=found.error.message)
        for call in found.calls:
            if call.name == "sample":
                entry = UNSIMULATED["sample"]
                yield inside(spot, what=entry.what, why=entry.why)
            elif isinstance(error := _zone_error(call), NotSimulated):
                yield inside(spot, message=error.message)


@mapping_rule("TS316", "no-such-time-zone")
def no_such_time_zone(draft: Draft) -> Iterator[Note]:
    """Segment throws an error for a time zone that does not exist."""
    for spot, _, found in _templates(draft):
        for call in found.calls:
            error = _zone_error(call)
            if error is not None and not isinstance(error, NotSimulated):
                yield inside(spot, zone=text_literal(_zone(call)), why=error.message)


def _zone(call: Call) -> str:
    """Return the time zone that is written in a call of `date`, UTC if there is none."""
    match call:
        case Call(name="date", arguments=(_, Literal(content=str(zone)), *_)):
            return zone
        case _:
            return "UTC"


def _zone_error(call: Call) -> Thrown | None:
    try:
        minutes_west(_zone(call), 0.0, OUTSIDE)
    except Thrown as error:
        return error
    return None
