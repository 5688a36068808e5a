"""Document: `/_sandbox/control.json`, the OpenAPI document of `/_sandbox` itself."""

import json
from functools import cache

from mock_server.control.resource import Asked, resource
from mock_server.exchange import Answer
from mock_server.toplyne import answers


@resource("GET", "/control.json", query=None, is_open=True)
def control(_: Asked) -> Answer:
    """Answer the OpenAPI document of everything below `/_sandbox`."""
    return Answer(200, answers.HEADERS, _text())


@cache
def _text() -> bytes:
    from mock_server.control.control_document import control_document  # noqa: PLC0415 - only who asks needs it

    return json.dumps(control_document()).encode()
