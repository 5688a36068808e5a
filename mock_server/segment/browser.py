"""Browser: what Segment's browser SDK needs besides the calls: CORS headers and settings."""

import json
from importlib import resources
from typing import Final

from mock_server.exchange import Answer, Headers, Received

JSON: Final[Headers] = (("Content-Type", "application/json"),)
CORS: Final[Headers] = (("Access-Control-Allow-Origin", "*"),)
PIXEL_GIF: Final = bytes.fromhex(
    "47494638396101000100800000000000ffffff21f90401000000002c00000000010001000002024401003b"
)
"""A transparent image of one pixel."""
_SECONDS_A_DAY: Final = "86400"


def preflight(received: Received, *, methods: str) -> Answer:
    """Return the CORS headers that let a page of any origin send the headers it asks for.

    The SDK sends Authorization, and the wildcard would not cover that header.
    """
    asked = received.header("access-control-request-headers") or "authorization, content-type"
    headers: Headers = (
        *CORS,
        ("Access-Control-Allow-Methods", methods),
        ("Access-Control-Allow-Headers", asked),
        ("Access-Control-Max-Age", _SECONDS_A_DAY),
        ("Vary", "Access-Control-Request-Headers"),
        ("Allow", methods),
    )
    if received.header("access-control-request-private-network"):
        headers = (*headers, ("Access-Control-Allow-Private-Network", "true"))
    return Answer(204, headers)


def settings_of(write_key: str, *, host: str, protocol: str) -> Answer:
    """Return the settings the SDK asks its CDN for; they send its events to this server.

    Which members the SDK reads was found by running it. Other destinations are not listed.
    """
    file = resources.files(__package__ or "") / "browser_settings.json"
    settings = json.loads(file.read_text(encoding="utf-8"))
    settings["integrations"]["Segment.io"] |= {
        "apiKey": write_key,
        "apiHost": host,
        "protocol": protocol,
    }
    return Answer(200, (*JSON, *CORS), json.dumps(settings, separators=(",", ":")).encode())
