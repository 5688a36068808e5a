"""Workspace steps: the changes that a person makes on Segment's pages.

A step changes the workspace's value in place and returns the path of what it added or changed. The
caller checks that the result is a valid workspace.
"""

import secrets
from typing import Any, Final, TypeAlias

from sandbox.destination import PRESETS
from sandbox.segment.errors import did_you_mean
from sandbox.values import Json, Path
from sandbox.workspace.file_writing import mapping_value, preset_values

JsonMembers: TypeAlias = dict[str, Json]

_SOURCES: Final = ("sources",)
_DESTINATIONS: Final = ("destinations",)
_LEFT_OUT: Final = {"destinations": "base_url", "mappings": "fields"}
"""Members that null removes, so that they have their default again."""


class NotThere(LookupError):
    """The workspace has nothing with that name. The message lists the names it has."""


def add_source(value: JsonMembers, given: JsonMembers) -> Path:
    """Add a source. Without a write key it gets a new one.

    The body is a source of the workspace file: `name`, `write_key`, `enabled`.
    """
    # the length of Segment's own keys, which are letters and digits
    return _append(value, _SOURCES, {"write_key": secrets.token_hex(16), **given})


def change_source(value: JsonMembers, given: JsonMembers, name: str) -> Path:
    """Change members of a source. Its destinations follow a new name.

    The body has the members to change; `name` in the query is the name of the source.
    """
    path = _change(value, _SOURCES, given, name)
    for destination in items_at(value, _DESTINATIONS):
        if destination["source"] == name:
            destination["source"] = given.get("name", name)
    return path


def remove_source(value: JsonMembers, _: JsonMembers, name: str) -> Path:
    """Remove a source."""
    _remove(value, _SOURCES, name)
    return ()


def add_destination(value: JsonMembers, given: JsonMembers) -> Path:
    """Connect a destination to a source. By default it is disabled, with disabled presets.

    The body is a destination of the workspace file: `name`, `source`, `api_key` and so on.
    """
    return _append(value, _DESTINATIONS, {"enabled": False, "mappings": preset_values(), **given})


def change_destination(value: JsonMembers, given: JsonMembers, name: str) -> Path:
    """Change members of a destination: its settings, or whether it is enabled.

    The body has the members to change; `name` in the query is the name of the destination.
    """
    return _change(value, _DESTINATIONS, given, name)


def remove_destination(value: JsonMembers, _: JsonMembers, name: str) -> Path:
    """Remove a destination. Messages queued for it are still delivered."""
    _remove(value, _DESTINATIONS, name)
    return ()


def add_mapping(value: JsonMembers, given: JsonMembers, destination: str) -> Path:
    """Add a mapping, disabled by default. `preset` names a preset to copy.

    The body is a mapping of the workspace file (`name`, `action`, `trigger`, `fields`), or
    `{"preset": "Send Events"}`; `destination` in the query is the name of its destination.
    """
    path = _mappings(value, destination)
    made: JsonMembers = {"enabled": False, **given}
    if "preset" in made:
        made = {**_preset(made.pop("preset")), **made}
    return _append(value, path, made)


def change_mapping(value: JsonMembers, given: JsonMembers, destination: str, name: str) -> Path:
    """Change members of a mapping.

    The body has the members to change; the query has the names of destination and mapping.
    """
    return _change(value, _mappings(value, destination), given, name)


def remove_mapping(value: JsonMembers, _: JsonMembers, destination: str, name: str) -> Path:
    """Remove a mapping."""
    return _remove(value, _mappings(value, destination), name)


def items_at(value: JsonMembers, path: Path) -> list[JsonMembers]:
    """Return the list at a path of the workspace, which was valid before the change."""
    found: Any = value
    for key in path:
        found = found[key]
    items: list[JsonMembers] = found
    return items


def _append(value: JsonMembers, path: Path, item: JsonMembers) -> Path:
    items = items_at(value, path)
    items.append(item)
    return (*path, len(items) - 1)


def _change(value: JsonMembers, path: Path, given: JsonMembers, name: str) -> Path:
    number = _number(value, path, name)
    item = items_at(value, path)[number]
    item.update(given)
    left_out = _LEFT_OUT.get(str(path[-1]))
    if left_out in given and given[left_out] is None:
        del item[left_out]
    return (*path, number)


def _remove(value: JsonMembers, path: Path, name: str) -> Path:
    del items_at(value, path)[_number(value, path, name)]
    return path


def _mappings(value: JsonMembers, destination: str) -> Path:
    return (*_DESTINATIONS, _number(value, _DESTINATIONS, destination), "mappings")


def _preset(name: Json) -> JsonMembers:
    known = {preset.name: preset for preset in PRESETS}
    if not isinstance(name, str) or name not in known:
        raise NotThere(_unknown("preset", str(name), list(known)))
    return mapping_value(known[name])


def _number(value: JsonMembers, path: Path, name: str) -> int:
    names = [str(item["name"]) for item in items_at(value, path)]
    base, _, which = name.rpartition("#")
    if name not in names and which in map(str, range(1, names.count(base) + 1)):
        return [n for n, each in enumerate(names) if each == base][int(which) - 1]
    if name not in names:
        raise NotThere(_unknown(str(path[-1]).removesuffix("s"), name, names))
    if names.count(name) > 1:
        last = f"{name}#{names.count(name)}"
        raise NotThere(f"Several have the name {name!r}. Use one of {name + '#1'!r} to {last!r}.")
    return names.index(name)


def _unknown(what: str, name: str, known: list[str]) -> str:
    listed = ", ".join(map(repr, known)) or "none"
    return f"No {what} is named {name[:100]!r}.{did_you_mean(name, known)} There are: {listed}."
