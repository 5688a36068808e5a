"""Segment's rules: which of them explains a difference between two mappers.

Each rule has a test that tells whether a difference shows it. The first rule that fits is named, so
special rules come before general ones.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from sandbox.check.failure import CheckedRule
from sandbox.segment.definition import Evidence, Field
from sandbox.segment.javascript import MISSING, Json, is_falsy, kind, to_double, to_number

SHIPPED: Final = Evidence("source", "Segment's published packages, observed by running them")


@dataclass(frozen=True, slots=True)
class FieldDifference:
    """One field of a payload that differs: where it comes from, the right value and the found one.

    `field` is None for an unknown key, `source` the directive or value of the mapping, `raw` what
    that gives for the event.
    """

    field: Field | None
    source: Json
    raw: Json
    event: Json
    right: Json
    found: Json

    @property
    def type(self) -> str:
        """The type of the field, "" for an unknown key."""
        return self.field.type if self.field else ""


def _rule(key: str, statement: str) -> CheckedRule:
    return CheckedRule(key, statement, SHIPPED)


TRIGGER: Final = _rule(
    "trigger", "A mapping takes an event if its trigger holds; types and letter case count."
)
LAST_OPERATOR: Final = _rule(
    "trigger-last-operator",
    "The last `and` or `or` of a list of clauses holds for all of them; there is no precedence.",
)
DISABLED: Final = _rule("mapping-disabled", "A disabled mapping takes nothing.")
METHOD: Final = _rule("method", "Every upload is a POST.")
PATH: Final = _rule("path", "The path is the action's, after the base URL.")
ENVELOPE: Final = _rule(
    "envelope", 'The body is an object with one list of one payload: "profiles", "accounts" or '
    '"events", and nothing else.',
)  # fmt: skip
ONE_REQUEST: Final = _rule("one-request", "A mapping makes one request for an event, not more.")
NOT_SENT: Final = _rule(
    "invalid-not-sent", "If a required field is missing, or a value cannot be made its type, "
    "nothing is sent.",
)  # fmt: skip
THROWN: Final = _rule("thrown-not-sent", "If Segment's runtime throws, nothing is sent.")
SENT: Final = _rule("valid-sent", "An event that can be made valid is sent.")


def _is_time(found: FieldDifference) -> bool:
    return found.type == "datetime"


def _seconds(found: FieldDifference) -> tuple[float, float] | None:
    """Return both times as numbers, None if one is not a number."""
    if kind(found.right) != "number" or kind(found.found) != "number":
        return None
    return to_double(found.right), to_double(found.found)


def _is_milliseconds(found: FieldDifference) -> bool:
    both = _seconds(found) if _is_time(found) else None
    return both is not None and both[0] != 0 and abs(both[1] - both[0] * 1000) < 1000


def _is_rounding(found: FieldDifference) -> bool:
    both = _seconds(found) if _is_time(found) else None
    return both is not None and abs(both[1] - both[0]) <= 1


def _is_zone(found: FieldDifference) -> bool:
    both = _seconds(found) if _is_time(found) and isinstance(found.raw, str) else None
    if both is None or both[0] == both[1]:
        return False
    shift = abs(both[1] - both[0])
    return shift <= 26 * 3600 and shift % 900 == 0


def _is_numeric_text(found: FieldDifference) -> bool:
    return _is_time(found) and isinstance(found.raw, str) and to_number(found.raw) == to_number(
        found.raw
    )  # fmt: skip


def _is_gone(found: FieldDifference) -> bool:
    return found.field is not None and found.right is MISSING


def _falsy_on_the_way(found: FieldDifference) -> bool:
    path = found.source.get("@path") if isinstance(found.source, dict) else None
    if not isinstance(path, str):
        return False
    value = found.event
    for piece in path.removeprefix("$.").split(".")[:-1]:
        value = value.get(piece, MISSING) if isinstance(value, dict) else MISSING
        if value is MISSING:
            return False
        if is_falsy(value):
            return True
    return False


def _directive(found: FieldDifference) -> bool:
    return kind(found.source) != "undefined" and not (
        isinstance(found.source, dict) and set(found.source) == {"@path"}
    )


def _inner(test: Callable[[Json, Json], bool]) -> Callable[[FieldDifference], bool]:
    def shows(found: FieldDifference) -> bool:
        if found.type != "object" or kind(found.right) != "object" or kind(found.found) != "object":
            return False
        return any(test(right, other) for right, other in _members(found.right, found.found))

    return shows


def _members(right: Json, found: Json) -> Iterator[tuple[Json, Json]]:
    yield right, found
    if isinstance(right, dict):
        other = found if isinstance(found, dict) else {}
        for key, value in right.items():
            yield from _members(value, other.get(key, MISSING))
    elif isinstance(right, list):
        others = found if isinstance(found, list) else []
        padded = [*others, *[MISSING] * len(right)]
        for value, other in zip(right, padded, strict=False):
            yield from _members(value, other)


FIELD_RULES: Final[dict[CheckedRule, Callable[[FieldDifference], bool]]] = {
    _rule("falsy-on-the-way", "A path stops at a falsy value on its way, and gives that."):
        _falsy_on_the_way,
    _rule("unknown-key-dropped", "Unknown keys are not sent."):
        lambda d: d.field is None and d.right is MISSING,
    _rule("passed-through", "dynamicAuthSettings is not a field, but is sent."):
        lambda d: d.field is None,
    _rule("empty-text-removed", "A field with an empty string is left out."):
        lambda d: _is_gone(d) and d.raw == "",
    _rule("null-removed", "A field that is null is left out."):
        lambda d: _is_gone(d) and d.raw is None,
    _rule("nothing-made-up", "A field whose directive gives nothing is left out."):
        lambda d: _is_gone(d) and d.raw is MISSING,
    _rule("directive", "A directive gives what Segment's mapping kit makes of it."):
        _directive,
    _rule("time-seconds", "Times are sent as whole Unix seconds, not as milliseconds or strings."):
        lambda d: _is_milliseconds(d) or (_is_time(d) and kind(d.found) in {"string", "object"}),
    _rule("one-element-list", "A list of one scalar counts as that scalar."):
        lambda d: isinstance(d.raw, list) and d.type != "object",
    _rule("time-of-number", "A number is a time in milliseconds."):
        lambda d: _is_time(d) and kind(d.raw) == "number" and not _is_rounding(d),
    _rule("time-rounded-down", "Times are rounded down to whole seconds, also before 1970."):
        _is_rounding,
    _rule("time-of-digits", "A string of digits is read as a date, as JavaScript does."):
        _is_numeric_text,
    _rule("time-zone", "A time's own zone counts; without one it is UTC."):
        _is_zone,
    _rule("time-of-text", "Strings are read as dayjs and JavaScript read them."):
        _is_time,
    _rule("text-of-number", "A number in a string field is sent as JavaScript writes it."):
        lambda d: d.type == "string" and kind(d.raw) == "number",
    _rule("text-of-boolean", 'A boolean in a string field is sent as "true" or "false".'):
        lambda d: d.type == "string" and kind(d.raw) == "boolean",
    _rule("text-unchanged", "A string is sent unchanged: not trimmed, not in another case."):
        lambda d: d.type == "string",
    _rule("null-kept-inside", "Null inside properties and traits is sent."):
        _inner(lambda right, found: right is None and found is not None),
    _rule("empty-kept-inside", "Empty strings, lists and objects inside them are sent."):
        lambda d: d.right == {} or _inner(lambda r, f: r in ("", [], {}) and f is MISSING)(d),
    _rule("object-unchanged", "Properties and traits are sent unchanged."):
        lambda _: True,
}  # fmt: skip
"""The last rule fits everything that no other rule fits."""

RULES: Final = (
    TRIGGER, LAST_OPERATOR, DISABLED, METHOD, PATH, ENVELOPE, ONE_REQUEST, NOT_SENT, THROWN, SENT,
    *FIELD_RULES,
)  # fmt: skip


def rule_of(found: FieldDifference) -> CheckedRule:
    """Return the rule that explains why a field is what it is."""
    return next(rule for rule, shows in FIELD_RULES.items() if shows(found))
