"""The mock server: Toplyne's API as a test needs it.

`MockServer` stands on a socket, `create_app` makes it a Flask application.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mock_server.server import MockServer

if TYPE_CHECKING:
    from mock_server.app import create_app

__all__ = ["MockServer", "create_app"]


def __getattr__(name: str) -> Any:
    if name == "create_app":  # Flask is slow to load, and who only wants a server never needs it
        from mock_server.app import create_app  # noqa: PLC0415

        return create_app
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
