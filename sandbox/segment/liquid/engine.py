"""Engine: a template's text in, the function out that renders it on some data."""

from collections.abc import Callable
from contextlib import suppress

from sandbox.segment.errors import Thrown
from sandbox.segment.javascript import MISSING, Json, from_units, to_units
from sandbox.segment.liquid.blocks import Block, BlockReader
from sandbox.segment.liquid.filters import FILTERS
from sandbox.segment.liquid.pieces import cut
from sandbox.segment.liquid.tags import StopRender, reads
from sandbox.segment.liquid.variables import Output, Variables, Work
from sandbox.segment.outside import Outside


def read(text: str) -> Block:
    """Read a template; throws what liquidjs throws for one that cannot be read."""
    return BlockReader(cut(to_units(text)), reads).everything()


def template(text: str, outside: Outside) -> Callable[[Json], str]:
    """Return the function that renders a template on some data; it throws what liquidjs throws.

    So does a template that cannot be read, as Segment reads it for each event anew.
    """
    try:
        block = read(text)
    except Thrown as error:
        return _throwing(error)

    def render(data: Json) -> str:
        variables = Variables({} if data is MISSING else data, Work(), FILTERS, outside)
        output = Output(variables.work)
        with suppress(StopRender):
            block.render(variables, output)
        return from_units(output.getvalue())

    return render


def _throwing(error: Thrown) -> Callable[[Json], str]:
    def render(_data: Json) -> str:
        raise type(error)(error.message, name=error.name)

    return render
