"""Public API: import mappings from Segment's own files into a workspace, and export them.

Segment calls a mapping a destination subscription: `name`, `actionId` and `actionSlug`, `enabled`,
`trigger`, and `settings`, which are our fields. Nothing is invented: missing parts are reported,
and members that we do not use are kept for the export.
"""

import re
from collections.abc import Iterable
from collections.abc import Mapping as AbcMapping
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from sandbox.destination import Mapping
from sandbox.segment.errors import InvalidMapping, InvalidTrigger
from sandbox.segment.json_text import InvalidJson, parse_json
from sandbox.toplyne import TOPLYNE
from sandbox.values import Json, Problem, members
from sandbox.workspace.model import (
    ConnectedDestination,
    InvalidWorkspace,
    Source,
    Workspace,
    problems_of_mapping,
)
from sandbox.workspace.segment_files import FilePart, FilePlace, objects_in, parts_of_file

_Groups: TypeAlias = dict[str, list[tuple[Mapping, FilePlace]]]
"""The mappings of each destination, by its id, with their places."""

_OURS: Final = frozenset({"name", "actionSlug", "enabled", "trigger", "settings"})
_EXPECTED: Final = (
    'a mapping has "name", "actionId" or "actionSlug", "enabled", "trigger" and "settings".'
)
_BY_ID_ALONE: Final = (
    f"names its action only by Segment's id {{0!r}}; say which action it is"
    f" ({', '.join(action.key for action in TOPLYNE.actions)}),"
    f" for instance --action {{0}}={TOPLYNE.actions[0].key}."
)
_PRESETS_ALONE: Final = (
    "has a catalogue with presets, but no mappings; Segment makes a mapping of a preset when it is"
    " added, and `workspace init` writes the presets."
)


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())


_OUR_NAMES: Final = {_plain(TOPLYNE.name), _plain(TOPLYNE.slug), "toplyne"}
_KEYS: Final = {_plain(word): a.key for a in TOPLYNE.actions for word in (a.key, a.name)}


class _MappingReader:
    """Reads the mappings of all files one by one, and collects remarks and problems."""

    def __init__(self, parts: list[FilePart], actions: AbcMapping[str, str]) -> None:
        self.remarks: list[str] = []
        self.problems: list[tuple[Problem, str]] = []  # with their files
        self.left_out = False
        destinations = (part.value for part in parts if part.kind == "destination")
        self.destinations = {str(each.get("id", "")): each for each in destinations}
        self._actions = {**_actions_of(parts), **actions}

    def read(self, part: FilePart) -> Mapping | None:
        """Return a mapping if it is Toplyne's and valid; else only add the remarks."""
        value, where = part.value, part.where
        settings = self._settings(value, where)
        action = self._action(part, settings)
        if not action:
            return None
        self.remarks += map(where.remark, part.unknown)
        enabled, trigger = value.get("enabled", True), value.get("trigger")
        if not isinstance(enabled, bool):
            said = f"is {enabled!r:.40}. Expected true or false; false is used."
            self._remark(where, said, "enabled")
        if not isinstance(trigger, str):
            self._leave_out(where, "has no trigger, or one that is not a string")
            return None
        parts: dict[str, Any] = {
            "name": _string(value.get("name")) or f"Mapping of {action}",
            "action": action,
            "trigger": trigger,
            "fields": settings,
            "enabled": enabled is True,
            "kept": {key: member for key, member in value.items() if key not in _OURS},
        }
        try:
            return Mapping(**parts)
        except InvalidMapping as error:
            problems = problems_of_mapping(error, trigger=trigger)
            said = " ".join(problem.message for problem in problems).removesuffix(".")
            if not isinstance(error, InvalidTrigger):  # which is raised if that is all
                self._leave_out(where, f"cannot be a mapping: {said}")
                return None
        others = "Segment runs the other mappings and rejects every event of this one."
        self._remark(where, f"{said}. {others}", "trigger")
        return Mapping(**parts, invalid=True)

    def _settings(self, value: dict[str, Json], where: FilePlace) -> Json:
        settings = value.get("settings")
        if settings is None:
            is_plan = "planned_values" in where.at
            why = "are known after apply" if is_plan else "are not in the file"
            self._remark(where, f"{why}; the mapping is imported without fields.", "settings")
            return {}
        if not isinstance(settings, str):
            return settings
        try:
            return parse_json(settings, finite=True)
        except InvalidJson as error:
            self._remark(where, f"is a string, so it must be JSON, but it is {error}.", "settings")
            return {}

    def _action(self, part: FilePart, settings: Json) -> str:
        """Return the key of a mapping's action, "" if it is not Toplyne's."""
        value, where = part.value, part.where
        slug, action_id = (_string(value.get(key)) for key in ("actionSlug", "actionId"))
        by_id = self._actions.get(action_id, "")
        named = map(_plain, (by_id, slug, action_id))
        key = next((_KEYS[word] for word in named if word in _KEYS), "")
        metadata = self.destinations.get(part.destination_id, {}).get("metadata")
        other = _string(metadata.get("name")) if isinstance(metadata, dict) else ""
        likely = _likely_actions(settings)
        if other and _plain(other) not in _OUR_NAMES:
            why = f"belongs to the destination {other}"
        elif key:
            return key
        elif slug or by_id:
            why = f"has the action {slug or by_id}"
        elif settings and not likely:
            why = "has none of Toplyne's fields"
        elif len(likely) == 1:
            given = f"; use --action {action_id}=… for another" if action_id else ""
            self._remark(where, f"is {likely[0]}, judging by its fields{given}.", "actionId")
            return likely[0]
        else:
            said = _BY_ID_ALONE.format(action_id) if action_id else f"names no action; {_EXPECTED}"
            self.problems.append((where.problem(said), where.file))
            return ""
        self._remark(where, f"mapping {value.get('name')!r:.80} {why}, so it is skipped.")
        return ""

    def _remark(self, where: FilePlace, message: str, *at: str | int) -> None:
        self.remarks.append(where.remark(message, *at))

    def _leave_out(self, where: FilePlace, why: str) -> None:
        self.left_out = True
        self._remark(where, f"{why}, so it is left out.")


def _actions_of(parts: list[FilePart]) -> dict[str, str]:
    """Return the slugs of all catalogues' actions, by their ids."""
    values = (part.value for part in parts if part.kind != "mapping")
    return {
        str(action.get("id")): _string(action.get("slug"))
        for value in values
        for _, action in objects_in(value.get("metadata", value), "actions")
    }


def _likely_actions(settings: Json) -> list[str]:
    """Return the actions that share the most fields with the settings."""
    keys = set(settings) if isinstance(settings, dict) else set()
    shared = {a.key: len(keys & {field.key for field in a.fields}) for a in TOPLYNE.actions}
    most = max(shared.values())
    return [key for key, count in shared.items() if count == most] if most else []


def _string(value: Json) -> str:
    """Return a string as it is, "" for anything else."""
    return value if isinstance(value, str) else ""


@dataclass(frozen=True, slots=True)
class Imported:
    """The imported workspace, the remarks, and the places of each destination's mappings.

    `is_whole` says that no mapping of Toplyne's was left out.
    """

    workspace: Workspace
    remarks: tuple[str, ...]
    places: tuple[tuple[FilePlace, ...], ...]
    is_whole: bool = True


def import_workspace(
    files: Iterable[tuple[str, str]],
    *,
    actions: AbcMapping[str, str] | None = None,
    destination: str = "",
) -> Imported:
    """Return the workspace of files, each a name and its text.

    `actions` has the action of each `actionId`; `destination` chooses the mappings of one
    destination, by its id or name. Raises InvalidWorkspace if a file cannot be read, has nothing to
    import, or names an action by an unknown id.
    """
    contents = list(files)
    parts = [part for file, text in contents for part in parts_of_file(text, file)]
    reader = _MappingReader(parts, actions or {})
    groups: _Groups = {}
    for part in parts:
        if part.kind == "mapping" and (mapping := reader.read(part)):
            groups.setdefault(part.destination_id, []).append((mapping, part.where))
    if destination:
        known = reader.destinations
        names = {_string(known.get(group, {}).get("name")): group for group in groups}
        chosen = names.get(destination, destination)
        groups = {group: its for group, its in groups.items() if group == chosen}
    if reader.problems:
        problems, files = zip(*reader.problems, strict=True)
        raise InvalidWorkspace(problems, file=files[0], files=files)
    if not groups:
        nothing = Problem((), _nothing(parts, reader, destination))
        raise InvalidWorkspace((nothing,), file=", ".join(dict(contents)))
    return Imported(
        _workspace_of(groups, reader.destinations),
        tuple(reader.remarks),
        tuple(tuple(where for _, where in its) for its in groups.values()),
        is_whole=not reader.left_out,
    )


def _workspace_of(groups: _Groups, known: dict[str, dict[str, Json]]) -> Workspace:
    sources: dict[str, Source] = {}
    destinations: dict[str, ConnectedDestination] = {}
    for group, its in groups.items():
        given = known.get(group, {})
        source_id = _string(given.get("sourceId") or given.get("source_id"))
        title = f"Source {source_id}" if source_id else "My app"
        write_key = f"my-write-key{f'-{len(sources) + 1}' if sources else ''}"
        source = sources.setdefault(source_id, Source(name=title, write_key=write_key))
        mappings = tuple(mapping for mapping, _ in its)
        name = _string(given.get("name")) or "Toplyne"
        while name in destinations:
            name += f" ({group})"
        destinations[name] = ConnectedDestination(
            name=name,
            source=source.name,
            api_key="my-api-token",
            enabled=given.get("enabled") is not False and any(m.enabled for m in mappings),
            mappings=mappings,
        )
    return Workspace(sources=tuple(sources.values()), destinations=tuple(destinations.values()))


def _nothing(parts: list[FilePart], reader: _MappingReader, destination: str) -> str:
    if destination:
        ids = ", ".join(sorted({part.destination_id for part in parts} - {""})) or "none"
        return f"has no mapping of the destination {destination!r}. Known: {ids}."
    if reader.remarks:
        return "has no mapping of Toplyne's: " + " ".join(reader.remarks[:5])
    if any([*objects_in(part.value, "presets")] for part in parts):
        return _PRESETS_ALONE
    return f"has no mapping; {_EXPECTED}"


def export_mappings(destination: ConnectedDestination) -> dict[str, object]:
    """Return a destination's mappings as the Public API lists them; an import can read them."""
    return {"data": {"subscriptions": [_subscription(each) for each in destination.mappings]}}


def _subscription(mapping: Mapping) -> dict[str, object]:
    return {
        "name": mapping.name,
        **mapping.kept,
        "actionSlug": mapping.action,
        **members(mapping, "enabled", "trigger"),
        "settings": mapping.fields,
    }
