"""Meant: the trigger its writer had in mind, in words that Segment takes that way.

The text is read as any other language would be: `and` binds tighter than `or`, parentheses nest,
`not` negates, a bare value after `or` repeats the comparison before it. What comes out is written
with at most one level of parentheses, and without calls in them, for Segment reads no more.
"""

from collections import deque
from dataclasses import replace
from functools import lru_cache
from typing import Final

from sandbox.reasoning.budget import TooLarge
from sandbox.reasoning.literals import OPPOSITES
from sandbox.reasoning.loose_lexer import Word, words_of
from sandbox.reasoning.ways import terms
from sandbox.segment.triggers import Trigger, parse_trigger
from sandbox.segment.triggers.mistakes import Unreadable
from sandbox.segment.triggers.parser import parse
from sandbox.segment.triggers.tree import CONTAINERS, HEADS, Condition, Group, Node

_ORDERS: Final = ("<", "<=", ">", ">=")
_STARTS: Final = ("(", "not", "name")
_VALUES: Final = ("string", "number", "name", "null", "true", "false")
_MOST_GROUPS: Final = 12
_SHORT: Final = 100
_DEEPEST: Final = 50
"""Levels of parentheses and negations that are read."""


class _UnclearError(Exception):
    """What is meant cannot be told."""


def meant(text: str, taken: Trigger | None = None) -> Trigger | None:
    """Return the trigger that was probably meant, None where that cannot be told or written.

    `taken` is what Segment takes the text for; it is returned where that was meant, and written.
    """
    words = words_of(text)
    if not words:
        return None
    reader = _Reader(words)
    try:
        node = reader.either()
        if reader.left:
            return None
        return _written(node, taken)
    except (_UnclearError, TooLarge):
        return None


class _Reader:
    """A recursive descent through the words; each method's docstring is its grammar line."""

    def __init__(self, words: list[Word]) -> None:
        self.left = deque(words)
        self.last: tuple[str, str] | None = None  # name and operator of the comparison before
        self.depth = 0

    def peek(self, offset: int = 0) -> str:
        return self.left[offset].kind if len(self.left) > offset else "end"

    def take(self, *kinds: str) -> Word:
        if self.peek() not in kinds:
            raise _UnclearError
        return self.left.popleft()

    def takes(self, kind: str, text: str = "") -> bool:
        if self.peek() != kind or (text and self.left[0].text != text):
            return False
        self.take(kind)
        return True

    def either(self) -> Node:
        """`either` = all ("or" all)*."""
        parts = [self.all()]
        while self.takes("join", "or"):
            parts.append(self.all())
        return _group("or", parts)

    def all(self) -> Node:
        """`all` = one (("and" | ",")? one)*."""
        parts = [self.one()]
        while self.takes("join", "and") or self.takes(",") or self.peek() in _STARTS:
            parts.append(self.one())
        return _group("and", parts)

    def one(self) -> Node:
        """`one` = nested | call | comparison | value."""
        if self.peek() in {"not", "("}:
            return self.nested()
        if self.peek() == "name" and self.peek(1) == "(":
            return self.call()
        if self.peek() == "name" and self.peek(1) == "operator":
            return self.comparison()
        return self.repeated()

    def nested(self) -> Node:
        """`nested` = "not" one | "(" either ")"."""
        self.depth += 1
        if self.depth > _DEEPEST:
            raise _UnclearError
        if self.takes("not"):
            node = _negated(self.one())
        else:
            self.take("(")
            node = self.either()
            self.take(")")
        self.depth -= 1
        return node

    def call(self) -> Node:
        """`call` = name "(" name "," value ")"."""
        function = self.take("name").text.lower()
        self.take("(")
        name = self.take("name").text
        self.take(",")
        value = self.take(*_VALUES).text
        self.take(")")
        match function:
            case "contains":
                return _clause(f'contains({name}, "{value.replace("*", "")}")')
            case "match" | "matches":
                return _pattern(name, value)
        raise _UnclearError

    def comparison(self) -> Node:
        """`comparison` = name operator value."""
        name, operator = self.take("name").text, self.take("operator").text
        self.last = name, operator
        return _compared(name, operator, self.take(*_VALUES))

    def repeated(self) -> Node:
        """value: once more the name and operator of the comparison before."""
        if self.last is None:
            raise _UnclearError
        return _compared(*self.last, self.take("string", "number"))


def _group(operator: str, parts: list[Node]) -> Node:
    flat: list[Node] = []
    for part in parts:
        same = isinstance(part, Group) and part.operator == operator
        flat += part.children if same and isinstance(part, Group) else (part,)
    return flat[0] if len(flat) == 1 else Group(operator=operator, children=tuple(flat))


def _negated(node: Node) -> Node:
    if isinstance(node, Group):
        other = "or" if node.operator == "and" else "and"
        return Group(operator=other, children=tuple(map(_negated, node.children)))
    if not isinstance(node, Condition) or node.operator not in OPPOSITES:
        raise _UnclearError
    return replace(node, operator=OPPOSITES[node.operator])


def _compared(name: str, operator: str, word: Word) -> Node:
    head, _, rest = name.partition(".")
    known = next((each for each in HEADS if each.lower() == head.lower()), None)
    if known is None or (rest and known not in CONTAINERS):
        raise _UnclearError  # nothing else of an event can be looked at
    name = f"{known}.{rest}" if rest else known
    if word.kind == "string" and operator in {"=", "!="} and "*" in word.text:
        node = _pattern(name, word.text)
        return node if operator == "=" else _negated(node)
    if word.kind == "null" and known in {"type", "event"}:
        if operator != "!=":
            raise _UnclearError  # no clause holds for what is missing and fails for all strings
        return _clause(f'contains({name}, "")')
    return _clause(f"{name} {_operator_and_value(known, operator, word)}")


def _operator_and_value(head: str, operator: str, word: Word) -> str:
    is_typed = head in CONTAINERS or operator not in {"=", "!="}
    match word.kind:
        case "true" | "false" if head in CONTAINERS:
            wanted = (word.text == "true") == (operator == "=")
            return f"= {'true' if wanted else 'false'}"
        case "null":
            return f"{operator} null"
        case "number" if is_typed:
            return f"{operator} {word.text}"
        case "string" if operator in _ORDERS:
            return f"{operator} {word.text}"
    return f'{operator} "{word.text}"'


def _pattern(name: str, pattern: str) -> Node:
    """Return the clauses of a string with a star for anything."""
    first, *middle, last = pattern.split("*") if "*" in pattern else (pattern, "")
    if "*" not in pattern:
        return _clause(f'{name} = "{pattern}"')
    clauses = [
        *([f'match({name}, "{first}*")'] if first else []),
        *(f'contains({name}, "{part}")' for part in middle if part),
        *([f'match({name}, "*{last}")'] if last else []),
    ]
    return _group("and", [_clause(clause) for clause in clauses or [f'contains({name}, "")']])


def _clause(text: str) -> Condition:
    return _short_clause(text) if len(text) < _SHORT else _long_clause(text)


def _long_clause(text: str) -> Condition:
    try:
        tree, ignored = parse(text)
    except Unreadable:
        raise _UnclearError from None
    node = tree.children[0]
    if ignored or len(tree.children) > 1 or not isinstance(node, Condition):
        raise _UnclearError
    return node


_short_clause = lru_cache(maxsize=256)(_long_clause)  # most are alike: `type = "track"`


def _written(node: Node, taken: Trigger | None) -> Trigger:
    """Return the trigger of a node, its groups multiplied out where they nest too deep."""
    if not isinstance(node, Group):
        tree = Group(operator="and", children=(node,))
    else:
        tree = node if _depth(node) <= 2 else _flattened(node)
    if not tree.children:  # each alternative contradicts itself
        raise _UnclearError
    if taken is not None and taken.tree == tree and not taken.ignored:
        return taken  # where Segment ignores a word, other words say the same
    trigger = parse_trigger(str(tree))
    if trigger.tree != tree:
        raise _UnclearError
    return trigger


def _depth(node: Node) -> int:
    return 1 + max(map(_depth, node.children)) if isinstance(node, Group) else 0


def _flattened(node: Group) -> Group:
    """Return an `or` of `and` groups with the same meaning."""
    ways = terms(node)
    if len(ways) > _MOST_GROUPS:
        raise _UnclearError
    groups = [_group("and", [literal.condition for literal in term]) for term in ways]
    return Group(operator="or", children=tuple(groups))
