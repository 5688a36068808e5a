"""Meant trigger: the trigger that its writer probably meant, written so that Segment agrees.

The text is read as most languages would read it: missing spaces, operators of other languages,
`and` in any case, curly and single quotes; `and` binds tighter than `or`, parentheses nest, `not`
negates, a bare value after `or` repeats the comparison before it. The result is written with at
most one level of parentheses, and no calls in them, because Segment reads no more.
"""

import re
from collections import deque
from dataclasses import replace
from functools import lru_cache
from itertools import islice
from typing import Final, NamedTuple

from sandbox.reasoning.budget import TooLarge
from sandbox.reasoning.literals import OPPOSITES
from sandbox.reasoning.satisfiability import satisfying_terms
from sandbox.segment.triggers import Trigger, parse_trigger
from sandbox.segment.triggers.mistakes import TriggerError
from sandbox.segment.triggers.parser import parse
from sandbox.segment.triggers.tree import CONTAINERS, HEADS, Condition, Group, Node

_MOST_GROUPS: Final = 12
_SHORT: Final = 100
_SHORT_TEXT: Final = 1000
_DEEPEST: Final = 50
"""The most levels of parentheses and negations that are read."""


class _UnclearError(Exception):
    """Raised if it is unclear what is meant."""


def meant_trigger(text: str, taken: Trigger | None = None) -> Trigger | None:
    """Return the trigger that was probably meant, None if that is unclear or cannot be written.

    `taken` is the text as Segment reads it; it is returned if it is what was meant, with no word
    ignored.
    """
    try:
        tree = (_short_tree if len(text) < _SHORT_TEXT else _tree)(text)
        if taken is not None and taken.tree == tree and not taken.ignored:
            return taken
        trigger = parse_trigger(str(tree))
    except (_UnclearError, TooLarge):
        return None
    return trigger if trigger.tree == tree else None


def _tree(text: str) -> Group:
    """Return the tree that is meant; raises _UnclearError or TooLarge."""
    reader = _WordReader(_words_of(text))
    tree = _flat(reader.either())
    if reader.left or not tree.children:  # without any, each alternative contradicts itself
        raise _UnclearError
    return tree


_short_tree: Final = lru_cache(maxsize=64)(_tree)  # the same triggers come with every event

# --- words ---

_TOKEN: Final = re.compile(
    r"""
    (?P<blank> \s+ )
  | (?P<string> "[^"]*" | '[^']*' | [\u201c\u201d\u201e][^\u201c\u201d]*[\u201c\u201d]
      | [\u2018\u2019][^\u2018\u2019]*[\u2018\u2019] | `[^`]*` )
  | (?P<operator> === | !== | == | != | <> | <= | >= | => | =< | = | < | > )
  | (?P<sign> && | \|\| | [(),!] )
  | (?P<number> [+-]? (?:[0-9]+(?:\.[0-9]+)?|\.[0-9]+) (?![A-Za-z0-9_]) )
  | (?P<name> (?:[^\W]|[_$-]|\\.) (?:[\w$-]|\\.)* (?: \s*\.\s*(?:[\w$-]|\\.)+ | \[[0-9]+\] )* )
    """,
    re.VERBOSE | re.DOTALL,
)
_OPERATORS: Final = {"==": "=", "===": "=", "!==": "!=", "<>": "!=", "=>": ">=", "=<": "<="}
_KEYWORDS: Final = {
    **{text: text for text in ("and", "or", "not", "null", "true", "false", "(", ")", ",")},
    "&&": "and",
    "||": "or",
    "!": "not",
}
"""Keywords in any case, and the signs for them in other languages."""
_VALUES: Final = ("string", "number", "name", "null", "true", "false")


class _Word(NamedTuple):
    """A piece of a trigger: its text without quotes, in lower case for keywords, and its kind.

    `kind` is string, number, name or operator, or the keyword itself.
    """

    kind: str
    text: str


def _words_of(text: str) -> deque[_Word]:
    """Return the words of a trigger as its writer probably saw them; Segment's lexer differs."""
    words: deque[_Word] = deque()
    at = 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            raise _UnclearError
        at = match.end()
        if match.lastgroup != "blank":
            words.append(_word(match.lastgroup or "", match[0]))
    return words


def _word(kind: str, text: str) -> _Word:
    if kind == "string":
        return _Word(kind, text[1:-1])
    if keyword := _KEYWORDS.get(text.lower()):
        return _Word(keyword, keyword)
    if kind == "name":  # joined with dots: `a . b` and `a[0]` become `a.b` and `a.0`
        text = re.sub(r"\[([0-9]+)\]", r"\\.\1", re.sub(r"\s*\.\s*", ".", text))
    return _Word(kind, _OPERATORS.get(text, text))


class _WordReader:
    """A recursive descent through the words; each method's docstring is its grammar line."""

    def __init__(self, words: deque[_Word]) -> None:
        self.left = words
        self.last: tuple[str, str] | None = None  # name and operator of the comparison before
        self.depth = 0

    def peek(self, offset: int = 0) -> str:
        return self.left[offset].kind if len(self.left) > offset else "end"

    def take(self, *kinds: str) -> str:
        if self.peek() not in kinds:
            raise _UnclearError
        return self.left.popleft().text

    def takes(self, *kinds: str) -> bool:
        return self.peek() in kinds and bool(self.take(*kinds))

    def either(self) -> Node:
        """`either` = all ("or" all)*."""
        parts = [self.all()]
        while self.takes("or"):
            parts.append(self.all())
        return _group("or", parts)

    def all(self) -> Node:
        """`all` = one (("and" | ",")? one)*."""
        parts = [self.one()]
        while self.takes("and", ",") or self.peek() in {"(", "not", "name"}:
            parts.append(self.one())
        return _group("and", parts)

    def one(self) -> Node:
        """`one` = "not" one | "(" either ")" | call | comparison."""
        if self.peek() not in {"not", "("}:
            return self.call() if self.peek(1) == "(" else self.comparison()
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
        function = self.take("name").lower()
        self.take("(")
        name = self.take("name")
        self.take(",")
        value = self.take(*_VALUES)
        self.take(")")
        match function:
            case "contains":
                return _clause(f'contains({name}, "{value.replace("*", "")}")')
            case "match" | "matches":
                return _pattern(name, value)
        raise _UnclearError

    def comparison(self) -> Node:
        """`comparison` = name operator value | value, which repeats the last name and operator."""
        kinds: tuple[str, ...] = _VALUES
        if self.peek() == "name":
            self.last = self.take("name"), self.take("operator")
        else:
            kinds = ("string", "number")
        if self.last is None:
            raise _UnclearError
        return _compared(*self.last, self.peek(), self.take(*kinds))


# --- trees ---


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


def _compared(name: str, operator: str, kind: str, text: str) -> Node:
    head, _, rest = name.partition(".")
    known = next((each for each in HEADS if each.lower() == head.lower()), None)
    if known is None or (rest and known not in CONTAINERS):
        raise _UnclearError  # a trigger can read no other member
    name = f"{known}.{rest}" if rest else known
    is_equality = operator in {"=", "!="}
    if kind == "string" and is_equality and "*" in text:
        node = _pattern(name, text)
        return node if operator == "=" else _negated(node)
    if kind == "null" and known in {"type", "event"}:
        if operator != "!=":
            raise _UnclearError  # no clause holds for what is missing and fails for all strings
        return _clause(f'contains({name}, "")')
    is_typed = known in CONTAINERS or not is_equality
    is_bare = {"null": True, "number": is_typed, "string": not is_equality}.get(kind, False)
    value = text if is_bare else f'"{text}"'
    if kind in {"true", "false"} and known in CONTAINERS:
        is_true = (kind == "true") == (operator == "=")
        operator, value = "=", "true" if is_true else "false"
    return _clause(f"{name} {operator} {value}")


def _pattern(name: str, pattern: str) -> Node:
    """Return the clauses for a pattern, in which a star matches anything."""
    if "*" not in pattern:
        return _clause(f'{name} = "{pattern}"')
    first, *middle, last = pattern.split("*")
    clauses = [
        *([f'match({name}, "{first}*")'] if first else []),
        *(f'contains({name}, "{part}")' for part in middle if part),
        *([f'match({name}, "*{last}")'] if last else []),
    ]
    return _group("and", [_clause(clause) for clause in clauses or [f'contains({name}, "")']])


def _clause(text: str) -> Condition:
    return _short_clause(text) if len(text) < _SHORT else _any_clause(text)


def _any_clause(text: str) -> Condition:
    try:
        tree, ignored = parse(text)
    except TriggerError:
        raise _UnclearError from None
    node = tree.children[0]
    if ignored or len(tree.children) > 1 or not isinstance(node, Condition):
        raise _UnclearError
    return node


_short_clause: Final = lru_cache(maxsize=256)(_any_clause)  # most are alike: `type = "track"`


def _flat(node: Node) -> Group:
    """Return a group with the same meaning, expanded to alternatives if it nests too deep."""
    if not isinstance(node, Group):
        return Group(operator="and", children=(node,))
    inner = [child for child in node.children if isinstance(child, Group)]
    if not any(isinstance(each, Group) for child in inner for each in child.children):
        return node
    found = list(islice(satisfying_terms([(node, True)]), _MOST_GROUPS + 1))
    if len(found) > _MOST_GROUPS:
        raise _UnclearError
    groups = [_group("and", [literal.condition for literal in term]) for term in found]
    return Group(operator="or", children=tuple(groups))
