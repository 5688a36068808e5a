"""Trigger rule about paths: names that look somewhere else than they seem to."""

from __future__ import annotations

from collections.abc import Iterator

from sandbox.lint.draft import Reading
from sandbox.lint.finding import Note, over
from sandbox.lint.registry import taken, trigger_rule
from sandbox.segment.json_text import text_literal
from sandbox.segment.triggers.conditions import FUNCTIONS
from sandbox.segment.triggers.lexer import Token
from sandbox.segment.triggers.mistakes import shown
from sandbox.segment.triggers.tree import CONTAINERS, Condition


@trigger_rule("TS118", "misread-path", taken('event.name = "E"'))
def misread_paths(reading: Reading) -> Iterator[Note]:
    """A name that leads somewhere else than it seems to."""
    for leaf in reading.clauses:
        name = _name_token(reading, leaf)
        if name is None:
            continue
        head, _, rest = name.text.partition(".")
        if leaf.path is None and rest:
            yield over(name, f"Segment looks at `{leaf.head}` here and ignores `.{shown(rest)}`.")
        elif leaf.path == leaf.head and not rest:
            yield over(
                name,
                f"This looks at a member `{head}` inside {head}, not at {head}. Name what is asked "
                f"for: `{head}.plan`, for example; a space in a name is written "
                f"`{head}.plan\\ type`.",
            )
        elif leaf.path is not None and head not in CONTAINERS:
            yield over(
                name,
                f"Segment looks for {text_literal(leaf.path)} inside {leaf.head} here; a dot is "
                f"missing after {leaf.head}.",
            )


def _name_token(reading: Reading, leaf: Condition) -> Token | None:
    """Return the name a clause looks at, as it is written."""
    names = [t for t in reading.tokens_of(leaf) if t.kind == "name" and t.text not in FUNCTIONS]
    return names[0] if names else None
