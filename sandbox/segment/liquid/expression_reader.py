"""Reading: the values, operators and filters in a tag, one UTF-16 unit at a time.

The reader follows liquidjs' own, which is lenient: it takes what it can and says only where it
could take nothing.
"""

from __future__ import annotations

from collections.abc import Iterator

from sandbox.segment.javascript import from_units, to_number
from sandbox.segment.json_text import text_literal
from sandbox.segment.liquid.characters import BLANKS, DIGITS, QUOTES, SIGNS, is_word
from sandbox.segment.liquid.expressions import (
    Call,
    Expression,
    Filtered,
    Literal,
    Lookup,
    Operator,
    Range,
    Value,
)
from sandbox.segment.liquid.liquid_errors import LiquidError, refuse
from sandbox.segment.liquid.liquid_values import LITERALS
from sandbox.segment.liquid.string_literals import unquoted
from sandbox.segment.liquid.value_operators import BINARY, NOT
from sandbox.segment.not_simulated import MAX_NESTING

_OPERATORS = sorted((*BINARY, NOT), key=len, reverse=True)
_SHOWN = 32


class Reader:
    """A place in a template, from `at` to `stop`, that moves on as it reads."""

    def __init__(self, source: str, at: int = 0, stop: int | None = None) -> None:
        """Start reading `source` at a place."""
        self.source = source
        self.at = at
        self.stop = len(source) if stop is None else stop
        self._depth = 0

    # the units

    def peek(self, ahead: int = 0) -> str:
        """Return the unit that many ahead, "" at the end."""
        index = self.at + ahead
        return self.source[index] if index < self.stop else ""

    def at_end(self) -> bool:
        """Return whether nothing is left."""
        return self.at >= self.stop

    def skip_blanks(self) -> None:
        """Go on to the next unit that is not white space."""
        while self.peek() in BLANKS:
            self.at += 1

    def skip_past(self, text: str) -> bool:
        """Go on after the next `text`, or to the end. Return whether it was found.

        At least one unit is skipped, and `text` may have begun before.
        """
        found = self.source.find(text, max(0, self.at + 1 - len(text)))
        end = found + len(text)
        if self.at_end() or found < 0 or end > self.stop:
            self.at = max(self.at, self.stop)
            return False
        self.at = end
        return True

    def fault(self, message: str, at: int | None = None) -> LiquidError:
        """Return the error of text that cannot be read."""
        return LiquidError.at(
            "TokenizationError", message, self.source, self.at if at is None else at
        )

    def rest(self, begin: int | None = None) -> str:
        """Return what is left, or what comes from `begin`, quoted and shortened for an error."""
        return snapshot(self.source[self.at if begin is None else begin : self.stop])

    # names, literals and values

    def name(self) -> str:
        """Read a name, "" if there is none."""
        self.skip_blanks()
        begin = self.at
        while not self.at_end() and is_word(self.source[self.at]):
            self.at += 1
        return from_units(self.source[begin : self.at])

    def value(self) -> Value | None:
        """Read a literal, a string, a range, a number or a variable, with its lookups."""
        self.skip_blanks()
        begin = self.at
        self._depth += 1
        if self._depth > MAX_NESTING:
            refuse("nesting")
        root = self._word() or self.quoted() or self._range() or self._number()
        names = list(self._members(is_begin=root is None))
        self._depth -= 1
        return Lookup(self.source, begin, root, tuple(names)) if names else root

    def variable(self) -> Value | None:
        """Read a variable with what is looked up in it, and nothing else."""
        self.skip_blanks()
        begin = self.at
        names = list(self._members(is_begin=True))
        return Lookup(self.source, begin, None, tuple(names)) if names else None

    def _word(self) -> Literal | None:
        for word, literal in LITERALS.items():
            if self._takes(word):
                return Literal(literal)
        return None

    def _takes(self, word: str) -> bool:
        """Read a word or an operator, unless a longer name begins with it."""
        end = self.at + len(word)
        if end > self.stop or not self.source.startswith(word, self.at):
            return False
        if is_word(word[-1]) and end < self.stop and is_word(self.source[end]):
            return False
        self.at = end
        return True

    def quoted(self) -> Literal | None:
        """Read a string in quotes; where it is not closed, its last unit is lost."""
        self.skip_blanks()
        begin = self.at
        if self.peek() not in QUOTES:
            return None
        self.at += 1
        escaped = False
        while self.at < self.stop:
            unit = self.source[self.at]
            self.at += 1
            if unit == self.source[begin] and not escaped:
                break
            escaped = not escaped and unit == "\\"
        return Literal(from_units(unquoted(self.source[begin : self.at])))

    def _range(self) -> Range | None:
        if self.peek() != "(":
            return None
        self.at += 1
        low = self._needed_value()
        self._expect("..")
        high = self._needed_value()
        self._expect(")")
        return Range(low, high)

    def _expect(self, text: str) -> None:
        self.skip_blanks()
        for unit in text:
            self.at += 1
            if self.source[self.at - 1 : self.at] != unit:
                raise self.fault("invalid range syntax")

    def _needed_value(self) -> Value:
        value = self.value()
        if value is None:
            raise self.fault(f"unexpected token {self.rest()}, value expected")
        return value

    def _number(self) -> Literal | None:
        size = 1 if self.peek() in SIGNS else 0
        digits = point = False
        while True:
            unit = self.peek(size)
            if unit in DIGITS:
                digits = True
            elif unit == "." and self.peek(size + 1) != ".":
                if point or not digits:
                    return None
                point = True
            else:
                break
            size += 1
        if not digits or is_word(self.peek(size)):
            return None
        self.at += size
        return Literal(to_number(self.source[self.at - size : self.at]))

    def _members(self, *, is_begin: bool) -> Iterator[Value]:
        if is_begin and self.peek() != "[" and (name := self.name()):
            yield Literal(name)
        while True:
            if self.peek() == "[":
                yield self._in_brackets()
            elif self.peek() == "." and self.peek(1) != ".":
                self.at += 1
                if not (name := self.name()):
                    return
                yield Literal(name)
            else:
                return

    def _in_brackets(self) -> Value:
        self.at += 1
        value = self.value() or Literal("")
        if not self.skip_past("]"):
            raise self.fault("[ not closed")
        return value

    # expressions and filters

    def filtered(self) -> Filtered:
        """Read an expression and the filters it goes through, up to the end."""
        expression = Expression.of(list(self._tokens()))
        if not expression.postfix:
            raise self.fault(f"invalid value expression: {self.rest()}")
        return Filtered(expression, tuple(self._calls()))

    def _tokens(self) -> Iterator[Value | Operator]:
        while not self.at_end():
            token = self._operator() or self.value()
            if token is None:
                return
            yield token

    def _operator(self) -> Operator | None:
        self.skip_blanks()
        return next((Operator(name) for name in _OPERATORS if self._takes(name)), None)

    def _calls(self) -> Iterator[Call]:
        while True:
            self.skip_blanks()
            if self.at_end():
                return
            self.at += 1
            if self.source[self.at - 1] != "|":
                raise self.fault('expected "|" before filter')
            name = self.name()
            if not name:
                if not self.at_end():
                    raise self.fault("expected filter name")
                return
            yield Call(name, tuple(self._arguments()))

    def _arguments(self) -> Iterator[Value | tuple[str, Value | None]]:
        self.skip_blanks()
        if self.at_end() or self.peek() == "|":
            return
        if self.peek() != ":":
            raise self.fault('expected ":" after filter name')
        while True:
            self.at += 1
            if (argument := self._argument()) is not None:
                yield argument
            self.skip_blanks()
            if self.at_end() or self.peek() == "|":
                return
            if self.peek() != ",":
                raise self.fault(f"unexpected character {self.rest()}")

    def _argument(self) -> Value | tuple[str, Value | None] | None:
        self.skip_blanks()
        begin = self.at
        key = self.value()
        if key is None:
            return None
        end = self.at
        self.skip_blanks()
        if self.peek() != ":":
            return key
        self.at += 1
        return (from_units(self.source[begin:end]), self.value())


def snapshot(text: str) -> str:
    """Return the beginning of a string in quotes, as errors show it."""
    shown = text if len(text) <= _SHOWN else text[: _SHOWN - 3] + "..."
    return text_literal(shown)
