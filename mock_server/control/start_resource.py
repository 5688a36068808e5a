"""Start: `/_sandbox/start`, what somebody needs to send a first event."""

import tomllib
from importlib import resources

from mock_server.control.resource import Asked, resource, shown
from mock_server.control.try_resource import api_key
from mock_server.exchange import Answer


@resource("GET", "/start")
def start(asked: Asked) -> Answer:
    """Answer a write key, an API token, and snippets of code that send an event with them."""
    segment, tenant = asked.mock.segment, asked.view.number
    sources = [s for s in segment.workspace.sources if segment.tenant_of(s) == tenant]
    first = sources[0] if sources else None
    snippets = resources.files("mock_server.control") / "snippets.toml"
    return shown(
        {
            "token": api_key(asked),
            "source": first and first.name,
            "write_key": first and first.write_key,
            "snippets": tomllib.loads(snippets.read_text("utf-8")),
        }
    )
