"""Paths: look up the part of the data that a path such as `$.products[0].id` names.

Names that JavaScript's values inherit lead to functions: `constructor`, `map` of an array.
"""

import re

_SEPARATOR = re.compile(r"""\[(?=["'0-9])|\.|(?<=["'0-9])\]+""")
_QUOTES = str.maketrans("", "", "\"'")


def path_names(path: str) -> tuple[str, ...]:
    """Split a path into the names to follow, in order; () means the whole data.

    Brackets separate names only next to a quote or a digit; every dot does, even inside quotes.
    """
    return tuple(piece.translate(_QUOTES) for piece in _SEPARATOR.split(path) if piece)


def without_root(path: str) -> str:
    """Return the path without its first `$.`, which @path removes wherever it is."""
    return path.replace("$.", "", 1)
