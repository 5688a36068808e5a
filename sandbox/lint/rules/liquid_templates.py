"""Template rules: what Liquid and @template cannot read, and what Segment lacks or disables."""

import re
from collections.abc import Iterator
from typing import Final

from sandbox.lint.draft import Draft
from sandbox.lint.registry import Note, at, mapping_rule
from sandbox.reasoning.named_paths import FieldDirective, placeholders
from sandbox.segment.errors import NotSimulated, Thrown, did_you_mean
from sandbox.segment.fields.text_directives import MAX_TEMPLATE
from sandbox.segment.javascript import length
from sandbox.segment.json_text import json_text
from sandbox.segment.liquid.expressions import FilterCall, LiquidLiteral
from sandbox.segment.liquid.filters import FILTERS
from sandbox.segment.liquid.filters.date_filters import minutes_west
from sandbox.segment.liquid.filters.value_filters import DISABLED as DISABLED_FILTERS
from sandbox.segment.liquid.survey import Survey, survey
from sandbox.segment.liquid.tags import DISABLED as DISABLED_TAGS
from sandbox.segment.liquid.tags import TAGS
from sandbox.segment.not_simulated import unsimulated
from sandbox.surroundings import OUTSIDE

_TAGS: Final = [name for name in TAGS if name.isalpha()] + [
    *("elsif", "else", "endif", "endunless", "endcapture", "endcomment", "endraw", "endblock"),
]
_PLACEHOLDER: Final = re.compile(r"\{\{[^{}]*\}\}")
_NO_PLACEHOLDER: Final = re.compile(r"\$?\{[A-Za-z_][\w.]*\}|\$\.[A-Za-z_][\w.]*")
_NEEDED: Final = {
    **dict.fromkeys(("append", "prepend"), (1, "refused")),
    **dict.fromkeys(("divided_by", "minus", "modulo", "plus", "times"), (1, "not_a_number")),
    **dict.fromkeys(("at_least", "at_most", "default", "remove", "remove_first", "remove_last"),
    (1, "unchanged")),
    **dict.fromkeys(("replace", "replace_first", "replace_last"), (2, "removes")),
    **dict.fromkeys(("push", "unshift"), (1, "adds_null")),
    **dict.fromkeys(("hmac_sha256", "slice", "split", "where"), (1, "")),
}  # fmt: skip
"""How many arguments a filter needs, and the message about fewer, by default its own name."""
_INSTEAD: Final = {
    "case": " Write `{% if … %}` with `{% elsif … %}`.",
    "for": " Write the elements one by one, as in `products[0].id`, or join a list with `join`.",
    "tablerow": " Write the elements one by one, as in `products[0].id`.",
    "concat": " Add single elements with `push`.",
    "newline_to_br": ' Write `replace: "\\n", "<br />"`.',
}


def _templates(draft: Draft) -> Iterator[tuple[FieldDirective, Survey]]:
    for each in draft.directives("@liquid"):
        if isinstance(each.operand, str):
            yield each, survey(each.text if length(each.text) <= MAX_TEMPLATE else "")


@mapping_rule("TS310", "unreadable-template")
def unreadable(draft: Draft) -> Iterator[Note]:
    """Segment cannot read the template, so every event that reaches it is rejected."""
    for template, found in _templates(draft):
        if (size := length(template.text)) > MAX_TEMPLATE:
            yield at(template.inner, "too_long", length=size, most=MAX_TEMPLATE)
        elif (error := found.error) is not None and not _is_told(template, error):
            tag = error.message.removeprefix('tag "').partition('" not found')
            near = did_you_mean(tag[0], _TAGS) if tag[1] else ""
            yield at(template.inner, "unreadable", why=error.message, near=near)


def _is_told(template: FieldDirective, error: Thrown) -> bool:
    """Return whether another rule reports it: a disabled tag, or a placeholder's `$.` (TS305)."""
    is_dollar = any(name.startswith("$.") for name in placeholders(template.text))
    is_known = '" is disabled' in error.message or (is_dollar and '"$.' in error.message)
    return is_known or isinstance(error, NotSimulated)


@mapping_rule("TS311", "disabled-in-liquid")
def disabled(draft: Draft) -> Iterator[Note]:
    """Segment disables this tag or filter of Liquid; events that reach it are rejected."""
    for template, found in _templates(draft):
        tags = [("tag", name) for name in found.tags if name in DISABLED_TAGS]
        filters = [("filter", call.name) for call in found.calls if call.name in DISABLED_FILTERS]
        for kind, name in dict.fromkeys((*tags, *filters)):
            yield at(template.inner, kind, name=name, instead=_INSTEAD.get(name, ""))


@mapping_rule("TS312", "unknown-filter")
def unknown_filter(draft: Draft) -> Iterator[Note]:
    """A filter that Liquid does not have leaves the value unchanged."""
    known = [each for each in FILTERS if each not in DISABLED_FILTERS]
    for template, found in _templates(draft):
        text = template.text
        for name in dict.fromkeys(call.name for call in found.calls if call.name not in FILTERS):
            near = did_you_mean(name, known)
            right = near.removeprefix(" Did you mean ").removesuffix("?")
            is_sure = right and text.count(name) == 1
            other = template.written(text.replace(name, right)) if is_sure else None
            yield at(template.inner, name=name, near=near, rewrite=other)


@mapping_rule("TS314", "liquid-in-template")
def liquid_in_template(draft: Draft) -> Iterator[Note]:
    """@template only fills in paths: it has no filters or tags, and each `{{` needs a `}}`."""
    for template in draft.directives("@template"):
        text = template.text
        pieces = text.split("{{")[1:]
        if not all("}}" in piece for piece in pieces if piece):
            yield at(template.inner, "open")
        elif "{%" in text or any("|" in each.partition("}}")[0] for each in pieces):
            liquid = json_text({"@liquid": text})
            says = "tag" if "{%" in text else "filter"
            yield at(template.inner, says, liquid=liquid, rewrite=liquid)
        elif single := _NO_PLACEHOLDER.search(_PLACEHOLDER.sub("", text)):
            yield at(template.inner, "single", found=single[0])


@mapping_rule("TS315", "not-simulated")
def not_simulated(draft: Draft) -> Iterator[Note]:
    """The sandbox does not simulate this, so it is unknown what Segment sends."""
    for template, found in _templates(draft):
        if isinstance(found.error, NotSimulated):
            yield at(template.inner, found.error.message)
        for call in found.calls:
            if call.name == "sample":
                yield at(template.inner, it=unsimulated()["sample"])
            elif isinstance(error := _zone_error(call), NotSimulated):
                yield at(template.inner, error.message)


@mapping_rule("TS316", "no-such-time-zone")
def no_such_time_zone(draft: Draft) -> Iterator[Note]:
    """Segment throws an error for a time zone that does not exist."""
    for template, found in _templates(draft):
        for call in found.calls:
            error = _zone_error(call)
            if error is not None and not isinstance(error, NotSimulated):
                yield at(template.inner, zone=_zone(call), why=error.message)


def _zone(call: FilterCall) -> str:
    """Return the time zone written in a call of `date`, by default UTC."""
    match call:
        case FilterCall(name="date", arguments=(_, LiquidLiteral(content=str(zone)), *_)):
            return zone
        case _:
            return "UTC"


def _zone_error(call: FilterCall) -> Thrown | None:
    try:
        minutes_west(_zone(call), 0.0, OUTSIDE)
    except Thrown as error:
        return error
    return None


@mapping_rule("TS321", "missing-argument")
def missing_argument(draft: Draft) -> Iterator[Note]:
    """A filter of Liquid has too few arguments to do its work."""
    for template, found in _templates(draft):
        for call in found.calls:
            count, says = _NEEDED.get(call.name, (0, ""))
            given = len(call.arguments)
            if given < count or (says == "refused" and given > count):
                yield at(template.inner, says or call.name, name=call.name)


@mapping_rule("TS322", "date-without-codes")
def date_without_codes(draft: Draft) -> Iterator[Note]:
    """A format of `date` has no `%`, so every date is written as the format itself."""
    for template, found in _templates(draft):
        for call in found.calls:
            match call:
                case FilterCall(name="date", arguments=(LiquidLiteral(content=str(written)), *_)):
                    if written and "%" not in written:
                        yield at(template.inner, written=written)
