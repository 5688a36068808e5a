"""Documents: the value a workspace file holds, in TOML or JSON, and the line of each part of it."""

import math
import re
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, time
from typing import Final, Literal, TypeAlias

from sandbox.segment.javascript import Json
from sandbox.segment.json_text import InvalidJson, parse_json
from sandbox.values import Path, Problem
from sandbox.workspace.lines import Lines, json_lines, line_of, toml_lines

Format: TypeAlias = Literal["toml", "json"]

_TOML_PLACE: Final = re.compile(r" \(at line (\d+), column (\d+)\)\Z")
_JSON_PLACE: Final = re.compile(r"at line (\d+), column")


@dataclass(frozen=True, slots=True)
class Document:
    """A JSON value, the line of each of its parts, and what TOML held that JSON cannot."""

    value: Json
    lines: Lines | None
    problems: tuple[Problem, ...] = ()


def read_document(text: str, file_format: Format) -> Document | Problem:
    """Return what a string holds, or why it cannot be read, with the line.

    Raises ValueError for a format that is neither `toml` nor `json`.
    """
    if file_format not in {"toml", "json"}:
        raise ValueError(f"the format must be toml or json, but it was {file_format!r}.")
    try:
        if file_format == "json":
            return Document(parse_json(text, finite=True), json_lines(text))
        found: list[Problem] = []
        value = _as_json(tomllib.loads(text), (), found)
        return Document(value, toml_lines(text), tuple(found))
    except tomllib.TOMLDecodeError as error:
        return _toml_problem(str(error), text)
    except InvalidJson as error:
        place = _JSON_PLACE.search(str(error))
        return Problem((), f"is {error}.", line=int(place[1]) if place else 1)
    except RecursionError:
        return Problem((), "is nested too deep to be read; flatten it.", line=1)


def located(problems: Iterable[Problem], lines: Lines | None) -> tuple[Problem, ...]:
    """Return problems with their lines, where there is a string with lines."""
    if lines is None:
        return tuple(problems)
    return tuple(replace(problem, line=line_of(lines, problem.at)) for problem in problems)


def _toml_problem(said: str, text: str) -> Problem:
    place = _TOML_PLACE.search(said)
    if place is None:  # Python names no place where the text ends too early
        return Problem((), f"is not TOML: {said}.", line=text.count("\n") + 1)
    what = said[: place.start()]
    return Problem((), f"is not TOML: {what} at column {place[2]}.", line=int(place[1]))


def _as_json(value: Json, path: Path, found: list[Problem]) -> Json:
    """Return the value as JSON can hold it; note the dates, and numbers that are not finite."""
    if isinstance(value, dict):
        return {key: _as_json(member, (*path, key), found) for key, member in value.items()}
    if isinstance(value, list):
        return [_as_json(element, (*path, number), found) for number, element in enumerate(value)]
    if isinstance(value, float) and not math.isfinite(value):
        found.append(Problem(path, f"is {value}, which is not a JSON value."))
        return None
    if isinstance(value, date | time):
        message = f"is a TOML {type(value).__name__}; put it in quotes to make it text."
        found.append(Problem(path, message))
        return str(value)
    return value
