"""Documents: read a workspace file, TOML or JSON, to its value and the line of each part.

The standard library reads both, but without lines. The scanner here only finds the lines: it scans
text that was already read, so it does not have to check it.
"""

import json
import math
import re
import tomllib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import date, time
from typing import Final, Literal, TypeAlias

from sandbox.segment.json_text import InvalidJson, parse_json
from sandbox.values import Json, Path, Problem

Format: TypeAlias = Literal["toml", "json"]
LineNumbers: TypeAlias = dict[Path, int]
"""The line (from 1) of each key and each element."""

_TOML_PLACE: Final = re.compile(r" \(at line (\d+), column (\d+)\)\Z")
_TOKEN: Final = re.compile(
    r"""
    "{3} (?: \\. | [^\\] )*? "{3,5}  |  " (?: [^"\\]++ | \\. )*+ "
  | '{3} .*? '{3,5}  |  ' [^']*+ '
  | (?P<end> \#[^\n]*+ (?: \n \s*+ )?  |  \n \s*+ )
  | [\[\]{}=:,.]
  | [^\s\[\]{}=:,.\#"']++
    """,
    re.VERBOSE | re.DOTALL,
)
"""A string, the end of a line with the indentation of the next, a sign, or a word."""


@dataclass(frozen=True, slots=True)
class Document:
    """A JSON value, the line of each of its parts, and problems of TOML values not in JSON."""

    value: object
    lines: LineNumbers | None
    problems: tuple[Problem, ...] = ()

    def located(self, problems: Iterable[Problem]) -> tuple[Problem, ...]:
        """Return the problems with their lines, if the lines are known."""
        if (lines := self.lines) is None:
            return tuple(problems)
        return tuple(replace(problem, line=line_of(lines, problem.at)) for problem in problems)


def read_document(text: str, file_format: Format) -> Document | Problem:
    """Return the document of a string, or why it cannot be read, with the line.

    Raises ValueError for a format that is neither `toml` nor `json`.
    """
    if file_format not in {"toml", "json"}:
        raise ValueError(f"the format must be toml or json, but it was {file_format!r}.")
    try:
        if file_format == "json":
            return Document(parse_json(text, finite=True), json_lines(text))
        found: list[Problem] = []
        value = _as_json(tomllib.loads(text), (), found)
        return Document(value, toml_lines(text), tuple(found))
    except tomllib.TOMLDecodeError as error:
        return _toml_problem(str(error), text)
    except InvalidJson as error:
        return Problem((), f"is {error}.", line=error.line or 1)
    except RecursionError:
        return Problem((), "is nested too deeply to be read; flatten it.", line=1)


def _toml_problem(said: str, text: str) -> Problem:
    place = _TOML_PLACE.search(said)
    if place is None:  # Python gives no place if the text ends too early
        return Problem((), f"is not TOML: {said}.", line=text.count("\n") + 1)
    what = said[: place.start()]
    return Problem((), f"is not TOML: {what} at column {place[2]}.", line=int(place[1]))


def _as_json(value: Json, path: Path, found: list[Problem]) -> Json:
    """Return the value as JSON; add dates and infinite numbers to `found`."""
    if isinstance(value, dict):
        return {key: _as_json(member, (*path, key), found) for key, member in value.items()}
    if isinstance(value, list):
        return [_as_json(element, (*path, number), found) for number, element in enumerate(value)]
    if isinstance(value, float) and not math.isfinite(value):
        found.append(Problem(path, f"is {value}, which is not a JSON value."))
        return None
    if isinstance(value, date | time):
        message = f"is a TOML {type(value).__name__}; put it in quotes to make it a string."
        found.append(Problem(path, message))
        return str(value)
    return value


def line_of(lines: LineNumbers, path: Path) -> int:
    """Return the line of the value at `path`, or of the nearest outer value that exists."""
    while path and path not in lines:
        path = path[:-1]
    return lines.get(path, 1)


def toml_lines(text: str) -> LineNumbers:
    """Return the lines of a TOML string that `tomllib` reads."""
    return _Scanner(is_toml=True).lines_of(f"{text}\n")


def json_lines(text: str) -> LineNumbers:
    """Return the lines of a JSON string that `parse_json` reads."""
    before = len(text) - len(text.lstrip())
    return {(): text.count("\n", 0, before) + 1, **_Scanner(is_toml=False).lines_of(text)}


def _unquoted(key: str) -> str:
    return next(iter(tomllib.loads(f"{key} = 0"))) if key[0] in "\"'" else key


class _Scanner:
    """Collects the lines of keys and elements; of other values, only the brackets matter."""

    def __init__(self, *, is_toml: bool) -> None:
        self._lines: LineNumbers = {}
        self._unquoted: Callable[[str], str] = _unquoted if is_toml else json.loads
        self._is_toml = is_toml
        self._next = "key" if is_toml else "value"
        self._at: Path = ()
        self._outer: list[tuple[Path, str]] = []  # what is open, and what follows its commas
        self._last: dict[Path, int] = {}  # the last index of each list, also of [[…]]
        self._brackets = 0  # that begin the line: 1 for [table], 2 for [[table]]

    def lines_of(self, text: str) -> LineNumbers:
        """Return the line of each path in a string."""
        table, line = self._at, 1
        for match in _TOKEN.finditer(text):
            if not match["end"]:
                self._scan(match[0], line)
            elif self._is_toml and not self._outer:
                if self._brackets == 2:
                    self._begin_element(line)
                table = self._at if self._brackets else table
                self._at, self._next, self._brackets = table, "key", 0
            line += match[0].count("\n")
        return self._lines

    def _scan(self, word: str, line: int) -> None:
        if self._next == "element" and word != "]":
            self._begin_element(line)
        if word in "]}" and self._outer:
            self._at, self._next = self._outer.pop()[0], "value"
        elif word == ",":
            self._at, self._next = self._outer[-1]
        elif self._next == "key":
            self._scan_key(word, line)
        elif word in "[{":
            self._next = "element" if word == "[" else "key"
            self._outer.append((self._at, self._next))
            self._last.pop(self._at, None)  # of an earlier value of the same key

    def _begin_element(self, line: int) -> None:
        number = self._last[self._at] = self._last.get(self._at, -1) + 1
        self._at, self._next = (*self._at, number), "value"
        self._lines[self._at] = line

    def _scan_key(self, word: str, line: int) -> None:
        if word in "=:":
            self._next = "value"
        elif word == "[":
            self._at = ()
            self._brackets += 1
        elif word not in "].":
            element = (self._last[self._at],) if self._at in self._last else ()
            self._at = (*self._at, *element, self._unquoted(word))
            if not self._is_toml or self._at not in self._lines:  # in JSON, the last one counts
                self._lines[self._at] = line
