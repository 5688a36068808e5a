"""Segment's files: find mappings, destinations and catalogues in files from Segment.

The files are answers of the Public API, Terraform's state, plan and `.tf` files, and the runtime's
own form of a mapping. Anything else in them is ignored.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import Final, Literal, NamedTuple, TypeAlias

from sandbox.values import Json, Path, Problem
from sandbox.workspace.documents import LineNumbers, line_of, read_document
from sandbox.workspace.model import InvalidWorkspace, place

_RESOURCES: Final[dict[str, ItemKind]] = {
    "segment_destination_subscription": "mapping",
    "segment_destination": "destination",
    "segment_destination_metadata": "metadata",
}
ItemKind: TypeAlias = Literal["mapping", "destination", "metadata", "preset"]

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
    """A mapping, a destination, a catalogue, or a preset of one; keys as in the Public API."""

    kind: ItemKind
    value: dict[str, Json]
    where: FilePlace
    unknown: tuple[str, ...] = ()
    """Sentences about values that are unknown here."""


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
    for kind, path, value in _parts(document.value, ()):
        yield FilePart(kind, _as_api(kind, value), FilePlace(file, path, document.lines or {}))


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
                yield FilePart(kind, _as_api(kind, each.values), where, tuple(said))
    except InvalidTerraform as error:
        raise InvalidWorkspace((Problem((), f"{error}."),), file=file) from None


_PartAt: TypeAlias = tuple[ItemKind, Path, dict[str, Json]]
"""A part of a file: its kind, its path and its members."""


def _parts(value: object, path: Path) -> Iterator[_PartAt]:
    """Yield the parts found in a value."""
    if isinstance(value, list):
        for number, element in enumerate(value):
            yield from _parts(element, (*path, number))
    if not isinstance(value, dict):
        return
    if kind := _kind_of(value):
        yield kind, path, value
    if kind == "metadata":
        for number, preset in objects_in(value, "presets"):
            yield "preset", (*path, "presets", number), preset
    elif kind != "mapping":
        yield from _parts_inside(value, path)


def _parts_inside(value: dict[str, Json], path: Path) -> Iterator[_PartAt]:
    if "planned_values" in value:  # a plan repeats everything several times
        yield from _parts(value["planned_values"], (*path, "planned_values"))
        before = _parts(value.get("prior_state"), (*path, "prior_state"))
        yield from (part for part in before if part[0] == "metadata")
    elif isinstance(name := value.get("type"), str) and value.keys() & {"values", "instances"}:
        kind = _RESOURCES.get(name)
        for at, attributes in _attributes(value) if kind else ():
            if kind and isinstance(attributes, dict):
                yield kind, (*path, *at), attributes
    else:
        for key, member in value.items():
            yield from _parts(member, (*path, key))


def _attributes(resource: dict[str, Json]) -> Iterator[tuple[Path, Json]]:
    """Yield the attributes of a Terraform resource: in a plan `values`, in a state `instances`."""
    yield ("values",), resource.get("values")
    for number, instance in objects_in(resource, "instances"):
        yield ("instances", number, "attributes"), instance.get("attributes")


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


def _as_api(kind: ItemKind, value: Mapping[str, Json]) -> dict[str, Json]:
    if kind != "mapping":
        return dict(value)
    return {_SPELLINGS.get(key, key): member for key, member in value.items()}
