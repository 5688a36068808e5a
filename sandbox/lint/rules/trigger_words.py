"""Trigger rules about words: tokens and clauses that Segment reads differently."""

from collections.abc import Iterator
from itertools import pairwise
from typing import Final

from sandbox.lint.draft import DraftTrigger
from sandbox.lint.registry import Note, over, trigger_rule
from sandbox.reasoning.literals import nodes
from sandbox.segment.triggers.mistakes import said
from sandbox.segment.triggers.parser import FUNCTIONS
from sandbox.segment.triggers.tree import CONTAINERS, Nothing

_JOINING: Final = ("and", "or")


@trigger_rule("TS101", "single-quotes")
def single_quotes(reading: DraftTrigger) -> Iterator[Note]:
    """Single quotes are part of the string."""
    for token in reading.tokens:
        if token.kind == "string" and token.text.startswith("'"):
            yield over(token, inner=token.text[1:-1])


@trigger_rule("TS102", "mixed-joins")
def mixed_joins(reading: DraftTrigger) -> Iterator[Note]:
    """The last `and` or `or` of a list applies to the whole list."""
    found = reading.ignored("overridden")
    if found and not any(calls_in_parentheses(reading)):
        yield over(found[0], other="or" if found[0].text == "and" else "and")


@trigger_rule("TS103", "ignored-name")
def ignored_names(reading: DraftTrigger) -> Iterator[Note]:
    """A clause about a name that triggers do not know is ignored."""
    for each, end in reading.trigger.ignored_phrases():
        is_name = each.why in {"unknown", "argument", "inherited"}
        if is_name and each.text.lower() not in (*_JOINING, "not"):
            yield over(each)._replace(end=end)


@trigger_rule("TS104", "joining-word")
def joining_words(reading: DraftTrigger) -> Iterator[Note]:
    """`AND`, `OR` and `or(` are ignored."""
    for each in reading.ignored("unknown", "glued"):
        if each.text.lower() in _JOINING:
            yield over(each, each.why, word=each.text.lower(), trigger=reading.trigger)


@trigger_rule("TS105", "nested-parentheses")
def nested_parentheses(reading: DraftTrigger) -> Iterator[Note]:
    """Parentheses inside parentheses make a trigger invalid."""
    return _at_error(reading, said("nested"))


@trigger_rule("TS106", "call-in-parentheses")
def calls_in_parentheses(reading: DraftTrigger) -> Iterator[Note]:
    """Parentheses end at the first `)`, even at the one that closes contains() or match()."""
    opening = call = None
    before = ""
    for token, after in pairwise(reading.tokens):
        if token.kind == ")" or after.kind == "eos":
            if opening is not None and call is not None and not reading.is_plain:
                yield over(opening, call=call.text, last=token)
            opening = call = None
        elif token.kind == "(" and before not in FUNCTIONS:
            opening = opening or token
        elif opening is not None and token.text in FUNCTIONS and after.kind == "(":
            call = call or token
        before = token.text


@trigger_rule("TS107", "missing-space")
def missing_spaces(reading: DraftTrigger) -> Iterator[Note]:
    """A space is missing beside an operator or a quote."""
    yield from _at_error(reading, "space")
    for token, following in pairwise(reading.tokens):
        if token.text in {"<", ">"} and following.text == "=" and following.start == token.end:
            after = (t for t in reading.tokens if t.start >= following.end)
            yield over(token, "operator", last=next(after, reading.tokens[-1]))
        if token.kind == "string" and following.start == token.end - 1:
            yield Note("quote", start=token.end - 1, end=following.end)


@trigger_rule("TS115", "ignored-negation")
def negations(reading: DraftTrigger) -> Iterator[Note]:
    """Only contains() and match() can be negated."""
    for each in (*reading.ignored("negation"), *reading.ignored("unknown")):
        if each.why == "negation" or each.text.lower() == "not":
            yield over(each)


@trigger_rule("TS116", "ignored-token", rank=2)
def ignored_tokens(reading: DraftTrigger) -> Iterator[Note]:
    """Words that belong to no clause are ignored."""
    ignored = reading.ignored("stray", "dropped")
    explained = bool(ignored) and (reading.is_plain or any(calls_in_parentheses(reading)))
    for each in ignored:
        if each.text != ")" or not explained:  # after a call in parentheses TS106 reports it
            yield over(each)


@trigger_rule("TS118", "misread-path")
def misread_paths(reading: DraftTrigger) -> Iterator[Note]:
    """A name reads another member than it seems to."""
    for leaf in reading.clauses:
        names = [t for t in reading.tokens_of(leaf) if t.kind == "name" and t.text not in FUNCTIONS]
        if not names:
            continue
        head, _, rest = names[0].text.partition(".")
        if leaf.path is None and rest:
            yield over(names[0], "ignored", leaf=leaf, rest=rest)
        elif leaf.path == leaf.head and not rest:
            yield over(names[0], "inside", head=head)
        elif leaf.path is not None and head not in CONTAINERS:
            yield over(names[0], "dot", leaf=leaf)


@trigger_rule("TS119", "unreadable", rank=2)
def unreadable(reading: DraftTrigger) -> Iterator[Note]:
    """Segment cannot parse the trigger, so the mapping takes no event."""
    return _at_error(reading, "")


@trigger_rule("TS120", "empty-parentheses")
def empty_parentheses(reading: DraftTrigger) -> Iterator[Note]:
    """Segment throws an error at empty parentheses."""
    for node in () if reading.error else nodes(reading.trigger.tree):
        if isinstance(node, Nothing):
            yield over(node)


@trigger_rule("TS121", "lost-letters")
def lost_letters(reading: DraftTrigger) -> Iterator[Note]:
    """A word at the end that could begin `and`, `or` or `null` is cut."""
    return map(over, reading.ignored("lost"))


def _at_error(reading: DraftTrigger, why: str) -> Iterator[Note]:
    """Yield a note at the place where Segment cannot read the trigger, if the reason has `why`."""
    if reading.error is not None and why in reading.error.reason:
        start, parts = reading.error.position, {"reason": reading.error.reason}
        yield Note(parts=parts, start=start, end=min(start + 1, len(reading.text)))
