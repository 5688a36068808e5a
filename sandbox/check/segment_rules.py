"""Segment's rules: which of them explains a difference between two mappers.

Each rule has a test for the differences that show it. The first rule that fits is named, so
special rules come before general ones.
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import isnan
from typing import Final, cast

from sandbox.segment.definition import Evidence, Field, Rule
from sandbox.segment.javascript import is_falsy, to_number
from sandbox.segment.toml_tables import toml_table
from sandbox.values import MISSING, Difference, Json, Missing, kind, to_double

SHIPPED: Final = Evidence("source", "Segment's published packages, observed by running them")


@dataclass(frozen=True, slots=True)
class FieldDifference:
    """One payload field that differs: its source, the right value and the found value.

    `field` is None for an unknown key, `source` the directive or value of the mapping, `raw` its
    result for the event, `places` are the innermost places that differ.
    """

    field: Field | None
    source: object
    raw: object
    event: Json
    right: object
    found: object
    places: tuple[Difference, ...]

    @property
    def type(self) -> str:
        """The type of the field, "" for an unknown key."""
        return self.field.type if self.field else ""


_STATEMENTS: Final = toml_table(__package__, "segment_rules")
RULES: Final = {
    key: Rule(key=key, statement=said, evidence=SHIPPED) for key, said in _STATEMENTS.items()
}
"""The rules by key, as `segment_rules.toml` has them."""
OF_OTHER_MAPPINGS: Final = frozenset(
    {"trigger-last-operator", "mapping-disabled", "directive", "passed-through"}
)
"""Rules that no event shows with the presets."""


def _is_time(found: FieldDifference) -> bool:
    return found.type == "datetime"


def _seconds(found: FieldDifference) -> tuple[float, float] | None:
    """Return both times as numbers, None if one is not a number or the field is not a time."""
    if not _is_time(found) or kind(found.right) != "number" or kind(found.found) != "number":
        return None
    return to_double(cast("float", found.right)), to_double(cast("float", found.found))


def _is_not_seconds(found: FieldDifference) -> bool:
    if (both := _seconds(found)) is None:
        return _is_time(found) and kind(found.found) in {"string", "object"}
    return both[0] != 0 and abs(both[1] - both[0] * 1000) < 1000


def _is_rounding(found: FieldDifference) -> bool:
    both = _seconds(found)
    return both is not None and abs(both[1] - both[0]) <= 1


def _is_zone(found: FieldDifference) -> bool:
    both = _seconds(found) if isinstance(found.raw, str) else None
    shift = 0.0 if both is None else abs(both[1] - both[0])
    return 0 < shift <= 26 * 3600 and shift % 900 == 0


def _is_numeric_text(found: FieldDifference) -> bool:
    return _is_time(found) and isinstance(found.raw, str) and not isnan(to_number(found.raw))


def _is_gone(found: FieldDifference) -> bool:
    return found.field is not None and found.right is MISSING


def _falsy_on_the_way(found: FieldDifference) -> bool:
    path = found.source.get("@path") if isinstance(found.source, dict) else None
    if not isinstance(path, str):
        return False
    value: Json | Missing = found.event
    for piece in path.removeprefix("$.").split(".")[:-1]:
        value = value.get(piece, MISSING) if isinstance(value, dict) else MISSING
        if value is MISSING:
            return False
        if is_falsy(value):
            return True
    return False


def _is_directive(found: FieldDifference) -> bool:
    is_path = isinstance(found.source, dict) and set(found.source) == {"@path"}
    return found.source is not MISSING and not is_path


def _is_empty_dropped(found: FieldDifference) -> bool:
    gone = (each.expected for each in found.places if each.found is MISSING)
    return found.right == {} or any(each in ("", [], {}) for each in gone)


_FIELD_RULES: Final[dict[str, Callable[[FieldDifference], bool]]] = {
    "falsy-on-the-way": _falsy_on_the_way,
    "unknown-key-dropped": lambda d: d.field is None and d.right is MISSING,
    "passed-through": lambda d: d.field is None,
    "empty-text-removed": lambda d: _is_gone(d) and d.raw == "",
    "null-removed": lambda d: _is_gone(d) and d.raw is None,
    "nothing-made-up": lambda d: _is_gone(d) and d.raw is MISSING,
    "directive": _is_directive,
    "time-seconds": _is_not_seconds,
    "one-element-list": lambda d: isinstance(d.raw, list) and d.type != "object",
    "time-of-number": lambda d: _is_time(d) and kind(d.raw) == "number" and not _is_rounding(d),
    "time-rounded-down": _is_rounding,
    "time-of-digits": _is_numeric_text,
    "time-zone": _is_zone,
    "time-of-text": _is_time,
    "text-of-number": lambda d: d.type == "string" and kind(d.raw) == "number",
    "text-of-boolean": lambda d: d.type == "string" and kind(d.raw) == "boolean",
    "text-unchanged": lambda d: d.type == "string",
    "null-kept-inside": lambda d: any(each.expected is None for each in d.places),
    "empty-kept-inside": _is_empty_dropped,
    "object-unchanged": lambda _: True,
}
"""For each rule about fields, whether a difference shows it. The last rule fits any difference."""


def rule_of(found: FieldDifference) -> Rule:
    """Return the rule that explains a field's right value."""
    return next(RULES[key] for key, shows in _FIELD_RULES.items() if shows(found))
