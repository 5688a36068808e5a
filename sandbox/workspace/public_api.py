"""Public API: mappings as Segment's Public API and Terraform provider write them, in and out.

Both call a mapping a destination subscription: `name`, `actionId` and `actionSlug`, `enabled`,
`trigger`, and `settings`, which are our fields. Terraform writes the keys with underscores and the
settings as a JSON text. Around them stand envelopes that differ from call to call.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from collections.abc import Mapping as AbcMapping
from dataclasses import dataclass
from typing import Final

from sandbox.destination import Mapping
from sandbox.segment.errors import InvalidMapping
from sandbox.segment.javascript import MISSING, Json
from sandbox.segment.json_text import InvalidJson, parse_json
from sandbox.toplyne import TOPLYNE
from sandbox.values import Path, Problem
from sandbox.workspace.documents import located, read_document
from sandbox.workspace.model import ConnectedDestination, InvalidWorkspace, LocatedProblem
from sandbox.workspace.relations import problems_of_mapping

TERRAFORM_TYPE: Final = "segment_destination_subscription"
_ACTION_KEYS: Final = ("actionSlug", "action_slug", "actionId", "action_id")
_EXPECTED: Final = (
    'a mapping has "name", "actionId" or "actionSlug", "enabled", "trigger" and "settings".'
)


@dataclass(frozen=True, slots=True)
class Imported:
    """The mappings found, in order, and Segment's own ids of their actions, by action key."""

    mappings: tuple[Mapping, ...]
    action_ids: AbcMapping[str, str]


@dataclass(frozen=True, slots=True)
class _Found:
    """One mapping as it was read: its action, the id of that action if any, and its other parts."""

    action: str
    action_id: str
    mapping: Mapping


def import_mappings(
    text: str, *, actions: AbcMapping[str, str] | None = None, file: str = ""
) -> Imported:
    """Return the mappings of a JSON text: one, a list, an answer of the API or Terraform's state.

    `actions` tells which action a bare `actionId` means, by id. Raises InvalidWorkspace with every
    problem at once and its line: no mapping found, an action not known, a mapping Segment refuses.
    """
    document = read_document(text.removeprefix("\ufeff"), "json")
    if isinstance(document, LocatedProblem):
        raise InvalidWorkspace((document,), file=file)

    found: list[_Found] = []
    problems: list[Problem] = []
    for path, value in subscriptions(document.value):
        read = _read(value, path, actions or {}, problems)
        found += [read] if read else []
    if not found and not problems:
        problems.append(Problem((), f"holds no mapping; {_EXPECTED}"))
    if problems:
        raise InvalidWorkspace(
            tuple(located(p.at, p.message, document.lines) for p in problems), file=file
        )
    action_ids = {each.action: each.action_id for each in found if each.action_id}
    return Imported(tuple(each.mapping for each in found), action_ids)


def subscriptions(value: Json, path: Path = ()) -> Iterator[tuple[Path, dict[str, Json]]]:
    """Yield every mapping in a value, whatever stands around it, with its path."""
    if isinstance(value, list):
        for number, element in enumerate(value):
            yield from subscriptions(element, (*path, number))
    elif isinstance(value, dict):
        if "trigger" in value or any(key in value for key in _ACTION_KEYS):
            yield path, value
        elif "planned_values" in value:  # a plan of Terraform's tells everything several times
            yield from subscriptions(value["planned_values"], (*path, "planned_values"))
        elif not _is_other_resource(value):
            for key, member in value.items():
                yield from subscriptions(member, (*path, key))


def _is_other_resource(value: dict[str, Json]) -> bool:
    """Tell whether this is a resource in Terraform's state that is no mapping."""
    is_resource = isinstance(value.get("type"), str) and ("instances" in value or "values" in value)
    return is_resource and value["type"] != TERRAFORM_TYPE


def _read(
    value: dict[str, Json], path: Path, actions: AbcMapping[str, str], problems: list[Problem]
) -> _Found | None:
    action_id = _first(value, "actionId", "action_id")
    action, wrong = _action(value, action_id, actions)
    if wrong:
        problems.append(Problem(path, wrong))
    settings = _settings(value, path, problems)
    enabled = value.get("enabled", True)
    if not isinstance(enabled, bool):
        message = f"must be true or false, but it was {enabled!r:.40}."
        problems.append(Problem((*path, "enabled"), message))
    try:
        mapping = Mapping(
            value.get("name", ""),
            action=action or TOPLYNE.actions[0].key,
            trigger=value.get("trigger", ""),
            fields=settings,
            enabled=enabled is True,
        )
    except InvalidMapping as error:
        trigger = value.get("trigger", "")
        problems += problems_of_mapping(error, path, trigger=trigger, fields="settings")
        return None
    return None if wrong else _Found(action, action_id, mapping)


def _action(
    value: dict[str, Json], action_id: str, actions: AbcMapping[str, str]
) -> tuple[str, str]:
    """Return the key of the action a mapping names, or what is wrong with the name."""
    slug = _first(value, "actionSlug", "action_slug")
    for name in (actions.get(action_id, ""), slug, action_id):
        for action in TOPLYNE.actions:
            if name and _plain(name) in {_plain(action.key), _plain(action.name)}:
                return action.key, ""
    known = ", ".join(action.key for action in TOPLYNE.actions)
    if slug:
        return "", f"names the action {slug!r}, which is none of {TOPLYNE.name}: {known}."
    if not action_id:
        return "", f"names no action; {_EXPECTED}"
    likely = _likely_action(value) or TOPLYNE.actions[0].key
    return "", (
        f"names its action by Segment's id {action_id!r} alone; say which it is ({known}), "
        f"for instance --action {action_id}={likely}."
    )


def _likely_action(value: dict[str, Json]) -> str:
    """Return the action whose fields the settings name most often."""
    settings = _settings(value, (), [])
    keys = set(settings) if isinstance(settings, dict) else set()
    shared = {a.key: len(keys & {field.key for field in a.fields}) for a in TOPLYNE.actions}
    best = max(shared, key=lambda key: shared[key])
    return best if shared[best] else ""


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())


def _first(value: dict[str, Json], *keys: str) -> str:
    given = (value.get(key) for key in keys)
    return next((each for each in given if isinstance(each, str) and each), "")


def _settings(value: dict[str, Json], path: Path, problems: list[Problem]) -> Json:
    settings = value.get("settings", MISSING)
    if settings is None:
        return MISSING
    if not isinstance(settings, str):
        return settings
    try:
        return parse_json(settings, finite=True)
    except InvalidJson as error:
        message = f"is a text, which must be JSON, but it is {error}."
        problems.append(Problem((*path, "settings"), message))
        return MISSING


def export_mappings(destination: ConnectedDestination) -> dict[str, Json]:
    """Return a destination's mappings as the Public API lists them; `import_mappings` reads it."""
    return {
        "data": {
            "subscriptions": [
                _subscription(mapping, destination.action_ids) for mapping in destination.mappings
            ]
        }
    }


def _subscription(mapping: Mapping, action_ids: AbcMapping[str, str]) -> dict[str, Json]:
    action_id = action_ids.get(mapping.action)
    return {
        "name": mapping.name,
        **({"actionId": action_id} if action_id else {}),
        "actionSlug": mapping.action,
        "enabled": mapping.enabled,
        "trigger": mapping.trigger,
        "settings": mapping.fields,
    }
