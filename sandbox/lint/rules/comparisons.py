"""Trigger rules about comparisons: clauses that compare something else than they seem to."""

import re
from collections.abc import Iterator
from typing import Final

from sandbox.lint.draft import DraftTrigger
from sandbox.lint.registry import Note, over, trigger_rule
from sandbox.reasoning.place_values import EVENT_TYPES
from sandbox.segment.errors import did_you_mean
from sandbox.segment.javascript import number_text, to_number
from sandbox.segment.json_text import text_literal
from sandbox.segment.triggers.lexer import TriggerToken
from sandbox.segment.triggers.operators import OPERATORS, number_of
from sandbox.segment.triggers.parser import FUNCTIONS
from sandbox.segment.triggers.tree import CONTAINERS, Condition

_EQUALITIES: Final = ("=", "!=")
_ORDERS: Final = ("<", "<=", ">", ">=")
_VALUES: Final = ("string", "number", "name", "null")
_BOOLEANS: Final = ("true", "false")
_PATTERN: Final = re.compile(r'"(\*[^*]*|[^*]+\*)"')


@trigger_rule("TS108", "star-in-match")
def stars_in_match(reading: DraftTrigger) -> Iterator[Note]:
    """match() supports one star, at the end or at the start."""
    for leaf, value in _compared(reading):
        if "match" in _called(reading, leaf) and not _PATTERN.fullmatch(value.text):
            asked = OPERATORS[leaf.operator].wanted.format(value=text_literal(str(leaf.value)))
            yield over(value, "stars" if "*" in value.text else "no_star", asked=asked)


@trigger_rule("TS109", "literal-star")
def literal_stars(reading: DraftTrigger) -> Iterator[Note]:
    """Outside match() a star stands for itself."""
    for leaf, value in _compared(reading):
        if "*" in value.text and "match" not in _called(reading, leaf):
            yield over(value)


@trigger_rule("TS110", "not-a-boolean")
def not_a_boolean(reading: DraftTrigger) -> Iterator[Note]:
    """`!= true` compares with a string, so it is true for the boolean true as well."""
    for leaf, value in _compared(reading):
        is_not = leaf.operator == "!=" and leaf.head in (*CONTAINERS, "userId")
        if is_not and _is_boolean(value):
            yield over(value, other="false" if value.text == "true" else "true")


@trigger_rule("TS111", "number-and-text")
def numbers_and_texts(reading: DraftTrigger) -> Iterator[Note]:
    """A number never equals a string, and `<` and `>` compare numbers only."""
    for leaf, value in _compared(reading):
        if any(text in FUNCTIONS for text in _called(reading, leaf)):
            continue
        if leaf.operator in _ORDERS:
            yield from _ordered(reading, leaf, value)
        elif leaf.operator in _EQUALITIES and leaf.head in CONTAINERS:
            yield from _quoted(reading, leaf, value)
        elif leaf.operator in _EQUALITIES and (value.kind == "number" or _is_boolean(value)):
            kind = "number" if value.kind == "number" else "boolean"
            other = reading.replaced(value, text_literal(str(leaf.value)))
            yield over(value, "scalar", leaf=leaf, kind=kind, rewrite=other)


def _ordered(reading: DraftTrigger, leaf: Condition, value: TriggerToken) -> Iterator[Note]:
    number = number_of(leaf.value) if leaf.value is not None else float("nan")
    if number != number:  # noqa: PLR0124 - NaN: the clause never holds, which TS113 reports
        return
    if value.kind == "string":
        plain = number_text(number)
        other = reading.replaced(value, plain)
        yield over(value, "order_of_string", leaf=leaf, plain=plain, rewrite=other)
    elif leaf.head not in CONTAINERS:
        yield over(value, "order", leaf=leaf)


def _quoted(reading: DraftTrigger, leaf: Condition, value: TriggerToken) -> Iterator[Note]:
    inner = value.text[1:-1]
    is_number = bool(inner) and number_text(to_number(inner)) == inner and inner != "NaN"
    if value.text.startswith('"') and (is_number or inner in _BOOLEANS):
        kind = "number" if is_number else "boolean"
        passes = "fails" if leaf.operator == "=" else "passes"
        other = reading.replaced(value, inner)
        yield over(value, "quoted", leaf=leaf, inner=inner, kind=kind, passes=passes, rewrite=other)


@trigger_rule("TS112", "null-as-text")
def null_texts(reading: DraftTrigger) -> Iterator[Note]:
    """Compared with type and event, `null` is the string "null"."""
    for leaf, value in _compared(reading):
        is_asked = leaf.head in {"type", "event"} and leaf.operator in _EQUALITIES
        if is_asked and value.kind == "null":
            passes = "every event except" if leaf.operator == "!=" else "no event but"
            yield over(value, head=leaf.head, passes=passes)


@trigger_rule("TS117", "no-comparison", rank=1)
def no_comparisons(reading: DraftTrigger) -> Iterator[Note]:
    """The word after a name is its operator, and the next one is its value."""
    for leaf in reading.clauses:
        if leaf.operator not in OPERATORS:
            is_word = leaf.path is not None and leaf.operator.replace("_", "").isalnum()
            yield over(leaf, "no_operator_but_a_word" if is_word else "no_operator")
        elif leaf.operator not in {"exists", "not_exists"} and _value_token(reading, leaf) is None:
            following = next((t for t in reading.tokens if t.start >= leaf.end), None)
            if leaf.value == "eos":
                yield over(leaf, "end")
            elif leaf.value == "=" and following is not None:
                clause, ignored = reading.text[leaf.start : leaf.end], following.text
                yield over(leaf, "equals", clause=clause, next=ignored, last=following)
            else:
                yield over(leaf, "no_value")


@trigger_rule("TS122", "unknown-type", rank=1)
def unknown_types(reading: DraftTrigger) -> Iterator[Note]:
    """No event has this type."""
    for leaf, value in _compared(reading):
        is_asked = leaf.head == "type" and leaf.operator in _EQUALITIES
        if not is_asked or leaf.value in EVENT_TYPES:
            continue
        if value.text.startswith("'") or value.kind not in {"string", "name"}:
            continue  # another rule reports it
        near = did_you_mean(str(leaf.value), list(EVENT_TYPES))
        right = next((known for known in EVENT_TYPES if near == f" Did you mean {known}?"), None)
        other = reading.replaced(value, f'"{right}"') if right else None
        yield over(value, leaf=leaf, types=", ".join(EVENT_TYPES), near=near, rewrite=other)


@trigger_rule("TS126", "missing-is-not-empty")
def missing_is_not_empty(reading: DraftTrigger) -> Iterator[Note]:
    """`!= ""` is true for a missing value as well."""
    asked = {leaf.subject for leaf in reading.clauses if leaf.operator == "exists"}
    for leaf, value in _compared(reading):
        is_typed = leaf.head not in {"type", "event"} and leaf.subject not in asked
        if is_typed and leaf.operator == "!=" and leaf.value == "":
            yield over(value, leaf=leaf)


def _compared(reading: DraftTrigger) -> Iterator[tuple[Condition, TriggerToken]]:
    """Yield each clause that has a value, with the token of the value."""
    for leaf in reading.clauses:
        if (value := _value_token(reading, leaf)) is not None:
            yield leaf, value


def _value_token(reading: DraftTrigger, leaf: Condition) -> TriggerToken | None:
    """Return the token of a clause's value, None if Segment read a sign as the value."""
    tokens = [t for t in reading.tokens_of(leaf) if t.kind not in (")", "eos")]
    is_value = len(tokens) > 1 and tokens[-1].kind in _VALUES
    return tokens[-1] if is_value else None


def _called(reading: DraftTrigger, leaf: Condition) -> list[str]:
    """Return the first two tokens of a clause, which have the function's name if it calls one."""
    return [token.text for token in reading.tokens_of(leaf)[:2]]


def _is_boolean(value: TriggerToken) -> bool:
    return value.kind == "name" and value.text in _BOOLEANS
