"""Query: the parameters of `/_sandbox/…`, read strictly, as a filter nobody knows must not pass."""

import re
from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple
from urllib.parse import parse_qsl

from mock_server.control.type_schemas import Schema
from mock_server.store.waiting import COUNTED
from sandbox.segment.errors import did_you_mean

MOST_SECONDS: Final = 300.0
"""The longest `timeout` of a wait."""


class BadQuery(ValueError):
    """A request that cannot be answered, and why; `status` is that of the refusal."""

    def __init__(self, message: str, status: int = 400) -> None:
        """Refuse with the message."""
        super().__init__(message)
        self.status = status


class Parameter(NamedTuple):
    """What a parameter may be: its schema, what is right in words, and its value.

    `digits` is added to what is right where a number is refused for its length.
    """

    schema: Schema
    right: str = "a string"
    pattern: str = ".*"
    value: Callable[[str], Any] = str
    digits: str = ""

    def read(self, name: str, text: str) -> Any:
        """Return the value that a string stands for; raises BadQuery."""
        is_right = re.fullmatch(self.pattern, text, re.DOTALL) is not None
        if is_right and ("maximum" not in self.schema or float(text) <= self.schema["maximum"]):
            return self.value(text)
        near = did_you_mean(text, self.schema.get("enum", []))
        more = self.digits if text.isdecimal() else ""
        raise BadQuery(f"{name} is {self.right}{more}, not {text[:50]!r}.{near}")


def one_of(*words: str) -> Parameter:
    """Return a parameter that is one of the words."""
    right = f"one of {', '.join(words)}" if len(words) > 2 else " or ".join(words)
    return Parameter({"type": "string", "enum": list(words)}, right, "|".join(words))


def whole(right: str, most: int, digits: str = "") -> Parameter:
    """Return a parameter that is a number from 0 to `most`."""
    schema: Schema = {"type": "integer", "minimum": 0, "maximum": most}
    return Parameter(schema, right, "[0-9]{1,15}", int, digits)


TEXT: Final = Parameter({"type": "string"})
NUMBER: Final = whole("a whole number from 0 on", 10**15 - 1, " and of 15 digits at most")
TRUTH: Final = Parameter({"type": "boolean"}, "true or false", "true|false", "true".__eq__)
SECONDS: Final = Parameter(
    {"type": "number", "minimum": 0, "maximum": MOST_SECONDS, "multipleOf": 0.001},
    f"a number of seconds from 0 to {MOST_SECONDS:g}",
    r"[0-9]{1,6}(\.[0-9]{1,6})?",
    float,
)
_STATUS: Final = Parameter(
    {"type": "string", "pattern": "^[1-5]([0-9]{2}|xx)$"},
    "a number such as 202 or a class such as 4xx",
    "[1-5]([0-9]{2}|xx)",
)
PAGING: Final = {
    "order": one_of("asc", "desc"),
    **dict.fromkeys(("limit", "offset", "after"), NUMBER),
}
FILTERS: Final = {"method": TEXT, "path": TEXT, "status": _STATUS, "body": TEXT}
COUNTS: Final = dict.fromkeys(COUNTED, NUMBER)


def read_query(query: str, known: Mapping[str, Parameter]) -> dict[str, Any]:
    """Return the values of the parameters.

    Raises BadQuery for a parameter that is not known, is given twice, or has a wrong value.
    """
    found: dict[str, Any] = {}
    for name, text in parse_qsl(query, keep_blank_values=True):
        if name not in known:
            there = f"there are {', '.join(known)}" if known else "there are none here"
            near = did_you_mean(name, list(known))
            raise BadQuery(f"No parameter is called {name[:50]!r}; {there}.{near}")
        if name in found:
            raise BadQuery(f"The parameter {name} is given twice. Give it once.")
        found[name] = known[name].read(name, text)
    return found


def number_of(part: str) -> int:
    """Return the number in a part of a path, or 0."""
    return int(part) if re.fullmatch("[0-9]{1,15}", part) else 0
