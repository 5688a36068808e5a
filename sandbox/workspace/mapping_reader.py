"""Mapping reader: the mappings of Toplyne among all that Segment's files hold."""

import re
from dataclasses import dataclass
from typing import Any, Final

from sandbox.destination import Mapping
from sandbox.segment.errors import InvalidMapping
from sandbox.segment.javascript import Json
from sandbox.segment.json_text import InvalidJson, parse_json
from sandbox.toplyne import TOPLYNE
from sandbox.workspace.relations import problems_of_mapping
from sandbox.workspace.segment_files import Part, Remark, Where

_OURS: Final = frozenset({"name", "actionSlug", "enabled", "trigger", "settings"})
EXPECTED: Final = (
    'a mapping has "name", "actionId" or "actionSlug", "enabled", "trigger" and "settings".'
)
_KNOWN: Final = ", ".join(action.key for action in TOPLYNE.actions)


@dataclass(frozen=True, slots=True)
class FoundMapping:
    """A mapping, the id of its destination, and where it stands."""

    mapping: Mapping
    group: str
    where: Where


class MappingReader:
    """What is known of all the files while their mappings are read one by one."""

    def __init__(self, parts: list[Part], actions: dict[str, str]) -> None:
        self.remarks: list[Remark] = []
        self.problems: list[Remark] = []
        self.left_out = False
        destinations = (part.value for part in parts if part.kind == "destination")
        self.destinations = {str(each.get("id", "")): each for each in destinations}
        self._actions = {**_actions_of(parts), **actions}

    def read(self, part: Part) -> FoundMapping | None:
        """Return a mapping of Toplyne's; of anything else, only the remarks."""
        if part.kind != "mapping":
            return None
        value, where = part.value, part.where
        group = str(value.get("destinationId") or "")
        settings = self._settings(value, where)
        action = self._action(value, where, settings, group)
        if not action:
            return None
        self.remarks += [where.remark(sentence) for sentence in part.unknown]
        enabled, trigger = value.get("enabled", True), value.get("trigger")
        if not isinstance(enabled, bool):
            said = f"is {enabled!r:.40}, not true or false; taken for false."
            self._remark(where, said, "enabled")
        if not isinstance(trigger, str):
            self._leave_out(where, "has no trigger, or one that is not a string")
            return None
        made = self._made(
            where,
            name=string_of(value.get("name")) or f"Mapping of {action}",
            action=action,
            trigger=trigger,
            fields=settings,
            enabled=enabled is True,
            kept={key: member for key, member in value.items() if key not in _OURS},
        )
        return FoundMapping(made, group, where) if made else None

    def _made(self, where: Where, **parts: Any) -> Mapping | None:
        try:
            return Mapping(**parts)
        except InvalidMapping as error:
            trigger = parts["trigger"]
            found = problems_of_mapping(error, where.at, trigger=trigger, fields="settings")
            problems = list(found)
        said = " ".join(problem.message for problem in problems).removesuffix(".")
        if "invalid" in parts or any(problem.at[-1] != "trigger" for problem in problems):
            self._leave_out(where, f"cannot be a mapping: {said}")
            return None
        others = "Segment runs the other mappings and rejects every event of this one."
        self._remark(where, f"{said}. {others}", "trigger")
        return self._made(where, **parts, invalid=True)

    def _settings(self, value: dict[str, Json], where: Where) -> Json:
        settings = value.get("settings")
        if settings is None:
            is_plan = "planned_values" in where.at
            why = "are known after apply" if is_plan else "are not in the file"
            self._remark(where, f"{why}; the mapping comes in without fields.", "settings")
            return {}
        if not isinstance(settings, str):
            return settings
        try:
            return parse_json(settings, finite=True)
        except InvalidJson as error:
            self._remark(where, f"is a string that should be JSON, but it is {error}.", "settings")
            return {}

    def _action(self, value: dict[str, Json], where: Where, settings: Json, group: str) -> str:
        """Return the key of the action a mapping names; "" where it is not Toplyne's."""
        slug, action_id = (string_of(value.get(key)) for key in ("actionSlug", "actionId"))
        by_id = self._actions.get(action_id, "")
        metadata = self.destinations.get(group, {}).get("metadata")
        other = metadata.get("name") if isinstance(metadata, dict) else None
        likely = _likely_actions(settings)
        named = [_plain(word) for word in (by_id, slug, action_id)]
        why = ""
        if isinstance(other, str) and _plain(other) not in _OUR_NAMES:
            why = f"belongs to the destination {other}"
        elif key := next((_KEYS[word] for word in named if word in _KEYS), ""):
            return key
        elif slug or by_id:
            why = f"has the action {slug or by_id}"
        elif not likely and settings:
            why = "has none of Toplyne's fields"
        if why:
            name = f"mapping {value.get('name')!r:.80}"
            self._remark(where, f"{name} {why}, so it is passed over.")
        elif len(likely) == 1:
            given = f"; --action {action_id}=… says otherwise" if action_id else ""
            self._remark(where, f"is taken for {likely[0]}, by its fields{given}.", "actionId")
            return likely[0]
        else:
            example = f", for instance --action {action_id}={TOPLYNE.actions[0].key}"
            by_id_alone = (
                f"names its action by Segment's id {action_id!r} alone; say which it is"
                f" ({_KNOWN}){example}."
            )
            said = by_id_alone if action_id else f"names no action; {EXPECTED}"
            self.problems.append(where.remark(said))
        return ""

    def _remark(self, where: Where, message: str, *at: str | int) -> None:
        self.remarks.append(where.remark(message, *at))

    def _leave_out(self, where: Where, why: str) -> None:
        self.left_out = True
        self._remark(where, f"{why}, so it is left out.")


def _actions_of(parts: list[Part]) -> dict[str, str]:
    """Return the actions of all catalogues, their slugs by their ids."""
    catalogues = [
        part.value.get("metadata", part.value)
        for part in parts
        if part.kind in {"metadata", "destination"}
    ]
    return {
        str(action.get("id")): string_of(action.get("slug"))
        for catalogue in catalogues
        if isinstance(catalogue, dict)
        for action in catalogue.get("actions") or ()
        if isinstance(action, dict)
    }


def _likely_actions(settings: Json) -> list[str]:
    """Return the actions that have the most of the fields that are set."""
    keys = set(settings) if isinstance(settings, dict) else set()
    shared = {a.key: len(keys & {field.key for field in a.fields}) for a in TOPLYNE.actions}
    most = max(shared.values())
    return [key for key, count in shared.items() if count == most] if most else []


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())


_OUR_NAMES: Final = {_plain(TOPLYNE.name), _plain(TOPLYNE.slug), "toplyne"}
_KEYS: Final = {
    _plain(word): each.key for each in TOPLYNE.actions for word in (each.key, each.name)
}


def string_of(value: Json) -> str:
    """Return a string as it is, "" for anything else."""
    return value if isinstance(value, str) else ""
