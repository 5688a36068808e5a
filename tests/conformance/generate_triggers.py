"""Triggers and events: condition texts as people write them, and as they should not.

Most texts are well formed, their values come from the pool the events take theirs from, and each
event is bent towards the text, so that about half of the triggers that parse match.
"""

from typing import Any

from sandbox.strategies.tape import Tape, taped
from tests.conformance.generate_values import SCALARS, value
from tests.conformance.tape import mutated, weighted

CONTAINERS = ("properties", "traits", "context")
_PLAIN = ("type", "event", "name", "userId")
_NAMES = weighted(
    *((name, 4) for name in ("a", "b", "a.b", "f.b", "s.length", "n", "t")),
    *((name, 1) for name in (
        "and", "or", "null", "order", "or.x", "null.a", "0", "2a", "a-b", r"a\ b", r"a\.b",
        r"arr\[0\]", r"\.",
        "a . b", "arr.length", "nul.x", "e.x", "missing", "a.b.c", "and.b", r"a\"", "_x", "A",
        "s.0", "eos",
        "contains", r"x\\y", "an", "nul",
    )),
)  # fmt: skip
_OTHER_HEADS = (
    "properties", "traits", "context", "propertiesX", "Type", "anonymousId", "foo",
    "type.foo", "event.x", "userId.a",
    "not", "messageId", "EVENT", "contains", "true", "_", "\\type",
)  # fmt: skip
_ODD_OPERATORS = (
    "!=", "!= ", " >=", ">", ">= ", " == ", " =! ", " <> ", " ", " =", " . ", " , ", " ! ",
    " ( ", " and ", " => ", "\t=\n",
)  # fmt: skip
_EQUALITIES = weighted((" = ", 9), (" != ", 5), ("=", 2), (" > ", 1))
_COMPARISONS = weighted(
    (" > ", 2), (" >= ", 2), (" < ", 2), (" <= ", 2), (" = ", 4), (" != ", 3), ("=", 1)
)
_STRINGS = (
    "track", "x", "a", "Order Completed", "u1", "5", "true", "null", "", "ab", "identify",
    "*", "ab*",
    "*b", "*b*", "é", "😀", "a b", "and", "a\nb", "eos", "b*", "a*b",
)  # fmt: skip
_RAW = (
    "track", "an", "nul", "o", "a", "n", "or", "x*", "eos", "-", "+3", ".5", "5.", "1.2.3",
    "1.50", "007", "--5", "5x",
    "0", "1e5", "12345678901234567890", "(", ")", ".", "[", "true.x", "false-", "'", '"',
    "\\", "é", "and", "NULL",
    "truE", "null.x", "-0", "5,", "-1.5",
)  # fmt: skip
_NUMBERS = ("5", "0", "1", "-1", "1.5", "100", "3", "5.0", "-0", "2021")
_VALUES = weighted(
    ("string", 9), ("number", 5), ("word", 4), ("raw", 2), ("single", 1), ("glued", 1)
)
_JOINS = weighted(
    (" and ", 14), (" or ", 10), (" AND ", 1), (" or(", 1), (" or (", 1), (" ) and ", 1),
    (" ", 1), (" and and ", 1),
    ("\r\nand ", 1), ("\nand ", 1), ("and", 1), (" or", 1), (", ", 1), (" && ", 1),
    (" or or ", 1), ("", 1), (" and or ", 1),
)  # fmt: skip
_FUNCTIONS = weighted(("contains", 6), ("match", 6), ("Contains", 1), ("matches", 1))
_NEGATIONS = weighted(("", 8), ("!", 5), ("! ", 1), ("not ", 1), ("!!", 1))
_CALLS = weighted(
    ("({}, {})", 14), ("({},{})", 3), ("( {} , {} )", 1), ("({} {})", 1), ("({})", 1),
    ("({}, {}", 1), (" {}, {}", 1),
    ("({}, {}))", 1), ("({}, , {})", 1), ("()", 1), ("", 1), ("({}, {}) ", 1), (" ({}, {})",
    1), ("(({}, {}))", 1),
)  # fmt: skip
_ALPHABET = tuple("\"'()!=<>.,[] \t\n\r\\_-+andornul05é*;\u00a0")
_TYPES = weighted(
    ("track", 4), ("identify", 1), ("group", 1), ("x", 1), ("5", 1), ("eos", 1), ("NaN", 1)
)


class _Draft:
    """A text being written, and what it asks of an event."""

    def __init__(self, tape: Tape) -> None:
        self.tape = tape
        self.asked: list[tuple[str, Any]] = []

    def text(self) -> str:
        tape = self.tape
        parts = [self.condition(1)]
        for _ in range(tape.pick((0, 0, 0, 1, 1, 2, 3))):
            parts += [tape.pick(_JOINS), self.condition(1)]
        text = "".join(parts)
        return mutated(tape, text, _ALPHABET) if tape.chance(25) else text

    def condition(self, depth: int) -> str:
        kind = self.tape.below(24)
        if kind < 17:
            return self.comparison()
        if kind < 21:
            return self.call()
        if kind < 23 and depth > 0:
            return self.group(depth - 1)
        return self.tape.pick(("()", "type", "", "type =", *_RAW, "not type = x", "!type = x"))

    def group(self, depth: int) -> str:
        tape = self.tape
        parts = [self.condition(depth)]
        for _ in range(tape.between(0, 2)):
            parts += [tape.pick(_JOINS), self.condition(depth)]
        before, after = tape.pick((("(", ")"), ("(", ")"), ("( ", " )"), ("!(", ")"), ("(", "")))
        return before + "".join(parts) + after

    def comparison(self) -> str:
        head = self.head()
        written, meant = self.value()
        is_number = isinstance(meant, int | float) and not isinstance(meant, bool)
        operator = self.tape.pick(_COMPARISONS if is_number else _EQUALITIES)
        if self.tape.chance(15):
            operator = self.tape.pick(_ODD_OPERATORS)
        self.asked.append((head, _satisfying(operator.strip(), meant, is_plain=head in _PLAIN)))
        return head + operator + written

    def call(self) -> str:
        tape = self.tape
        head = self.head()
        written, meant = self.value()
        self.asked.append((head, self.around(meant)))
        return (
            tape.pick(_NEGATIONS) + tape.pick(_FUNCTIONS) + tape.pick(_CALLS).format(head, written)
        )

    def around(self, meant: Any) -> Any:
        """Give an actual value that may contain, begin or end with the expected one."""
        if not isinstance(meant, str):
            return meant
        return self.tape.pick(("{}", "{}x", "x{}", "x{}x")).format(meant.strip("*"))

    def head(self) -> str:
        tape = self.tape
        kind = tape.below(20)
        if kind < 8:
            return tape.pick(_PLAIN)
        if kind < 19:
            return f"{tape.pick(CONTAINERS)}.{tape.pick(_NAMES)}"
        return tape.pick(_OTHER_HEADS)

    def value(self) -> tuple[str, Any]:
        """Choose a value: how it is written, and what it seems to mean."""
        tape = self.tape
        kind = tape.pick(_VALUES)
        if kind == "string":
            text = tape.pick(_STRINGS)
            return f'"{text}"', text
        if kind == "number":
            digits = tape.pick(_NUMBERS)
            return digits, float(digits) if "." in digits else int(digits)
        if kind == "word":
            return tape.pick((("true", True), ("false", False), ("null", None)))
        text = tape.pick(_STRINGS)
        if kind == "single":
            return f"'{text}'", f"'{text}'"
        if kind == "glued":
            return f'"{text}"{tape.pick(("and", ".", ")", "x", ",", "]"))}', text
        raw = tape.pick(_RAW)
        return raw, raw


def _satisfying(operator: str, meant: Any, *, is_plain: bool) -> Any:
    """Give an actual value for which the condition, read as it is meant, holds."""
    if operator == "!=":
        return "other" if meant is None or isinstance(meant, str | bool) else 77
    if isinstance(meant, bool) or not isinstance(meant, int | float):
        return meant
    if operator in {"=", "=="} and is_plain:
        return f"{meant:g}"
    return meant + {">": 1, "<": -1}.get(operator, 0)


def _event(tape: Tape, asked: list[tuple[str, Any]]) -> Any:
    if tape.chance(3):
        return tape.pick((None, 5, "text", [], True))
    event: dict[str, Any] = {"type": tape.pick(_TYPES)}
    for name in ("event", "name", "userId"):
        if tape.chance(50):
            event[name] = tape.pick(_STRINGS) if tape.chance(70) else tape.pick(SCALARS)
    for name in CONTAINERS:
        _fill(tape, event, name)
    for head, meant in asked:
        if tape.chance(85):
            _set(event, head.replace("\\", "").replace(" ", ""), meant)
    return event


def _fill(tape: Tape, event: dict[str, Any], name: str) -> None:
    kind = tape.below(8)
    if kind < 4:
        event[name] = {}
    elif kind < 7:
        event[name] = {
            "a": value(tape, 1),
            tape.pick(("b", "n", "t", "f", "s", "e", "0", "and")): value(tape, 1),
        }
    elif tape.chance(50):
        event[name] = tape.pick((None, "text", 0, "", ["a"], True))


def _set(event: dict[str, Any], head: str, meant: Any) -> None:
    """Put `meant` where `head` looks, as far as the way there is made of objects."""
    first, *path = head.split(".")
    if first not in CONTAINERS or not path:
        event[first] = meant
        return
    inner = event.setdefault(first, {})
    for piece in path[:-1]:
        inner = inner.setdefault(piece, {}) if isinstance(inner, dict) else None
    if isinstance(inner, dict):
        inner[path[-1]] = meant


def trigger(tape: Tape) -> dict[str, Any]:
    draft = _Draft(tape)
    text = draft.text()
    return {"text": text, "events": [_event(tape, draft.asked) for _ in range(2)]}


TRIGGERS = taped(trigger, length=120)
"""Each a dict of `text` and `events`."""
