"""Trigger: the condition text of a mapping, parsed once, asked for every event."""

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import NoReturn

from sandbox.segment.effort import metered
from sandbox.segment.errors import InvalidTrigger, Thrown
from sandbox.segment.javascript import MISSING
from sandbox.segment.triggers import evaluation
from sandbox.segment.triggers.evaluation import MAX_UNMETERED, Clause, Event
from sandbox.segment.triggers.lexer import tokenize
from sandbox.segment.triggers.mistakes import Ignored, Unreadable
from sandbox.segment.triggers.parser import parse
from sandbox.segment.triggers.trace import Trace, reason, trace_of
from sandbox.segment.triggers.tree import Group, Nothing


@dataclass(frozen=True, slots=True)
class Trigger:
    """A trigger Segment can parse; made by `parse_trigger`.

    `tree` is what Segment takes of `text`, each node with its place in it, and `ignored` what it
    passes over without a word. One that is not valid stands for a string Segment cannot parse.
    """

    text: str
    tree: Group = field(compare=False, repr=False)
    ignored: tuple[Ignored, ...] = field(compare=False, repr=False)
    _clause: Clause = field(compare=False, repr=False)
    is_valid: bool = field(default=True, compare=False, repr=False)
    _test: Callable[[Event], bool] = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        """Prepare the test; that of a long trigger is stopped beyond MAX_EFFORT."""
        clause = self._clause
        test = metered(clause.test) if clause.size > MAX_UNMETERED else clause.test
        object.__setattr__(self, "_test", test)

    def evaluate(self, event: object) -> bool:
        """Return whether Segment's matcher takes the event; raises Thrown where that throws."""
        if event is None:
            evaluation.throw_null(self.tree)
        # what is not an object has no such fields
        members = event if isinstance(event, dict) else {}
        return event is not MISSING and self._test(members)

    def matches(self, event: object) -> bool:
        """Return whether the event is taken; one that Segment's matcher throws on is not."""
        try:
            return self.evaluate(event)
        except Thrown:
            return False

    def trace(self, event: object) -> Trace:
        """Return how the trigger comes to its verdict, node by node.

        What is not an object has none of the fields that triggers look at.
        """
        members = event if isinstance(event, dict) else {}
        return metered(partial(trace_of, self._clause))(members)

    def reason(self, event: object) -> str:
        """Return one sentence that names the first clause that decides against the event.

        It says what the clause asks for and what was there; "" if the event is taken.
        """
        if event is None or event is MISSING:
            return f"there is no event, it is {'null' if event is None else 'undefined'}."
        return reason(self.trace(event), self.text)

    def ignored_phrases(self) -> Iterator[tuple[Ignored, int]]:
        """Yield what Segment passes over, and where it ends: a name with what it is compared to."""
        left = deque(self.ignored)
        while left:
            first = left.popleft()
            end = first.end
            if first.why in {"unknown", "inherited", "argument"}:
                while (
                    left and left[0].why == "stray" and not self.text[end : left[0].start].strip()
                ):
                    end = left.popleft().end
            yield first, end

    @property
    def as_taken(self) -> str:
        """The trigger that says plainly what Segment takes this one for.

        Parsing it gives the same tree.
        """
        return str(self.tree)

    @property
    def is_taken_as_written(self) -> bool:
        """Whether `as_taken` has the same words and signs as the text, white space aside."""
        taken = self.as_taken
        return taken == self.text or _words(taken) == _words(self.text)

    def __str__(self) -> str:
        return self.as_taken


def parse_trigger(text: str) -> Trigger:
    """Return the trigger of a string in Segment's trigger language.

    Raises InvalidTrigger where Segment's parser finds an error: with the place, our sentence about
    the cause, and what Segment itself says (`Invalid subscription : <segment_message>`).
    """
    if not isinstance(text, str):
        raise InvalidTrigger("", 0, f"must be a string, but it was {text!r:.80}.")
    try:
        reading = parse(text)
    except Unreadable as error:
        said = error.segment_message
        raise InvalidTrigger(text, error.position, error.reason, segment_message=said) from None
    return Trigger(text, reading.tree, reading.ignored, evaluation.prepare(reading.tree))


def throwing_trigger(text: str, error: InvalidTrigger) -> Trigger:
    """Return the trigger of a string Segment cannot parse: it throws what Segment answers."""
    message = f"Invalid subscription : {error.segment_message or error.reason}"

    def throw(_event: object) -> NoReturn:
        raise Thrown(message)

    tree = Group(operator="and", children=(Nothing(),))
    clause = Clause(tree, (Clause(tree.children[0], read=throw),))
    return Trigger(text, tree, (), clause, is_valid=False)


def _words(text: str) -> list[str]:
    return [token.text for token in tokenize(text)]
