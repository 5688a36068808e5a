"""Variables: what a template sees while it is rendered, and how much it has worked."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

from sandbox.segment import javascript as js
from sandbox.segment.effort import spend, spend_on_text
from sandbox.segment.errors import Thrown
from sandbox.segment.javascript import MISSING
from sandbox.segment.liquid.liquid_errors import refuse
from sandbox.segment.liquid.liquid_values import BLOCK, Drop, plain
from sandbox.segment.not_simulated import MAX_HANDLED, MAX_TEXT, Outside

MEMORY: Final = 100_000_000
"""Segment's own limit on what the filters of one template use."""


class Work:
    """What a template has used so far.

    `used` is memory as liquidjs counts it, `written` output, `handled` what filters were given and
    gave.
    """

    __slots__ = ("handled", "used", "written")

    def __init__(self) -> None:
        """Start with nothing used."""
        self.used = 0.0
        self.written = 0
        self.handled = 0.0

    def use(self, count: float) -> None:
        """Count what a filter uses; throws beyond liquidjs' limit, refuses beyond our own."""
        if not count > 0:
            return
        if self.used + count > MEMORY:
            raise Thrown("memory alloc limit exceeded")
        self.used += count
        if self.used > MAX_TEXT:
            refuse("size")

    def write(self, count: int) -> None:
        """Count what is written out or captured."""
        spend(count)
        self.written += count
        if self.written > MAX_TEXT:
            refuse("size")

    def handle(self, count: float) -> None:
        """Count what a filter is given or gives; a range that ends at no number is empty."""
        if not count > 0:
            return
        spend(count)
        self.handled += count
        if self.handled > MAX_HANDLED:
            refuse("size")


class Output(io.StringIO):
    """The text a template writes, counted."""

    def __init__(self, work: Work) -> None:
        """Start empty; `work` is what counts."""
        super().__init__()
        self.work = work

    def write(self, text: str) -> int:
        """Append the text."""
        self.work.write(len(text))
        return super().write(text)


@dataclass(frozen=True, slots=True)
class Variables:
    """Where names are looked up: in `scopes`, the innermost last, then in the data.

    `assign` and `capture` write to the first scope. `counters` holds what `increment` makes of
    names where the data is not an object, `cycles` how often each group of `cycle` was reached.
    """

    data: object
    work: Work
    filters: Mapping[str, Filter]
    outside: Outside
    scopes: list[dict[str, object]] = field(default_factory=lambda: [{}])
    counters: dict[str, object] = field(default_factory=dict)
    cycles: dict[tuple[str, int], int] = field(default_factory=dict)

    def get(self, names: list[object]) -> object:
        """Return what the names lead to, the first one being a variable."""
        return walk(self._scope_of(js.to_string(names[0])), names)

    def _scope_of(self, name: str) -> object:
        for scope in (*reversed(self.scopes), self.counters):
            if name in scope:
                return scope
        return {} if js.property_of(self.data, name) is MISSING else self.data

    def assign(self, name: str, value: object) -> None:
        """Give a variable its value."""
        self.scopes[0][name] = value

    def on(self, data: object) -> Variables:
        """Return the variables of another value alone, counting the same work."""
        return Variables(data, self.work, self.filters, self.outside)

    def count(self, name: str, step: int) -> tuple[float, float]:
        """Change a number of the data, 0 if there is none; return it before and after."""
        if isinstance(self.data, list | tuple):
            refuse("counted array")
        if isinstance(self.data, str) and js.property_of(self.data, name) is not MISSING:
            of = "of object '[object String]'"
            raise Thrown(f"Cannot assign to read only property '{name}' {of}", name="TypeError")
        counters = self.data if isinstance(self.data, dict) else self.counters
        value = counters.get(name)
        before = value if js.is_number(value) else 0
        exact = before if abs(before) < js.MAX_SAFE else js.to_double(before)
        counters[name] = exact + step
        return before, exact + step


Filter: TypeAlias = Callable[..., object]
"""What a filter does: it takes the variables, the value and the arguments that are given."""


def walk(value: object, names: list[object]) -> object:
    """Return the member of a member ... of the value that the names lead to."""
    for name in names:
        value = member(value, plain(name))
    return value


def member(value: Any, name: object) -> object:
    """Return one member: an own property, an element (from the end if negative), size, first, last.

    Null and undefined are their own members.
    """
    if value is None or value is MISSING:
        return value
    if isinstance(value, Drop):
        word = js.to_string(name)
        if word in _BUILT_INS:
            refuse("built-ins")
        return "" if value is BLOCK and word in {"super", "superBlockRender"} else MISSING
    is_list = isinstance(value, list | tuple)
    if is_list and isinstance(name, int | float) and name < 0:
        name = js.to_double(len(value) + js.to_double(name))
    if isinstance(value, str):
        spend_on_text(value)
    found = js.property_of(value, js.to_string(name))
    if isinstance(found, js.Function):
        refuse("built-ins")
    if found is not MISSING:
        return found
    if name == "size" and not (isinstance(value, dict) and name in value):
        return len(value) if isinstance(value, dict) else js.property_of(value, "length")
    if is_list and value and isinstance(name, str) and name in _ENDS:
        return value[_ENDS[name]]
    return MISSING


_ENDS: Final = {"first": 0, "last": -1}
_BUILT_INS: Final = js.INHERITED | {"equals", "gt", "geq", "lt", "leq", "liquidMethodMissing"}
