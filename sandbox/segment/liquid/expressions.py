"""Expressions: what the values, operators and filters of a template give for some variables."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

from sandbox.segment.errors import NotSimulated, Thrown
from sandbox.segment.javascript import MISSING, Json
from sandbox.segment.liquid.liquid_errors import LiquidError, refuse
from sandbox.segment.liquid.liquid_values import is_true, number_of, plain
from sandbox.segment.liquid.value_operators import BINARY, NOT, PRECEDENCE
from sandbox.segment.liquid.variables import A_VALUE, Variables, walk


@dataclass(frozen=True, slots=True)
class Literal:
    """A value that stands in the template; also the name of a variable or member."""

    content: Json

    def evaluate(self, variables: Variables) -> Json:
        """Return the value."""
        del variables
        return self.content


@dataclass(frozen=True, slots=True)
class Lookup:
    """A variable, or a value, with the members looked up in it; `at` is where it stands."""

    source: str
    at: int
    root: Value | None
    names: tuple[Value, ...]

    def evaluate(self, variables: Variables) -> Json:
        """Return what is found, MISSING if nothing is."""
        names = [name.evaluate(variables) for name in self.names]
        try:
            if self.root is None:
                return variables.get(names)
            return walk(self.root.evaluate(variables), names)
        except NotSimulated:
            raise
        except Thrown as error:
            name = "UndefinedVariableError"
            raise LiquidError.at(name, error.message, self.source, self.at) from None


@dataclass(frozen=True, slots=True)
class Range:
    """The numbers from one value to another."""

    low: Value
    high: Value

    def evaluate(self, variables: Variables) -> Json:
        """Return the numbers as a list."""
        low = number_of(self.low.evaluate(variables))
        high = number_of(self.high.evaluate(variables))
        variables.work.use(high - low + 1)
        variables.work.handle(A_VALUE * max(high - low + 1, 0))
        numbers: list[float] = []
        if low + 1 == low:
            refuse("size")
        while low < high + 1:
            numbers.append(low)
            low += 1
        return numbers


Value: TypeAlias = Literal | Lookup | Range


@dataclass(frozen=True, slots=True)
class Operator:
    """An operator between two values, or before one."""

    name: str


@dataclass(frozen=True, slots=True)
class Expression:
    """Values and the operators on them, in the order in which they are worked off."""

    postfix: tuple[Value | Operator, ...]

    @classmethod
    def of(cls, tokens: list[Value | Operator]) -> Expression:
        """Return the expression of values and operators as they are written."""
        return cls(tuple(_postfix(tokens)))

    def evaluate(self, variables: Variables) -> Json:
        """Return the first value that is left; a value an operator lacks is MISSING."""
        left: list[Json] = []
        for token in self.postfix:
            if not isinstance(token, Operator):
                left.append(token.evaluate(variables))
                continue
            last = left.pop() if left else MISSING
            if token.name == NOT:
                left.append(not is_true(plain(last)))
            else:
                left.append(BINARY[token.name](left.pop() if left else MISSING, last))
        return left[0]


def _postfix(tokens: list[Value | Operator]) -> Iterator[Value | Operator]:
    waiting: list[Operator] = []
    for token in tokens:
        if not isinstance(token, Operator):
            yield token
            continue
        while waiting and PRECEDENCE[waiting[-1].name] > PRECEDENCE[token.name]:
            yield waiting.pop()
        waiting.append(token)
    yield from reversed(waiting)


@dataclass(frozen=True, slots=True)
class Call:
    """A filter by its name, and its arguments; one with a name is given as a pair."""

    name: str
    arguments: tuple[Value | tuple[str, Value | None], ...]

    def evaluate(self, value: Json, variables: Variables) -> Json:
        """Return what the filter makes of the value; an unknown one makes nothing of it."""
        arguments = [_argument(argument, variables) for argument in self.arguments]
        work = variables.filters.get(self.name)
        if work is None:
            return value
        result = work(variables, value, *arguments)
        variables.work.handle(_size(value) + _size(result))
        return result


def _size(value: Json) -> int:
    return len(value) if isinstance(value, str | list) else 0


def _argument(argument: Value | tuple[str, Value | None], variables: Variables) -> Json:
    if not isinstance(argument, tuple):
        return argument.evaluate(variables)
    name, value = argument
    return [name, MISSING if value is None else value.evaluate(variables)]


@dataclass(frozen=True, slots=True)
class Filtered:
    """An expression and the filters its value goes through."""

    expression: Expression
    calls: tuple[Call, ...]

    def evaluate(self, variables: Variables) -> Json:
        """Return the value that comes out of the last filter."""
        value = self.expression.evaluate(variables)
        for call in self.calls:
            value = call.evaluate(value, variables)
        return value
