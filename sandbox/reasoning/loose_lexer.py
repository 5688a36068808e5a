"""Loose lexer: the words of a trigger as its writer saw them, which is not how Segment does.

Missing spaces, other languages' operators, any case of `and`, curly and single quotes: all is read.
"""

import re
from typing import Final, NamedTuple

_TOKEN: Final = re.compile(
    r"""
    (?P<blank> \s+ )
  | (?P<string> "[^"]*" | '[^']*' | [\u201c\u201d\u201e][^\u201c\u201d]*[\u201c\u201d]
      | [\u2018\u2019][^\u2018\u2019]*[\u2018\u2019] | `[^`]*` )
  | (?P<operator> === | !== | == | != | <> | <= | >= | => | =< | = | < | > )
  | (?P<join> && | \|\| )
  | (?P<sign> [(),!] )
  | (?P<number> [+-]? (?:[0-9]+(?:\.[0-9]+)?|\.[0-9]+) (?![A-Za-z0-9_]) )
  | (?P<name> (?:[^\W]|[_$-]|\\.) (?:[\w$-]|\\.)* (?: \s*\.\s*(?:[\w$-]|\\.)+ | \[[0-9]+\] )* )
    """,
    re.VERBOSE | re.DOTALL,
)


class Word(NamedTuple):
    """A piece of a trigger: its kind, and its text without quotes and in lower case for keywords.

    `kind` is string, number, name, operator, join (`and`, `or`), not, a keyword value (null, true,
    false), or the sign itself: `( ) ,`.
    """

    kind: str
    text: str


_SAID: Final = {
    **{text: Word("operator", "=") for text in ("==", "===")},
    **{text: Word("operator", "!=") for text in ("!==", "<>")},
    "=>": Word("operator", ">="),
    "=<": Word("operator", "<="),
    **{text: Word("join", "and") for text in ("&&", "and")},
    **{text: Word("join", "or") for text in ("||", "or")},
    **{text: Word("not", text) for text in ("!", "not")},
    **{text: Word(text, text) for text in ("null", "true", "false")},
}
"""What is said by keywords in any case, and by signs of other languages."""


def words_of(text: str) -> list[Word] | None:
    """Return the words of a trigger, or None if something in it is not a word."""
    words = []
    at = 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            return None
        at = match.end()
        if match.lastgroup != "blank":
            words.append(_word(match.lastgroup or "", match[0]))
    return words


def _word(kind: str, text: str) -> Word:
    if kind == "string":
        return Word(kind, text[1:-1])
    if said := _SAID.get(text.lower()):
        return said
    if kind == "name":
        return Word(kind, _name(text))
    return Word(text if kind == "sign" else kind, text)


def _name(text: str) -> str:
    """Return a name with dots alone between its parts: `a . b` and `a[0]` are `a.b` and `a.0`."""
    return re.sub(r"\[([0-9]+)\]", r"\\.\1", re.sub(r"\s*\.\s*", ".", text))
