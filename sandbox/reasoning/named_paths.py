"""Named paths: the directives in a mapping's fields, and the event paths that they name."""

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from sandbox.segment.fields.compiling import at_keys
from sandbox.segment.fields.text_directives import MAX_TEMPLATE
from sandbox.segment.javascript import MISSING, Missing, length
from sandbox.segment.json_text import json_text
from sandbox.values import Json, Path

_PLACEHOLDER: Final = re.compile(r"\{\{\{?([^{}]+)\}\}\}?")


def placeholders(text: str) -> list[str]:
    """Return the texts between double braces in a string, stripped."""
    return [name.strip() or name[-1] for name in _PLACEHOLDER.findall(text)]


class FieldDirective(NamedTuple):
    """A directive in the fields: its path, its name, its operand."""

    at: Path
    name: str
    operand: Json

    @property
    def inner(self) -> Path:
        """The path of its operand."""
        return (*self.at, self.name)

    def part(self, key: str) -> Json | Missing:
        """Return a member of the operand, MISSING if there is none."""
        return self.operand.get(key, MISSING) if isinstance(self.operand, dict) else MISSING

    @property
    def text(self) -> str:
        """The operand if it is a string, else ""."""
        return self.operand if isinstance(self.operand, str) else ""

    def written(self, operand: Json) -> str:
        """Return the directive with another operand, as JSON."""
        return json_text({self.name: operand})

    def paths(self) -> tuple[str, ...]:
        """Return the paths that the directive's string names, without `$.`, each once."""
        match self.name:
            case "@path" if isinstance(self.operand, str):
                return (self.text.removeprefix("$."),)
            case "@template":
                return tuple(dict.fromkeys(placeholders(self.text)))
            case "@liquid" if length(self.text) <= MAX_TEMPLATE:
                from sandbox.segment.liquid.survey import survey  # noqa: PLC0415 - few have one

                return tuple(".".join(names) for names in survey(self.text).variables)
            case _:
                return ()


def walk(value: object, path: Path = ("fields",)) -> Iterator[tuple[Path, object]]:
    """Yield a value and all values inside it with their paths, outer values first."""
    yield path, value
    inner = enumerate(value) if isinstance(value, list) else ()
    for key, member in value.items() if isinstance(value, dict) else inner:
        yield from walk(member, (*path, key))


def directives(value: object, path: Path = ("fields",)) -> Iterator[FieldDirective]:
    """Yield the directives in a value, outer ones first."""
    for at, each in walk(value, path):
        names = at_keys(each)
        if isinstance(each, dict) and names and set(each) <= {names[0], "_metadata"}:
            yield FieldDirective(at, names[0], each[names[0]])
