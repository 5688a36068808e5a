"""Words: what a JSON value is, in a few words."""

from sandbox.segment.javascript import Json, kind, number_text
from sandbox.segment.json_text import text_literal
from sandbox.values import shortened


def describe(value: Json) -> str:
    """Return what a JSON value is, in a few words: `null`, `the number 1.5`, `an empty array`."""
    match kind(value):
        case "string":
            return f"the string {text_literal(shortened(value))}" if value else "an empty string"
        case "number":
            text = str(value) if isinstance(value, int) else number_text(value)
            return f"the number {shortened(text)}"
        case "boolean":
            return "the boolean true" if value else "the boolean false"
        case "array":
            return f"an array of {counted(len(value), 'item')}" if value else "an empty array"
        case "object":
            return f"an object with {counted(len(value), 'key')}" if value else "an empty object"
        case name:
            return name


def counted(number: int, noun: str) -> str:
    """Return `1 item`, `2 items`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
