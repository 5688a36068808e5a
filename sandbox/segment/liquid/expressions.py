"""Expressions: evaluate the values, operators and filters of a template."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TypeAlias

from sandbox.segment.effort import A_VALUE
from sandbox.segment.errors import NotSimulated, Thrown
from sandbox.segment.javascript import MISSING
from sandbox.segment.liquid.liquid_errors import LiquidError, refuse
from sandbox.segment.liquid.liquid_values import BINARY, NOT, PRECEDENCE, is_true, number_of
from sandbox.segment.liquid.variables import LiquidVariables, walk_to


@dataclass(frozen=True, slots=True)
class LiquidLiteral:
    """A literal value in the template; also the name of a variable or member."""

    content: object

    def evaluate(self, _variables: LiquidVariables) -> object:
        """Return the value."""
        return self.content


@dataclass(frozen=True, slots=True)
class VariableLookup:
    """A variable, or a value, with the members looked up in it; `at` is its index."""

    source: str
    at: int
    root: Expression | None
    names: tuple[Expression, ...]

    def evaluate(self, variables: LiquidVariables) -> object:
        """Return the value found, MISSING if there is none."""
        names = [name.evaluate(variables) for name in self.names]
        try:
            if self.root is None:
                return variables.get(names)
            return walk_to(self.root.evaluate(variables), names)
        except NotSimulated:
            raise
        except Thrown as error:
            name = "UndefinedVariableError"
            raise LiquidError.at(name, error.message, self.source, self.at) from None


@dataclass(frozen=True, slots=True)
class Range:
    """The numbers from one value to another."""

    low: Expression
    high: Expression

    def evaluate(self, variables: LiquidVariables) -> object:
        """Return the numbers as a list."""
        low = number_of(self.low.evaluate(variables))
        high = number_of(self.high.evaluate(variables))
        size = high - low + 1
        variables.work.use(size)
        variables.work.handle(A_VALUE * size)
        numbers: list[float] = []
        if low + 1 == low:
            refuse("size")
        while low < high + 1:
            numbers.append(low)
            low += 1
        return numbers


Expression: TypeAlias = LiquidLiteral | VariableLookup | Range
Argument: TypeAlias = Expression | tuple[str, Expression | None]
"""An argument of a filter; a named one is a pair."""


@dataclass(frozen=True, slots=True)
class FilterCall:
    """A call of a filter: its name and its arguments."""

    name: str
    arguments: tuple[Argument, ...]

    def evaluate(self, value: object, variables: LiquidVariables) -> object:
        """Return the filter's result for the value; an unknown filter returns the value."""
        arguments = [_argument(argument, variables) for argument in self.arguments]
        work = variables.filters.get(self.name)
        if work is None:
            return value
        result = work(variables, value, *arguments)
        variables.work.handle(_size(value) + _size(result))
        return result


def _size(value: object) -> int:
    return len(value) if isinstance(value, str | list) else 0


def _argument(argument: Argument, variables: LiquidVariables) -> object:
    if not isinstance(argument, tuple):
        return argument.evaluate(variables)
    name, value = argument
    return [name, MISSING if value is None else value.evaluate(variables)]


@dataclass(frozen=True, slots=True)
class Filtered:
    """Values and operators in postfix order, and the filters that follow.

    An operator is the string that is written.
    """

    postfix: tuple[Expression | str, ...]
    calls: tuple[FilterCall, ...]

    def evaluate(self, variables: LiquidVariables) -> object:
        """Return the result of the last filter.

        Of several values without an operator the first one counts; a missing operand is MISSING.
        """
        left: list[object] = []
        for token in self.postfix:
            if not isinstance(token, str):
                left.append(token.evaluate(variables))
                continue
            last = left.pop() if left else MISSING
            if token == NOT:
                left.append(not is_true(last))
            else:
                left.append(BINARY[token](left.pop() if left else MISSING, last))
        value = left[0]
        for call in self.calls:
            value = call.evaluate(value, variables)
        return value


def postfix(tokens: Iterable[Expression | str]) -> Iterator[Expression | str]:
    """Yield values and operators, given in written order, in postfix order."""
    waiting: list[str] = []
    for token in tokens:
        if not isinstance(token, str):
            yield token
            continue
        while waiting and PRECEDENCE[waiting[-1]] > PRECEDENCE[token]:
            yield waiting.pop()
        waiting.append(token)
    yield from reversed(waiting)
