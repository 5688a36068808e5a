"""Documents: read a workspace file, TOML or JSON, to its value and the line of each part.

The standard library reads both, but without lines. The scanner here only finds the lines: it scans
text that was already read, so it does not have to check it.
"""

import math
import re
import tomllib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, time
from itertools import repeat
from typing import Final, Literal, TypeAlias

from sandbox.segment.json_text import InvalidJson, parse_json
from sandbox.values import Json, Path, Problem

Format: TypeAlias = Literal["toml", "json"]
LineNumbers: TypeAlias = dict[Path, int]
"""The line (from 1) of each key and each element."""

_TOML_PLACE: Final = re.compile(r" \(at line (\d+), column (\d+)\)\Z")
_TOKEN: Final = re.compile(
    r"""
    (?P<skip> [ \t\r]+ | \#[^\n]* )
  | (?P<text> \"{3} (?:\\.|[^\\])*? \"{3,5} | '{3} .*? '{3,5} | "(?:[^"\\\n]++|\\.)*+" | '[^'\n]*' )
  | (?P<bare> [^\s\[\]{}=:,.\#"']+ )
  | (?P<sign> [\[\]{}=:,.\n] )
    """,
    re.VERBOSE | re.DOTALL,
)
_CLOSING: Final = {"{": "}", "[": "]"}
_AFTER_A_VALUE: Final = {"", "\n", ",", *_CLOSING.values()}


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
    scanner = _Scanner(text, _unquoted)
    scanner.tables()
    return scanner.lines


def json_lines(text: str) -> LineNumbers:
    """Return the lines of a JSON string that `parse_json` reads."""
    scanner = _Scanner(text, lambda key: str(parse_json(key)))
    scanner.skip("\n")
    scanner.lines[()] = scanner.line
    scanner.value(())
    return scanner.lines


def _unquoted(key: str) -> str:
    return next(iter(tomllib.loads(f"{key} = 0"))) if key[:1] in {'"', "'"} else key


def _tokens(text: str) -> Iterator[tuple[str, int]]:
    """Yield the tokens of a string with their lines, then empty ones forever."""
    line = last = 1
    for match in _TOKEN.finditer(text):
        if match.lastgroup != "skip":
            yield match[0], line
            last = line
        line += match[0].count("\n")
    yield from repeat(("", last))


class _Scanner:
    """Scans the tokens of a string, and collects the line of each path."""

    def __init__(self, text: str, unquoted: Callable[[str], str]) -> None:
        self.lines: LineNumbers = {}
        self._unquoted = unquoted
        self._tables = Counter[Path]()  # the number of [[…]] of each path so far
        self._rest = _tokens(text)
        self.ahead, self.line = next(self._rest)

    def take(self) -> str:
        """Return the token and advance to the next."""
        token = self.ahead
        self.ahead, self.line = next(self._rest)
        return token

    def skip(self, *tokens: str) -> None:
        """Skip these tokens as long as one follows."""
        while self.ahead in tokens:
            self.take()

    def note(self, path: Path, line: int) -> None:
        """Record the line of a path, and of outer paths that have none yet."""
        while path and path not in self.lines:
            self.lines[path] = line
            path = path[:-1]

    def value(self, path: Path) -> None:
        """Scan a value, and record the lines of its parts."""
        self.skip("\n")
        if self.ahead not in _CLOSING:
            while self.ahead not in _AFTER_A_VALUE:
                self.take()
            return
        closing = _CLOSING[self.take()]
        number = 0
        self.skip(",", "\n")
        while self.ahead != closing:
            if closing == "}":
                self.member(path)
            else:
                self.note((*path, number), self.line)
                self.value((*path, number))
                number += 1
            self.skip(",", "\n")
        self.take()

    def member(self, table: Path) -> None:
        """Scan a key and its value."""
        line = self.line
        path = (*table, *self._key())
        self.note(path, line)
        self.lines[path] = line  # of a duplicate key, the last one counts
        self.skip("\n", "=", ":")
        self.value(path)

    def tables(self) -> None:
        """Scan the tables of a TOML text."""
        table: Path = ()
        self.skip("\n")
        while self.ahead:
            if self.ahead == "[":
                table = self._header()
            else:
                self.member(table)
            self.skip("\n")

    def _header(self) -> Path:
        line = self.line
        self.take()
        is_array = self.ahead == "["
        self.skip("[")
        path: Path = ()
        for part in self._key():
            path = (*self._element(path), part)
        self._tables[path] += is_array
        path = self._element(path)
        self.note(path, line)
        self.skip("]")
        return path

    def _element(self, path: Path) -> Path:
        """Return the path of the latest element if `path` is an array of tables."""
        return (*path, self._tables[path] - 1) if self._tables[path] else path

    def _key(self) -> list[str]:
        parts = [self._unquoted(self.take())]
        while self.ahead == ".":
            self.take()
            parts.append(self._unquoted(self.take()))
        return parts
