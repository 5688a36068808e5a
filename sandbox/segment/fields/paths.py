"""Paths: look up the part of the data that a path such as `$.products[0].id` names.

Names that JavaScript's objects inherit (`constructor`, `toString` ...) are MISSING here: they are
functions, which no request can carry.
"""

import re

from sandbox.segment.effort import spend_on_text
from sandbox.segment.fields.compiling import Step
from sandbox.segment.javascript import MISSING, is_falsy, property_of

_SEPARATOR = re.compile(r"""\[(?=["'0-9])|\.|(?<=["'0-9])\]+""")
_QUOTES = str.maketrans("", "", "\"'")


def pieces_of(path: str) -> tuple[str, ...]:
    """Split a path into the names to follow, in order; none means the whole data.

    Brackets separate only next to a quote or a digit, every dot does, also inside quotes.
    """
    return tuple(piece.translate(_QUOTES) for piece in _SEPARATOR.split(path) if piece)


def without_root(path: str) -> str:
    """Return the path without its first `$.`, wherever that stands, as @path takes it."""
    return path.replace("$.", "", 1)


def follow(pieces: tuple[str, ...]) -> Step:
    """Return the function that looks up these names, one inside the other.

    A falsy value on the way is the result: with {"a": 0}, `a.b` is 0.
    """

    def at(data: object) -> object:
        for piece in pieces:
            if type(data) is dict:
                data = data.get(piece, MISSING)
            elif is_falsy(data):
                return data
            else:
                if type(data) is str:
                    spend_on_text(data)
                data = property_of(data, piece)
        return data

    return at
