"""Trigger rules about words: what is written and read otherwise, by token and by clause."""

from __future__ import annotations

from collections.abc import Iterator

from sandbox.lint.draft import Reading
from sandbox.lint.finding import Note, over
from sandbox.lint.registry import not_taken, taken, trigger_rule
from sandbox.segment.triggers import mistakes
from sandbox.segment.triggers.conditions import FUNCTIONS
from sandbox.segment.triggers.lexer import Token
from sandbox.segment.triggers.mistakes import Ignored, shown
from sandbox.segment.triggers.tree import Group, Node, Nothing

_JOINING = ("and", "or")
_LOOKED_AT = "type, event, name, userId, and names in properties, traits and context"


@trigger_rule("TS101", "single-quotes", not_taken("type = 'track'"))
def single_quotes(reading: Reading) -> Iterator[Note]:
    """Single quotes are part of the string."""
    for token in reading.tokens:
        if token.kind == "string" and token.text.startswith("'"):
            inner = shown(token.text[1:-1])
            yield over(
                token,
                f"Segment takes single quotes as part of the string, so this asks for a value that "
                f'has them in it. Write "{inner}".',
            )


@trigger_rule(
    "TS102", "mixed-joins", not_taken('type = "track" or type = "page" and event = "Home"')
)
def mixed_joins(reading: Reading) -> Iterator[Note]:
    """The last `and` or `or` of a list holds for the whole list."""
    found = _ignored(reading, "overridden")
    if found and not any(calls_in_parentheses(reading)):
        other = "or" if found[0].text == "and" else "and"
        yield over(
            found[0],
            f"Segment does not let `and` bind tighter than `or`: the last one written counts for "
            f"the whole list, so this `{found[0].text}` is taken as `{other}`. Put parentheses "
            f"around what belongs together.",
        )


@trigger_rule(
    "TS103", "ignored-name", taken('type = "track" and anonymousId = "a1"', anonymousId="another")
)
def ignored_names(reading: Reading) -> Iterator[Note]:
    """A clause about a name triggers do not know is ignored."""
    for each, end in reading.trigger.ignored_phrases() if reading.trigger else ():
        is_name = each.why in {"unknown", "argument", "inherited"}
        if is_name and each.text.lower() not in (*_JOINING, "not"):
            yield Note(
                message=f"{each.sentence} A trigger can look at {_LOOKED_AT}. The rest of the "
                "trigger decides as if this were not there.",
                start=each.start,
                end=end,
            )


@trigger_rule("TS104", "joining-word", not_taken('type = "track" OR type = "page"'))
def joining_words(reading: Reading) -> Iterator[Note]:
    """`AND`, `OR` and `or(` are ignored."""
    for each in _ignored(reading, "unknown", "glued"):
        word = each.text.lower()
        if word in _JOINING:
            joined = reading.trigger.tree.operator if reading.trigger else "and"
            how = "needs a space after it" if each.why == "glued" else f"must be written `{word}`"
            yield over(
                each,
                f"Segment ignores `{each.text}`: the word {how}. The clauses around it are joined "
                f"with `{joined}`.",
            )


@trigger_rule("TS105", "nested-parentheses", not_taken('((type = "track"))'))
def nested_parentheses(reading: Reading) -> Iterator[Note]:
    """Parentheses inside parentheses make a trigger invalid."""
    error = reading.error
    if error is not None and error.reason == mistakes.nested(0).reason:
        yield _there(
            reading,
            "Segment cannot read parentheses inside parentheses; the whole trigger is invalid, and "
            "the mapping takes no event.",
        )


@trigger_rule(
    "TS106", "call-in-parentheses", taken('type = "page" and (contains(event, "E") or event = "F")')
)
def calls_in_parentheses(reading: Reading) -> Iterator[Note]:
    """Parentheses end at the first `)`, also at that of contains() or match()."""
    opening = call = None
    for before, token, after in zip(
        (None, *reading.tokens), reading.tokens, reading.tokens[1:], strict=False
    ):
        if token.kind == ")" or after.kind == "eos":
            if opening is not None and call is not None and not reading.is_plain:
                yield over(
                    opening,
                    f"Segment ends parentheses at the first `)`, which is that of {call.text}(), "
                    "so what follows is outside them. Write the call as an operator: "
                    '`event contains "text"` instead of `contains(event, "text")`.',
                    last=token,
                )
            opening = call = None
        elif token.kind == "(" and (before is None or before.text not in FUNCTIONS):
            opening = opening or token
        elif opening is not None and token.text in FUNCTIONS and after.kind == "(":
            call = call or token


@trigger_rule("TS107", "missing-space", not_taken("properties.total >=5", properties={"total": 7}))
def missing_spaces(reading: Reading) -> Iterator[Note]:
    """A space is missing beside an operator or a quote."""
    if reading.error is not None and "space" in reading.error.reason:
        yield _there(
            reading,
            f"Segment cannot read this trigger: {reading.error.reason} The mapping takes no event.",
        )
    for token, following in zip(reading.tokens, reading.tokens[1:], strict=False):
        if token.text in {"<", ">"} and following.text == "=" and following.start == token.end:
            yield Note(
                message=f"A space is missing after `{token.text}=`, so Segment reads the operator "
                f"`{token.text}` and the value `=`; that is never true.",
                start=token.start,
                end=_end_after(reading, following),
            )
        if token.kind == "string" and following.start == token.end - 1:
            yield Note(
                message="A space is missing after the closing quote, so Segment takes it for an "
                "opening quote, and what follows for a string.",
                start=token.end - 1,
                end=following.end,
            )


def _end_after(reading: Reading, token: Token) -> int:
    return next(t.end for t in (*reading.tokens, reading.tokens[-1]) if t.start >= token.end)


@trigger_rule("TS115", "ignored-negation", taken('!(type = "track")'))
def negations(reading: Reading) -> Iterator[Note]:
    """Only contains() and match() can be negated."""
    for each in (*_ignored(reading, "negation"), *_ignored(reading, "unknown")):
        if each.why == "negation" or each.text.lower() == "not":
            yield over(each, f"{each.sentence} So the opposite of what is written is taken.")


@trigger_rule("TS116", "ignored-token", not_taken('type = "page" or "track"'), rank=2)
def ignored_tokens(reading: Reading) -> Iterator[Note]:
    """Words that belong to no clause are ignored."""
    ignored = _ignored(reading, "stray", "dropped")
    explained = bool(ignored) and (reading.is_plain or any(calls_in_parentheses(reading)))
    for each in ignored:
        if each.text != ")" or not explained:  # one after a call in parentheses is not worth a note
            yield over(each, each.sentence)


@trigger_rule("TS121", "lost-letters", not_taken("event = an", event="an"))
def lost_letters(reading: Reading) -> Iterator[Note]:
    """A word at the end that could begin `and`, `or` or `null` is cut."""
    for each in _ignored(reading, "lost"):
        yield over(each, each.sentence)


@trigger_rule("TS120", "empty-parentheses", not_taken('type = "track" and ()'))
def empty_parentheses(reading: Reading) -> Iterator[Note]:
    """Segment throws an error at empty parentheses."""
    for node in _nodes(reading.trigger.tree) if reading.trigger else ():
        if isinstance(node, Nothing):
            yield over(
                node,
                "Segment throws an error at empty parentheses, and the event is lost. Remove them.",
            )


@trigger_rule("TS119", "unreadable", not_taken('type = "track" && event = "E"'), rank=2)
def unreadable(reading: Reading) -> Iterator[Note]:
    """Segment cannot parse the trigger; the mapping takes no event."""
    error = reading.error
    if error is not None:
        yield _there(
            reading,
            f"Segment cannot read this trigger: {error.reason} The mapping takes no event.",
        )


def _nodes(node: Node) -> Iterator[Node]:
    yield node
    if isinstance(node, Group):
        for child in node.children:
            yield from _nodes(child)


def _ignored(reading: Reading, *why: str) -> list[Ignored]:
    ignored = reading.trigger.ignored if reading.trigger else ()
    return [each for each in ignored if each.why in why]


def _there(reading: Reading, message: str) -> Note:
    assert reading.error is not None
    at = reading.error.position
    return Note(message=message, start=at, end=min(at + 1, len(reading.text)))
