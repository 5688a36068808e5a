"""Tags: read a template into a function that renders it; how each tag is read and rendered."""

from collections.abc import Callable
from contextlib import suppress
from typing import Final, NoReturn

from sandbox.segment import javascript as js
from sandbox.segment.errors import Thrown
from sandbox.segment.javascript import MISSING
from sandbox.segment.liquid.blocks import Block, BlockReader, Reads, Writes, conditional
from sandbox.segment.liquid.expressions import Expression
from sandbox.segment.liquid.filters import FILTERS
from sandbox.segment.liquid.liquid_values import BLOCK, printed
from sandbox.segment.liquid.tokenizer import OUTPUT, TAG, TEXT, Piece, cut, lines
from sandbox.segment.liquid.variables import LiquidVariables, Output, Work
from sandbox.segment.not_simulated import Outside

DISABLED: Final = ("case", "for", "include", "layout", "render", "tablerow")
"""The tags that Segment disables."""


class StopRender(Exception):
    """Raised by `break` and `continue` outside of a loop, which end the template."""


def _nothing(_variables: LiquidVariables, _output: Output) -> None:
    """Write nothing."""


def _writing(content: str) -> Writes:
    return lambda _variables, output: output.write(content)


def text(piece: Piece, _: BlockReader) -> Writes:
    """Read text between tags, which is written."""
    return _writing(piece.content)


def print_(piece: Piece, _: BlockReader) -> Writes:
    """Read `{{ value | filter }}`, which prints the value."""
    value = piece.reader().filtered()
    return lambda variables, output: output.write(printed(value.evaluate(variables)))


def echo(piece: Piece, following: BlockReader) -> Writes:
    """Read `echo value`, which prints the value, or nothing without one."""
    return print_(piece, following) if piece.content else _nothing


def assign(piece: Piece, _: BlockReader) -> Writes:
    """Read `assign name = value`."""
    reader = piece.reader()
    name = reader.name()
    if not name:
        raise reader.fault("expected variable name")
    reader.skip_blanks()
    if reader.peek() != "=":
        raise reader.fault('expected "="')
    reader.at += 1
    value = reader.filtered()
    return lambda variables, _: variables.assign(name, value.evaluate(variables))


def capture(piece: Piece, following: BlockReader) -> Writes:
    """Read `capture name` up to `endcapture`; the output of its block becomes the variable."""
    reader = piece.reader()
    name = reader.name() or reader.quoted()
    if name is None:
        raise reader.fault("invalid capture name")
    block, _ = following.block(piece, "endcapture")

    def writes(variables: LiquidVariables, _: Output) -> None:
        captured = Output(variables.work)
        block.render(variables, captured)
        variables.assign(name, js.from_units(captured.getvalue()))

    return writes


def cycle(piece: Piece, _: BlockReader) -> Writes:
    """Read `cycle group: a, b`, which writes the next value each time, unless it is falsy."""
    reader = piece.reader()
    candidates: list[Expression] = []
    group = None
    first = reader.value()
    reader.skip_blanks()
    if first is not None and reader.peek() == ":":
        group = first
        reader.at += 1
    elif first is not None:
        candidates.append(first)
    while not reader.at_end():
        if (candidate := reader.value()) is not None:
            candidates.append(candidate)
        reader.skip_past(",")
    if not candidates:
        raise reader.fault(f'empty candidates: "{piece.all}"')

    def writes(variables: LiquidVariables, output: Output) -> None:
        name = MISSING if group is None else group.evaluate(variables)
        # liquidjs identifies a group by its name and its number of candidates
        group_of = (js.to_string(name), len(candidates))
        at = variables.cycles.get(group_of, 0)
        variables.cycles[group_of] = (at + 1) % len(candidates)
        value = candidates[at].evaluate(variables)
        if not js.is_falsy(value):
            output.write(printed(value))

    return writes


def count(piece: Piece, _: BlockReader) -> Writes:
    """Read `increment name` or `decrement name`, which writes the smaller of both numbers."""
    name, step = piece.reader().name(), 1 if piece.name == "increment" else -1
    return lambda variables, output: output.write(printed(min(variables.count(name, step))))


def comment(piece: Piece, following: BlockReader) -> Writes:
    """Read `comment` up to `endcomment`, which writes nothing."""
    following.skipped(piece)
    return _nothing


def inline_comment(piece: Piece, _: BlockReader) -> Writes:
    """Read `# comment`; each of its lines starts with a `#`."""
    written = piece.content.split("\n")
    if any(line.lstrip(js.WHITE_SPACE)[:1] not in {"", "#"} for line in written):
        raise Thrown("every line of an inline comment must start with a '#' character")
    return _nothing


def raw(piece: Piece, following: BlockReader) -> Writes:
    """Read `raw` up to `endraw`; the text between is written unchanged."""
    return _writing("".join(each.all for each in following.skipped(piece)))


def block(piece: Piece, following: BlockReader) -> Writes:
    """Read `block name` up to `endblock`, which is written in place, as there is no layout."""
    inside, _ = following.block(piece, "endblock")

    def writes(variables: LiquidVariables, output: Output) -> None:
        variables.scopes.append({"block": BLOCK})
        inside.render(variables, output)
        variables.scopes.pop()

    return writes


def liquid(piece: Piece, following: BlockReader) -> Writes:
    """Read `liquid`, each line of which is a tag."""
    return following.inner(lines(piece.source, piece.begin, piece.stop)).render


def stop(_piece: Piece, _following: BlockReader) -> Writes:
    """Read `break` or `continue`, which end the template: loops are disabled."""

    def writes(_variables: LiquidVariables, _output: Output) -> NoReturn:
        raise StopRender

    return writes


def disabled(piece: Piece, _: BlockReader) -> NoReturn:
    """Refuse a tag that Segment disables."""
    raise Thrown(f'tag "{piece.name}" is disabled')


def unknown(piece: Piece, _: BlockReader) -> NoReturn:
    """Refuse an unknown tag, or one that ends or divides a block that was not opened."""
    raise Thrown(f'tag "{piece.name}" not found')


TAGS: Final[dict[str, Reads]] = {
    "#": inline_comment,
    "assign": assign,
    "block": block,
    "break": stop,
    "capture": capture,
    "comment": comment,
    "continue": stop,
    "cycle": cycle,
    "decrement": count,
    "echo": echo,
    "if": conditional,
    "increment": count,
    "liquid": liquid,
    "raw": raw,
    "unless": conditional,
    **dict.fromkeys(DISABLED, disabled),
}
"""The function that reads each tag, by name."""
_KINDS: Final[dict[str, Reads]] = {TEXT: text, OUTPUT: print_}


def reads(piece: Piece) -> Reads:
    """Return the function that reads a piece."""
    return TAGS.get(piece.name, unknown) if piece.kind == TAG else _KINDS[piece.kind]


def read(text: str) -> Block:
    """Read a template; throws what liquidjs throws for an unreadable one."""
    return BlockReader(cut(js.to_units(text)), reads).everything()


def template(text: str, outside: Outside) -> Callable[[object], str]:
    """Return a function that renders a template on some data; it throws what liquidjs throws.

    An unreadable template throws there as well, because Segment reads it anew for each event.
    """
    error = None
    try:
        block = read(text)
    except Thrown as thrown:
        error = thrown

    def render(data: object) -> str:
        if error is not None:
            raise type(error)(error.message, name=error.name)
        variables = LiquidVariables({} if data is MISSING else data, Work(), FILTERS, outside)
        output = Output(variables.work)
        with suppress(StopRender):
            block.render(variables, output)
        return js.from_units(output.getvalue())

    return render
