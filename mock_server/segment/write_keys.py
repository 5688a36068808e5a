"""Write keys: the write key of a request, and the workspace of a mock without one."""

import binascii
from base64 import b64decode
from collections.abc import Mapping
from typing import Final

from mock_server.exchange import Received
from mock_server.segment.tracking_paths import derived_key
from sandbox.toplyne import TOPLYNE
from sandbox.values import Json
from sandbox.workspace import ConnectedDestination, InvalidWorkspace, Source, Workspace
from sandbox.workspace.file_reading import too_much
from sandbox.workspace.file_writing import to_value

_LOST: Final = frozenset({"undefined", "null", "none", "nan"})

SHORTEST: Final = 7
"""A shorter key that no source has is answered 400 (service rule `write-key-short`)."""


def write_key_of(received: Received, body: Mapping[str, Json] | None = None) -> str:
    """Return the write key of a request, from Basic or else from the body, or an empty string.

    Basic has `writeKey:`; some clients leave out the colon.
    """
    scheme, _, credentials = (received.header("authorization") or "").partition(" ")
    if scheme.lower() == "basic":
        try:
            key = b64decode(credentials.strip(), validate=True).decode().partition(":")[0]
        except (binascii.Error, UnicodeDecodeError):
            key = ""
        if key:
            return key
    given = None if body is None else body.get("writeKey")
    return given if isinstance(given, str) else ""


def is_plausible(key: str) -> bool:
    """Return whether a string can be a write key.

    `[object Object]`, `undefined`, `None` and the like cannot; clients send them by mistake.
    """
    return key.isalnum() and key.lower() not in _LOST if key.isascii() else False


def default_workspace(tokens: Mapping[str, str], beside: Workspace | None = None) -> Workspace:
    """Return a workspace with a source and the three presets for each token, added to `beside`.

    A source has the name of its tenant. Its write key is derived from the token, so the same token
    always gives the same key. Raises InvalidWorkspace, also if a file could not hold it.
    """
    sources = [Source(name=name, write_key=derived_key(token)) for name, token in tokens.items()]
    destinations = [
        ConnectedDestination(name=f"{TOPLYNE.name} of {name}", source=name, api_key=token)
        for name, token in tokens.items()
    ]
    if beside is not None:
        sources = [*beside.sources, *sources]
        destinations = [*beside.destinations, *destinations]
    new = Workspace(sources=tuple(sources), destinations=tuple(destinations))
    if beside and (problems := tuple(too_much(to_value(new)))):
        raise InvalidWorkspace(problems)
    return new


def own_tokens(workspace: Workspace) -> dict[str, str]:
    """Return the API keys of the destinations that deliver to this mock, by destination."""
    tokens: dict[str, str] = {}
    for each in workspace.destinations:
        if each.base_url is None and each.api_key not in tokens.values():
            tokens[each.name] = each.api_key
    return tokens
