"""Sentences: for each schema keyword that can fail, which rule is broken and how that is said.

The tables at the end are all there is: keyword to explanation, once for a whole body, once for a
whole item; `of_list` and `of_field` explain what stands inside them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final, NamedTuple, TypeAlias

from sandbox.contract.wording import describe
from sandbox.segment.definition import (
    PASSTHROUGH,
    DestinationDefinition,
    Evidence,
    Field,
    FieldType,
    Rules,
    Upload,
)
from sandbox.segment.errors import did_you_mean
from sandbox.segment.javascript import Json
from sandbox.segment.json_text import text_literal
from sandbox.values import Path, Problem, shortened

_RIGHT: Final[dict[tuple[FieldType, Rules], str]] = {
    ("string", "documented"): "a text of at least one character",
    ("string", "observed"): "a text",
    ("datetime", "documented"): "Unix seconds, a number without a fraction,",
    ("datetime", "observed"): "Unix seconds, a number or null,",
    ("object", "documented"): "an object",
    ("object", "observed"): "an object",
}
_RIGHT_RANGE: Final = "Unix seconds that fit into 64 bits"


class Place(NamedTuple):
    """Where an explanation stands: in which contract, at which path, before which value."""

    upload: Upload
    definition: DestinationDefinition
    rules: Rules
    path: Path
    value: Json

    @property
    def envelope(self) -> str:
        """The key of the body's only list."""
        return self.upload.endpoint.envelope

    def inside(self, key: str, value: Json) -> Place:
        """Return the place of a member."""
        return self.at((*self.path, key), value)

    def at(self, path: Path, value: Json) -> Place:
        """Return another place of the same contract."""
        return Place(self.upload, self.definition, self.rules, path, value)

    def wrong(
        self,
        rule: str,
        name: str,
        right: str,
        *,
        found: str = "",
        evidence: Evidence | None = None,
    ) -> Problem:
        """Return the violation that says: the name is what was found; right would be right."""
        found = found or describe(self.value)
        return self.violation(
            rule, f"{name} is {found}; {right} would be right.", found, right, evidence
        )

    def violation(
        self, rule: str, message: str, found: str, right: str, evidence: Evidence | None = None
    ) -> Problem:
        """Return a violation at this place; its evidence is the rule's unless given."""
        return Problem(
            at=self.path,
            message=message,
            found=found,
            expected=right.rstrip(","),
            rule=rule,
            evidence=evidence or self.definition.rule(rule).evidence,
        )


Found: TypeAlias = tuple[str | None, Problem]
"""A violation and the key of the object it is about; None where it is about the whole."""

Explanation: TypeAlias = Callable[[Place, Json], Iterator[Found]]
"""From a place and the value of the keyword that failed there to what is wrong."""


def of_list(place: Place, _: str, keyword: str) -> Problem:
    """Explain what is wrong with a body's list."""
    rule = _structure_rule(place) if keyword == "type" else "list-size"
    right = f"a list of 1 to {place.definition.max_items} objects"
    return place.wrong(rule, f'"{place.envelope}"', right)


def of_field(place: Place, key: str, keyword: str) -> Problem:
    """Explain what is wrong with the value of a field."""
    field = _field(place, key)
    right = _RIGHT[field.type, place.rules]
    if keyword in {"minimum", "maximum"}:
        return place.wrong("time-range", field.label, _RIGHT_RANGE)
    if keyword == "minLength":
        return place.wrong("text-empty", field.label, right)
    if field.type == "datetime":
        rule = "time-integer" if place.rules == "documented" else "time-number"
        return place.wrong(rule, field.label, right)
    return place.wrong("field-type", field.label, right, evidence=field.evidence)


def _wrong_body(place: Place, _: Json) -> Iterator[Found]:
    yield None, place.wrong(_structure_rule(place), "The body", _right_body(place))


def _wrong_item(place: Place, _: Json) -> Iterator[Found]:
    right = f"an object with the fields of {place.upload.name}"
    yield None, place.wrong(_structure_rule(place), "The item", right)


def _structure_rule(place: Place) -> str:
    return "body-structure" if place.rules == "documented" else "malformed-500"


def _right_body(place: Place) -> str:
    return f'{{"{place.envelope}": [...]}}'


def _missing_list(place: Place, _: Json) -> Iterator[Found]:
    inner = place.inside(place.envelope, None)
    name, right = f'The list "{place.envelope}"', _right_body(place)
    yield place.envelope, inner.wrong(_structure_rule(place), name, right, found="missing")


def _missing_fields(place: Place, required: Json) -> Iterator[Found]:
    for field in place.upload.fields:
        if field.key in required and field.key not in place.value:
            inner, right = place.inside(field.key, None), _RIGHT[field.type, place.rules]
            yield (
                field.key,
                inner.wrong(
                    "field-required", field.label, right, found="missing", evidence=field.evidence
                ),
            )


def _missing_id(place: Place, choices: Json) -> Iterator[Found]:
    first, second = (_field(place, choice["required"][0]) for choice in choices)
    message = f"{first.label} is required if {second.label} is not provided."
    right = f"a {first.label} or an {second.label}"
    yield (
        first.key,
        place.inside(first.key, None).violation("id-required", message, "missing", right),
    )


def _unknown_keys(
    place: Place, known: list[str], owner: str, *, passed: tuple[str, ...] = ()
) -> Iterator[Found]:
    right = f"one of {', '.join(known)}" if len(known) > 1 else f'"{known[0]}"'
    for key in place.value:
        if key in known or key in passed:
            continue
        word = shortened(key)
        found = f"the key {text_literal(word)}"
        message = f"{text_literal(word)} is no {owner}; {right} would be right."
        message += did_you_mean(word, known) if len(known) > 1 else ""
        yield key, place.inside(key, None).violation("unknown-key", message, found, right)


def _unknown_keys_of_body(place: Place, _: Json) -> Iterator[Found]:
    return _unknown_keys(place, [place.envelope], "key of a body")


def _unknown_keys_of_item(place: Place, _: Json) -> Iterator[Found]:
    known = [field.key for field in place.upload.fields]
    passed = PASSTHROUGH if place.rules == "observed" else ()
    return _unknown_keys(place, known, f"field of {place.upload.name}", passed=passed)


def _field(place: Place, key: str) -> Field:
    field = place.upload.field(key)
    assert field is not None, f"the schema speaks of {key}, which is no field"
    return field


OF_BODY: Final[dict[str, Explanation]] = {
    "type": _wrong_body,
    "required": _missing_list,
    "additionalProperties": _unknown_keys_of_body,
}
OF_ITEM: Final[dict[str, Explanation]] = {
    "type": _wrong_item,
    "required": _missing_fields,
    "anyOf": _missing_id,
    "additionalProperties": _unknown_keys_of_item,
}
