"""Public API: a workspace of the mappings people hold of Segment, and the mappings again.

Segment calls a mapping a destination subscription: `name`, `actionId` and `actionSlug`, `enabled`,
`trigger`, and `settings`, which are our fields. Nothing is made up: what is not in the files is
said, and what we do not use is kept for the export.
"""

from collections.abc import Iterable
from collections.abc import Mapping as AbcMapping
from dataclasses import dataclass
from typing import Final

from sandbox.destination import Mapping
from sandbox.segment.javascript import Json
from sandbox.values import Problem
from sandbox.workspace.mapping_reader import EXPECTED, FoundMapping, MappingReader, string_of
from sandbox.workspace.model import ConnectedDestination, InvalidWorkspace, Source, Workspace
from sandbox.workspace.segment_files import Part, Remark, Where, parts_of_file

_PRESETS_ALONE: Final = (
    "holds a catalogue with its presets, but no mappings; Segment makes a mapping of a preset when"
    " it is added, and `workspace init` writes the presets."
)


@dataclass(frozen=True, slots=True)
class Imported:
    """The workspace, the remarks on the way to it, and where each destination's mappings stand.

    `is_whole` tells that no mapping of Toplyne's was left out.
    """

    workspace: Workspace
    remarks: tuple[Remark, ...]
    places: tuple[tuple[Where, ...], ...]
    is_whole: bool = True


def import_workspace(
    files: Iterable[tuple[str, str]],
    *,
    actions: AbcMapping[str, str] | None = None,
    destination: str = "",
) -> Imported:
    """Return the workspace of files, each a name and its text.

    `actions` tells which action an `actionId` means, by id; `destination` chooses the mappings of
    one destination, by its id or name. Raises InvalidWorkspace where a file cannot be read, holds
    nothing to import, or names an action by an id nobody knows.
    """
    contents = list(files)
    parts = [part for file, text in contents for part in parts_of_file(text, file)]
    reader = MappingReader(parts, dict(actions or {}))
    found = [each for each in map(reader.read, parts) if each is not None]
    if destination:
        known = reader.destinations
        names = {string_of(known.get(e.group, {}).get("name")): e.group for e in found}
        group = names.get(destination, destination)
        found = [each for each in found if each.group == group]
    if reader.problems:
        problems = tuple(remark.problem for remark in reader.problems)
        raise InvalidWorkspace(problems, file=reader.problems[0].file)
    if not found:
        nothing = Problem((), _nothing(parts, reader, destination))
        raise InvalidWorkspace((nothing,), file=", ".join(dict(contents)))
    return _imported(found, reader)


def _imported(found: list[FoundMapping], reader: MappingReader) -> Imported:
    groups: dict[str, list[FoundMapping]] = {}
    for each in found:
        groups.setdefault(each.group, []).append(each)
    sources: dict[str, Source] = {}
    destinations: dict[str, ConnectedDestination] = {}
    for group, members in groups.items():
        known = reader.destinations.get(group, {})
        source_id = string_of(known.get("sourceId") or known.get("source_id"))
        source = sources.setdefault(source_id, _source(source_id, len(sources)))
        mappings = tuple(each.mapping for each in members)
        name = string_of(known.get("name")) or "Toplyne"
        name = name if name not in destinations else f"{name} ({group})"
        destinations[name] = ConnectedDestination(
            name=name,
            source=source.name,
            api_key="my-api-token",
            enabled=known.get("enabled") is not False and any(m.enabled for m in mappings),
            mappings=mappings,
        )
    return Imported(
        Workspace(sources=tuple(sources.values()), destinations=tuple(destinations.values())),
        tuple(reader.remarks),
        tuple(tuple(each.where for each in members) for members in groups.values()),
        is_whole=not reader.left_out,
    )


def _source(source_id: str, number: int) -> Source:
    suffix = f"-{number + 1}" if number else ""
    name = f"Source {source_id}" if source_id else "My app"
    return Source(name=name, write_key=f"my-write-key{suffix}")


def _nothing(parts: list[Part], reader: MappingReader, destination: str) -> str:
    if destination:
        known = ", ".join(sorted({str(p.value.get("destinationId")) for p in parts})) or "none"
        return f"holds no mapping of the destination {destination!r}; there are: {known}."
    if reader.remarks:
        return "holds no mapping of Toplyne's: " + " ".join(map(str, reader.remarks[:5]))
    if any(part.kind == "preset" for part in parts):
        return _PRESETS_ALONE
    return f"holds no mapping; {EXPECTED}"


def export_mappings(destination: ConnectedDestination) -> dict[str, Json]:
    """Return a destination's mappings as the Public API lists them; an import reads them again."""
    return {"data": {"subscriptions": [_subscription(each) for each in destination.mappings]}}


def _subscription(mapping: Mapping) -> dict[str, Json]:
    return {
        "name": mapping.name,
        **mapping.kept,
        "actionSlug": mapping.action,
        "enabled": mapping.enabled,
        "trigger": mapping.trigger,
        "settings": mapping.fields,
    }
