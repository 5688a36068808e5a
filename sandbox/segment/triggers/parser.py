"""Parser: which conditions Segment takes from a trigger, and which of its tokens it ignores.

Segment knows no precedence, no nesting and no general negation: one pass, one list of nodes, one
operator for all of them, the last that is written.
"""

import dataclasses
from collections import deque
from typing import Final, NamedTuple

from sandbox.segment.javascript import INHERITED
from sandbox.segment.triggers import conditions, mistakes
from sandbox.segment.triggers.conditions import FUNCTIONS
from sandbox.segment.triggers.lexer import Token, tokenize
from sandbox.segment.triggers.mistakes import Ignored, Unreadable
from sandbox.segment.triggers.tree import HEADS, Group, Node, Nothing

_UNKNOWN: Final = {"and": "glued", "or": "glued", "not": "negation"}


class Reading(NamedTuple):
    """What Segment takes of a trigger, and the tokens it ignores."""

    tree: Group
    ignored: tuple[Ignored, ...]


def parse(text: str) -> Reading:
    """Return what Segment takes of a trigger; raises Unreadable where it finds an error."""
    tokens = tokenize(text)
    ignored: list[Ignored] = []
    node = _List(tokens, ignored).read(0, len(text))
    if lost := text[tokens[-1].start :]:
        ignored.append(Ignored(lost, tokens[-1].start, len(text), "lost"))
    if node is None or isinstance(node, Nothing):
        raise mistakes.no_condition(text, ignored)
    if not isinstance(node, Group):
        node = Group(operator="and", children=(node,), end=len(text))
    return Reading(node, tuple(sorted(ignored, key=lambda each: each.start)))


class _List:
    """A list of tokens on its way to a node: the whole trigger, or what parentheses hold."""

    def __init__(
        self, tokens: list[Token], ignored: list[Ignored], *, nested: bool = False
    ) -> None:
        self.left = deque(tokens)
        self.ignored = ignored
        self.nested = nested
        self.nodes: list[Node] = []
        self.conditionals: list[Token] = []

    def read(self, start: int, end: int) -> Node | None:
        """Return the node all tokens make, None if they make none; a group spans start to end."""
        while self.left:
            self.step(self.left.popleft())

        operator = self.conditionals[-1].text if self.conditionals else "and"
        for token in self.conditionals:
            if token.text != operator:
                self.ignore(token, "overridden")
        if len(self.nodes) > 1:
            return Group(operator=operator, children=tuple(self.nodes), start=start, end=end)
        return self.nodes[0] if self.nodes else None

    def step(self, token: Token) -> None:
        """Take one token, and those after it that belong to it."""
        match token.kind:
            case "eos":
                pass  # always the last
            case "name":
                self.name(token)
            case "(":
                self.nodes.append(self.parentheses(token))
            case "conditional":
                self.conditionals.append(token)
            case "operator" if token.text == "!" and self.left[0].text in FUNCTIONS:
                self.function(self.left.popleft(), negation=token)
            case _:
                self.ignore(token, "negation" if token.text == "!" else "stray")

    def name(self, token: Token) -> None:
        """Take a condition or a function; any other name is ignored."""
        head = conditions.head_of(token)
        if head in HEADS:
            operator, value = self.operator_and_value(token)
            self.nodes.append(conditions.comparison(token, operator, value))
        elif head in INHERITED:
            self.operator_and_value(token)
            self.ignore(token, "inherited")
        elif token.text in FUNCTIONS:
            self.function(token)
        else:
            self.ignore(token, _UNKNOWN.get(token.text, "unknown"))

    def operator_and_value(self, name: Token) -> tuple[Token, Token]:
        """Take the next two tokens, whatever they are."""
        operator = self.left.popleft()
        if not self.left:
            raise mistakes.no_value(name.text, name.start)
        return operator, self.left.popleft()

    def parentheses(self, opening: Token) -> Node:
        """Take all tokens up to the first closing parenthesis as a list of their own."""
        if self.nested:
            raise Unreadable(opening.start, mistakes.NESTED)
        inside = []
        while self.left and self.left[0].kind != ")":
            inside.append(self.left.popleft())
        if not self.left:
            raise Unreadable(opening.start, mistakes.UNCLOSED_PARENTHESIS)

        closing = self.left.popleft()
        end = Token("eos", "eos", closing.start, closing.start)
        node = _List([*inside, end], self.ignored, nested=True).read(opening.start, closing.end)
        return node or Nothing(start=opening.start, end=closing.end)

    def function(self, function: Token, *, negation: Token | None = None) -> None:
        """Take contains(name, value) or match(name, value); only the two arguments matter."""
        self.drop("(")
        name = self.argument(function, "1st")
        self.drop(",")
        value = self.argument(function, "2nd")
        closing = self.drop(")")

        condition = conditions.call(function, name, value, negated=negation is not None)
        if condition is None:
            self.ignore(name, "argument")
            return
        start, end = (negation or function).start, (closing or value).end
        self.nodes.append(dataclasses.replace(condition, start=start, end=end))

    def argument(self, function: Token, which: str) -> Token:
        """Take a function's argument, whatever it is."""
        if not self.left:
            raise mistakes.no_argument(function.text, which, function.start)
        return self.left.popleft()

    def drop(self, sign: str) -> Token | None:
        """Drop the next token, which is meant to be `sign`; return it if it is."""
        if not self.left:
            return None
        token = self.left.popleft()
        if token.kind == sign:
            return token
        if token.kind != "eos":
            self.ignore(token, "dropped")
        return None

    def ignore(self, token: Token, why: str) -> None:
        """Note a token that Segment passes over."""
        self.ignored.append(Ignored(token.text, token.start, token.end, why))
