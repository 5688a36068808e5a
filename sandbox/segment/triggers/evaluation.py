"""Evaluation: whether an event is what a trigger asks for; all that can be is prepared once."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, NoReturn, TypeAlias

from sandbox.segment.errors import Thrown
from sandbox.segment.javascript import INHERITED, MISSING, Json, is_falsy, property_of
from sandbox.segment.triggers.operators import OPERATORS, Check, never
from sandbox.segment.triggers.tree import Condition, Group, Node, Nothing

Event: TypeAlias = dict[str, Json]
Test: TypeAlias = Callable[[Event], bool]
Read: TypeAlias = Callable[[Event], Json]

_SEPARATOR = re.compile(r"[\[.\]]")


def _throw_undefined(_: Event) -> NoReturn:
    raise Thrown("Cannot read properties of undefined (reading 'type')", name="TypeError")


class Inherited:
    """The type of `INHERITED_VALUE`."""


INHERITED_VALUE: Final = Inherited()
"""Stands for what a value only inherits: it exists, and is not a string, number or boolean.

The names every object inherits are known, and of what they lead to no more than these names again:
`properties.map` of a list and `properties.constructor.name` are MISSING here.
"""


@dataclass(frozen=True, slots=True)
class Clause:
    """A node of a trigger's tree, ready to test events.

    A group has children; any other node reads a value and checks it.
    """

    node: Node
    test: Test
    children: tuple[Clause, ...] = ()
    read: Read = field(default=_throw_undefined)
    check: Check = field(default=never)


def prepare(node: Node) -> Clause:
    """Return the clause of a node, with those of its children; the tests raise Thrown."""
    match node:
        case Nothing():
            return Clause(node, _throw_undefined)
        case Group():
            children = tuple(prepare(child) for child in node.children)
            join = _all if node.operator == "and" else _any
            return Clause(node, join(tuple(child.test for child in children)), children)
        case Condition():
            operator, read = OPERATORS.get(node.operator), reader(node)
            check = operator.check(node.value) if operator else never
            return Clause(node, _test(node, read, check), read=read, check=check)


def throw_null(node: Node) -> NoReturn:
    """Throw what Segment throws for the event null: it fails at the first field it reads."""
    match node:
        case Group():
            throw_null(node.children[0])
        case Condition():
            raise Thrown(
                f"Cannot read properties of null (reading '{node.head}')", name="TypeError"
            )
        case Nothing():
            _throw_undefined({})


def pieces_of(path: str) -> tuple[str, ...]:
    """Return the names a condition's path leads through, after its head."""
    return tuple(piece for piece in _SEPARATOR.split(path) if piece)


def reader(condition: Condition) -> Read:
    """Return the function that finds what a condition looks at in an event."""
    head, path = condition.head, condition.path
    if path is None:
        return lambda event: event.get(head, MISSING)
    if not path:
        return lambda _: MISSING
    pieces = pieces_of(path)
    if not pieces:
        return _throw_no_pieces
    return lambda event: _follow(event.get(head, MISSING), pieces)


def _test(condition: Condition, read: Read, check: Check) -> Test:
    head = condition.head
    if condition.path is None:  # the usual case, without a call in between
        return lambda event: check(event.get(head, MISSING))
    return lambda event: check(read(event))


def _follow(value: Json, pieces: tuple[str, ...]) -> Json:
    """Take one property after the other; a falsy value on the way is the result."""
    for piece in pieces:
        if type(value) is dict and piece in value:
            value = value[piece]
        elif is_falsy(value):
            return value
        else:
            value = _property(value, piece)
    return value


def _property(value: Json, name: str) -> Json:
    found = property_of(value, name)
    return INHERITED_VALUE if found is MISSING and name in INHERITED else found


def _all(tests: tuple[Test, ...]) -> Test:
    if len(tests) == 1:
        return tests[0]

    def test(event: Event) -> bool:
        for each in tests:  # noqa: SIM110  # a generator would cost more than the tests
            if not each(event):
                return False
        return True

    return test


def _any(tests: tuple[Test, ...]) -> Test:
    def test(event: Event) -> bool:
        for each in tests:  # noqa: SIM110  # as above
            if each(event):
                return True
        return False

    return test


def _throw_no_pieces(_: Event) -> NoReturn:
    raise Thrown("Cannot read properties of null (reading 'reduce')", name="TypeError")
