"""Values: what can stand at one place so that all literals about that place come out as wanted.

The values looked at are enough to decide: if none of them will do, no JSON value does. Numbers are
tried at every bound, between neighbours and beyond the last; a string is put together from all that
is asked of it, with a letter between the parts that no literal speaks of.
"""

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import pairwise
from typing import Final

from sandbox.reasoning.budget import spend
from sandbox.reasoning.literals import OPPOSITES, Literal
from sandbox.segment.javascript import MISSING, Json, kind, to_double, to_number, to_string
from sandbox.segment.triggers.operators import is_number, number_of
from sandbox.segment.triggers.tree import Value

EVENT_TYPES: Final = ("track", "identify", "page", "screen", "group", "alias")
_USUAL: Final[dict[str, tuple[str, ...]]] = {"type": EVENT_TYPES}
_SPARE_LETTERS: Final = "xyzqkjvwbfgmpcdhlnrst0123456789_"
_NUMBER_WORDS: Final = {"number_equals", "number_not_equals", "<", "<=", ">", ">="}
_PLAIN: Final[tuple[Json, ...]] = (MISSING, None, True, False, {}, [])

_TEXT_WORDS: Final = {
    *("=", "!=", "contains", "not_contains"),
    *("starts_with", "not_starts_with", "ends_with", "not_ends_with"),
}


def values_for(
    literals: Sequence[Literal], current: Json = MISSING, *, finite: bool = True
) -> Iterator[Json]:
    """Yield values that all literals take, the ones nearest to the current value first.

    The literals are about one place. With `finite=False` the numbers JSON has no digits for are
    tried too (`1e400` is one in an event). Raises TooLarge.
    """
    seen: list[Json] = []
    for value in _tried(literals, current, finite=finite):
        spend(1)
        if all(literal.takes(value) for literal in literals) and not any(
            type(value) is type(other) and value == other for other in seen
        ):
            seen.append(value)
            spend(len(literals))
            yield value


_ONLY: Final[dict[tuple[str, bool], Callable[[Value], tuple[Json, ...]]]] = {
    ("=", True): lambda value: (to_string(value),),
    ("!=", False): lambda value: (to_string(value),),
    ("number_equals", True): lambda value: (_tidy(number_of(value)),),
    ("is_true", True): lambda _: (True,),
    ("is_false", True): lambda _: (False,),
    ("not_exists", True): lambda _: (MISSING, None),
    ("exists", False): lambda _: (MISSING, None),
}
"""The values that alone can make an operator come out as wanted."""


def only_values(literals: Iterable[Literal]) -> tuple[Json, ...] | None:
    """Return the only values that can do, if one of the literals takes so few, else None."""
    for literal in literals:
        make = _ONLY.get((literal.condition.operator, literal.wanted))
        if make is not None:
            return make(literal.condition.value)
    return None


def _tried(literals: Sequence[Literal], current: Json, *, finite: bool) -> Iterator[Json]:
    """Yield what may do: the only values one of the literals takes, if there are so few."""
    only = only_values(literals)
    if only is not None:
        infinite = (math.inf, -math.inf) if finite else ()
        yield from (value for value in only if value not in infinite)
        return
    yield current
    yield from _converted(current)
    spend(len(literals))
    asks_for_numbers = any(lit.condition.operator in _NUMBER_WORDS for lit in literals)
    if asks_for_numbers:
        yield from _numbers(literals, current, finite=finite)
    yield from _texts(literals, current)
    if not asks_for_numbers:
        yield from _numbers(literals, current, finite=finite)
    yield from _PLAIN


def _converted(current: Json) -> Iterator[Json]:
    """Yield what the current value would be as another kind: "5" and 5, "true" and true."""
    match kind(current):
        case "string":
            number = to_number(current)
            if current.strip() and math.isfinite(number):
                yield int(number) if number.is_integer() and abs(number) < 2**53 else number
            yield from (word == "true" for word in ("true", "false") if current.lower() == word)
        case "number" | "boolean":
            yield to_string(current)


def _numbers(literals: Iterable[Literal], current: Json, *, finite: bool) -> list[Json]:
    """Return every bound, what lies between two and beyond the last; round numbers first."""
    bounds = {
        bound
        for literal in literals
        if literal.condition.operator in _NUMBER_WORDS
        and not math.isnan(bound := number_of(literal.condition.value))
    }
    near = to_double(current) if is_number(current) else 0.0
    exact = sorted(bounds)
    round_ones = [number for bound in (*exact, near) for number in (bound, bound + 1, bound - 1)]
    found = sorted(round_ones, key=lambda number: abs(number - near))
    found += [(low + high) / 2 for low, high in pairwise(exact)]
    found += [math.nextafter(bound, end) for bound in exact for end in (math.inf, -math.inf)]
    found += [0.0, 1.0, math.inf, -math.inf]
    kept = (each for each in found if not math.isnan(each))
    return [_tidy(each) for each in kept if math.isfinite(each) or not finite]


def _tidy(number: float) -> float:
    whole = math.isfinite(number) and number.is_integer() and abs(number) < 2**53
    return int(number) if whole else number


def _texts(literals: Sequence[Literal], current: Json) -> list[str]:
    asked: dict[str, list[str]] = {}
    for literal in literals:
        word = literal.condition.operator
        if word in _TEXT_WORDS:
            demand = word if literal.wanted else OPPOSITES[word]
            asked.setdefault(demand, []).append(to_string(literal.condition.value))
    start = max(asked.get("starts_with", [""]), key=len)
    end = max(asked.get("ends_with", [""]), key=len)
    middle = asked.get("contains", [])
    spare = _spare_letter([text for texts in asked.values() for text in texts])

    found = [*asked.get("=", ())]
    if isinstance(current, str) and current:
        found += (_recased(current, part) for part in (start, end, *middle, *found))
        found += _grown(current, start, middle, end)
    found += [start, end, *middle, start + end, " ".join((start, *middle, end)).strip()]
    usual = [text for lit in literals for text in _USUAL.get(lit.condition.head, ())]
    return [*filter(None, found), *usual, spare, "", _woven(start, middle, end, spare)]


def _recased(current: str, part: str) -> str:
    """Return the current text with the part in it written as asked: "order 1" for "Order"."""
    at = current.lower().find(part.lower())
    return current[:at] + part + current[at + len(part) :] if part and at >= 0 else ""


def _grown(current: str, start: str, middle: Sequence[str], end: str) -> list[str]:
    """Return the current text with as much put before, into and after it as is asked."""
    inner = " ".join((current, *(text for text in middle if text not in current)))
    return [
        inner,
        start + inner,
        inner + end,
        start + inner + end,
        f"{start} {inner} {end}".strip(),
    ]


def _woven(start: str, middle: Sequence[str], end: str, spare: str) -> str:
    """Return the text that holds all parts and meets nothing else: a spare letter keeps them apart.

    Where no start or end is asked for, it starts or ends with the spare letter.
    """
    return start + spare.join(("", *middle, "")) + end


def _spare_letter(texts: Sequence[str]) -> str:
    used = set("".join(texts))
    for letter in _SPARE_LETTERS:
        if letter not in used:
            return letter
    return next(chr(code) for code in range(0x4E00, 0x9FFF) if chr(code) not in used)
