"""Engine: python-liquid with liquidjs' reading, tags and filters in the place of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache

from liquid import Environment
from liquid.exceptions import BlockNestingError
from liquid.token import Token

from sandbox.segment.errors import Thrown
from sandbox.segment.javascript import Json, from_units, to_units
from sandbox.segment.liquid.context import Context
from sandbox.segment.liquid.faults import Fault, Refused
from sandbox.segment.liquid.filters import FILTERS
from sandbox.segment.liquid.nodes import ReadTag, tokens
from sandbox.segment.liquid.pieces import cut
from sandbox.segment.liquid.refusals import DEEPEST
from sandbox.segment.liquid.tags import TAGS


class Engine(Environment):
    """An environment of python-liquid that has nothing of its own left but the machinery."""

    block_nesting_limit = DEEPEST
    suppress_blank_control_flow_blocks = False

    def setup_tags_and_filters(self, *, extra: bool = False) -> None:
        """Register our tags and filters, and no others."""
        del extra
        self.tags = {name: ReadTag(self, reads) for name, reads in TAGS.items()}
        self.filters = dict(FILTERS)

    def tokenizer(self) -> Callable[[str], Iterator[Token]]:
        """Return what cuts a template."""
        return _tokens


def _tokens(source: str) -> Iterator[Token]:
    try:
        return iter(tokens(cut(source)))
    except Thrown as error:
        raise Fault(error.name, error.message) from None


@lru_cache(maxsize=1)
def engine() -> Engine:
    """Return the one environment; it holds no state."""
    return Engine()


def template(text: str) -> Callable[[Json], str]:
    """Return the function that renders a template on some data; it throws what liquidjs throws.

    So does a template that cannot be read, as Segment reads it for each event anew.
    """
    try:
        parsed = engine().from_string(to_units(text))
    except (Fault, Refused, BlockNestingError) as error:
        return _throws(_thrown(error))

    def render(data: Json) -> str:
        context = Context(parsed, data)
        output = context.output()
        try:
            parsed.render_with_context(context, output)
        except (Fault, Refused) as error:
            raise _thrown(error) from None
        return from_units(output.getvalue())

    return render


def _throws(thrown: Thrown) -> Callable[[Json], str]:
    def render(_data: Json) -> str:
        raise Thrown(thrown.message, name=thrown.name)

    return render


def _thrown(error: Fault | Refused | BlockNestingError) -> Thrown:
    if isinstance(error, Fault):
        return Thrown(from_units(error.text), name=error.name)
    return Thrown(
        (error if isinstance(error, Refused) else Refused("nesting")).text, name="Refused"
    )
