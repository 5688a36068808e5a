"""Lines: where in a TOML or JSON text each value stands.

The standard library reads both and forgets the places. These scanners only look for them: they take
strings that have been read already, so every text is known to be right.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable
from typing import Final, TypeAlias

from sandbox.segment.json_text import parse_json
from sandbox.values import Path

Lines: TypeAlias = dict[Path, int]
"""The line (from 1) of each key and each element."""

_TOML_TOKEN: Final = re.compile(
    r"""
    (?P<skip> [ \t\r]+ | \#[^\n]* )
  | (?P<text> \"{3} (?:\\.|[^\\])*? \"{3,5} | '{3} .*? '{3,5} | "(?:\\.|[^"\\\n])*" | '[^'\n]*' )
  | (?P<sign> [\[\]{}=,.\n] )
  | (?P<bare> [^\s\[\]{}=,.\#"']+ )
    """,
    re.VERBOSE | re.DOTALL,
)
_JSON_TOKEN: Final = re.compile(
    r"""(?P<skip>\s+)|(?P<text>"(?:[^"\\]++|\\.)*+")|(?P<sign>[\[\]{}:,])|(?P<bare>[^\s\[\]{}:,"]+)""",
    re.DOTALL,
)


def line_of(lines: Lines, path: Path) -> int:
    """Return the line of the value at `path`, or of the nearest thing around it that is there."""
    while path and path not in lines:
        path = path[:-1]
    return lines.get(path, 1)


def toml_lines(text: str) -> Lines:
    """Return the lines of a TOML text that `tomllib` reads."""
    return _Toml(text).read()


def json_lines(text: str) -> Lines:
    """Return the lines of a JSON text that `parse_json` reads."""
    scanner = _Json(text)
    scanner.value(())
    return scanner.lines


class _Scanner:
    """The tokens of a string, a place among them, and the lines found so far."""

    def __init__(self, text: str, pattern: re.Pattern[str]) -> None:
        self.lines: Lines = {}
        self._tokens: list[tuple[str, int]] = []
        self._next = 0
        line = 1
        for match in pattern.finditer(text):
            if match.lastgroup != "skip":
                self._tokens.append((match[0], line))
            line += match[0].count("\n")

    def peek(self) -> str:
        """Return the next token, or an empty text at the end."""
        return self._tokens[self._next][0] if self._next < len(self._tokens) else ""

    def take(self) -> str:
        """Return the next token and go on."""
        token = self.peek()
        self._next += 1
        return token

    def line(self) -> int:
        """Return the line of the next token."""
        return self._tokens[min(self._next, len(self._tokens) - 1)][1] if self._tokens else 1

    def members(self, closing: str, member: Callable[[int], None]) -> None:
        """Read the members up to `closing`, commas and line ends between them."""
        self.take()
        number = 0
        while self.peek() != closing:
            if self.peek() in {",", "\n"}:
                self.take()
            else:
                member(number)
                number += 1
        self.take()


class _Json(_Scanner):
    def __init__(self, text: str) -> None:
        super().__init__(text, _JSON_TOKEN)

    def value(self, path: Path) -> None:
        self.lines.setdefault(path, self.line())
        if self.peek() == "{":
            self.members("}", lambda _: self._member(path))
        elif self.peek() == "[":
            self.members("]", lambda number: self.value((*path, number)))
        else:
            self.take()

    def _member(self, path: Path) -> None:
        line = self.line()
        inner = (*path, str(parse_json(self.take())))
        self.lines[inner] = line
        self.take()  # the colon
        self.value(inner)


class _Toml(_Scanner):
    def __init__(self, text: str) -> None:
        super().__init__(text, _TOML_TOKEN)
        self._tables: dict[Path, int] = {}  # how many [[…]] of each path came so far

    def read(self) -> Lines:
        table: Path = ()
        while self.peek():
            if self.peek() == "\n":
                self.take()
            elif self.peek() == "[":
                table = self._header()
            else:
                self._member(table)
        return self.lines

    def _header(self) -> Path:
        line = self.line()
        self.take()
        is_array = self.peek() == "["
        if is_array:
            self.take()
        *outer, last = self._key()
        path: Path = ()
        for part in outer:
            path = self._element((*path, part))
        path = (*path, last)
        if is_array:
            self._tables[path] = self._tables.get(path, 0) + 1
        self._note(self._element(path), line)
        while self.peek() == "]":
            self.take()
        return self._element(path)

    def _element(self, path: Path) -> Path:
        """Return the path of the latest element where `path` is an array of tables."""
        return (*path, self._tables[path] - 1) if path in self._tables else path

    def _key(self) -> list[str]:
        parts = [_unquoted(self.take())]
        while self.peek() == ".":
            self.take()
            parts.append(_unquoted(self.take()))
        return parts

    def _note(self, path: Path, line: int) -> None:
        for length in range(1, len(path) + 1):
            self.lines.setdefault(path[:length], line)

    def _member(self, table: Path) -> None:
        line = self.line()
        path = (*table, *self._key())
        self._note(path, line)
        self.take()  # the equals sign
        self._value(path)

    def _value(self, path: Path) -> None:
        if self.peek() == "{":
            self.members("}", lambda _: self._member(path))
        elif self.peek() == "[":
            self.members("]", lambda number: self._item((*path, number)))
        else:
            while self.peek() not in {"", "\n", ",", "]", "}"}:
                self.take()

    def _item(self, path: Path) -> None:
        self._note(path, self.line())
        self._value(path)


def _unquoted(key: str) -> str:
    return next(iter(tomllib.loads(f"{key} = 0"))) if key[:1] in {'"', "'"} else key
