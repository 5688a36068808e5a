"""Trigger: the condition text of a mapping, parsed once and evaluated for every event."""

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Final, NoReturn

from sandbox.segment.effort import metered
from sandbox.segment.errors import InvalidTrigger, Thrown
from sandbox.segment.javascript import MISSING
from sandbox.segment.triggers import evaluation
from sandbox.segment.triggers.evaluation import MAX_UNMETERED, Clause, SegmentEvent
from sandbox.segment.triggers.lexer import tokenize
from sandbox.segment.triggers.mistakes import Ignored, TriggerError
from sandbox.segment.triggers.parser import parse
from sandbox.segment.triggers.trace import Trace, reason, trace_of
from sandbox.segment.triggers.tree import Group, Nothing

_COMPARISONS: Final = frozenset({"=", "!=", "<", "<=", ">", ">="})


@dataclass(frozen=True, slots=True)
class Trigger:
    """A trigger that Segment can parse; made by `parse_trigger`.

    `tree` is `text` as Segment reads it, each node with its place, and `ignored` has the tokens
    that it silently ignores. If `is_valid` is false, Segment cannot parse the text.
    """

    text: str
    tree: Group = field(compare=False, repr=False)
    ignored: tuple[Ignored, ...] = field(compare=False, repr=False)
    _clause: Clause = field(compare=False, repr=False)
    is_valid: bool = field(default=True, compare=False, repr=False)
    _test: Callable[[SegmentEvent], bool] = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        """Prepare the test; a long trigger is limited to MAX_EFFORT."""
        clause = self._clause
        test = metered(clause.test) if clause.size > MAX_UNMETERED else clause.test
        object.__setattr__(self, "_test", test)

    def evaluate(self, event: object) -> bool:
        """Return whether Segment's matcher takes the event; raises Thrown if it throws."""
        if event is None:
            evaluation.throw_null(self.tree)
        # a value that is not an object has no members
        members = event if isinstance(event, dict) else {}
        return event is not MISSING and self._test(members)

    def matches(self, event: object) -> bool:
        """Return whether the trigger takes the event; False if Segment's matcher throws."""
        try:
            return self.evaluate(event)
        except Thrown:
            return False

    def trace(self, event: object) -> Trace:
        """Return how the trigger reaches its verdict, node by node.

        A value that is not an object has none of the members that triggers read.
        """
        members = event if isinstance(event, dict) else {}
        return metered(partial(trace_of, self._clause))(members)

    def reason(self, event: object) -> str:
        """Return a sentence with the first clause that decides against the event.

        It says what the clause expects and the actual value; "" if the trigger takes the event.
        """
        if event is None or event is MISSING:
            return f"there is no event, it is {'null' if event is None else 'undefined'}."
        return reason(self.trace(event), self.text)

    def ignored_phrases(self) -> Iterator[tuple[Ignored, int]]:
        """Yield the tokens that Segment ignores, each with its end; a name with its comparison."""
        left = deque(self.ignored)
        while left:
            first = last = left.popleft()
            if first.why in {"unknown", "inherited", "argument"}:
                while (
                    left
                    and (left[0].why == "stray" or last.text in _COMPARISONS)
                    and not self.text[last.end : left[0].start].strip()
                ):
                    last = left.popleft()
            yield first, last.end

    @property
    def as_taken(self) -> str:
        """The trigger rewritten as Segment reads it; parsing it gives the same tree."""
        return str(self.tree)

    @property
    def is_taken_as_written(self) -> bool:
        """Whether `as_taken` has the same words and signs as the text, apart from white space."""
        taken = self.as_taken
        return taken == self.text or _words(taken) == _words(self.text)

    def __str__(self) -> str:
        return self.as_taken


def parse_trigger(text: str) -> Trigger:
    """Return the trigger of a string in Segment's trigger language.

    Raises InvalidTrigger if Segment's parser finds an error: with the place, our sentence about the
    cause, and Segment's own message (`Invalid subscription : <segment_message>`).
    """
    if not isinstance(text, str):
        raise InvalidTrigger("", 0, f"must be a string, but it was {text!r:.80}.")
    try:
        reading = parse(text)
    except TriggerError as error:
        said = error.segment_message
        raise InvalidTrigger(text, error.position, error.reason, segment_message=said) from None
    return Trigger(text, reading.tree, reading.ignored, evaluation.prepare(reading.tree))


def throwing_trigger(text: str, error: InvalidTrigger) -> Trigger:
    """Return the trigger of a string that Segment cannot parse: it throws Segment's error."""
    message = f"Invalid subscription : {error.segment_message or error.reason}"

    def throw(_event: object) -> NoReturn:
        raise Thrown(message)

    tree = Group(operator="and", children=(Nothing(),))
    clause = Clause(tree, (Clause(tree.children[0], read=throw),))
    return Trigger(text, tree, (), clause, is_valid=False)


def _words(text: str) -> list[str]:
    return [token.text for token in tokenize(text)]
