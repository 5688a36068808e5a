"""Survey: the tags, filters and variables of a template, without rendering it."""

from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import NamedTuple, TypeAlias

from sandbox.segment.errors import Thrown
from sandbox.segment.javascript import to_units
from sandbox.segment.liquid.expressions import (
    Argument,
    FilterCall,
    Filtered,
    LiquidLiteral,
    Range,
    VariableLookup,
)
from sandbox.segment.liquid.tags import read
from sandbox.segment.liquid.tokenizer import OUTPUT, TAG, Piece, cut, lines

_CONDITIONS = ("if", "elsif", "unless", "echo")
_HIDDEN = {"comment": "endcomment", "raw": "endraw"}
_Part: TypeAlias = Argument | str | None


class Survey(NamedTuple):
    """The tags, filter calls and variables of a template.

    `error` is thrown for every event if the template cannot be read; the lists are then incomplete.
    `variables` are the names looked up in the data, each with the names of its members; variables
    that the template assigns are left out.
    """

    error: Thrown | None
    tags: tuple[str, ...]
    calls: tuple[FilterCall, ...]
    variables: tuple[tuple[str, ...], ...]


@lru_cache(maxsize=256)
def survey(text: str) -> Survey:
    """Return the survey of a template."""
    error = None
    try:
        read(text)
    except Thrown as thrown:
        error = thrown
    pieces: list[Piece] = []
    filtered: list[Filtered] = []
    try:
        for piece in _shown(cut(to_units(text))):
            pieces.append(piece)
            filtered += _expressions(piece)
    except Thrown:
        pass  # it is `error`, or follows from it
    own = {piece.reader().name() for piece in pieces if piece.name in {"assign", "capture"}}
    found = (_names(part) for each in filtered for part in _parts(each))
    variables = dict.fromkeys(names for many in found for names in many if names[0] not in own)
    return Survey(
        error=error,
        tags=tuple(piece.name for piece in pieces if piece.kind == TAG),
        calls=tuple(call for each in filtered for call in each.calls),
        variables=tuple(variables),
    )


def _shown(pieces: Iterable[Piece]) -> Iterator[Piece]:
    """Yield the pieces outside of comments and raw; the lines of `liquid` one by one."""
    hidden = ""
    for piece in pieces:
        if hidden:
            hidden = "" if piece.name == hidden else hidden
        elif piece.name == "liquid":
            yield from _shown(lines(piece.source, piece.begin, piece.stop))
        else:
            hidden = _HIDDEN.get(piece.name, "")
            yield piece


def _expressions(piece: Piece) -> Iterator[Filtered]:
    reader = piece.reader()
    if piece.name == "assign":
        reader.skip_past("=")
    elif piece.kind != OUTPUT and (piece.name not in _CONDITIONS or not piece.content):
        return
    yield reader.filtered()


def _parts(filtered: Filtered) -> Iterator[_Part]:
    yield from filtered.postfix
    for call in filtered.calls:
        yield from call.arguments


def _names(part: _Part) -> Iterator[tuple[str, ...]]:
    """Yield the variables in a part of an expression, each with the members written as names."""
    match part:
        case (_, value):
            yield from _names(value)
        case Range(low=low, high=high):
            yield from (*_names(low), *_names(high))
        case VariableLookup(root=root, names=names):
            for inner in (root, *names):
                yield from _names(inner)
            written = []
            for name in names:
                if not isinstance(name, LiquidLiteral) or not isinstance(name.content, str):
                    break
                written.append(name.content)
            if root is None and written:
                yield tuple(written)
