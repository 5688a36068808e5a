"""Wording: a JSON value or a number of things, in a few words."""

from sandbox.segment.javascript import number_text
from sandbox.segment.json_text import text_literal
from sandbox.values import a_kind, shortened


def describe(value: object) -> str:
    """Return a JSON value in a few words: `null`, `the number 1.5`, `an empty array`."""
    match value:
        case str():
            return f"the string {text_literal(shortened(value))}" if value else "an empty string"
        case bool():
            return "the boolean true" if value else "the boolean false"
        case int() | float():
            text = str(value) if isinstance(value, int) else number_text(value)
            return f"the number {shortened(text)}"
        case list() | tuple():
            return f"an array of {counted(len(value), 'item')}" if value else "an empty array"
        case dict():
            return f"an object with {counted(len(value), 'key')}" if value else "an empty object"
        case _:
            return a_kind(value)


def counted(number: int, noun: str, nouns: str = "") -> str:
    """Return `1 item`, `2,000 items`."""
    return f"{number:,} {noun if number == 1 else nouns or noun + 's'}"
