"""Lexer: which tokens Segment reads in a trigger's text.

A token keeps where it stands: `start` and `end` are indices in the text, the end exclusive.
Segment itself counts and cuts UTF-16 units, so the reading is done on those.
"""

from __future__ import annotations

import re
import string
from collections.abc import Callable, Sequence
from typing import Final, NamedTuple, TypeAlias

from sandbox.segment.javascript import from_units, to_units
from sandbox.segment.triggers import mistakes
from sandbox.segment.triggers.mistakes import Unreadable

MAX_TEXT: Final = 99_999
"""Units a name or a string in quotes may have."""
MAX_NUMBER: Final = 100_000
"""Characters a number may have, its sign and dot included."""

_ENDS = r" \t\n,\])"
_AT_END = re.compile(rf"(?![^{_ENDS}])")  # the end of the text, or a character that ends a word
_BLANK = re.compile(r"[ \t\n]*")
_KEYWORD = re.compile(rf"(?:and|or|null)(?![^{_ENDS}])")
_CUT_KEYWORD = re.compile(rf"(?:a[^{_ENDS}]?|o|n[^{_ENDS}]{{0,2}})\Z")  # too short to be one
_NAME = re.compile(r"(?:[A-Za-z0-9_-]|\\.)*", re.DOTALL)
_AFTER_NAME = re.compile(rf"(?![^{_ENDS}.(=!])")
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_NUMBER = re.compile(r"[0-9+-][0-9]*(?:\.[0-9]*)?")
_OPERATOR = re.compile(rf"=|[<>!]=(?![^{_ENDS}])|[<>]|!(?=[A-Za-z(])")


class Token(NamedTuple):
    """A piece of a trigger; `text` has lost its backslashes and kept its quotes.

    `kind` is name, string, number, operator, conditional (`and`, `or`), null, eos (the end), or
    the sign itself: `. [ ] , ( )`.
    """

    kind: str
    text: str
    start: int
    end: int


Lexeme: TypeAlias = tuple[str, str, int]
"""What a reader found: kind, text, and the index after it."""
Reader: TypeAlias = Callable[[str, int], Lexeme]


def tokenize(text: str) -> list[Token]:
    """Return the tokens of a trigger; dotted names are one token.

    The last one is `eos`. It spans what Segment loses at the end, which may be a word's rest.

    Raises Unreadable where Segment's lexer gives up.
    """
    units = to_units(text)
    places = _places(text, units)
    try:
        return _merged([Token(*lexeme) for lexeme in _lexemes(units, places)])
    except Unreadable as error:
        raise Unreadable(places[error.position], error.reason) from None


def _places(text: str, units: str) -> Sequence[int]:
    """Return for each unit, and for the end, the index of its character in the text."""
    if len(units) == len(text):
        return range(len(text) + 1)
    return [i for i, c in enumerate(text) for _ in range(1 + (c > "\uffff"))] + [len(text)]


def _lexemes(units: str, places: Sequence[int]) -> list[tuple[str, str, int, int]]:
    found = []
    at = _skip_blank(units, 0)
    while at < len(units):
        if _CUT_KEYWORD.match(units, at):
            found.append(("name", units[at], places[at], places[-1]))
            at += 1  # Segment reads on for a keyword, finds the end and forgets what it read
            break
        kind, lexeme, end = _READERS.get(units[at], _unknown)(units, at)
        found.append((kind, from_units(lexeme), places[at], places[end]))
        if kind == "string" and not _AT_END.match(units, end):
            end -= 1  # the closing quote is not used up: it opens the next string
        at = _skip_blank(units, end)
    return [*found, ("eos", "eos", places[at], places[-1])]


def _skip_blank(units: str, at: int) -> int:
    blank = _BLANK.match(units, at)
    assert blank is not None
    return blank.end()


def _sign(units: str, at: int) -> Lexeme:
    return units[at], units[at], at + 1


def _operator(units: str, at: int) -> Lexeme:
    found = _OPERATOR.match(units, at)
    if found is None:
        raise Unreadable(at, mistakes.bang(units[at + 1 : at + 2]))
    return "operator", found[0], found.end()


def _word(units: str, at: int) -> Lexeme:
    keyword = _KEYWORD.match(units, at)
    if keyword is not None:
        return "null" if keyword[0] == "null" else "conditional", keyword[0], keyword.end()
    return _name(units, at)


def _name(units: str, at: int) -> Lexeme:
    found = _NAME.match(units, at)
    assert found is not None
    end = found.end()
    if units.startswith("\\", end):
        raise Unreadable(end, mistakes.LAST_BACKSLASH)
    if not _AFTER_NAME.match(units, end):
        raise Unreadable(end, mistakes.after_name(found[0], _character(units, end)))
    name = _ESCAPE.sub(r"\1", found[0])
    if len(name) > MAX_TEXT:
        raise Unreadable(at, mistakes.too_long("a name", MAX_TEXT))
    return "name", name, end


def _number(units: str, at: int) -> Lexeme:
    found = _NUMBER.match(units, at)
    assert found is not None
    end = found.end()
    if units.startswith(".", end):
        raise Unreadable(end, mistakes.SECOND_DOT)
    if found[0].endswith(".") and _AT_END.match(units, end):
        raise Unreadable(end - 1, mistakes.LAST_DOT)
    if end - at > MAX_NUMBER:
        raise Unreadable(at, mistakes.too_long("a number", MAX_NUMBER))
    return "number", found[0], end


def _string(units: str, at: int) -> Lexeme:
    quote = units[at]
    close = units.find(quote, at + 1)
    if close == -1:
        raise Unreadable(at, mistakes.unclosed(quote))
    if not _AT_END.match(units, close + 1) and units.find(quote, close + 1) == -1:
        raise Unreadable(close, mistakes.glued_quote(quote, _character(units, close + 1)))
    if close - at - 1 > MAX_TEXT:
        raise Unreadable(at, mistakes.too_long("a string", MAX_TEXT))
    return "string", units[at : close + 1], close + 1


def _unknown(units: str, at: int) -> Lexeme:
    raise Unreadable(at, mistakes.character(_character(units, at)))


def _character(units: str, at: int) -> str:
    return from_units(units[at:])[0]


_READERS: Final[dict[str, Reader]] = {
    character: reader
    for characters, reader in (
        (string.ascii_letters + "_\\", _name),
        (".[],()", _sign),
        ("=<>!", _operator),
        ("aon", _word),
        (string.digits + "+-", _number),
        ("\"'", _string),
    )
    for character in characters
}


def _merged(tokens: list[Token]) -> list[Token]:
    """Join name, dot, name to one name, again and again; what stands between does not matter."""
    merged: list[Token] = []
    at = 0
    while at < len(tokens):
        last = at
        if tokens[at].kind == "name":
            while tokens[last + 1].kind == "." and tokens[last + 2].kind == "name":
                last += 2
        merged.append(tokens[at] if last == at else _joined(tokens[at : last + 1]))
        at = last + 1
    return merged


def _joined(parts: list[Token]) -> Token:
    return Token("name", "".join(part.text for part in parts), parts[0].start, parts[-1].end)
