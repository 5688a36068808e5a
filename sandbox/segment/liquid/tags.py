"""Tags: how each piece of a template is read, and what it writes."""

from __future__ import annotations

import re
from typing import Final, NoReturn

from sandbox.segment.errors import Thrown
from sandbox.segment.javascript import MISSING, WHITE_SPACE, from_units, is_falsy
from sandbox.segment.liquid.blocks import BlockReader, Reads, Writes
from sandbox.segment.liquid.branches import if_, not_closed, unless
from sandbox.segment.liquid.expressions import Value
from sandbox.segment.liquid.liquid_values import Drop, printed, text_of
from sandbox.segment.liquid.pieces import OUTPUT, TAG, TEXT, Piece, lines
from sandbox.segment.liquid.variables import Output, Variables

DISABLED: Final = ("case", "for", "include", "layout", "render", "tablerow")
"""The tags Segment turns off."""


class StopRender(Exception):
    """What `break` and `continue` outside of a loop do: the template ends here."""


_COMMENT_LINE = re.compile(rf"\n[{WHITE_SPACE}]*+[^#{WHITE_SPACE}]")


def text(piece: Piece, following: BlockReader) -> Writes:
    """Read text between tags: it is written."""
    del following
    return lambda _variables, output: _put(output, piece.content)


def print_(piece: Piece, following: BlockReader) -> Writes:
    """Read `{{ value | filter }}`: the value is printed."""
    del following
    value = piece.reader().filtered()

    def writes(variables: Variables, output: Output) -> None:
        output.write(printed(value.evaluate(variables)))

    return writes


def echo(piece: Piece, following: BlockReader) -> Writes:
    """Read `echo value`: it is printed; without a value nothing is."""
    return print_(piece, following) if piece.content else _nothing


def assign(piece: Piece, following: BlockReader) -> Writes:
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

    def writes(variables: Variables, output: Output) -> None:
        del output
        variables.scopes[0][name] = value.evaluate(variables)

    return writes


def capture(piece: Piece, following: BlockReader) -> Writes:
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

    def writes(variables: Variables, output: Output) -> None:
        del output
        captured = Output(variables.work)
        block.render(variables, captured)
        variables.scopes[0][name] = from_units(captured.getvalue())

    return writes


def cycle(piece: Piece, following: BlockReader) -> Writes:
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

    def writes(variables: Variables, output: Output) -> None:
        name = MISSING if group is None else group.evaluate(variables)
        # liquidjs tells two groups apart by their name and by how many candidates they have
        group_of = (text_of(name), len(candidates))
        at = variables.cycles.get(group_of, 0)
        variables.cycles[group_of] = (at + 1) % len(candidates)
        value = candidates[at].evaluate(variables)
        if not is_falsy(value):
            output.write(printed(value))

    return writes


def increment(piece: Piece, following: BlockReader) -> Writes:
    """Read `increment name`: the number is written, then it grows."""
    del following
    name = piece.reader().name()

    def writes(variables: Variables, output: Output) -> None:
        before, _ = variables.count(name, 1)
        output.write(printed(before))

    return writes


def decrement(piece: Piece, following: BlockReader) -> Writes:
    """Read `decrement name`: the number shrinks, then it is written."""
    del following
    name = piece.reader().name()

    def writes(variables: Variables, output: Output) -> None:
        _, after = variables.count(name, -1)
        output.write(printed(after))

    return writes


def comment(piece: Piece, following: BlockReader) -> Writes:
    """Read `comment` up to `endcomment`, which write nothing."""
    if following.skipped("endcomment") is None:
        raise not_closed(piece)
    return _nothing


def inline_comment(piece: Piece, following: BlockReader) -> Writes:
    """Read `# comment`, each line of which begins with a `#`."""
    del following
    if _COMMENT_LINE.search(piece.content):
        raise Thrown("every line of an inline comment must start with a '#' character")
    return _nothing


def raw(piece: Piece, following: BlockReader) -> Writes:
    """Read `raw` up to `endraw`: what stands between is written as it is."""
    inside = following.skipped("endraw")
    if inside is None:
        raise not_closed(piece)
    content = "".join(each.all for each in inside)
    return lambda _variables, output: _put(output, content)


def block(piece: Piece, following: BlockReader) -> Writes:
    """Read `block name` up to `endblock`: without a layout it is written where it stands."""
    inside, end = following.block("endblock")
    if end is None:
        raise not_closed(piece)

    def writes(variables: Variables, output: Output) -> None:
        variables.scopes.append({"block": Drop.BLOCK})
        inside.render(variables, output)
        variables.scopes.pop()

    return writes


def liquid(piece: Piece, following: BlockReader) -> Writes:
    """Read `liquid`: each line is a tag."""
    inside = following.inner(lines(piece.source, piece.begin, piece.stop))

    def writes(variables: Variables, output: Output) -> None:
        inside.render(variables, output)

    return writes


def stop(piece: Piece, following: BlockReader) -> Writes:
    """Read `break` or `continue`: outside of loops, which are turned off, they end the template."""
    del piece, following

    def writes(variables: Variables, output: Output) -> NoReturn:
        del variables, output
        raise StopRender

    return writes


def disabled(piece: Piece, following: BlockReader) -> NoReturn:
    """Refuse a tag Segment turns off."""
    del following
    raise Thrown(f'tag "{piece.name}" is disabled')


def unknown(piece: Piece, following: BlockReader) -> NoReturn:
    """Refuse a tag nobody knows, or one that ends or divides what was not begun."""
    del following
    raise Thrown(f'tag "{piece.name}" not found')


def _put(output: Output, content: str) -> None:
    output.write(content)


def _nothing(variables: Variables, output: Output) -> None:
    del variables, output


TAGS: Final[dict[str, Reads]] = {
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
"""How each tag is read, by its name."""
_KINDS: Final[dict[str, Reads]] = {TEXT: text, OUTPUT: print_}


def reads(piece: Piece) -> Reads:
    """Return how a piece is read."""
    return TAGS.get(piece.name, unknown) if piece.kind == TAG else _KINDS[piece.kind]
