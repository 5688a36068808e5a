"""Values and events: the JSON that mappings and triggers are tried on.

Falsy values, odd numbers and odd text are common here, for most quirks hang on them. The names
every JavaScript object or array inherits are left out, as no event has them.
"""

import struct
from typing import Any

from sandbox.strategies.tape import Tape
from tests.conformance.tape import text_of, weighted

DATE_TEXTS = (
    "2021-02-01T00:00:00.000Z",
    "2021-02-01",
    "2021-02-01T00:00:00",
    "2021-02-01T10:30:00+05:30",
    "Feb 1, 2021",
    "1612137600",
    "13",
    "tomorrow",
)
TEXTS = (
    "a", "u1", "track", "x", "ab", "5", "0", "true", "null", "", " ", "Order Completed",
    "g.1", "a,b;c", "{{userId}}", "{{{n}}}", "$.userId", '{"a":1,"2":null}', "[1,[2,null]]",
    '"q"',
    "{bad", "1e3", " 5 ", "0x10", "Infinity", "ß", "İx", "éÉ", "ΑΣ σς", "k\u212a", "ſs", "😀",
    "a😀b",
    "\ud83d", "x\ude00", "a\nb", "tab\t", "\u2028", "\x7f\x00", "line\r\n", "$&", "<b>&amp;",
    "A-b_C",
)  # fmt: skip
NUMBERS = (
    0, 1, 5, -1, 2, -0.0, 1.5, -2.5, 0.1, 1e21, 1e-7, 1e20, 5e-324, 1.0, 100, 2021, 1612137600,
    1612137600000, 1612137600123.9, 2**53 + 1, 12345678901234567890, 1e400, -1e400, 8.64e15,
    0.30000000000000004, 1.7976931348623157e308, 123456789012345680000, 1e-6,
)  # fmt: skip
SCALARS: tuple[Any, ...] = (*TEXTS, *NUMBERS, *DATE_TEXTS, None, True, False, None, False, "", 0)

KEYS = (
    "a", "b", "c", "n", "id", "x", "0", "1", "01", "10", "", "a.b", "b c", "$", "a[b]",
    "it's", "ä",
    "length", "size", "null", "and", "order", "2a", "a-b", "-1", "4294967294", "4294967295", "@x",
)  # fmt: skip
PLAIN_KEYS = ("a", "b", "c", "n", "id", "x", "0", "2")

_CHARACTERS = (
    *map(chr, range(0x250)), *map(chr, range(0x370, 0x400)),
    *"\u2028\u2029\ufeff\u200a\u180e\u3000",
    *"\ud83d\ude00\udfff\ud800", *"😀𐐀ŉﬁẞΐ\u0307\u212a\u212b",
)  # fmt: skip
_SHAPES = weighted(("scalar", 6), ("object", 3), ("array", 3))


def scalar(tape: Tape) -> Any:
    """Make a scalar: one of the pool most often, so that cases meet the same ones again."""
    if not tape.chance(8):
        return tape.pick(SCALARS)
    return number(tape) if tape.chance(40) else text_of(tape, _CHARACTERS, 1, 5)


def number(tape: Tape) -> float | int:
    """Make a number: seconds, milliseconds, fractions, negatives, any 64 bits, beyond the limit."""
    kind = tape.below(8)
    if kind < 3:
        return tape.pick(
            (1612137600, 1612137600000, 0, 5, 2021, 8640000000000000, 8640000000000001, -1)
        ) + tape.below(1000)
    if kind < 5:
        return (tape.below(2**40) - 2**39) / tape.pick((1, 10, 1000, 3))
    if kind < 6:
        return (-1 if tape.chance(30) else 1) * 10.0 ** tape.between(-12, 25)
    if kind < 7:
        return tape.below(10**22) - tape.pick((0, 5 * 10**21))
    # -0.0 and denormals included; NaN has no JSON form
    made: float = struct.unpack("<d", bytes(tape.byte() for _ in range(8)))[0]
    return made if made == made else 0.1  # noqa: PLR0124


def value(tape: Tape, depth: int = 2) -> Any:
    """Make any JSON value, objects and arrays no deeper than `depth`."""
    shape = tape.pick(_SHAPES) if depth > 0 else "scalar"
    if shape == "scalar":
        return scalar(tape)
    if shape == "array":
        return [value(tape, depth - 1) for _ in range(tape.between(0, 3))]
    return object_of(tape, depth)


def object_of(tape: Tape, depth: int = 2) -> dict[str, Any]:
    names = KEYS if tape.chance(30) else PLAIN_KEYS
    return {tape.pick(names): value(tape, depth - 1) for _ in range(tape.between(0, 3))}


def rich_event() -> dict[str, Any]:
    return {
        "type": "track",
        "event": "Order Completed",
        "name": "Home",
        "userId": "u1",
        "anonymousId": "a1",
        "groupId": "g1",
        "timestamp": "2021-02-01T00:00:00.000Z",
        "messageId": "m1",
        "context": {"groupId": "g2", "ip": "1.2.3.4", "library": {"name": "x", "version": 5}},
        "properties": {"a": 1, "b": "x", "c": None, "t": True, "f": False, "z": 0, "e": ""},
        "traits": {"a": "x", "email": "Ab@X.io", "plan": None, "n": 5},
    }


def odd_event() -> dict[str, Any]:
    return {
        "n": 5, "z": 0, "f": False, "t": True, "e": "", "nul": None, "s": "text", "u": "a😀b",
        "arr": [1, "b", None, {"a": 1}], "nested": [[1, 2], [3]], "none": [],
        "o": {"a": {"b": 1}},
        "prods": [{"id": 1, "q": None}, {"id": 2}, None, "str", 5], "10": "ten", "2": "two",
        "a": {"b": {"c": "deep"}, "0": "zero", "b.c": "dotted"}, "a.b": "flat", "$": "dollar",
        "huge": 12345678901234567890, "j": '{"k":[1,null]}', "": "empty", "it": "its",
        "a[b]": {"c": 7},
    }  # fmt: skip


def full_event() -> dict[str, Any]:
    return {**rich_event(), **odd_event()}


def empty_event() -> dict[str, Any]:
    return {}


_EVENTS = weighted((rich_event, 3), (odd_event, 3), (full_event, 4), (empty_event, 1))
TOP = (
    "userId", "anonymousId", "timestamp", "type", "event", "name", "groupId", "context",
    "properties",
    "traits", "n", "z", "s", "arr", "o", "prods", "nul", "a", "e", "u", "10", "messageId",
)  # fmt: skip


def event(tape: Tape) -> dict[str, Any]:
    """Make an event: one of a few rich ones with some members changed, added or taken away."""
    made = tape.pick(_EVENTS)()
    for _ in range(tape.between(0, 4)):
        _change(tape, made)
    return made


def _change(tape: Tape, made: dict[str, Any]) -> None:
    name = tape.pick(TOP)
    inner = made.get(name)
    if isinstance(inner, dict) and tape.chance(75):
        inner[tape.pick(KEYS)] = value(tape, 1)
    elif tape.chance(20):
        made.pop(name, None)
    else:
        made[name] = value(tape)
