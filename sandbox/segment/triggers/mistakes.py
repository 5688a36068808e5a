"""Mistakes: what is wrong with a trigger, said to the one who wrote it."""

from collections.abc import Sequence
from typing import Final, NamedTuple

from sandbox.segment.errors import did_you_mean
from sandbox.segment.triggers.tree import HEADS

SLIP: Final = "Cannot read properties of undefined (reading 'type')"
"""What Segment's parser says about most mistakes: it stumbles over having no tokens, or no tree."""


class Unreadable(Exception):
    """A trigger Segment finds an error in: where, our sentence, and Segment's own text."""

    def __init__(self, position: int, reason: str, segment_message: str = SLIP) -> None:
        self.position = position
        self.reason = reason
        self.segment_message = segment_message
        super().__init__(reason)


class Ignored(NamedTuple):
    """A token Segment passes over without a word; `why` is a key of IGNORED."""

    text: str
    start: int
    end: int
    why: str

    @property
    def sentence(self) -> str:
        """What Segment does with it, and what may have been meant."""
        near = did_you_mean(self.text.partition(".")[0], [*HEADS, "and", "or"])
        return IGNORED[self.why].format(text=shown(self.text), near=near)


IGNORED: Final = {
    "unknown": "Segment knows no `{text}` and ignores it.{near}",
    "glued": "Segment takes `{text}` for a name here and ignores it; a space must follow the word.",
    "negation": "Segment ignores `{text}`; only contains(…) and match(…) can be negated, by a `!` "
    "directly before them.",
    "inherited": "Segment ignores `{text}` and the two words after it.",
    "stray": "`{text}` belongs to no condition, and Segment ignores it.",
    "overridden": "Segment ignores this `{text}`: the last of a list's `and` and `or` holds for "
    "the whole list.",
    "argument": "contains() and match() cannot look at `{text}`, so Segment ignores the call; they "
    "look at event, name, userId and at names in properties, traits and context.",
    "lost": "Segment loses `{text}` here: it looks for `and` or `null`, and the trigger ends too "
    "soon; put the word in quotes.",
    "dropped": "Segment drops `{text}` without looking, as if it were a call's punctuation.",
}
"""Why a token can be ignored, and how that is said."""

LAST_BACKSLASH: Final = "the backslash at the end has no character after it."
LAST_DOT: Final = "a number cannot end in a dot."
SECOND_DOT: Final = "a number can have one dot only."
UNCLOSED_PARENTHESIS: Final = "the parenthesis that opens here is never closed."
NESTED: Final = (
    "Segment cannot read parentheses inside parentheses: the outer ones end at the first `)`."
)

_CHARACTERS: Final = {
    "&": "`&` means nothing here; write `and`.",
    "|": "`|` means nothing here; write `or`.",
    "\r": "there is a carriage return (U+000D) here, which Segment cannot read; end lines with a "
    "line feed alone.",
    **dict.fromkeys(
        "\u201c\u201d\u201e\u00ab\u00bb\u2018\u2019\u201a\u00b4`",
        'typographic quotes do not count as quotes; write ".',
    ),
}


def shown(text: str, *, width: int = 60) -> str:
    """Return the text, its end cut off if it is long."""
    return text if len(text) <= width else f"{text[: width - 1]}…"


def character(found: str) -> str:
    """Say why a character cannot begin anything."""
    if found in _CHARACTERS:
        return _CHARACTERS[found]
    code = f"U+{ord(found):04X}"
    if found.isspace() or not found.isprintable():
        return f"there is a character {code} here, which is not a space to Segment; write a space."
    if found.isascii():
        return f"`{found}` means nothing here; it can stand in quotes only."
    return f"`{found}` ({code}) is not ASCII; it can stand in quotes only."


def bang(following: str) -> str:
    """Say why a `!` stands wrong."""
    if following == "=":
        return "`!=` must be followed by a space."
    return "`!` must stand directly before contains(…) or match(…), or in `!=`."


def after_name(name: str, found: str) -> str:
    """Say why a name cannot be followed by this character."""
    if found in "<>":
        return f"a space is missing before `{found}`; operators need spaces around them."
    if found in "\"'":
        return "a space is missing before this quote."
    if found == "[":
        return "`[` cannot stand in a name; write `\\[` and `\\]` for brackets."
    if found in _CHARACTERS or not found.isprintable():
        return character(found)
    return (
        f"`{found}` cannot follow `{shown(name)}`; names are made of ASCII letters, digits, `_` "
        "and `-`, and other characters need a backslash."
    )


def too_long(what: str, limit: int) -> str:
    """Say that a token is longer than Segment reads."""
    return f"{what} can have {limit:,} characters at most."


def unclosed(quote: str) -> str:
    """Say that a string in quotes never ends."""
    return f"the quote {quote} that opens here is never closed."


def glued_quote(quote: str, found: str) -> str:
    """Say that a closing quote does not count because of what follows it."""
    return (
        f"this closing quote is followed by {found!r}, so Segment takes it for one that opens, and "
        f"finds no {quote} after it; put a space between."
    )


def no_value(name: str, position: int) -> Unreadable:
    """Return the error of a name at the end of the text or of its parentheses."""
    reason = f"`{shown(name)}` has no operator and no value after it."
    return Unreadable(position, reason, "Value token is missing")


def no_argument(function: str, which: str, position: int) -> Unreadable:
    """Return the error of a call that ends before its arguments do."""
    return Unreadable(
        position,
        f'{function}() is missing its {which} argument; write {function}(event, "text").',
        f"{function}() is missing a {which} argument",
    )


def no_condition(text: str, ignored: Sequence[Ignored]) -> Unreadable:
    """Return the error of a trigger that makes no condition, pointing at what was ignored."""
    if ignored:
        first = min(ignored, key=lambda each: each.start)
        start = first.start
        found = f"there is no condition here: {first.sentence}"
    else:
        start = len(text) - len(text.lstrip(" \t\n"))
        found = "there is no condition here."
        if start == len(text):
            found = "the trigger is empty."
        elif text[start] == "(":
            found = "the parentheses are empty."
    return Unreadable(start, f'{found} A condition looks like `type = "track"`.')
