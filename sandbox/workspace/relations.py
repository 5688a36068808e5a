"""Relations: what is wrong between the parts of a workspace, each of which may be right alone."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple, TypeAlias

from sandbox.destination import check_mappings, check_settings
from sandbox.segment.errors import InvalidMapping, InvalidTrigger, did_you_mean
from sandbox.segment.javascript import Json
from sandbox.segment.triggers import parse_trigger
from sandbox.workspace.lines import Path

Finding: TypeAlias = tuple[Path, str]
"""Where, and a sentence that says what."""

_PLAIN_KEY: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*\Z")
_SOME_URL: Final = "http://127.0.0.1/v1"
_OWN_PARTS: Final = {("name",), ("action",), ("trigger",)}
_SETTINGS: Final = {"/apiKey": "api_key", "/baseUrl": "base_url"}


class _Entry(NamedTuple):
    """As much of a mapping as its destination looks at."""

    name: str
    enabled: bool


def path_text(path: Path) -> str:
    """Return the path as JSONPath, `$.destinations[0].name`."""
    parts = (
        f"[{part}]"
        if isinstance(part, int)
        else f".{part}"
        if _PLAIN_KEY.match(part)
        else f"[{part!r}]"
        for part in path
    )
    return "$" + "".join(parts)


def mapping_path(path: Path, problem_path: str, *, fields: str) -> Path:
    """Return where a mapping's problem stands below `path`, the mapping's own.

    `problem_path` is `/name`, `/action`, `/trigger` or a place in the fields, as Segment writes it
    (`/userId/@if`); `fields` is the key the fields have there.
    """
    parts = tuple(filter(None, problem_path.split("/")))
    return (*path, *parts) if parts in _OWN_PARTS else (*path, fields, *parts)


def mapping_findings(
    error: InvalidMapping, path: Path, *, trigger: Json, fields: str
) -> Iterator[Finding]:
    """Yield what is wrong with a mapping; of its trigger also the place."""
    for problem in error.problems:
        where = mapping_path(path, problem.path, fields=fields)
        hint = _place_in(trigger) if where == (*path, "trigger") else ""
        yield where, f"{problem.message}{hint}"


def _place_in(trigger: Json) -> str:
    try:
        parse_trigger(trigger)
    except InvalidTrigger as error:
        if error.text:
            return f" (character {error.position + 1} of {error.text!r})"
    return ""


def problems_between(
    sources: Sequence[Mapping[str, Any]] | None,
    destinations: Sequence[Mapping[str, Any]],
    *,
    unfinished: bool = False,
) -> list[Finding]:
    """Return what is wrong between sources and destinations, given as their members by name.

    A member that is missing is passed over, and so are sources that are None: whoever read them
    has said so. With `unfinished` a disabled destination may lack its API key and an enabled
    mapping, as it may in Segment until it is enabled.
    """
    found: list[Finding] = []
    if sources is not None and not sources:
        found.append((("sources",), "holds no source; at least one is needed."))
    found += _repeated("sources", sources or (), "name")
    found += _repeated("sources", sources or (), "write_key", secret=True)
    found += _repeated("destinations", destinations, "name")
    for number, destination in enumerate(destinations):
        path = ("destinations", number)
        if sources is not None and "source" in destination:
            found += _source(path, destination["source"], sources)
        is_draft = unfinished and destination.get("enabled") is False
        found += _settings(path, destination, unfinished=is_draft)
        found += _mappings(path, destination, unfinished=is_draft)
    return found


def _repeated(
    list_name: str, items: Sequence[Mapping[str, Any]], key: str, *, secret: bool = False
) -> Iterator[Finding]:
    first: dict[str, int] = {}
    for number, item in enumerate(items):
        if key not in item:
            continue
        earlier = first.setdefault(item[key], number)
        if earlier != number:
            value = "" if secret else f" {item[key]!r}"
            where = path_text((list_name, earlier))
            yield (list_name, number, key), f"is the same{value} as at {where}; make it another."


def _source(path: Path, name: str, sources: Sequence[Mapping[str, Any]]) -> Iterator[Finding]:
    names = [source["name"] for source in sources if "name" in source]
    if name not in names:
        known = ", ".join(map(repr, names)) or "none"
        near = did_you_mean(name, names)
        yield (*path, "source"), f"is {name!r}, which is no source.{near} Known: {known}."


def _settings(path: Path, destination: Mapping[str, Any], *, unfinished: bool) -> Iterator[Finding]:
    settings = (destination.get("api_key"), destination.get("base_url", _SOME_URL))
    for problem in check_settings(*settings):
        key = _SETTINGS[problem.path]
        if key in destination and not (unfinished and destination[key] == ""):
            yield (*path, key), problem.message


def _mappings(path: Path, destination: Mapping[str, Any], *, unfinished: bool) -> Iterator[Finding]:
    if "mappings" not in destination:
        return
    entries = [
        _Entry(entry.get("name", f" {number}"), entry.get("enabled", True))
        for number, entry in enumerate(destination["mappings"])
    ]
    for problem in check_mappings(entries, unfinished=unfinished):
        yield (*path, "mappings"), problem.message
