"""Lexer: the tokens that Segment reads in a trigger's text.

A token has its place: `start` and `end` are indices in the text, the end exclusive. Segment itself
counts and cuts UTF-16 units, so the lexer works on those.
"""

import re
from collections.abc import Sequence
from typing import Final, NamedTuple

from sandbox.segment.javascript import from_units, to_units
from sandbox.segment.triggers.mistakes import TriggerError, after_name, character, said

MAX_TEXT: Final = 99_999
"""The most units of a name or of a string in quotes."""
MAX_NUMBER: Final = 100_000
"""The most characters of a number, including its sign and dot."""

_ENDS = r" \t\n,\])"
_AT_END = re.compile(rf"(?![^{_ENDS}])")  # the end of the text, or a character that ends a word
_BLANK = re.compile(r"[ \t\n]*")
_TOKEN = re.compile(
    rf"(?P<lost>(?:a[^{_ENDS}]?|o|n[^{_ENDS}]{{0,2}})\Z)"  # a keyword that the end cuts short
    rf"|(?P<keyword>(?:and|or|null)(?![^{_ENDS}]))"
    r"|(?P<name>(?:[A-Za-z_]|\\.)(?:[A-Za-z0-9_-]|\\.)*)|(?P<number>[0-9+-][0-9]*(?:\.[0-9]*)?)"
    r"""|(?P<string>"[^"]*"|'[^']*')"""
    rf"|(?P<operator>=|[<>!]=(?![^{_ENDS}])|[<>]|!(?=[A-Za-z(]))|(?P<sign>[.\[\],()])",
    re.DOTALL,
)
_AFTER_NAME = re.compile(rf"(?![^{_ENDS}.(=!])")
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)


class TriggerToken(NamedTuple):
    """A token of a trigger; `text` is without backslashes, but with quotes.

    `kind` is name, string, number, operator, conditional (`and`, `or`), null, eos (the end), or
    the sign itself: `. [ ] , ( )`.
    """

    kind: str
    text: str
    start: int
    end: int


def tokenize(text: str) -> list[TriggerToken]:
    """Return the tokens of a trigger; dotted names are one token.

    The last one is `eos`. It spans the text that Segment loses at the end, if any.

    Raises TriggerError if Segment's lexer fails.
    """
    units = to_units(text)
    places = _places(text, units)
    try:
        return _merged([TriggerToken(*lexeme) for lexeme in _lexemes(units, places)])
    except TriggerError as error:
        raise TriggerError(places[error.position], error.reason) from None


def _places(text: str, units: str) -> Sequence[int]:
    """Return the index in the text of each unit's character, and of the end."""
    if len(units) == len(text):
        return range(len(text) + 1)
    return [i for i, c in enumerate(text) for _ in range(1 + (c > "\uffff"))] + [len(text)]


def _lexemes(units: str, places: Sequence[int]) -> list[tuple[str, str, int, int]]:
    found = []
    at = _skip_blank(units, 0)
    while at < len(units):
        token = _TOKEN.match(units, at)
        if token is None:
            raise _fault(units, at)
        kind, text, end = str(token.lastgroup), token[0], token.end()
        if kind == "lost":
            found.append(("name", units[at], places[at], places[-1]))
            at += 1  # Segment reads on for a keyword, reaches the end and loses what it read
            break
        if kind == "keyword":
            kind = "null" if text == "null" else "conditional"
        elif kind == "name":
            text = _name(units, at, text)
        elif kind == "number":
            _check_number(units, at, text)
        elif kind == "string":
            _check_string(units, at, end)
        found.append((text if kind == "sign" else kind, from_units(text), places[at], places[end]))
        if kind == "string" and not _AT_END.match(units, end):
            end -= 1  # the closing quote is not consumed: it opens the next string
        at = _skip_blank(units, end)
    return [*found, ("eos", "eos", places[at], places[-1])]


def _skip_blank(units: str, at: int) -> int:
    blank = _BLANK.match(units, at)
    assert blank is not None
    return blank.end()


def _fault(units: str, at: int) -> TriggerError:
    """Return the error for a place where no token starts."""
    match units[at]:
        case "!":
            return TriggerError(at, said("unequal" if units.startswith("=", at + 1) else "bang"))
        case "\\":
            return TriggerError(at, said("last_backslash"))
        case '"' | "'" as quote:
            return TriggerError(at, said("unclosed_quote", quote=quote))
        case _:
            return TriggerError(at, character(_character(units, at)))


def _name(units: str, at: int, written: str) -> str:
    end = at + len(written)
    if units.startswith("\\", end):
        raise TriggerError(end, said("last_backslash"))
    if not _AFTER_NAME.match(units, end):
        raise TriggerError(end, after_name(written, _character(units, end)))
    name = _ESCAPE.sub(r"\1", written)
    if len(name) > MAX_TEXT:
        raise TriggerError(at, said("too_long", what="a name", limit=MAX_TEXT))
    return name


def _check_number(units: str, at: int, text: str) -> None:
    end = at + len(text)
    if units.startswith(".", end):
        raise TriggerError(end, said("second_dot"))
    if text.endswith(".") and _AT_END.match(units, end):
        raise TriggerError(end - 1, said("last_dot"))
    if len(text) > MAX_NUMBER:
        raise TriggerError(at, said("too_long", what="a number", limit=MAX_NUMBER))


def _check_string(units: str, at: int, end: int) -> None:
    quote = units[at]
    if not _AT_END.match(units, end) and units.find(quote, end) == -1:
        raise TriggerError(end - 1, said("glued_quote", quote=quote, found=_character(units, end)))
    if end - at - 2 > MAX_TEXT:
        raise TriggerError(at, said("too_long", what="a string", limit=MAX_TEXT))


def _character(units: str, at: int) -> str:
    return from_units(units[at:])[0]


def _merged(tokens: list[TriggerToken]) -> list[TriggerToken]:
    """Join each sequence of name, dot, name to one name; blanks between do not matter."""
    merged: list[TriggerToken] = []
    at = 0
    while at < len(tokens):
        last = at
        if tokens[at].kind == "name":
            while tokens[last + 1].kind == "." and tokens[last + 2].kind == "name":
                last += 2
        merged.append(tokens[at] if last == at else _joined(tokens[at : last + 1]))
        at = last + 1
    return merged


def _joined(parts: list[TriggerToken]) -> TriggerToken:
    return TriggerToken("name", "".join(part.text for part in parts), parts[0].start, parts[-1].end)
