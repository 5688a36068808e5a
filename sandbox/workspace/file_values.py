"""Values: a workspace as the JSON value its file holds, to be shown or changed step by step."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Final

from sandbox.destination import PRESETS, Mapping
from sandbox.segment.javascript import Json
from sandbox.values import members
from sandbox.workspace.model import ConnectedDestination, Workspace

KEPT: Final = "…"
"""How an API key begins that is shown and not told; no real one does, as no header may hold it."""


def to_value(
    workspace: Workspace, *, key: Callable[[str], str] = lambda key: key
) -> dict[str, Json]:
    """Return the workspace as JSON, which `check_document` reads; `key` says how keys are shown."""
    return {
        "sources": [members(each, "name", "write_key", "enabled") for each in workspace.sources],
        "destinations": [_destination(each, key) for each in workspace.destinations],
    }


def _destination(destination: ConnectedDestination, key: Callable[[str], str]) -> dict[str, Json]:
    value: dict[str, Json] = {
        **members(destination, "name", "source", "enabled"),
        "mappings": [mapping_value(mapping) for mapping in destination.mappings],
    }
    if destination.api_key:
        value["api_key"] = key(destination.api_key)
    if destination.base_url is not None:
        value["base_url"] = destination.base_url
    return value


def mapping_value(mapping: Mapping) -> dict[str, Json]:
    """Return a mapping as JSON; fields that are no object are a string, as in a file."""
    fields = mapping.fields
    return {
        **members(mapping, "name", "action", "trigger", "enabled"),
        **({"invalid": True} if mapping.invalid else {}),
        "fields": fields if isinstance(fields, dict) else json.dumps(fields, ensure_ascii=False),
        **({"segment": dict(mapping.kept)} if mapping.kept else {}),
    }


def preset_values() -> list[Json]:
    """Return the presets as they come with a destination that is set up by hand: disabled."""
    return [{**mapping_value(preset), "enabled": False} for preset in PRESETS]
