"""Health and contract: `/_sandbox/health` and `/_sandbox/openapi.json`, open to everybody."""

import json
from functools import cache

from mock_server.control.resource import Asked, resource, shown
from mock_server.exchange import Answer
from mock_server.toplyne import answers
from sandbox.segment.definition import Rules
from sandbox.toplyne import TOPLYNE


@resource("GET", "/health", query=None, is_open=True)
def health(asked: Asked) -> Answer:
    """Answer that the server is there, which version and which rules."""
    return health_of(asked.mock.rules)


@cache
def health_of(rules: Rules) -> Answer:
    """Return that answer; a server gives it without the application."""
    from importlib.metadata import PackageNotFoundError, version  # noqa: PLC0415 - slow to load

    try:
        number = version("toplyne-sandbox")
    except PackageNotFoundError:
        number = "unknown"
    return shown({"status": "ok", "version": number, "rules": rules})


@resource("GET", "/openapi.json", query=None, is_open=True)
def openapi(asked: Asked) -> Answer:
    """Answer the OpenAPI document of the API under the rules of this server."""
    return Answer(200, answers.HEADERS, _openapi_text(asked.mock.rules))


@cache
def _openapi_text(rules: Rules) -> bytes:
    from sandbox.openapi import openapi  # noqa: PLC0415 - only who asks needs it

    return json.dumps(openapi(TOPLYNE, rules=rules)).encode()
