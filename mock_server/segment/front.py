"""Front: what is known of Segment's side before it is loaded: its paths, its sources' first keys.

A test that never sends to the Tracking API never loads it.
"""

from __future__ import annotations

import hashlib
from typing import Final

from mock_server.routes import PREFIX
from sandbox.segment.calls import CALLS

PATHS: Final = {f"{PREFIX}/{word}": call for word, call in CALLS.items()}
"""What each path calls; a slash behind it changes nothing."""
PIXEL: Final = f"{PREFIX}/pixel/"
METRICS: Final = f"{PREFIX}/m"
SNIPPET: Final = "/analytics.js/v1/"
PROJECTS: Final = f"{PREFIX}/projects/"
SETTINGS: Final = "/settings"


def is_for(path: str) -> bool:
    """Tell whether a path belongs to the Tracking API; a browser may call it from any page."""
    return (
        path.removesuffix("/") in PATHS
        or path == METRICS
        or path.startswith((PIXEL, SNIPPET))
        or (path.startswith(PROJECTS) and path.endswith(SETTINGS))
    )


def derived_key(token: str) -> str:
    """Return the write key of the source that was made for a token: 32 letters and digits."""
    return hashlib.sha256(f"write key of {token}".encode()).hexdigest()[:32]
