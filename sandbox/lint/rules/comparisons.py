"""Trigger rules about comparisons: clauses that ask for something else than they seem to."""

from __future__ import annotations

from collections.abc import Iterator

from sandbox.lint.draft import Reading
from sandbox.lint.finding import Note, over
from sandbox.lint.registry import SENT, Witness, not_taken, taken, trigger_rule
from sandbox.reasoning.place_values import EVENT_TYPES
from sandbox.segment.errors import did_you_mean
from sandbox.segment.javascript import number_text, to_number
from sandbox.segment.json_text import text_literal
from sandbox.segment.triggers.conditions import FUNCTIONS
from sandbox.segment.triggers.lexer import Token
from sandbox.segment.triggers.mistakes import shown
from sandbox.segment.triggers.operators import OPERATORS, number_of
from sandbox.segment.triggers.tree import CONTAINERS, Condition

_ORDERS = ("<", "<=", ">", ">=")
_VALUES = ("string", "number", "name", "null")
_BOOLEANS = ("true", "false")


@trigger_rule("TS108", "star-in-match", not_taken('match(event, "*rde*")', event="Order"))
def stars_in_match(reading: Reading) -> Iterator[Note]:
    """match() reads one star, at the end or at the start."""
    for leaf, value in _compared(reading):
        if "match" not in _called(reading, leaf):
            continue
        text = value.text[1:-1] if value.kind == "string" else value.text
        if value.text.startswith('"') and (text == "*" or _is_one_ended(text)):
            continue
        if "*" in text:
            why = "match() reads one star only, at the end or else at the start"
        else:
            why = "match() without a star drops the first character, as if it were one"
        yield over(value, f"{why}, so this asks for {_asked(leaf)}.")


def _is_one_ended(text: str) -> bool:
    return text.count("*") == 1 and len(text) > 1 and "*" in (text[0], text[-1])


@trigger_rule("TS109", "literal-star", not_taken('event = "Order*"', event="Order Completed"))
def literal_stars(reading: Reading) -> Iterator[Note]:
    """Outside match() a star is a star."""
    for leaf, value in _compared(reading):
        if "*" in value.text and "match" not in _called(reading, leaf):
            yield over(
                value,
                "A star means itself here; only match() takes it as a wildcard: "
                'match(event, "Order*").',
            )


@trigger_rule("TS110", "not-a-boolean", taken("properties.test != true", properties={"test": True}))
def not_a_boolean(reading: Reading) -> Iterator[Note]:
    """`!= true` compares with a string, and holds for true as well."""
    for leaf, value in _compared(reading):
        is_not = leaf.operator == "!=" and leaf.head in (*CONTAINERS, "userId")
        if is_not and value.kind == "name" and value.text in _BOOLEANS:
            other = "false" if value.text == "true" else "true"
            yield over(
                value,
                f'`!= {value.text}` compares with the string "{value.text}", so it holds for the '
                f"boolean {value.text}, and for everything else but that string. Write "
                f"`= {other}`.",
            )


@trigger_rule(
    "TS111", "number-and-text", not_taken('properties.total = "100"', properties={"total": 100})
)
def numbers_and_texts(reading: Reading) -> Iterator[Note]:
    """A number never equals a string, and only numbers are more or less."""
    for leaf, value in _compared(reading):
        if _is_call(reading, leaf):
            continue
        in_container = leaf.head in CONTAINERS
        if leaf.operator in _ORDERS:
            yield from _ordered(reading, leaf, value)
        elif leaf.operator in {"=", "!="} and in_container and _is_quoted_scalar(value):
            inner = value.text[1:-1]
            kind = "boolean" if inner in _BOOLEANS else "number"
            passes = "fails" if leaf.operator == "=" else "passes"
            yield over(
                value,
                f"In quotes this is a string: {_subject(leaf)} is compared with the string "
                f"{value.text}, and the {kind} {inner} {passes}. If the events hold {kind}s, write "
                "it without quotes.",
                rewrite=_with(reading, value, inner),
            )
        elif leaf.operator in {"=", "!="} and not in_container and _is_scalar(value):
            yield over(
                value,
                f"Segment compares {leaf.head} with the string {text_literal(str(leaf.value))}; "
                f"the {'number' if value.kind == 'number' else 'boolean'} never equals it.",
                rewrite=_with(reading, value, text_literal(str(leaf.value))),
            )


def _ordered(reading: Reading, leaf: Condition, value: Token) -> Iterator[Note]:
    number = number_of(leaf.value) if leaf.value is not None else float("nan")
    if number != number:  # noqa: PLR0124 - NaN: that clause never holds, which is another rule
        return
    if value.kind == "string":
        plain = number_text(number)
        yield over(
            value,
            f"`{leaf.operator}` compares numbers only: {_subject(leaf)} must be a number, and the "
            f"string is taken for {plain}.",
            rewrite=_with(reading, value, plain),
        )
    elif leaf.head not in CONTAINERS:
        yield over(
            value,
            f"`{leaf.operator}` compares numbers only, and {leaf.head} is a string in almost every "
            "event; the clause is false for every string.",
        )


@trigger_rule(
    "TS112",
    "null-as-text",
    Witness(trigger="event != null", event={"type": "page"}, sent=(SENT,)),
)
def null_texts(reading: Reading) -> Iterator[Note]:
    """`null` is the string "null" where type and event are compared with it."""
    for leaf, value in _compared(reading):
        is_asked = leaf.head in {"type", "event"} and leaf.operator in {"=", "!="}
        if is_asked and value.kind == "null":
            passes = "every event but" if leaf.operator == "!=" else "only"
            yield over(
                value,
                f'Segment compares {leaf.head} with the string "null" here, so it takes {passes} '
                "those with that string. Only name, userId, properties, traits and context can be "
                "checked for a value.",
            )


@trigger_rule("TS122", "unknown-type", not_taken('type = "Track"'), rank=1)
def unknown_types(reading: Reading) -> Iterator[Note]:
    """No event has this type."""
    for leaf, value in _compared(reading):
        is_asked = leaf.head == "type" and leaf.operator in {"=", "!="}
        if not is_asked or leaf.value in EVENT_TYPES:
            continue
        if value.text.startswith("'") or value.kind not in {"string", "name"}:
            continue  # another rule's
        near = did_you_mean(str(leaf.value), list(EVENT_TYPES))
        right = next((known for known in EVENT_TYPES if near == f" Did you mean {known}?"), None)
        yield over(
            value,
            f"No event has the type {text_literal(str(leaf.value))}; Segment's types are "
            f"{', '.join(EVENT_TYPES)}, in lower case.{near}",
            rewrite=_with(reading, value, f'"{right}"') if right else None,
        )


@trigger_rule("TS117", "no-comparison", not_taken('type == "track"'), rank=1)
def no_comparisons(reading: Reading) -> Iterator[Note]:
    """The word after a name is its operator, and the next one is its value."""
    for leaf in reading.clauses:
        if leaf.operator not in OPERATORS:
            yield over(
                leaf,
                f"Segment takes `{shown(leaf.operator)}` for the operator of {_subject(leaf)}, but "
                f"it is not one: the clause is never true.{_blank_advice(leaf)}",
            )
        elif leaf.operator in {"exists", "not_exists"}:
            continue
        elif _value_token(reading, leaf) is None:
            yield _without_value(reading, leaf)


def _blank_advice(leaf: Condition) -> str:
    if leaf.path is None or not leaf.operator.replace("_", "").isalnum():
        return ""
    return f" Write a space in a name as `{leaf.head}.{leaf.path}\\ {leaf.operator}`."


def _without_value(reading: Reading, leaf: Condition) -> Note:
    following = next((t for t in reading.tokens if t.start >= leaf.end), None)
    if leaf.value == "eos":
        message = f'A value is missing: Segment compares {_subject(leaf)} with the string "eos".'
    elif leaf.value == "=" and following is not None:
        message = (
            f"`{reading.text[leaf.start : leaf.end]}` has one `=` too many: Segment takes it for "
            f"the value and ignores `{shown(following.text)}`. Equality is one `=`."
        )
        return over(leaf, message, last=following)
    else:
        message = (
            f"{_subject(leaf)} is not compared with a value: Segment takes the next sign for "
            f"it, the string {text_literal(str(leaf.value))}."
        )
    return over(leaf, message)


def _compared(reading: Reading) -> Iterator[tuple[Condition, Token]]:
    """Yield each clause with its value as it is written, if it has one."""
    for leaf in reading.clauses:
        if (value := _value_token(reading, leaf)) is not None:
            yield leaf, value


def _called(reading: Reading, leaf: Condition) -> list[str]:
    """Return where the name of a function stands in a clause, if it calls one."""
    return [token.text for token in reading.tokens_of(leaf)[:2]]


def _value_token(reading: Reading, leaf: Condition) -> Token | None:
    """Return the value of a clause as it is written, None where a sign was taken for it."""
    tokens = [t for t in reading.tokens_of(leaf) if t.kind not in (")", "eos")]
    is_value = len(tokens) > 1 and tokens[-1].kind in _VALUES
    return tokens[-1] if is_value else None


def _is_call(reading: Reading, leaf: Condition) -> bool:
    return any(text in FUNCTIONS for text in _called(reading, leaf))


def _is_quoted_scalar(value: Token) -> bool:
    inner = value.text[1:-1]
    is_number = bool(inner) and number_text(to_number(inner)) == inner and inner != "NaN"
    return value.text.startswith('"') and (is_number or inner in _BOOLEANS)


def _is_scalar(value: Token) -> bool:
    return value.kind == "number" or (value.kind == "name" and value.text in _BOOLEANS)


def _asked(leaf: Condition) -> str:
    operator = OPERATORS[leaf.operator]
    return operator.wanted.format(value=text_literal(str(leaf.value)))


def _subject(leaf: Condition) -> str:
    return shown(leaf.subject)


def _with(reading: Reading, token: Token, text: str) -> str:
    """Return the trigger with another text for one token."""
    return reading.text[: token.start] + text + reading.text[token.end :]
