"""Variables: the data and variables of a template while it is rendered, and a count of its work."""

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
"""Segment's own limit on the memory that the filters of one template use."""


class Work:
    """The work of a template so far.

    `used` is memory as liquidjs counts it, `written` the output, `handled` the size of the input
    and output of filters.
    """

    __slots__ = ("handled", "used", "written")

    def __init__(self) -> None:
        """Start at zero."""
        self.used = 0.0
        self.written = 0
        self.handled = 0.0

    def use(self, count: float) -> None:
        """Count memory of a filter; throws beyond liquidjs' limit, refuses beyond our own."""
        self.used += max(0, count)
        if self.used > MEMORY:
            raise Thrown("memory alloc limit exceeded")
        _check_size(self.used, MAX_TEXT)

    def write(self, count: int) -> None:
        """Count output and captured text."""
        spend(count)
        self.written += count
        _check_size(self.written, MAX_TEXT)

    def handle(self, count: float) -> None:
        """Count the input and output of a filter; NaN, from an invalid range, counts nothing."""
        count = max(0, count)
        spend(count)
        self.handled += count
        _check_size(self.handled, MAX_HANDLED)


def _check_size(size: float, most: float) -> None:
    if size > most:
        refuse("size")


class Output(io.StringIO):
    """The output of a template; counts what is written."""

    def __init__(self, work: Work) -> None:
        """Start empty; `work` counts what is written."""
        super().__init__()
        self.work = work

    def write(self, text: str) -> int:
        """Append the text."""
        self.work.write(len(text))
        return super().write(text)


@dataclass(frozen=True, slots=True)
class LiquidVariables:
    """Looks names up in `scopes`, of which the innermost is last, then in the data.

    `assign` and `capture` write to the first scope. `counters` has the values of `increment` if the
    data is not an object, `cycles` how often each group of `cycle` was rendered.
    """

    data: object
    work: Work
    filters: Mapping[str, LiquidFilter]
    outside: Outside
    scopes: list[dict[str, object]] = field(default_factory=lambda: [{}])
    counters: dict[str, object] = field(default_factory=dict)
    cycles: dict[tuple[str, int], int] = field(default_factory=dict)

    def get(self, names: list[object]) -> object:
        """Return the value of a variable, or with more names of a nested member."""
        return walk_to(self._scope_of(js.to_string(names[0])), names)

    def _scope_of(self, name: str) -> object:
        for scope in (*reversed(self.scopes), self.counters):
            if name in scope:
                return scope
        return {} if js.property_of(self.data, name) is MISSING else self.data

    def assign(self, name: str, value: object) -> None:
        """Set a variable."""
        self.scopes[0][name] = value

    def on(self, data: object) -> LiquidVariables:
        """Return variables for other data, which share the count of work."""
        return LiquidVariables(data, self.work, self.filters, self.outside)

    def count(self, name: str, step: int) -> tuple[float, float]:
        """Add `step` to a number in the data, by default 0; return it before and after."""
        if isinstance(self.data, list | tuple):
            refuse("counted array")
        if isinstance(self.data, str) and js.property_of(self.data, name) is not MISSING:
            of = "of object '[object String]'"
            raise Thrown(f"Cannot assign to read only property '{name}' {of}")
        counters = self.data if isinstance(self.data, dict) else self.counters
        value = counters.get(name)
        before = value if js.is_number(value) else 0
        after = js.to_double(before) + step
        counters[name] = after
        return before, after


LiquidFilter: TypeAlias = Callable[..., object]
"""A filter: a function of the variables, the value and the given arguments."""


def walk_to(value: object, names: list[object]) -> object:
    """Return the nested member of a value that the names lead to."""
    for name in names:
        value = member(value, plain(name))
    return value


def member(value: Any, name: object) -> object:
    """Return one member: an own property, an element (from the end if negative), size, first, last.

    A member of null or undefined is null or undefined itself.
    """
    if value is None:
        return None
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
    if isinstance(found, js.JavaScriptFunction):
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
