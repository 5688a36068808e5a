"""Values: JSON values, paths in them, their problems, and how two of them differ."""

from __future__ import annotations

import enum
import math
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import islice, zip_longest
from json.encoder import encode_basestring
from typing import Any, Final, Literal, NotRequired, TypeAlias, TypedDict, Union, cast

Json: TypeAlias = Union[  # no string, so that `Json | None` can be evaluated too
    bool, int, float, str, "list[Json]", "dict[str, Json]", None
]
"""A JSON value, as it is read. Parameters that accept anything are of type `object`."""


class Missing(enum.Enum):
    """The type of `MISSING`, JavaScript's `undefined`."""

    MISSING = "undefined"

    def __repr__(self) -> str:
        return "MISSING"

    def __bool__(self) -> bool:
        return False


@dataclass(frozen=True, slots=True)
class JavaScriptFunction:
    """A function of JavaScript's own, which JSON cannot hold: only its name is known."""

    name: str


MISSING: Final = Missing.MISSING
"""JavaScript's undefined: there is no value, which is not the same as null (None)."""

Path: TypeAlias = tuple[str | int, ...]
"""A place in a value: the keys and indexes that lead there; () is the whole value."""

Matches: TypeAlias = Callable[[Any, Any], bool]
"""Returns whether a value is as expected: (expected, found)."""

EvidenceMark: TypeAlias = Literal["recorded", "source", "docs", "assumed"]


class EvidenceJson(TypedDict):
    """How a rule is known, and from where."""

    mark: EvidenceMark
    where: str


class ProblemJson(TypedDict):
    """What is wrong with a value, with the rule of the API that it breaks, if any."""

    path: str
    message: str
    found: NotRequired[str]
    expected: NotRequired[str]
    rule: NotRequired[str]
    evidence: NotRequired[EvidenceJson]
    line: NotRequired[int]


class DifferenceJson(TypedDict):
    """A place where two values differ; a missing value is left out."""

    path: str
    expected: NotRequired[Json]
    found: NotRequired[Json]


def members(value: object, *names: str) -> dict[str, Any]:
    """Return the named attributes as members of a JSON object."""
    return {name: getattr(value, name) for name in names}


def as_object(value: object) -> dict[str, Json]:
    """Return a value that is known to be a JSON object, typed as one."""
    assert isinstance(value, dict), value
    return value


MAX_DIFFERENCES: Final = 100
"""The most differences that are listed; beyond that, one for each member that differs."""
_NAME: Final = re.compile(r"[A-Za-z_$][A-Za-z0-9_$]*\Z")
_SURROGATE: Final = re.compile("[\ud800-\udfff]")


def json_path(path: Path) -> str:
    """Return the path as JSONPath: `$.events[0]['odd key'].eventName`; long keys are cut."""
    return "$" + "".join(map(_step, path))


def _step(key: str | int) -> str:
    if isinstance(key, int):
        return f"[{key}]"
    if _NAME.match(key):
        return f".{shortened(key)}"
    quoted = encode_basestring(shortened(key))[1:-1].replace('\\"', '"').replace("'", "\\'")
    quoted = _SURROGATE.sub(lambda surrogate: f"\\u{ord(surrogate[0]):04x}", quoted)
    return f"['{quoted}']"


def printable(text: str) -> str:
    """Return the text as one line for a terminal, with line breaks and control codes escaped."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else f"\\u{ord(c):04x}" for c in text)


def shortened(text: str, most: int = 60) -> str:
    """Return the text, cut if it is too long for a sentence."""
    return text if len(text) <= most else f"{text[:most]}…"


@dataclass(frozen=True, slots=True)
class Evidence:
    """How a rule is known, and from where.

    `recorded`: real traffic of the real API. `source`: the open source of Segment's side, or its
    unit tests. `docs`: public documentation. `assumed`: nobody outside knows.
    """

    mark: EvidenceMark
    where: str

    def to_json(self) -> EvidenceJson:
        """Return the evidence as a JSON object."""
        return {"mark": self.mark, "where": self.where}


class Placed:
    """What a problem, a difference and a suspicion have in common: a place in a value."""

    __slots__ = ()
    at: Path

    @property
    def path(self) -> str:
        """Its place, as JSONPath from the thing checked."""
        return json_path(self.at)


@dataclass(frozen=True, slots=True)
class Problem(Placed):
    """What is wrong with a value: its path, and a message that continues the path to a sentence.

    `at` is the path from the thing checked, also to a missing field. Segment's own messages, and
    those without a place, are whole sentences. If a rule of the API is broken, `rule` is its key,
    `evidence` how it is known, and `found` and `expected` are values. `line` is a file's, or 0.
    """

    at: Path
    message: str
    found: str = ""
    expected: str = ""
    rule: str = ""
    evidence: Evidence | None = None
    line: int = 0

    def sentence(self, whole: str = "It") -> str:
        """Return the problem as one sentence; `whole` names the thing checked."""
        if self.message[:1].isupper():
            return self.message
        return f"{self.path.removeprefix('$').removeprefix('.') or whole} {self.message}"

    def under(self, *outer: str | int) -> Problem:
        """Return the problem with its path from an outer value, which has the thing at `outer`."""
        return replace(self, at=(*outer, *self.at))

    def to_json(self) -> ProblemJson:
        """Return the problem as a JSON object, with its rule if it breaks one."""
        made: ProblemJson = {"path": self.path, "message": self.message}
        if self.line:
            made = {"line": self.line, **made}
        if self.evidence is not None:
            made["found"], made["expected"] = self.found, self.expected
            made["rule"], made["evidence"] = self.rule, self.evidence.to_json()
        return made


@dataclass(frozen=True, slots=True)
class Difference(Placed):
    """One place where two values differ; a missing value is MISSING."""

    at: Path
    expected: object
    found: object

    def to_json(self) -> DifferenceJson:
        """Return the difference as a JSON object; a missing value is left out."""
        told = members(self, "path", "expected", "found").items()
        return cast("DifferenceJson", {key: value for key, value in told if value is not MISSING})


def difference(
    expected: object,
    found: object,
    *,
    partial: bool = False,
    matches: Matches | None = None,
    at: Path = (),
) -> Iterator[Difference]:
    """Yield the innermost places where `found` is not as expected, in document order.

    Values are compared as in JavaScript: true is not 1, 1.0 is 1, the order of keys is ignored.
    `partial` allows more keys in objects. `matches` compares an expected value that is not JSON.
    """
    __tracebackhide__ = True
    if expected is found and not isinstance(expected, float):  # NaN is not itself
        return
    if matches is not None and not (isinstance(expected, JSON) and isinstance(found, JSON)):
        if isinstance(expected, JSON) or not matches(expected, found):
            yield Difference(at, expected, found)
    elif kind(expected) != kind(found):
        yield Difference(at, expected, found)
    elif isinstance(expected, dict | list | tuple):
        for key, one, other in _inner(expected, found, partial=partial):
            if type(one) is type(other) and type(one) in _SCALARS and one == other:
                continue  # most members: no need to look into them
            yield from difference(one, other, partial=partial, matches=matches, at=(*at, key))
    elif not _is_same(expected, found):
        yield Difference(at, expected, found)


def listed_differences(before: dict[str, Json], after: dict[str, Json]) -> list[Difference]:
    """Return where two objects differ; beyond MAX_DIFFERENCES, one difference for each member."""
    found = [*islice(difference(before, after), MAX_DIFFERENCES + 1)]
    if len(found) > MAX_DIFFERENCES:
        both = _inner(before, after, partial=False)
        found = [Difference((key,), a, b) for key, a, b in both if any(difference(a, b))]
    return found


def _inner(expected: Any, found: Any, *, partial: bool) -> Iterable[tuple[str | int, Any, Any]]:
    """Return the keys of two values of the same kind, with both members, MISSING if absent."""
    if isinstance(expected, dict):
        keys = expected if partial else dict.fromkeys((*expected, *found))
        return [(key, expected.get(key, MISSING), found.get(key, MISSING)) for key in keys]
    both = zip_longest(expected, found, fillvalue=MISSING)
    return ((number, one, other) for number, (one, other) in enumerate(both))


def _is_same(expected: object, found: object) -> bool:
    if isinstance(expected, int | float) and isinstance(found, int | float):
        return to_double(expected) == to_double(found)
    return expected == found


_SCALARS: Final = frozenset({str, int, float, bool, type(None)})
_KINDS: Final[dict[type, str]] = {
    Missing: "undefined",
    type(None): "null",
    bool: "boolean",
    int: "number",
    float: "number",
    str: "string",
    list: "array",
    tuple: "array",
    dict: "object",
    JavaScriptFunction: "function",
}
JSON: Final = tuple(_KINDS)
"""The types of JSON values, with JavaScript's undefined and functions."""


def kind(value: object) -> str:
    """Return the kind, such as `undefined`, `null`, `boolean`, `string`, `array` or `function`."""
    if (known := _KINDS.get(type(value))) is not None:
        return known
    for base, name in _KINDS.items():
        if isinstance(value, base):
            return name
    raise TypeError(f"{type(value).__name__} is not a JSON value: {value!r:.80}")


def a_kind(value: object) -> str:
    """Return the kind with its article: `an array`, `a string`, but `null` and `undefined`."""
    name = kind(value)
    return name if value is None or value is MISSING else with_article(name)


def with_article(noun: str) -> str:
    """Return a noun with its article, chosen by spelling."""
    return f"{'an' if noun[0] in 'aeiou' else 'a'} {noun}"


def to_double(number: float) -> float:
    """Return the double of a JSON number; beyond the largest one it is infinite."""
    try:
        return float(number)
    except OverflowError:
        return math.inf if number > 0 else -math.inf
