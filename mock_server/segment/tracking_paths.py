"""Tracking paths: what of Segment's side is needed before its modules are imported: its paths.

A test that never calls the Tracking API never imports it.
"""

import hashlib
from typing import Final

from mock_server.routes import PREFIX
from sandbox.segment.calls import CALLS

PATHS: Final = {f"{PREFIX}/{word}": call for word, call in CALLS.items()}
"""The call of each path. A trailing slash changes nothing."""
PIXEL: Final = f"{PREFIX}/pixel/"
METRICS: Final = f"{PREFIX}/m"
SNIPPET: Final = "/analytics.js/v1/"
PROJECTS: Final = f"{PREFIX}/projects/"
SETTINGS: Final = "/settings"


def is_tracking(path: str) -> bool:
    """Return whether a path belongs to the Tracking API, which a browser may call from any page."""
    return (
        path.removesuffix("/") in PATHS
        or path == METRICS
        or path.startswith((PIXEL, SNIPPET))
        or (path.startswith(PROJECTS) and path.endswith(SETTINGS))
    )


def derived_key(token: str) -> str:
    """Return the write key of the source that was made for a token: 32 letters and digits."""
    return hashlib.sha256(f"write key of {token}".encode()).hexdigest()[:32]
