"""Tags: how each piece of a template is read, and what it writes."""

from __future__ import annotations

import re
from typing import Final, NoReturn, TextIO

from liquid.exceptions import StopRender
from liquid.token import TOKEN_CONTENT, TOKEN_ILLEGAL, TOKEN_OUTPUT

from sandbox.segment.errors import Thrown
from sandbox.segment.javascript import MISSING, WHITE_SPACE, from_units, is_falsy
from sandbox.segment.liquid.branches import if_, not_closed, unless
from sandbox.segment.liquid.context import Context
from sandbox.segment.liquid.expressions import Value
from sandbox.segment.liquid.nodes import Following, Reads, Writes
from sandbox.segment.liquid.pieces import Piece, lines
from sandbox.segment.liquid.values import Drop, printed, text_of

DISABLED: Final = ("case", "for", "include", "layout", "render", "tablerow")
"""The tags Segment turns off."""

_COMMENT_LINE = re.compile(rf"\n[{WHITE_SPACE}]*+[^#{WHITE_SPACE}]")


def text(piece: Piece, following: Following) -> Writes:
    """Read text between tags: it is written."""
    del following
    return lambda _context, buffer: _put(buffer, piece.content)


def output(piece: Piece, following: Following) -> Writes:
    """Read `{{ value | filter }}`: the value is printed."""
    del following
    value = piece.reader().filtered()

    def writes(context: Context, buffer: TextIO) -> None:
        buffer.write(printed(value.evaluate(context.variables, context.env.filters)))

    return writes


def echo(piece: Piece, following: Following) -> Writes:
    """Read `echo value`: it is printed; without a value nothing is."""
    return output(piece, following) if piece.content else _nothing


def assign(piece: Piece, following: Following) -> Writes:
    """Read `assign name = value`."""
    del following
    reader = piece.reader()
    name = reader.name()
    if not name:
        raise reader.fault("expected variable name")
    reader.skip_blanks()
    if reader.peek() != "=":
        raise reader.fault('expected "="')
    reader.at += 1
    value = reader.filtered()

    def writes(context: Context, buffer: TextIO) -> None:
        del buffer
        variables = context.variables
        variables.scopes[0][name] = value.evaluate(variables, context.env.filters)

    return writes


def capture(piece: Piece, following: Following) -> Writes:
    """Read `capture name` up to `endcapture`: what would be written becomes the variable."""
    reader = piece.reader()
    name = reader.name()
    if not name:
        quoted = reader.quoted()
        if quoted is None:
            raise reader.fault("invalid capture name")
        name = quoted.content
    block, end = following.block("endcapture")
    if end is None:
        raise not_closed(piece)

    def writes(context: Context, buffer: TextIO) -> None:
        del buffer
        captured = context.output()
        block.render(context, captured)
        context.variables.scopes[0][name] = from_units(captured.getvalue())

    return writes


def cycle(piece: Piece, following: Following) -> Writes:
    """Read `cycle group: a, b`: each time the next one is written, unless JavaScript skips it."""
    del following
    reader = piece.reader()
    candidates: list[Value] = []
    group = None
    first = reader.value()
    reader.skip_blanks()
    if first is not None and reader.peek() == ":":
        group = first
        reader.at += 1
    elif first is not None:
        candidates.append(first)
    while not reader.at_end():
        candidate = reader.value()
        if candidate is not None:
            candidates.append(candidate)
        reader.skip_past(",")
    if not candidates:
        raise reader.fault(f'empty candidates: "{piece.all}"')

    def writes(context: Context, buffer: TextIO) -> None:
        variables = context.variables
        name = MISSING if group is None else group.evaluate(variables)
        # liquidjs tells two groups apart by their name and by how many candidates they have
        at = context.cycle((text_of(name), len(candidates)), len(candidates))
        value = candidates[at].evaluate(variables)
        if not is_falsy(value):
            buffer.write(printed(value))

    return writes


def increment(piece: Piece, following: Following) -> Writes:
    """Read `increment name`: the number is written, then it grows."""
    del following
    name = piece.reader().name()

    def writes(context: Context, buffer: TextIO) -> None:
        before, _ = context.variables.count(name, 1)
        buffer.write(printed(before))

    return writes


def decrement(piece: Piece, following: Following) -> Writes:
    """Read `decrement name`: the number shrinks, then it is written."""
    del following
    name = piece.reader().name()

    def writes(context: Context, buffer: TextIO) -> None:
        _, after = context.variables.count(name, -1)
        buffer.write(printed(after))

    return writes


def comment(piece: Piece, following: Following) -> Writes:
    """Read `comment` up to `endcomment`, which write nothing."""
    if following.skipped("endcomment") is None:
        raise not_closed(piece)
    return _nothing


def inline_comment(piece: Piece, following: Following) -> Writes:
    """Read `# comment`, each line of which begins with a `#`."""
    del following
    if _COMMENT_LINE.search(piece.content):
        raise Thrown("every line of an inline comment must start with a '#' character")
    return _nothing


def raw(piece: Piece, following: Following) -> Writes:
    """Read `raw` up to `endraw`: what stands between is written as it is."""
    inside = following.skipped("endraw")
    if inside is None:
        raise not_closed(piece)
    content = "".join(each.all for each in inside)
    return lambda _context, buffer: _put(buffer, content)


def block(piece: Piece, following: Following) -> Writes:
    """Read `block name` up to `endblock`: without a layout it is written where it stands."""
    inside, end = following.block("endblock")
    if end is None:
        raise not_closed(piece)

    def writes(context: Context, buffer: TextIO) -> None:
        context.variables.scopes.append({"block": Drop.BLOCK})
        inside.render(context, buffer)
        context.variables.scopes.pop()

    return writes


def liquid(piece: Piece, following: Following) -> Writes:
    """Read `liquid`: each line is a tag."""
    inside = following.inner(lines(piece.source, piece.begin, piece.stop))

    def writes(context: Context, buffer: TextIO) -> None:
        inside.render(context, buffer)

    return writes


def stop(piece: Piece, following: Following) -> Writes:
    """Read `break` or `continue`: outside of loops, which are turned off, they end the template."""
    del piece, following

    def writes(context: Context, buffer: TextIO) -> NoReturn:
        del context, buffer
        raise StopRender

    return writes


def disabled(piece: Piece, following: Following) -> NoReturn:
    """Refuse a tag Segment turns off."""
    del following
    raise Thrown(f'tag "{piece.name}" is disabled')


def unknown(piece: Piece, following: Following) -> NoReturn:
    """Refuse a tag nobody knows, or one that ends or divides what was not begun."""
    del following
    raise Thrown(f'tag "{piece.name}" not found')


def _put(buffer: TextIO, content: str) -> None:
    buffer.write(content)


def _nothing(context: Context, buffer: TextIO) -> None:
    del context, buffer


TAGS: Final[dict[str, Reads]] = {
    TOKEN_CONTENT: text,
    TOKEN_OUTPUT: output,
    TOKEN_ILLEGAL: unknown,
    "#": inline_comment,
    "assign": assign,
    "block": block,
    "break": stop,
    "capture": capture,
    "comment": comment,
    "continue": stop,
    "cycle": cycle,
    "decrement": decrement,
    "echo": echo,
    "if": if_,
    "increment": increment,
    "liquid": liquid,
    "raw": raw,
    "unless": unless,
    **dict.fromkeys(DISABLED, disabled),
}
"""How each piece is read, by the name python-liquid's parser asks for."""
