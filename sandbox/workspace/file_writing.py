"""Writing: write a workspace as a JSON value, or as a commented TOML file for people."""

import json
import math
import re
from collections.abc import Callable, Iterator
from json.encoder import encode_basestring
from typing import Final

from sandbox.destination import PRESETS, Mapping
from sandbox.segment.javascript import SURROGATE
from sandbox.segment.json_text import json_text
from sandbox.toplyne import TOPLYNE
from sandbox.values import Json, members
from sandbox.workspace.file_tables import SCHEMA_FILE
from sandbox.workspace.model import ConnectedDestination, Source, Workspace

_BARE_KEY: Final = re.compile(r"[A-Za-z0-9_-]+\Z")
_JSON_ONLY: Final = re.compile(r"['\x7f\ud800-\udfff]")
"""Characters that JSON allows and TOML does not allow in single quotes."""

_NO_URL: Final = (
    '# base_url = "http://127.0.0.1:8020/v1"  # by default `serve` uses its own, `send` uses --url'
)
_COMMENTS: Final = {
    "sources": """\
# Sources of events. An SDK is configured with the write key.
""",
    "destinations": """\
# Destinations: each is connected to one source. With enabled = false it receives nothing.
""",
    "destinations.mappings": f"""\
# Mappings: at most {TOPLYNE.max_mappings}, at least one enabled; names may repeat.
#   action    what is sent: {", ".join(action.key for action in TOPLYNE.actions)}
#   trigger   which events are taken, in Segment's language: type = "track" and event = "Signed Up"
#   fields    the payload: for each field a value, or a directive such as {{"@path" = "$.userId"}};
#             by default the action's fields. A string is JSON: fields = '''{{…}}'''
""",
}

_OF_SOURCE: Final = ("name", "write_key", "enabled")
_OF_DESTINATION: Final = ("name", "source", "api_key", "base_url", "enabled")

KEPT: Final = "…"
"""The start of a masked API key; no real key starts so, as a header cannot contain it."""


def new_workspace() -> Workspace:
    """Return a workspace of one source and one destination with the presets."""
    destination = ConnectedDestination(name="Toplyne", source="My app", api_key="my-api-token")
    return Workspace(
        sources=(Source(name="My app", write_key="my-write-key"),), destinations=(destination,)
    )


def to_value(workspace: Workspace, *, key: Callable[[str], str] = str) -> dict[str, Json]:
    """Return the workspace as JSON, which `check_document` reads; `key` converts the API keys."""
    return {
        "sources": [members(each, *_OF_SOURCE) for each in workspace.sources],
        "destinations": [_destination(each, key) for each in workspace.destinations],
    }


def _destination(destination: ConnectedDestination, key: Callable[[str], str]) -> dict[str, Json]:
    value = members(destination, *_OF_DESTINATION)
    value["api_key"] = key(destination.api_key) if destination.api_key else None
    value["mappings"] = [mapping_value(mapping) for mapping in destination.mappings]
    return {name: member for name, member in value.items() if member is not None}


def mapping_value(mapping: Mapping) -> dict[str, Json]:
    """Return a mapping as JSON; fields that are not an object are a string, as in a file."""
    fields = mapping.fields
    return {
        **members(mapping, "name", "action", "trigger", "enabled"),
        **({"invalid": True} if mapping.invalid else {}),
        **({"segment": dict(mapping.kept)} if mapping.kept else {}),
        "fields": fields if isinstance(fields, dict) else json.dumps(fields, ensure_ascii=False),
    }


def preset_values() -> list[Json]:
    """Return the presets as in a destination that is set up by hand: disabled."""
    return [{**mapping_value(preset), "enabled": False} for preset in PRESETS]


def workspace_template() -> str:
    """Return a commented TOML file: one source, one destination, the three presets."""
    return f"#:schema {SCHEMA_FILE}\n{to_toml(new_workspace())}"


def to_toml(workspace: Workspace) -> str:
    """Return the workspace as a commented TOML file, which `parse_workspace` reads.

    Raises ValueError if a name or a trigger has half a surrogate pair, which TOML cannot express.
    """
    comments = dict(_COMMENTS)

    def table(name: str, value: dict[str, Json]) -> str:
        """Return a table; the first one of a kind has a comment above it."""
        lines = (f"[[{name}]]", *_table_lines(value))
        return comments.pop(name, "") + "".join(f"{line}\n" for line in lines)

    tables = [table("sources", members(each, *_OF_SOURCE)) for each in workspace.sources]
    for destination in workspace.destinations:
        tables.append(table("destinations", members(destination, *_OF_DESTINATION)))
        values = map(mapping_value, destination.mappings)
        tables += [table("destinations.mappings", value) for value in values]
    return "\n".join(tables)


def _table_lines(value: dict[str, Json]) -> Iterator[str]:
    """Yield the members, one line each; the fields, which are the last, as a table if possible."""
    for key, member in value.items():
        if key == "fields" and member and isinstance(member, dict) and _fits_toml(member):
            yield "[destinations.mappings.fields]"
            yield from _pairs(member)
        elif key in {"fields", "segment"}:
            yield f"{key} = {_value_or_json(member)}"
        else:
            yield _NO_URL if member is None else f"{key} = {_value(member)}"


def _pairs(value: dict[str, Json]) -> Iterator[str]:
    return (f"{_key(key)} = {_value(member)}" for key, member in value.items())


def _fits_toml(value: Json) -> bool:
    """Return whether TOML can express the value: no null, no infinity, no lone surrogate."""
    if isinstance(value, dict):
        return all(_fits_toml(key) and _fits_toml(member) for key, member in value.items())
    if isinstance(value, list):
        return all(map(_fits_toml, value))
    if isinstance(value, str):
        return SURROGATE.search(value) is None
    if isinstance(value, int):
        return -(2**63) <= value < 2**63
    return value is not None and math.isfinite(value)


def _value_or_json(value: Json) -> str:
    """Return the value in TOML, or as JSON in literal quotes if TOML cannot express it."""
    if not isinstance(value, str) and _fits_toml(value):
        return _value(value)
    # not json_text: JavaScript writes 1.0 as 1, and an export must equal the import
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    escaped = _JSON_ONLY.sub(lambda match: f"\\u{ord(match[0]):04x}", text)
    return f"'''{escaped}'''"


def _key(key: str) -> str:
    return key if _BARE_KEY.match(key) else _text(key)


def _value(value: Json) -> str:
    if isinstance(value, dict):
        return f"{{{', '.join(_pairs(value))}}}"
    if isinstance(value, list):
        return f"[{', '.join(map(_value, value))}]"
    if isinstance(value, bool):
        return "true" if value else "false"
    return _text(value) if isinstance(value, str) else repr(value)


def _text(text: str) -> str:
    """Return a TOML string: in single quotes if that is more readable, else with escapes."""
    if SURROGATE.search(text):
        raise ValueError(f"TOML cannot express {json_text(text)}. Write a file that ends in .json.")
    escaped = encode_basestring(text).replace("\x7f", "\\u007f")
    only_quotes = escaped.count("\\") == text.count('"') > 0
    if only_quotes and "'" not in text:
        return f"'{text}'"
    return escaped
