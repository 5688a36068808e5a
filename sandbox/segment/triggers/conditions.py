"""Conditions: what a name with its operator and value, or a call, asks of an event.

All are made of tokens that were taken as they came: nothing says that an operator is one.
"""

from typing import Final

from sandbox.segment.javascript import MISSING, from_units, to_number, to_string, to_units
from sandbox.segment.triggers.lexer import Token
from sandbox.segment.triggers.tree import CONTAINERS, Condition
from sandbox.segment.triggers.writing import Value

_BOOLEAN_HEADS: Final = (*CONTAINERS, "userId")
_NULL_HEADS: Final = (*_BOOLEAN_HEADS, "name")
_WORDS: Final = {
    ("!=", "null"): ("exists", _NULL_HEADS),
    ("=", "null"): ("not_exists", _NULL_HEADS),
    ("=", "true"): ("is_true", _BOOLEAN_HEADS),
    ("=", "false"): ("is_false", _BOOLEAN_HEADS),
}
_NUMBER_OPERATORS: Final = {"=": "number_equals", "!=": "number_not_equals"}


def comparison(name: Token, operator: Token, value: Token) -> Condition:
    """Return the condition of a name whose head Segment knows."""
    head = head_of(name)
    meaning, expected = _meaning(head, operator.text, value)
    return Condition(
        head=head,
        path=name.text.removeprefix(f"{head}.") if head in CONTAINERS else None,
        operator=meaning,
        value=expected,
        start=name.start,
        end=value.end,
    )


def head_of(name: Token) -> str:
    """Return the part of a name before its first dot."""
    return name.text.partition(".")[0]


def call(function: Token, name: Token, value: Token, *, negated: bool) -> Condition | None:
    """Return the condition of contains() or match(), None if it looks at nothing they know.

    It spans the name of the function to its value; who knows about more can say so.
    """
    subject = _subject(name.text)
    if subject is None:
        return None
    operator, expected = _CALLS[function.text](value)
    return Condition(
        head=subject[0],
        path=subject[1],
        operator=f"not_{operator}" if negated else operator,
        value=expected,
        start=function.start,
        end=value.end,
    )


def _meaning(head: str, operator: str, value: Token) -> tuple[str, Value]:
    """Return Segment's word for the operator, and the value it asks for."""
    word, heads = _WORDS.get((operator, value.text), ("", ()))
    if head in heads:
        return word, MISSING
    typed = _typed(value)
    if head not in CONTAINERS:
        return operator, to_string(typed)
    if isinstance(typed, float):
        return _NUMBER_OPERATORS.get(operator, operator), typed
    return operator, typed


def _typed(value: Token) -> str | float | bool:
    """Return what a value's token means; only double quotes are taken off."""
    if value.kind == "string":
        return value.text.removeprefix('"').removesuffix('"')
    if value.kind == "number":
        return to_number(value.text)
    if value.text in {"true", "false"}:  # in quotes it has them still
        return value.text == "true"
    return value.text


def _contains(value: Token) -> tuple[str, str]:
    return "contains", to_string(_typed(value))


def _match(value: Token) -> tuple[str, str]:
    units = to_units(to_string(_typed(value)))
    if value.text.endswith('*"'):
        return "starts_with", from_units(units[:-1])
    return "ends_with", from_units(units[1:])  # whatever the first unit is, a star or not


def _subject(name: str) -> tuple[str, str | None] | None:
    """Return the head and path a function's first argument means; the head need not end there."""
    if name in {"event", "name", "userId"}:
        return name, None
    for head in CONTAINERS:
        if name.startswith(head):
            return head, name.removeprefix(f"{head}.")
    return None


_CALLS: Final = {"contains": _contains, "match": _match}
FUNCTIONS: Final = tuple(_CALLS)
