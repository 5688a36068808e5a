"""Health: `/_sandbox/health` and both OpenAPI documents, which need no token."""

import json
from functools import cache
from typing import TypedDict

from mock_server.control.resource import Asked, json_answer, resource
from mock_server.exchange import HttpAnswer
from sandbox.segment.definition import Rules
from sandbox.toplyne import TOPLYNE


class _Health(TypedDict):
    status: str
    version: str
    rules: str


@resource("GET", "/health", is_open=True, gives=_Health)
def health(asked: Asked) -> HttpAnswer:
    """Return that the server runs, its version and its rules."""
    return health_of(asked.mock.rules)


@cache
def health_of(rules: Rules) -> HttpAnswer:
    """Return the answer of `/_sandbox/health`, which our server gives without the application."""
    from importlib.metadata import PackageNotFoundError, version  # noqa: PLC0415 - slow to load

    try:
        number = version("toplyne-sandbox")
    except PackageNotFoundError:
        number = "unknown"
    return json_answer({"status": "ok", "version": number, "rules": rules})


@resource("GET", "/openapi.json", is_open=True)
def openapi(asked: Asked) -> bytes:
    """Return the OpenAPI document of Toplyne's API under the rules of this server."""
    return _toplynes(asked.mock.rules)


@resource("GET", "/control.json", is_open=True)
def control(_: Asked) -> bytes:
    """Return the OpenAPI document of everything below `/_sandbox`."""
    return _own()


@cache
def _toplynes(rules: Rules) -> bytes:
    from sandbox.openapi import openapi  # noqa: PLC0415 - rarely needed

    return json.dumps(openapi(TOPLYNE, rules=rules)).encode()


@cache
def _own() -> bytes:
    from mock_server.control.control_document import control_document  # noqa: PLC0415 - as above

    return json.dumps(control_document()).encode()
