"""Errors: the exceptions for a wrong mapping, a wrong trigger and a throwing runtime."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.values import Problem as Problem  # noqa: PLC0414 - errors are made of problems
from sandbox.values import shortened


@dataclass(frozen=True, slots=True)
class FieldProblem(Problem):
    """A problem of a mapping's fields, its path in Segment's own form: `/userId/@if`."""

    @property
    def path(self) -> str:
        """Its place, as Segment writes it."""
        return "".join(f"/{key}" for key in self.at)

    def under(self, *outer: str | int) -> Problem:
        """Return the problem with its path from a mapping whose fields are at `outer`."""
        return Problem((*outer, *(self.at if self.at != ("",) else ())), self.message)


class InvalidMapping(ValueError):
    """Raised for an invalid configuration; `problems` has all its problems.

    The configuration is a mapping, a destination or a workspace; `subject` says which.
    """

    def __init__(self, problems: tuple[Problem, ...], *, name: str = "", subject: str = "") -> None:
        """Keep the problems; the message lists every one."""
        self.problems = problems
        self.name = name
        of = subject or (f"mapping {shortened(name)!r}" if name else "the mapping")
        count = "1 problem" if len(problems) == 1 else f"{len(problems)} problems"
        lines = "".join(f"\n  {p.path} {p.message}".rstrip() for p in problems)
        super().__init__(f"{of} has {count}:{lines}")

    def named(self, name: str) -> InvalidMapping:
        """Return the same error with the mapping's name in its message."""
        return InvalidMapping(self.problems, name=name)


class InvalidTrigger(InvalidMapping):
    """Raised for a trigger that Segment cannot parse.

    `text` is the trigger, `position` the index at which reading failed, `reason` our sentence about
    it, and `segment_message` Segment's own message (often an accident of its parser).
    """

    def __init__(
        self, text: str, position: int, reason: str, *, segment_message: str = "", name: str = ""
    ) -> None:
        """Keep the parts; the message shows the line with a caret below the place."""
        self.text = text
        self.position = position
        self.reason = reason
        self.segment_message = segment_message
        super().__init__((Problem(("trigger",), reason),), name=name)
        of = f" of mapping {shortened(name)!r}" if name else ""
        self.args = (f"the trigger{of} cannot be read: {reason}\n{caret(text, position)}",)

    def named(self, name: str) -> InvalidTrigger:
        """Return the same error with the mapping's name in its message."""
        at, said = self.position, self.segment_message
        return InvalidTrigger(self.text, at, self.reason, segment_message=said, name=name)


class Thrown(Exception):
    """An error that Segment's runtime throws while it processes one event.

    `name` is the JavaScript error's name (`Error`, `TypeError` …), `message` its text.
    """

    def __init__(self, message: str, *, name: str = "Error") -> None:
        """Keep the JavaScript error's name and text."""
        self.name = name
        self.message = message
        super().__init__(message)


class NotSimulated(Thrown):
    """Raised for what the sandbox does not simulate: Segment may send something or not."""

    def __init__(self, message: str, *, name: str = "NotSimulated") -> None:
        """Keep the sentence that says what is not simulated; no JavaScript error has this name."""
        super().__init__(message, name=name)


def caret(text: str, position: int, *, width: int = 76) -> str:
    """Return the line of `text` that contains `position`, cut to `width`, with a `^` below it."""
    start = text.rfind("\n", 0, position) + 1
    end = text.find("\n", position)
    line = text[start : end if end >= 0 else len(text)]
    column = position - start
    left = max(0, column - width // 2)
    shown = line[left : left + width].replace("\t", " ")
    return f"  {shown}\n  {' ' * (column - left)}^"


def did_you_mean(word: str, known: list[str]) -> str:
    """Return ` Did you mean …?` for the nearest known word, or nothing."""
    if len(word) > 3 * max(map(len, known), default=0):  # too long to be similar
        return ""
    by_lower = {k.lower(): k for k in known}
    import difflib  # noqa: PLC0415 - only mistakes need it

    near = difflib.get_close_matches(word.lower(), by_lower, n=1, cutoff=0.6)
    return f" Did you mean {by_lower[near[0]]}?" if near else ""
