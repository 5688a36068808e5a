"""The mock server: Toplyne's API for tests, with Segment's Tracking API in front of it.

`MockServer` listens on a socket, `create_app` returns the same mock as a Flask application, and
`SegmentChoices` holds the options of Segment's side. Each is imported on first use: the pytest
plugin lives in this package and must not slow down projects that do not use the mock.

PYTEST_DONT_REWRITE: pytest has no need to rewrite our assertions.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mock_server.app import create_app
    from mock_server.segment.segment_choices import SegmentChoices
    from mock_server.server.socket_server import MockServer
    from mock_server.store.database import Limits

__all__ = ["Limits", "MockServer", "SegmentChoices", "create_app"]

_MODULES = {
    "Limits": "mock_server.store.database",
    "MockServer": "mock_server.server.socket_server",
    "SegmentChoices": "mock_server.segment.segment_choices",
    "create_app": "mock_server.app",
}


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_MODULES[name]), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
