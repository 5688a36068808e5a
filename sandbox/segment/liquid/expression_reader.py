"""Reading: the values, operators and filters in a tag, as liquidjs reads them.

Its reader is lenient: it reads what it can, and throws only if it can read nothing. Indices count
UTF-16 units; the source has one character for each unit.
"""

import re
from collections.abc import Iterator
from typing import Final

from sandbox.segment.errors import Thrown
from sandbox.segment.javascript import from_units, to_number
from sandbox.segment.json_text import text_literal
from sandbox.segment.liquid import expressions
from sandbox.segment.liquid.liquid_errors import LiquidError, refuse
from sandbox.segment.liquid.liquid_values import LITERALS, PRECEDENCE
from sandbox.segment.not_simulated import MAX_NESTING

BLANKS: Final = (
    "\t\n\v\f\r \u00a0\u1680\u180e"
    "\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000"
)
"""White space between the parts of a tag; almost what JavaScript itself trims."""
WORD: Final = rf"(?:[A-Za-z0-9_?-]|[^\x00-\x7f{BLANKS}\u201c\u201d])"
"""The pattern of a unit of a name: a letter, a digit, `_-?`, and most units beyond ASCII."""
QUOTED: Final = r"""(?:"(?:\\.|[^"\\])*+["\\]?+|'(?:\\.|[^'\\])*+['\\]?+)"""
"""The pattern of a string in quotes, which may end with the source instead of a quote."""

_BLANKS = re.compile(rf"[{BLANKS}]*+")
_NAME = re.compile(rf"{WORD}*+")
_LITERAL = re.compile(rf"(?:{'|'.join(LITERALS)})(?!{WORD})")
_NUMBER = re.compile(rf"[+-]?[0-9]++(?:\.(?!\.)[0-9]*+)?(?!{WORD}|\.(?!\.))")
_STRING = re.compile(QUOTED, re.DOTALL)
_LONGEST_FIRST = sorted(PRECEDENCE, key=len, reverse=True)
_OPERATOR = re.compile(
    "|".join(rf"{name}(?!{WORD})" if name.isalpha() else name for name in _LONGEST_FIRST)
)
_IN_STRING = re.compile(
    r"\\(?:(?P<letter>[bfnrtv])|u(?P<hex>[0-9a-fA-F]{0,4})|(?P<octal>[0-7]{1,3})|(?P<other>.))|.\Z",
    re.DOTALL,
)
_CONTROLS: Final = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}
_SHOWN = 32


class Reader:
    """Reads a template from `at` to `stop`; `at` advances."""

    def __init__(self, source: str, at: int = 0, stop: int | None = None) -> None:
        """Start reading `source` at a place."""
        self.source = source
        self.at = at
        self.stop = len(source) if stop is None else stop
        self._depth = 0

    # the units

    def peek(self, ahead: int = 0) -> str:
        """Return the unit at that distance, "" beyond the end."""
        index = self.at + ahead
        return self.source[index] if index < self.stop else ""

    def at_end(self) -> bool:
        """Return whether nothing is left."""
        return self.at >= self.stop

    def skip_blanks(self) -> None:
        """Advance to the next unit that is not white space."""
        self._take(_BLANKS)

    def skip_past(self, unit: str) -> bool:
        """Advance past the next such unit, or to the end. Return whether it was found."""
        found = self.source.find(unit, self.at, max(self.at, self.stop))
        self.at = max(self.at, self.stop) if found < 0 else found + 1
        return found >= 0

    def _take(self, pattern: re.Pattern[str]) -> str:
        """Read what the pattern matches here, "" if it does not match."""
        found = pattern.match(self.source, self.at, self.stop)
        if found is None:
            return ""
        self.at = max(self.at, found.end())
        return found[0]

    def fault(self, message: str) -> LiquidError:
        """Return an error for this place."""
        return LiquidError.at("TokenizationError", message, self.source, self.at)

    def _rest(self) -> str:
        return snapshot(self.source[self.at : self.stop])

    # names, literals and values

    def name(self) -> str:
        """Read a name, "" if there is none."""
        self.skip_blanks()
        return from_units(self._take(_NAME))

    def value(self) -> expressions.Expression | None:
        """Read a literal, a string, a range, a number or a variable, with the members looked up."""
        self.skip_blanks()
        begin = self.at
        self._depth += 1
        if self._depth > MAX_NESTING:
            refuse("nesting")
        root = self._root()
        names = list(self._members(is_begin=root is None))
        self._depth -= 1
        return expressions.VariableLookup(self.source, begin, root, tuple(names)) if names else root

    def _root(self) -> expressions.Expression | None:
        if word := self._take(_LITERAL):
            return expressions.LiquidLiteral(LITERALS[word])
        if (string := self.quoted()) is not None:
            return expressions.LiquidLiteral(string)
        if self.peek() == "(":
            return self._range()
        number = self._take(_NUMBER)
        return expressions.LiquidLiteral(to_number(number)) if number else None

    def variable(self) -> expressions.Expression | None:
        """Read a variable with the members looked up in it, and no other value."""
        self.skip_blanks()
        begin = self.at
        names = list(self._members(is_begin=True))
        return expressions.VariableLookup(self.source, begin, None, tuple(names)) if names else None

    def quoted(self) -> str | None:
        """Read a string in quotes that begins here; if it is not closed, its last unit is lost."""
        string = self._take(_STRING)
        return from_units(_IN_STRING.sub(_read_in_string, string[1:])) if string else None

    def _range(self) -> expressions.Range:
        self.at += 1
        low = self._needed_value()
        self._expect("..")
        high = self._needed_value()
        self._expect(")")
        return expressions.Range(low, high)

    def _expect(self, text: str) -> None:
        self.skip_blanks()
        for unit in text:
            self.at += 1
            if self.source[self.at - 1 : self.at] != unit:
                raise self.fault("invalid range syntax")

    def _needed_value(self) -> expressions.Expression:
        value = self.value()
        if value is None:
            raise self.fault(f"unexpected token {self._rest()}, value expected")
        return value

    def _members(self, *, is_begin: bool) -> Iterator[expressions.Expression]:
        if is_begin and (name := self.name()):
            yield expressions.LiquidLiteral(name)
        while True:
            if self.peek() == "[":
                yield self._in_brackets()
            elif self.peek() == "." and self.peek(1) != ".":
                self.at += 1
                if not (name := self.name()):
                    return
                yield expressions.LiquidLiteral(name)
            else:
                return

    def _in_brackets(self) -> expressions.Expression:
        self.at += 1
        value = self.value() or expressions.LiquidLiteral("")
        if not self.skip_past("]"):
            raise self.fault("[ not closed")
        return value

    # expressions and filters

    def filtered(self) -> expressions.Filtered:
        """Read an expression and its filters, up to the end."""
        tokens = tuple(expressions.postfix(self._tokens()))
        if not tokens:
            raise self.fault(f"invalid value expression: {self._rest()}")
        return expressions.Filtered(tokens, tuple(self._calls()))

    def _tokens(self) -> Iterator[expressions.Expression | str]:
        while not self.at_end():
            self.skip_blanks()
            token = self._take(_OPERATOR) or self.value()
            if token is None:
                return
            yield token

    def _calls(self) -> Iterator[expressions.FilterCall]:
        while not self.at_end():
            self.at += 1
            if self.source[self.at - 1] != "|":
                raise self.fault('expected "|" before filter')
            name = self.name()
            if not name:
                if not self.at_end():
                    raise self.fault("expected filter name")
                return
            yield expressions.FilterCall(name, tuple(self._arguments()))

    def _arguments(self) -> Iterator[expressions.Argument]:
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
                raise self.fault(f"unexpected character {self._rest()}")

    def _argument(self) -> expressions.Argument | None:
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


def _read_in_string(found: re.Match[str]) -> str:
    """Return the character of an escape, "" for the last unit of a string, which is its quote."""
    if found["letter"]:
        return _CONTROLS[found["letter"]]
    if found["octal"]:
        return chr(int(found["octal"], 8))
    digits = found["hex"]
    if digits is None:
        return found["other"] or ""
    if len(digits) < 4 and found.end() == len(found.string):
        raise Thrown("Cannot read properties of undefined (reading 'charCodeAt')", name="TypeError")
    return chr(int(digits or "0", 16))


def snapshot(text: str) -> str:
    """Return the start of a string in quotes, as errors show it."""
    shown = text if len(text) <= _SHOWN else text[: _SHOWN - 3] + "..."
    return text_literal(shown)
