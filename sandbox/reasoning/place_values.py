"""Place values: values at one place for which all literals about that place come out as wanted.

The values tried are enough to decide: if none of them works, no JSON value does. Numbers are tried
at every bound, between neighbours and beyond the last. A string is built from all the parts that
the literals require, with a letter between them that occurs in no literal.
"""

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain, pairwise
from typing import Final

from sandbox.reasoning.budget import spend
from sandbox.reasoning.literals import OPPOSITES, LogicLiteral
from sandbox.segment.effort import counts_search, spend_on_text
from sandbox.segment.javascript import MISSING, is_number, to_double, to_number, to_string
from sandbox.segment.triggers.operators import number_of
from sandbox.segment.triggers.tree import Scalar

EVENT_TYPES: Final = ("track", "identify", "page", "screen", "group", "alias")
_SPARE_LETTERS: Final = "xyzqkjvwbfgmpcdhlnrst0123456789_"
_CHECKS_A_STEP: Final = 4
_PLAIN: Final[tuple[object, ...]] = (MISSING, None, True, False, {}, [])


def values_for(
    literals: Sequence[LogicLiteral], current: object = MISSING, *, finite: bool = True
) -> Iterator[object]:
    """Yield values that all literals take, those closest to the current value first.

    All literals are about one place. With `finite=False` infinities are tried too (`1e400` in an
    event is one). Raises TooLarge.
    """
    for literal in literals:
        only = _ONLY.get((literal.condition.operator, literal.wanted))
        if only is not None:
            infinite = (math.inf, -math.inf) if finite else ()
            values = (v for v in only(literal.condition.value) if v not in infinite)
            yield from (v for v in values if all(each.takes(v) for each in literals))
            return
    seen: list[object] = []
    for value in _tried(literals, current, finite=finite):
        spend(1)
        for number, literal in enumerate(literals):
            if not literal.takes(value):
                spend(number // _CHECKS_A_STEP)
                break
        else:
            spend(len(literals))
            if not any(type(value) is type(other) and value == other for other in seen):
                seen.append(value)
                yield value


_ONLY: Final[dict[tuple[str, bool], Callable[[Scalar], tuple[object, ...]]]] = {
    ("=", True): lambda value: (to_string(value),),
    ("!=", False): lambda value: (to_string(value),),
    ("number_equals", True): lambda value: (_tidy(number_of(value)),),
    ("is_true", True): lambda _: (True,),
    ("is_false", True): lambda _: (False,),
    ("not_exists", True): lambda _: (MISSING, None),
    ("exists", False): lambda _: (MISSING, None),
}
"""The only values for which an operator comes out as wanted, for operators with few of them."""


def _tried(literals: Sequence[LogicLiteral], current: object, *, finite: bool) -> Iterator[object]:
    """Yield values to try: the current one first, then values of the kind that is compared."""
    yield current
    yield from _converted(current)
    spend(len(literals))
    asks_for_numbers = any(literal.kind == "number" for literal in literals)
    if asks_for_numbers:
        yield from _numbers(literals, current, finite=finite)
    yield from _texts(literals, current)
    if not asks_for_numbers:
        yield from _numbers(literals, current, finite=finite)
    yield from _PLAIN


def _converted(current: object) -> Iterator[object]:
    """Yield the current value converted to another kind: "5" to 5, "true" to true."""
    match current:
        case str():
            number = to_number(current)
            if current.strip() and math.isfinite(number):
                yield int(number) if number.is_integer() and abs(number) < 2**53 else number
            yield from (word == "true" for word in ("true", "false") if current.lower() == word)
        case int() | float():
            yield to_string(current)


def _numbers(literals: Iterable[LogicLiteral], current: object, *, finite: bool) -> list[float]:
    """Return every bound, a number between each two, and numbers beyond; round numbers first."""
    asked = {number_of(lit.condition.value) for lit in literals if lit.kind == "number"}
    exact = sorted(bound for bound in asked if not math.isnan(bound))
    near = to_double(current) if is_number(current) else 0.0
    round_ones = [number for bound in (*exact, near) for number in (bound, bound + 1, bound - 1)]
    found = sorted(round_ones, key=lambda number: abs(number - near))
    found += [(low + high) / 2 for low, high in pairwise(exact)]
    found += [math.nextafter(bound, end) for bound in exact for end in (math.inf, -math.inf)]
    found += [0.0, 1.0, math.inf, -math.inf]
    kept = (each for each in found if not math.isnan(each))
    return [_tidy(each) for each in kept if math.isfinite(each) or not finite]


def _tidy(number: float) -> float:
    return int(number) if number.is_integer() and abs(number) < 2**53 else number


def _texts(literals: Sequence[LogicLiteral], current: object) -> Iterator[str]:
    """Yield strings made of all required parts; those closest to the current one first.

    In the last one a spare letter separates the parts, and stands at a start or end that nothing
    requires, so that it matches no other literal.
    """
    asked: dict[str, list[str]] = {}
    for literal in literals:
        word = literal.condition.operator
        if literal.kind == "string":
            demand = word if literal.wanted else OPPOSITES[word]
            asked.setdefault(demand, []).append(to_string(literal.condition.value))
    start = max(asked.get("starts_with", [""]), key=len)
    end = max(asked.get("ends_with", [""]), key=len)
    middle, exact = asked.get("contains", []), asked.get("=", [])
    used = set("".join(chain(*asked.values())))
    letters = chain(_SPARE_LETTERS, map(chr, range(0x4E00, 0x9FFF)))
    spare = next(letter for letter in letters if letter not in used)

    found: list[Iterable[str]] = [exact]
    if isinstance(current, str) and current:
        found.append(_recased(current, part) for part in (start, end, *middle, *exact))
        inner = " ".join(
            (current, *(text for text in middle if counts_search(current) and text not in current))
        )
        found.append((inner, start + inner, inner + end, start + inner + end))
        found.append((f"{start} {inner} {end}".strip(),))
    found.append((start, end, *middle, start + end, " ".join((start, *middle, end)).strip()))
    yield from filter(None, chain.from_iterable(found))
    yield from EVENT_TYPES if any(lit.condition.head == "type" for lit in literals) else ()
    yield from (spare, "", start + spare.join(("", *middle, "")) + end)


def _recased(current: str, part: str) -> str:
    """Return the current string with the case of a part corrected: "Order 1" for "order 1"."""
    spend_on_text(current)
    at = current.lower().find(part.lower())
    return current[:at] + part + current[at + len(part) :] if part and at >= 0 else ""
