"""Real loop: an event loop whose timers run by the real clock, also while a test freezes time."""

from __future__ import annotations

import asyncio

from mock_server import real_clock


class RealLoop(asyncio.SelectorEventLoop):
    """The loop a server runs on."""

    time = staticmethod(real_clock.monotonic)  # asked many times a request
