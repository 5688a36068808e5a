"""Segment's files: find mappings, destinations and catalogues in files from Segment.

The files are answers of the Public API, Terraform's state, plan and `.tf` files, and the runtime's
own form of a mapping. Anything else in them is ignored.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import Any, Final, Literal, NamedTuple, TypeAlias

from sandbox.values import Json, Path, Problem
from sandbox.workspace.documents import LineNumbers, line_of, read_document
from sandbox.workspace.model import InvalidWorkspace, place

_RESOURCES: Final[dict[str, ItemKind]] = {
    "segment_destination_subscription": "mapping",
    "segment_destination": "destination",
    "segment_destination_metadata": "metadata",
}
ItemKind: TypeAlias = Literal["mapping", "destination", "metadata"]

_SPELLINGS: Final = {
    "partnerAction": "actionSlug",
    "action_slug": "actionSlug",
    "action_id": "actionId",
    "destination_id": "destinationId",
    "model_id": "modelId",
    "reverse_etl_schedule": "reverseETLSchedule",
    "subscribe": "trigger",
    "mapping": "settings",
}
"""The Public API's keys of a mapping, by the keys in Terraform and in the runtime."""


@dataclass(frozen=True, slots=True)
class FilePlace:
    """A place in a file."""

    file: str
    at: Path
    lines: LineNumbers = field(repr=False)

    def problem(self, message: str, *at: str | int) -> Problem:
        """Return a problem at this place, or at an inner one."""
        path = (*self.at, *at)
        return Problem(path, message, line=line_of(self.lines, path))

    def remark(self, message: str, *at: str | int) -> str:
        """Return a remark about this place, or an inner one, in one line."""
        return place(self.problem(message, *at), self.file)


class FilePart(NamedTuple):
    """A mapping, a destination or a catalogue; keys as in the Public API."""

    kind: ItemKind
    value: dict[str, Json]
    where: FilePlace
    unknown: tuple[str, ...] = ()
    """Sentences about values that are unknown here."""

    @property
    def destination_id(self) -> str:
        """The id of a mapping's destination, "" if it has none."""
        return str(self.value.get("destinationId") or "")


def parts_of_file(text: str, file: str) -> Iterator[FilePart]:
    """Yield the parts of a file, in order; raises InvalidWorkspace if it cannot be read.

    A file whose name ends in `.tf` is in Terraform's language, any other is JSON.
    """
    if PurePath(file).suffix.lower() == ".tf":
        yield from _parts_of_terraform(text, file)
        return
    document = read_document(text.removeprefix("\ufeff"), "json")
    if isinstance(document, Problem):
        raise InvalidWorkspace((document,), file=file)
    for kind, path, value in parts_of_value(document.value):
        yield FilePart(kind, _as_api(value), FilePlace(file, path, document.lines or {}))


def _parts_of_terraform(text: str, file: str) -> Iterator[FilePart]:
    from sandbox.workspace.terraform import (  # noqa: PLC0415 - its parser takes its time
        NOT_KNOWN,
        InvalidTerraform,
        resources_of,
    )

    try:
        for each in resources_of(text):
            if kind := _RESOURCES.get(each.type):
                at: Path = (each.type, each.name)
                lines = {(*at, _SPELLINGS.get(key, key)): line for key, line in each.lines.items()}
                where = FilePlace(file, at, {at: each.line, **lines})
                said = (f"{key} contains {of}, which is {NOT_KNOWN}." for key, of in each.unknown)
                yield FilePart(kind, _as_api(each.values), where, tuple(said))
    except (InvalidTerraform, RecursionError) as error:
        why = error if isinstance(error, InvalidTerraform) else "is nested too deeply to be read"
        raise InvalidWorkspace((Problem((), f"{why}."),), file=file) from None


def parts_of_value(whole: object) -> Iterator[tuple[ItemKind, Path, dict[str, Json]]]:
    """Yield the kind, the path and the members of each part of a file's value, in order."""
    todo: list[tuple[Path, object, ItemKind | None, bool]] = [((), whole, None, False)]
    while todo:  # no recursion, because a value may be as deep as an event
        path, value, given, is_past = todo.pop()
        members: Any = value if given or not isinstance(value, list) else dict(enumerate(value))
        if not isinstance(members, dict):
            continue
        kind = given or _kind_of(members)
        if kind and (kind == "metadata" or not is_past):
            yield kind, path, members
        if not given and kind not in {"mapping", "metadata"}:
            for at, member, resource in reversed(_inside(members)):
                was = is_past or ("planned_values" in members and at == ("prior_state",))
                todo.append(((*path, *at), member, resource, was))


_Place: TypeAlias = tuple[Path, object, ItemKind | None]
"""A path, its value, and the kind of part that it is known to be, if any."""


def _inside(value: dict[str, Json]) -> list[_Place]:
    if "planned_values" in value:  # a plan repeats everything several times
        return [((key,), value.get(key), None) for key in ("planned_values", "prior_state")]
    if isinstance(name := value.get("type"), str) and value.keys() & {"values", "instances"}:
        kind = _RESOURCES.get(name)
        states: list[_Place] = [(("values",), value.get("values"), kind)]
        for number, instance in objects_in(value, "instances"):
            states.append((("instances", number, "attributes"), instance.get("attributes"), kind))
        return states if kind else []
    return [((key,), member, None) for key, member in value.items()]


def objects_in(value: object, key: str) -> Iterator[tuple[int, dict[str, Json]]]:
    """Yield the objects in a member's list with their numbers; nothing if it is not a list."""
    found = value.get(key) if isinstance(value, dict) else None
    for number, each in enumerate(found if isinstance(found, list) else ()):
        if isinstance(each, dict):
            yield number, each


def _kind_of(value: dict[str, Json]) -> ItemKind | None:
    if isinstance(value.get("actions"), list) and ("presets" in value or "slug" in value):
        return "metadata"
    if isinstance(value.get("metadata"), dict) and "settings" in value:
        return "destination"
    names = {"subscribe", "partnerAction", "actionSlug", "action_slug", "actionId", "action_id"}
    if names & value.keys() or {"trigger", "settings"} <= value.keys():
        return "mapping"
    return None


def _as_api(value: dict[str, Json]) -> dict[str, Json]:
    return {_SPELLINGS.get(key, key): member for key, member in value.items()}
